/* SPDX-License-Identifier: Apache-2.0 */
/* Raw mode and back. Only terminal_raw changes the terminal, and its change is undone by exit
 * handlers; deadly signals reach run.c as data, which then exits. */
#include "tool/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static bool is_raw;

void terminal_restore(void)
{
    if (!is_raw)
        return;
    is_raw = false;
    /* Programs on the nodes may have left colours, a hidden cursor or bracketed paste behind. */
    static const char plain[] = "\033[0m\033[?25h\033[?2004l";
    if (write(STDOUT_FILENO, plain, sizeof plain - 1) < 0) {
        /* The terminal is gone: nothing to put right. */
    }
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
}

bool terminal_raw(void)
{
    struct termios raw;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved) != 0)
        return false;
    raw = saved;
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) != 0)
        return false;
    is_raw = true;
    atexit(terminal_restore);
    return true;
}

bool terminal_size(unsigned *rows, unsigned *columns)
{
    struct winsize size;
    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        return false;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return true;
}
