/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loader, from boot/entry.S to the first instruction of the last kernel: ask (boot protocol,
 * ACPI, clocks), plan, fill the boot store, start every node. Runs once on the boot core; after it
 * has jumped into its own node nothing of it is needed again.
 */
#include "boot/acpi.h"
#include "boot/clock.h"
#include "boot/console.h"
#include "boot/image.h"
#include "boot/memory.h"
#include "boot/options.h"
#include "boot/pci.h"
#include "boot/plan.h"
#include "boot/port.h"
#include "boot/store.h"
#include "lib/checksum.h"
#include "lib/random.h"
#include "start/start.h"

#define ENTERED_BY_MULTIBOOT2 0x36d76289
#define MSR_APIC_BASE         0x1b
#define APIC_BASE_ENABLED     (1u << 11)
#define APIC_BASE_X2APIC      (1u << 10)
#define APIC_ADDRESS          0x000ffffffffff000UL
#define MSR_X2APIC_ID         0x802
#define MSR_X2APIC_SPURIOUS   0x80f
#define LAPIC_ID              (0x20 / 4)
#define LAPIC_SPURIOUS        (0xf0 / 4)
#define LAPIC_ENABLED         0x1ff
#define XAPIC_ID_MAX          254
#define CPUID_X2APIC          (1u << 21)
#define BIOS_LOW_MEMORY_KIB   0x413
#define CMOS_SHUTDOWN         0x8f
#define CMOS_TEST_VALUE       0x0a
#define EXCEPTIONS            32
#define STUB_SIZE             16
#define NODE_TIMEOUT_US       20000000 /* emulated cores may have to wait for a host core */

extern const char loader_begin[], loader_end[], boot_exception_stubs[];
void boot_main(uint32_t kind, uint64_t address);
void boot_exception(uint64_t vector, uint64_t error, uint64_t instruction, uint64_t address);

static struct boot_info info;
static struct acpi_info acpi;
static struct clock_info clocks;
static struct machine plan;
static struct image_header image;
static volatile uint32_t *lapic; /* NULL: x2APIC */

void boot_exception(uint64_t vector, uint64_t error, uint64_t instruction, uint64_t address)
{
    boot_fail("the loader met exception %lu (error %lx) at %lx, address %lx; please report this",
              vector, error, instruction, address);
}

/* A fault of ours, or a machine check, then ends in a line instead of a reset. */
static void exceptions_catch(void)
{
    static struct {
        uint16_t low, selector, attributes, middle;
        uint32_t high, reserved;
    } gates[EXCEPTIONS];
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } pointer = {sizeof(gates) - 1, (uintptr_t)gates};

    for (unsigned i = 0; i < EXCEPTIONS; i++) {
        uintptr_t stub = (uintptr_t)boot_exception_stubs + i * STUB_SIZE;

        gates[i].low = (uint16_t)stub;
        gates[i].middle = (uint16_t)(stub >> 16);
        gates[i].selector = 8;
        gates[i].attributes = 0x8e00; /* present, interrupt gate */
    }
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

static void protocol_read(uint32_t kind, uint64_t address)
{
    const char *error = kind == ENTERED_BY_MULTIBOOT2
                            ? multiboot2_read(&memory_reader, address, &info)
                            : pvh_read(&memory_reader, address, &info);

    boot_console_set_options(info.options);
    if (error != NULL)
        boot_fail("%s", error);
    if (info.module_size == 0)
        boot_fail("no system image; give one with -initrd FILE, or a module2 line in grub.cfg");
    const void *bytes = memory_map(info.module_base, info.module_size);

    if (bytes == NULL)
        boot_fail("the system image lies where no memory is; use another boot method");
    error = image_check(bytes, info.module_size, &image);
    if (error != NULL)
        boot_fail("%s", error);
}

static bool id_needs_x2apic(void)
{
    for (uint32_t i = 0; i < acpi.core_count; i++)
        if (acpi.cores[i] > XAPIC_ID_MAX)
            return true;
    return false;
}

/* Switches our local APIC on, in the mode the firmware chose unless that cannot reach all cores.
 * Returns our id. */
static uint32_t lapic_enable(void)
{
    uint64_t base = msr_read(MSR_APIC_BASE) | APIC_BASE_ENABLED;

    if (id_needs_x2apic() && (cpuid_read(1).c & CPUID_X2APIC))
        base |= APIC_BASE_X2APIC;
    msr_write(MSR_APIC_BASE, base);
    plan.lapic_base = base & APIC_ADDRESS;
    if (base & APIC_BASE_X2APIC) {
        msr_write(MSR_X2APIC_SPURIOUS, LAPIC_ENABLED);
        return (uint32_t)msr_read(MSR_X2APIC_ID);
    }
    lapic = memory_map(plan.lapic_base, PAGE_SIZE);
    if (lapic == NULL)
        boot_fail("the local APIC lies at %lx, which cannot be reached; use another machine",
                  plan.lapic_base);
    lapic[LAPIC_SPURIOUS] = LAPIC_ENABLED;
    return lapic[LAPIC_ID] >> 24;
}

/* Will the firmware obey the CMOS shutdown byte after an INIT of the boot core? UEFI never does,
 * and neither do the small ones of virtual machines, which have no BIOS data area. */
static bool warm_reset_works(void)
{
    uint16_t low_memory_kib = 0;

    (void)reader_copy(&memory_reader, BIOS_LOW_MEMORY_KIB, &low_memory_kib, sizeof(low_memory_kib));
    if (info.uefi || acpi.hardware_reduced || low_memory_kib < 512 || low_memory_kib > 640)
        return false;
    port_write8(0x70, CMOS_SHUTDOWN);
    uint8_t before = port_read8(0x71);

    port_write8(0x70, CMOS_SHUTDOWN);
    port_write8(0x71, CMOS_TEST_VALUE);
    port_write8(0x70, CMOS_SHUTDOWN);
    bool kept = port_read8(0x71) == CMOS_TEST_VALUE;

    port_write8(0x70, CMOS_SHUTDOWN);
    port_write8(0x71, before);
    port_write8(0x70, 0);
    return kept;
}

static void madt_check(void)
{
    static const char advice[] = "update the firmware, or use another machine";

    if (!acpi.has_madt && acpi.madt_altered)
        boot_fail("the core list (MADT) in the ACPI tables is altered, its length or checksum is "
                  "wrong; %s",
                  advice);
    if (!acpi.has_madt && acpi.madt_broken_at != 0)
        boot_fail("the core list (MADT) in the ACPI tables is broken at its byte %u; %s",
                  acpi.madt_broken_at, advice);
    if (!acpi.has_madt)
        boot_fail("the ACPI tables hold no core list (MADT); use a machine with a whole ACPI");
    if (acpi.core_count == 0)
        boot_fail("the core list (MADT) in the ACPI tables has no core that is enabled; %s",
                  advice);
}

static void hardware_read(void)
{
    uint8_t rsdp[RSDP_SIZE];

    if (!acpi_find_rsdp(&memory_reader, &info, rsdp))
        boot_fail("no ACPI tables, so the cores cannot be found; use a machine with ACPI "
                  "(QEMU: -machine q35, or microvm,acpi=on)");
    acpi_read(&memory_reader, rsdp, &acpi);
    madt_check();
    plan.ioapic_base = acpi.ioapic_base & ~(PAGE_SIZE - 1);
    plan.ioapic_gsi_base = acpi.ioapic_gsi_base;
    plan.serial_gsi = acpi.serial_gsi;
    plan.serial_active_low = acpi.serial_active_low;
    plan.serial_level = acpi.serial_level;
    /* Without \_S5 the sleep registers are of no use: nobody knows what to write there. */
    plan.pm1a_control = acpi.has_s5 ? acpi.pm1a_control : 0;
    plan.pm1b_control = acpi.has_s5 ? acpi.pm1b_control : 0;
    plan.sleep_control = acpi.has_s5 ? acpi.sleep_control : 0;
    plan.sleep_type_a = acpi.sleep_type_a;
    plan.sleep_type_b = acpi.sleep_type_b;
    plan.sleep_control_io = acpi.sleep_control_io;
    plan.reset_port = acpi.reset_port;
    plan.reset_value = acpi.reset_value;
    plan.warm_reset = warm_reset_works();
    pci_read(&plan);
}

static void clocks_read(void)
{
    clock_measure(lapic, &acpi, &clocks);
    if (clocks.tsc_hz == 0 || clocks.lapic_hz == 0)
        boot_fail("no clock to measure the processor against (PIT, ACPI timer or CPUID); use a "
                  "machine with one of them");
    plan.tsc_hz = clocks.tsc_hz;
    plan.lapic_hz = clocks.lapic_hz;
    plan.boot_tsc = clocks.boot_tsc;
    plan.boot_wall_ns = clocks.boot_wall_ns;
    random_init(random_read, tsc_read, clocks.boot_wall_ns);
    random_bytes(plan.cookie, sizeof(plan.cookie));
    random_bytes(plan.steer_key, sizeof(plan.steer_key));
}

static uint32_t nodes_option(void)
{
    uint64_t wanted;
    char text[24];

    switch (boot_option_number(info.options, "nodes", &wanted)) {
    case OPTION_ABSENT:
        return 0;
    case OPTION_NUMBER:
        if (wanted >= 1 && wanted <= NODES_MAX)
            return (uint32_t)wanted;
        break;
    default:
        break;
    }
    boot_option_text(info.options, "nodes", text, sizeof(text));
    boot_fail("option nodes=%s is no number from 1 to %u; correct it or leave it out", text,
              NODES_MAX);
}

static void machine_plan(uint32_t boot_core)
{
    static char text[PLAN_TEXT_SIZE];
    uint64_t total = 0;
    struct plan_input input = {
        .ranges = info.ranges,
        .range_count = info.range_count,
        .cores = acpi.cores,
        .core_count = acpi.core_count,
        .boot_core = boot_core,
        .nodes_wanted = nodes_option(),
        .loader = {(uintptr_t)loader_begin, (uint64_t)(loader_end - loader_begin)},
        .module = {info.module_base, info.module_size},
        .root = {(info.module_base + image.root.offset) & ~(PAGE_SIZE - 1), image.root.size},
        .kernel_size = image.kernel.size,
        .options_size = info.options_size,
    };
    const char *error = plan_make(&input, &plan, text);

    if (error != NULL)
        boot_fail("%s", error);
    for (uint32_t i = 0; i < info.range_count; i++)
        total += info.ranges[i].usable ? info.ranges[i].size : 0;
    uint64_t share = 0;

    for (uint32_t i = 0; i < plan.nodes[0].extent_count; i++)
        share += plan.nodes[0].extents[i].size;
    boot_say("%u cores, %lu MiB, %u nodes of %lu MiB", acpi.core_count,
             (total + (1 << 20) - 1) >> 20, plan.node_count, share >> 20);
    boot_say("clock %lu MHz by %s, root file system %lu KiB", plan.tsc_hz / 1000000, clocks.source,
             plan.root.size >> 10);
}

static const void *host_store(uint64_t phys, uint64_t size)
{
    return memory_map(phys, size);
}

static void node_load(const struct machine *machine, uint32_t node, const struct start_host *host)
{
    int error = start_load(machine, node, 1, host);

    if (error != START_OK)
        boot_fail("node %u: %s", node, start_error_text(error));
}

static void node_start(const struct machine *machine, uint32_t node, const struct start_host *host)
{
    node_load(machine, node, host);
    int error = start_core(machine, node, host, NODE_TIMEOUT_US);

    if (error != START_OK) {
        struct published *published =
            memory_map(machine->published_base + node * PUBLISHED_SIZE, PAGE_SIZE);

        atomic_store(&published->state, NODE_ABSENT);
    }
    boot_say("node %u: loaded, %s", node, start_error_text(error));
}

/* One altered copy is no reason to stop (start_load takes the other one), but to be told. */
static void copies_check(const struct machine *machine)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct store_part *copy = &machine->kernel[i];

        if (checksum_bytes(memory_map(copy->base, copy->size), copy->size) != copy->checksum)
            boot_say("kernel copy %u in the boot store is altered: the memory may be bad", i + 1);
    }
}

/* The others first, each until its kernel runs; then this core becomes its own node. */
static NO_RETURN void nodes_start(const struct machine *machine)
{
    const struct start_host host = {memory_map, host_store, lapic, clock_wait_us};

    copies_check(machine);
    for (uint32_t i = 0; i < machine->node_count; i++)
        if (i != machine->boot_node)
            node_start(machine, i, &host);
    node_load(machine, machine->boot_node, &host);
    boot_say("node %u: loaded, started", machine->boot_node);
    start_self(machine, machine->boot_node, &host);
}

void boot_main(uint32_t kind, uint64_t address)
{
    exceptions_catch();
    boot_console_init();
    protocol_read(kind, address);
    hardware_read();
    uint32_t boot_core = lapic_enable();

    clocks_read();
    machine_plan(boot_core);
    nodes_start(store_fill(&plan, &info, &image));
}
