/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts a core on the kernel that start/load.c has put into its partition. The trampoline page is
 * written anew each time, so nothing that happened to it in between matters. Only one core may be
 * started at a time in the whole machine: the loader is alone, later the guardian protocol sees to
 * it.
 */
#include <stddef.h>

#include "abi/layout.h"
#include "lib/string.h"
#include "start/load.h"
#include "start/start.h"
#include "start/trampoline.h"

#define LAPIC_COMMAND_LOW     (0x300 / 4)
#define LAPIC_COMMAND_HIGH    (0x310 / 4)
#define LAPIC_COMMAND_PENDING (1u << 12)
#define MSR_X2APIC_COMMAND    0x830
#define COMMAND_INIT          0x4500u
#define COMMAND_START         (0x4600u | (unsigned)(TRAMPOLINE_PHYS >> 12))

#define CMOS_INDEX         0x70
#define CMOS_DATA          0x71
#define CMOS_SHUTDOWN      0x8f /* register 0Fh; bit 7 keeps NMI from coming in between */
#define CMOS_RESUME_AT_467 0x0a /* the firmware jumps to the far pointer at 40:67, no EOI */
#define WARM_RESET_VECTOR  0x467
#define WAIT_STEP_US       50
#define WAIT_LONG_US       1000 /* after the first few ms: nobody is in a hurry any more */
#define PARK_PATIENCE_US   1000000

_Static_assert(TRAMPOLINE_PHYS == 0x8000, "start/trampoline.S says so, too");

static inline void port_write8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static void core_command(const struct start_host *host, uint32_t apic_id, uint32_t command)
{
    /* All stores, the trampoline's above all, are seen before the command is. */
    __asm__ volatile("mfence; lfence" : : : "memory");
    if (host->lapic == NULL) {
        __asm__ volatile("wrmsr"
                         :
                         : "c"(MSR_X2APIC_COMMAND), "a"(command), "d"(apic_id)
                         : "memory");
        return;
    }
    host->lapic[LAPIC_COMMAND_HIGH] = apic_id << 24;
    host->lapic[LAPIC_COMMAND_LOW] = command;
    for (unsigned i = 0; i < 1000 && (host->lapic[LAPIC_COMMAND_LOW] & LAPIC_COMMAND_PENDING); i++)
        host->wait_us(1);
}

static volatile uint32_t *door_of(char *trampoline)
{
    return (uint32_t *)(trampoline + (trampoline_values - trampoline_begin) +
                        offsetof(struct trampoline_parameters, apic_id));
}

/* The trampoline's code, for nobody yet. */
static char *trampoline_closed(const struct start_host *host)
{
    char *trampoline = host->map(TRAMPOLINE_PHYS, PAGE_SIZE);

    if (trampoline == NULL)
        return NULL;
    *door_of(trampoline) = TRAMPOLINE_NOBODY;
    memcpy(trampoline, trampoline_begin, (size_t)(trampoline_end - trampoline_begin));
    return trampoline;
}

/* Copies the trampoline with what this node needs. NULL: the partition holds no loaded kernel. */
static char *trampoline_write(const struct machine *machine, uint32_t node,
                              const struct start_host *host, uint32_t *incarnation)
{
    uint64_t base = machine->nodes[node].extents[0].base;
    const struct start_page *page = host->map(base, PAGE_SIZE);

    if (page == NULL || page->info.magic != START_MAGIC || page->info.node != node)
        return NULL;
    struct trampoline_parameters parameters = {
        .low_table = machine->start_table,
        .page_table = page->info.page_table,
        .entry = page->entry,
        .argument = DIRECT_BASE + base,
        .apic_id = TRAMPOLINE_NOBODY,
    };

    *incarnation = page->info.incarnation;
    char *trampoline = trampoline_closed(host);

    if (trampoline == NULL)
        return NULL;
    memcpy(trampoline + (trampoline_values - trampoline_begin), &parameters, sizeof(parameters));
    return trampoline;
}

/* INIT sends the boot core to the firmware's reset vector: asks the firmware to come on to us. */
static bool warm_reset_ask(const struct machine *machine, const struct start_host *host)
{
    char *low = machine->warm_reset ? host->map(0, PAGE_SIZE) : NULL;
    uint32_t vector = (uint32_t)(TRAMPOLINE_PHYS >> 4) << 16;

    if (low == NULL)
        return false;
    memcpy(low + WARM_RESET_VECTOR, &vector, sizeof(vector));
    port_write8(CMOS_INDEX, CMOS_SHUTDOWN);
    port_write8(CMOS_DATA, CMOS_RESUME_AT_467);
    port_write8(CMOS_INDEX, 0);
    return true;
}

/* Only once it has come: to one that comes late the firmware would else do a whole start. */
static void warm_reset_done(void)
{
    port_write8(CMOS_INDEX, CMOS_SHUTDOWN);
    port_write8(CMOS_DATA, 0);
    port_write8(CMOS_INDEX, 0);
}

static bool core_has_come(const struct published *published, uint32_t incarnation)
{
    /* In this order (kernel/node/self.c:self_init): the state is that of this life, or later. */
    return atomic_load(&published->incarnation) == incarnation &&
           atomic_load(&published->state) >= NODE_KERNEL;
}

/* Twice, as Intel asks (SDM 3A 8.4.4.1): a core that has begun ignores the second. The boot core,
 * if it sleeps, does not even see the INIT before it (QEMU). */
static void core_reset(const struct start_host *host, uint32_t apic_id, bool start)
{
    core_command(host, apic_id, COMMAND_INIT);
    host->wait_us(200);
    for (unsigned i = 0; start && i < 2; i++) {
        core_command(host, apic_id, COMMAND_START);
        host->wait_us(200);
    }
}

static unsigned wait_step(const struct start_host *host, unsigned waited)
{
    unsigned step = waited < 100 * WAIT_STEP_US ? WAIT_STEP_US : WAIT_LONG_US;

    host->wait_us(step);
    return step;
}

int start_fence(const struct machine *machine, uint32_t node, const struct start_host *host)
{
    uint32_t apic_id = machine->nodes[node].apic_id;

    if (node != machine->boot_node) {
        core_reset(host, apic_id, false);
        return START_OK;
    }
    if (!warm_reset_ask(machine, host))
        return START_BOOT_CORE;
    char *page = trampoline_closed(host);

    if (page == NULL)
        return START_NO_ANSWER;
    volatile uint32_t *parked = (uint32_t *)(page + TRAMPOLINE_PARKED);

    *parked = TRAMPOLINE_NOBODY;
    core_reset(host, apic_id, true);
    for (unsigned waited = 0; *parked != apic_id && waited < PARK_PATIENCE_US;)
        waited += wait_step(host, waited);
    if (*parked != apic_id)
        return START_NO_ANSWER;
    warm_reset_done();
    return START_OK;
}

int start_core(const struct machine *machine, uint32_t node, const struct start_host *host,
               unsigned timeout_us)
{
    uint32_t apic_id = machine->nodes[node].apic_id;
    bool is_boot_core = node == machine->boot_node;
    const struct published *published =
        host->store(machine->published_base + node * PUBLISHED_SIZE, PAGE_SIZE);
    uint32_t incarnation;

    char *trampoline =
        published != NULL ? trampoline_write(machine, node, host, &incarnation) : NULL;

    if (trampoline == NULL)
        return START_NO_ANSWER;
    if (is_boot_core && !warm_reset_ask(machine, host))
        return START_BOOT_CORE;
    *door_of(trampoline) = apic_id;
    core_reset(host, apic_id, true);
    bool came = core_has_come(published, incarnation);

    for (unsigned waited = 0; !came && waited < timeout_us;) {
        waited += wait_step(host, waited);
        came = core_has_come(published, incarnation);
    }
    *door_of(trampoline) = TRAMPOLINE_NOBODY;
    if (is_boot_core && came)
        warm_reset_done();
    return came ? START_OK : START_NO_ANSWER;
}

void start_self(const struct machine *machine, uint32_t node, const struct start_host *host)
{
    uint32_t incarnation;
    char *trampoline = trampoline_write(machine, node, host, &incarnation);

    if (trampoline != NULL) {
        uintptr_t entry = TRAMPOLINE_PHYS + (uintptr_t)(trampoline_long - trampoline_begin);

        __asm__ volatile("cli; jmp *%0" : : "r"(entry) : "memory");
    }
    for (;;)
        __asm__ volatile("cli; hlt");
}
