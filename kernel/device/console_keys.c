/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes from the line: keys for the shown node, and commands behind the key prefix Ctrl-]. The
 * host tool sends the window size as such a command, `Ctrl-] w ROWS ; COLUMNS t`, so that nothing a
 * person types or pastes is taken for it.
 */
#include "device/console_owner.h"

#define KEY_PREFIX 0x1d /* Ctrl-], as telnet and QEMU's friends: no editor or shell wants it */

static enum { KEYS, PREFIX, WINDOW } state;
static uint32_t numbers[2]; /* rows, columns as they come */
static unsigned number_index;

static void window_byte(char byte)
{
    if (byte >= '0' && byte <= '9' && numbers[number_index] < 1000) {
        numbers[number_index] = numbers[number_index] * 10 + (uint32_t)(byte - '0');
    } else if (byte == ';' && number_index == 0) {
        number_index = 1;
    } else {
        state = KEYS;
        if (byte == 't' && number_index == 1 && numbers[0] > 0 && numbers[1] > 0)
            console_window(numbers[0], numbers[1]);
    }
}

static bool command(char byte)
{
    state = KEYS;
    if (byte >= '0' && byte <= '9')
        console_select((uint32_t)(byte - '0'));
    else if (byte == 'n')
        console_select_next(false);
    else if (byte == 'p')
        console_select_next(true);
    else if (byte == 'l')
        console_list();
    else if (byte == 'h' || byte == '?')
        console_help();
    else if (byte == 'q')
        console_power_off();
    else if (byte == KEY_PREFIX)
        return console_send(byte);
    else if (byte == 'w') {
        state = WINDOW;
        numbers[0] = numbers[1] = number_index = 0;
    }
    return true;
}

bool console_key(char byte)
{
    if (state == WINDOW) {
        window_byte(byte);
        return true;
    }
    if (state == PREFIX)
        return command(byte);
    if (byte == KEY_PREFIX) {
        state = PREFIX;
        return true;
    }
    return console_send(byte);
}
