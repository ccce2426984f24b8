/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TSC and local APIC timer against a counter of known speed: PIT channel 2, channel 0 where a
 * machine has no gate for it (microvm), the ACPI timer; or CPUID. We may be interrupted by a
 * hypervisor at any instruction, so a reading is bracketed by two of the TSC and the closest of
 * several is taken.
 */
#include "boot/clock.h"

#include "boot/port.h"

#define MEASURE_NS 10000000UL
#define TRIES      10
#define READINGS   8

#define PIT_HZ            1193182UL
#define PIT_COMMAND       0x43
#define PIT_DATA(channel) ((uint16_t)(0x40 + (channel)))
#define PIT_GATE_PORT     0x61
#define PIT_STATUS_OUT    0x80 /* mode 0: the counter has passed zero */
#define PIT_STATUS_NULL   0x40 /* the count is not loaded yet */
#define ACPI_TIMER_HZ     3579545UL

#define LAPIC_TIMER         0x320
#define LAPIC_TIMER_INITIAL 0x380
#define LAPIC_TIMER_CURRENT 0x390
#define LAPIC_TIMER_DIVIDE  0x3e0
#define LAPIC_DIVIDE_BY_1   0xb
#define LAPIC_MASKED        0x10000
#define MSR_X2APIC(offset)  (0x800u + (offset) / 16)

#define CMOS_INDEX    0x70
#define CMOS_DATA     0x71
#define CMOS_NMI_OFF  0x80
#define CMOS_UPDATING 0x80

static volatile uint32_t *lapic_registers;
static uint64_t known_tsc_hz;

/* A counter that counts up (the PIT's is turned round) and wraps at mask + 1. */
struct counter {
    bool (*start)(const struct counter *counter);
    bool (*read)(const struct counter *counter, uint32_t *value);
    uint64_t hz;
    uint32_t mask;
    unsigned unit; /* PIT channel or ACPI port */
};

struct reading {
    uint64_t tsc;
    uint32_t counter, lapic;
};

static void lapic_write(unsigned offset, uint32_t value)
{
    if (lapic_registers == NULL)
        msr_write(MSR_X2APIC(offset), value);
    else
        lapic_registers[offset / 4] = value;
}

static uint32_t lapic_read(unsigned offset)
{
    return lapic_registers == NULL ? (uint32_t)msr_read(MSR_X2APIC(offset))
                                   : lapic_registers[offset / 4];
}

static bool pit_start(const struct counter *counter)
{
    if (counter->unit == 2)
        port_write8(PIT_GATE_PORT, (port_read8(PIT_GATE_PORT) & 0xfc) | 1); /* count, no sound */
    port_write8(PIT_COMMAND, (uint8_t)(counter->unit << 6 | 0x30));         /* mode 0, both bytes */
    port_write8(PIT_DATA(counter->unit), 0xff);
    port_write8(PIT_DATA(counter->unit), 0xff);
    return true;
}

/* false: passed zero, or there is no PIT (all ones). */
static bool pit_read(const struct counter *counter, uint32_t *value)
{
    port_write8(PIT_COMMAND, (uint8_t)(0xc0 | 2u << counter->unit)); /* latch status and count */
    uint8_t status = port_read8(PIT_DATA(counter->unit));
    uint32_t low = port_read8(PIT_DATA(counter->unit));
    uint32_t high = port_read8(PIT_DATA(counter->unit));

    *value = 0xffff - (low | high << 8);
    return (status & (PIT_STATUS_OUT | PIT_STATUS_NULL)) == 0;
}

static bool acpi_start(const struct counter *counter)
{
    return counter->unit != 0;
}

static bool acpi_timer_read(const struct counter *counter, uint32_t *value)
{
    *value = port_read32((uint16_t)counter->unit);
    return true;
}

/* The closest of several readings; false: the counter is not there or has run out. */
static bool reading_take(const struct counter *counter, struct reading *best)
{
    uint64_t closest = UINT64_MAX;

    for (unsigned i = 0; i < READINGS; i++) {
        struct reading reading;
        uint64_t before = tsc_read();

        if (!counter->read(counter, &reading.counter))
            return false;
        reading.lapic = lapic_read(LAPIC_TIMER_CURRENT);
        uint64_t after = tsc_read();

        if (after - before < closest) {
            closest = after - before;
            reading.tsc = before;
            *best = reading;
        }
    }
    return true;
}

/* One measurement of MEASURE_NS or more. */
static bool measure_once(const struct counter *counter, struct clock_info *clock)
{
    uint32_t wanted = (uint32_t)(counter->hz * MEASURE_NS / 1000000000UL), ticks = 0, value;
    struct reading first, last;

    if (!counter->start(counter) || !reading_take(counter, &first))
        return false;
    for (unsigned polls = 0; ticks < wanted; polls++) {
        /* A counter that stands still would keep us for ever: 10 ms are no million port reads. */
        if (polls == 1000000 || !counter->read(counter, &value))
            return false;
        ticks = (value - first.counter) & counter->mask;
    }
    if (!reading_take(counter, &last))
        return false;
    ticks = (last.counter - first.counter) & counter->mask;
    clock->tsc_hz = (last.tsc - first.tsc) * counter->hz / ticks;
    clock->lapic_hz = (uint64_t)(first.lapic - last.lapic) * counter->hz / ticks;
    return clock->tsc_hz > 1000000;
}

/* What the processor or the hypervisor says itself; 0: nothing. */
static uint64_t cpuid_tsc_hz(void)
{
    uint32_t basic = cpuid_read(0).a;

    if (cpuid_read(1).c >> 31 && cpuid_read(0x40000000).a >= 0x40000010) {
        uint64_t khz = cpuid_read(0x40000010).a;

        if (khz != 0)
            return khz * 1000;
    }
    if (basic >= 0x15) {
        struct cpuid ratio = cpuid_read(0x15);

        if (ratio.a != 0 && ratio.b != 0 && ratio.c != 0)
            return (uint64_t)ratio.c * ratio.b / ratio.a;
    }
    return basic >= 0x16 ? (uint64_t)(cpuid_read(0x16).a & 0xffff) * 1000000 : 0;
}

static void lapic_measure_by_tsc(struct clock_info *clock)
{
    uint64_t ticks = clock->tsc_hz / (1000000000UL / MEASURE_NS), start = tsc_read(), now;
    uint32_t first = lapic_read(LAPIC_TIMER_CURRENT);

    do
        now = tsc_read();
    while (now - start < ticks);
    clock->lapic_hz =
        (uint64_t)(first - lapic_read(LAPIC_TIMER_CURRENT)) * clock->tsc_hz / (now - start);
}

static uint8_t cmos_read(uint8_t index)
{
    port_write8(CMOS_INDEX, index | CMOS_NMI_OFF);
    return port_read8(CMOS_DATA);
}

/* Registers are read twice, until both are the same: an update may come in between. */
static uint64_t wall_read(uint8_t century_register)
{
    static const uint8_t indexes[6] = {0, 2, 4, 7, 8, 9};
    uint8_t status_b = cmos_read(0x0b), first[6], again[6];
    bool same = false;

    if (status_b == 0xff)
        return 0;
    for (unsigned tries = 0; tries < TRIES && !same; tries++) {
        for (unsigned polls = 0; polls < 10000 && (cmos_read(0x0a) & CMOS_UPDATING); polls++)
            __builtin_ia32_pause();
        for (unsigned i = 0; i < 6; i++)
            first[i] = cmos_read(indexes[i]);
        for (unsigned i = 0; i < 6; i++)
            again[i] = cmos_read(indexes[i]);
        same = memcmp(first, again, sizeof(first)) == 0;
    }
    uint8_t century = century_register != 0 ? cmos_read(century_register & 0x7f) : 0;

    port_write8(CMOS_INDEX, 0); /* NMI on again */
    return same ? clock_decode(first, century, status_b) : 0;
}

void clock_measure(volatile uint32_t *lapic, const struct acpi_info *acpi, struct clock_info *clock)
{
    const struct counter counters[] = {
        {pit_start, pit_read, PIT_HZ, 0xffff, 2},
        {pit_start, pit_read, PIT_HZ, 0xffff, 0},
        {acpi_start, acpi_timer_read, ACPI_TIMER_HZ, acpi->timer_is_32_bit ? 0xffffffff : 0xffffff,
         acpi->timer_port},
    };
    static const char *const names[] = {"PIT", "PIT channel 0", "ACPI timer"};
    bool done = false;

    lapic_registers = lapic;
    memset(clock, 0, sizeof(*clock));
    lapic_write(LAPIC_TIMER, LAPIC_MASKED);
    lapic_write(LAPIC_TIMER_DIVIDE, LAPIC_DIVIDE_BY_1);
    lapic_write(LAPIC_TIMER_INITIAL, 0xffffffff);
    for (unsigned i = 0; i < 3 && !done; i++)
        for (unsigned tries = 0; tries < TRIES && !done; tries++) {
            done = measure_once(&counters[i], clock);
            clock->source = names[i];
        }
    if (!done) {
        clock->source = "CPUID";
        clock->tsc_hz = cpuid_tsc_hz();
        if (clock->tsc_hz != 0)
            lapic_measure_by_tsc(clock);
    }
    lapic_write(LAPIC_TIMER_INITIAL, 0);
    known_tsc_hz = clock->tsc_hz;
    clock->boot_wall_ns = wall_read((uint8_t)acpi->century_register);
    clock->boot_tsc = tsc_read();
}

void clock_wait_us(unsigned microseconds)
{
    uint64_t start = tsc_read(), ticks = known_tsc_hz * microseconds / 1000000;

    while (tsc_read() - start < ticks)
        __builtin_ia32_pause();
}
