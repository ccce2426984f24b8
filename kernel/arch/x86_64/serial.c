/* SPDX-License-Identifier: Apache-2.0 */
/* COM1, a 16550: the terminal line. Its owner gets an interrupt for every key and, when asked, for
 * room. Only arch_serial_panic_write waits. */
#include "arch/arch.h"
#include "arch/x86_64/cpu.h"

#define PORT 0x3f8
enum serial_register {
    SERIAL_DATA = PORT,
    SERIAL_INTERRUPT_ENABLE = PORT + 1,
    SERIAL_INTERRUPT_ID = PORT + 2,
    SERIAL_FIFO_CONTROL = PORT + 2,
    SERIAL_LINE_CONTROL = PORT + 3,
    SERIAL_MODEM_CONTROL = PORT + 4,
    SERIAL_LINE_STATUS = PORT + 5,
    SERIAL_SCRATCH = PORT + 7,
};
#define ENABLE_RECEIVE 0x1
#define ENABLE_ROOM    0x2
#define STATUS_DATA    0x1
#define STATUS_ROOM    0x20
#define ID_NONE        0x1
#define ID_FIFO        0xc0
#define PATIENCE       1000000 /* looks at a line that takes nothing: about a second */

static void (*interrupt_handler)(void);
static unsigned fifo_size = 1;
static uint8_t enabled;

/* What waits already is an edge, too. */
static void interrupt_to(uint32_t core, uint8_t wanted)
{
    port_write8(SERIAL_INTERRUPT_ENABLE, 0);
    ioapic_route(cpu_machine, cpu_machine->serial_gsi, cpu_machine->serial_active_low,
                 cpu_machine->serial_level, VECTOR_SERIAL, core);
    enabled = wanted;
    port_write8(SERIAL_INTERRUPT_ENABLE, wanted);
}

bool arch_serial_start(void (*on_interrupt)(void))
{
    port_write8(SERIAL_SCRATCH, 0x5a);
    if (port_read8(SERIAL_SCRATCH) != 0x5a)
        return false;
    port_write8(SERIAL_INTERRUPT_ENABLE, 0);
    port_write8(SERIAL_LINE_CONTROL, 0x80); /* divisor latch: 115200 */
    port_write8(SERIAL_DATA, 1);
    port_write8(SERIAL_INTERRUPT_ENABLE, 0);
    port_write8(SERIAL_LINE_CONTROL, 0x03); /* 8 bits, no parity, 1 stop bit */
    port_write8(SERIAL_FIFO_CONTROL,
                0x01); /* on, not cleared (early keys), interrupt at the first byte */
    fifo_size = (port_read8(SERIAL_INTERRUPT_ID) & ID_FIFO) == ID_FIFO ? 16 : 1;
    port_write8(SERIAL_MODEM_CONTROL, 0x0b); /* DTR, RTS, OUT2: interrupts reach the I/O APIC */
    interrupt_handler = on_interrupt;
    interrupt_to(apic_id(), ENABLE_RECEIVE);
    return true;
}

/* For more than it may want, which costs it an interrupt or two. */
void arch_serial_give(uint32_t apic_id)
{
    interrupt_to(apic_id, ENABLE_RECEIVE | ENABLE_ROOM);
}

/* The line may be edge-triggered: it must have been quiet once before we leave, or no more edges
 * come. */
void serial_interrupt(void)
{
    for (unsigned rounds = 0; rounds < 64; rounds++) {
        uint8_t id = port_read8(SERIAL_INTERRUPT_ID);

        if (id & ID_NONE)
            return;
        if ((id & 0xf) == 0x6) /* an error on the line is acknowledged by reading its status */
            port_read8(SERIAL_LINE_STATUS);
        if (interrupt_handler)
            interrupt_handler();
    }
    port_write8(SERIAL_INTERRUPT_ENABLE, 0);
    port_write8(SERIAL_INTERRUPT_ENABLE, enabled);
}

size_t arch_serial_write(const char *bytes, size_t size)
{
    size_t done = 0;

    while (done < size && port_read8(SERIAL_LINE_STATUS) & STATUS_ROOM) {
        for (unsigned i = 0; i < fifo_size && done < size; i++)
            port_write8(SERIAL_DATA, (uint8_t)bytes[done++]);
    }
    return done;
}

size_t arch_serial_read(char *bytes, size_t size)
{
    size_t done = 0;

    while (done < size && port_read8(SERIAL_LINE_STATUS) & STATUS_DATA)
        bytes[done++] = (char)port_read8(SERIAL_DATA);
    return done;
}

static void want(uint8_t wanted)
{
    if (wanted == enabled)
        return;
    enabled = wanted;
    port_write8(SERIAL_INTERRUPT_ENABLE, wanted);
}

void arch_serial_want_room(bool on)
{
    want(on ? enabled | ENABLE_ROOM : enabled & (uint8_t)~ENABLE_ROOM);
}

void arch_serial_want_keys(bool on)
{
    want(on ? enabled | ENABLE_RECEIVE : enabled & (uint8_t)~ENABLE_RECEIVE);
}

bool arch_serial_panic_write(const char *bytes, size_t size)
{
    unsigned patience = PATIENCE;

    while (size > 0 && patience > 0) {
        size_t done = arch_serial_write(bytes, size);

        bytes += done;
        size -= done;
        patience = done > 0 ? PATIENCE : patience - 1;
    }
    return size == 0;
}
