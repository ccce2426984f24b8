/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A 16550 at COM1, written with a bounded wait for each byte: a machine without one boots, too. The
 * last line of a failed boot is followed by status 1 for QEMU's isa-debug-exit, if asked for.
 */
#include "boot/console.h"

#include "boot/options.h"
#include "boot/port.h"
#include "lib/format.h"

#define COM1           0x3f8
#define LINE_STATUS    (COM1 + 5)
#define LINE_HAS_ROOM  0x20
#define DIVISOR_115200 1
#define SPINS_MAX      100000 /* about 0.1 s at 1 us for a port read: a byte takes 87 us */
#define EXIT_FAILED    0x41   /* status 1, as arch_power_off gives it */

static const char *known_options = "";
static bool line_is_there;

void boot_console_init(void)
{
    line_is_there = port_read8(LINE_STATUS) != 0xff;
    port_write8(COM1 + 1, 0);    /* no interrupts */
    port_write8(COM1 + 3, 0x80); /* divisor */
    port_write8(COM1, DIVISOR_115200);
    port_write8(COM1 + 1, 0);
    port_write8(COM1 + 3, 0x03); /* 8 bits, no parity */
    port_write8(COM1 + 2, 0x07); /* queues on and empty */
    port_write8(COM1 + 4, 0x03);
}

static void byte_write(char byte)
{
    for (unsigned i = 0; i < SPINS_MAX && !(port_read8(LINE_STATUS) & LINE_HAS_ROOM); i++)
        __builtin_ia32_pause();
    port_write8(COM1, (uint8_t)byte);
}

static void text_write(const char *text)
{
    for (; line_is_there && *text != 0; text++) {
        if (*text == '\n')
            byte_write('\r');
        byte_write(*text);
    }
}

static void line_write(const char *prefix, const char *text, va_list args)
{
    char line[512];

    format_args(line, sizeof(line), text, args);
    text_write(prefix);
    text_write(line);
    text_write("\n");
}

void boot_say(const char *text, ...)
{
    va_list args;

    va_start(args, text);
    line_write("[boot] ", text, args);
    va_end(args);
}

void boot_console_set_options(const char *options)
{
    known_options = options;
}

void boot_fail(const char *text, ...)
{
    uint64_t port;
    va_list args;

    va_start(args, text);
    line_write("hydros: ", text, args);
    va_end(args);
    if (boot_option_number(known_options, "exit-port", &port) == OPTION_NUMBER && port <= 0xffff)
        port_write32((uint16_t)port, EXIT_FAILED);
    for (;;)
        __asm__ volatile("cli; hlt");
}
