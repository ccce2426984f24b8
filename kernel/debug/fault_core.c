/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel that ends itself, and a core that goes nowhere any more. */
#include "arch/arch.h"
#include "debug/fault.h"

#define APIC_BASE_MSR     0x1bU
#define APIC_BASE_X2APIC  0x400UL
#define X2APIC_COMMAND    0x830U
#define APIC_COMMAND      0x300UL
#define APIC_TARGET       0x310UL
#define COMMAND_NMI       0x4400U
#define GATE_COUNT        256
#define GATE_NMI          2
#define GATE_INTERRUPTS   32 /* before it come the exceptions, which stay */
#define GATE_PRESENT      0x800000000000UL
#define GATE_OFFSET_LOW   0xffffUL
#define GATE_OFFSET_SHIFT 32

struct __attribute__((packed)) table {
    uint16_t limit;
    uint64_t base;
};

static NO_INLINE void fault_panic(void)
{
    panic("asked for");
}

static NO_INLINE void fault_assert(void)
{
    ASSERT(self_node() == NODES_MAX);
}

static NO_INLINE void fault_undefined(void)
{
    volatile int number = INT32_MAX;
    /* cppcheck-suppress integerOverflow ; this fault is wanted: UBSan has to report it */
    number = number + 1;
}

static NO_INLINE void fault_invalid_instruction(void)
{
    asm volatile("ud2");
}

static NO_INLINE void fault_general_protection(void)
{
    asm volatile("mov %0, %%fs" ::"r"(0xfff0));
}

static NO_INLINE void fault_divide(void)
{
    asm volatile("xorl %%ecx, %%ecx\n\tdivl %%ecx" ::: "eax", "ecx", "edx");
}

static NO_INLINE unsigned descend(volatile unsigned *depth)
{
    unsigned room[16] = {*depth};
    volatile unsigned *next = room;
    *next += 1;
    return *depth == UINT32_MAX ? 0 : descend(next) + *next;
}

static NO_INLINE void fault_stack_overflow(void)
{
    volatile unsigned depth = 0;
    (void)descend(&depth);
}

/* The timer still ticks, doorbells are still answered: only the beat stands still. */
static NO_INLINE void fault_hang(void)
{
    for (;;)
        asm volatile("sti\n\tpause" ::: "memory");
}

static NO_INLINE void fault_hang_irqs_off(void)
{
    for (;;)
        asm volatile("cli\n\tpause" ::: "memory");
}

static NO_INLINE void fault_halt(void)
{
    for (;;)
        asm volatile("cli\n\thlt" ::: "memory");
}

static NO_RETURN void nmi_spin(void)
{
    for (;;)
        asm volatile("pause" ::: "memory");
}

static void nmi_self(void)
{
    uint32_t id = machine->nodes[self_node()].apic_id, low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(APIC_BASE_MSR));
    if (low & APIC_BASE_X2APIC) {
        asm volatile("wrmsr" ::"a"(COMMAND_NMI), "d"(id), "c"(X2APIC_COMMAND) : "memory");
        return;
    }
    *(volatile uint32_t *)(DEVICE_LAPIC + APIC_TARGET) = id << 24;
    *(volatile uint32_t *)(DEVICE_LAPIC + APIC_COMMAND) = COMMAND_NMI;
}

/* In its NMI handler a core takes no other NMI: a probe finds only silence. The handler that loops
 * stands in a copy of the table. */
static NO_INLINE void fault_nmi_loop(void)
{
    static uint64_t gates[GATE_COUNT][2];
    struct table table;
    uint64_t to = (uintptr_t)nmi_spin, *gate = gates[GATE_NMI];

    asm volatile("sidt %0" : "=m"(table));
    for (unsigned i = 0; i < (table.limit + 1U) / 16; i++) {
        gates[i][0] = ((const uint64_t *)table.base)[2 * i];
        gates[i][1] = ((const uint64_t *)table.base)[2 * i + 1];
    }
    gate[0] &= 0x0000ffffffff0000UL;
    gate[0] |= (to & GATE_OFFSET_LOW) | (to >> 16 & GATE_OFFSET_LOW) << 48;
    gate[1] = to >> GATE_OFFSET_SHIFT;
    table.base = (uintptr_t)gates;
    asm volatile("lidt %0" ::"m"(table));
    nmi_self();
    for (;;)
        asm volatile("pause" ::: "memory");
}

/* Bits of the table of interrupts in use are lost: the next interrupt has no gate, which is an
 * exception (Intel SDM 3A 6.12.1.3). */
static NO_INLINE void fault_gates(void)
{
    struct table table;

    asm volatile("sidt %0" : "=m"(table));
    for (unsigned i = GATE_INTERRUPTS; i < (table.limit + 1U) / 16; i++)
        ((volatile uint64_t *)table.base)[2 * i] &= ~GATE_PRESENT;
    for (;;)
        asm volatile("sti\n\thlt" ::: "memory");
}

/* No table of interrupts, then an interrupt: the processor shuts down, and the board resets it. */
static NO_INLINE void fault_triple_fault(void)
{
    static const struct table nothing;

    asm volatile("lidt %0\n\tint3" ::"m"(nothing));
}

const struct fault faults_core[] = {
    {"panic", fault_panic},
    {"assert", fault_assert},
    {"undefined", fault_undefined},
    {"invalid_instruction", fault_invalid_instruction},
    {"general_protection", fault_general_protection},
    {"divide", fault_divide},
    {"stack_overflow", fault_stack_overflow},
    {"hang", fault_hang},
    {"hang_irqs_off", fault_hang_irqs_off},
    {"nmi_loop", fault_nmi_loop},
    {"halt", fault_halt},
    {"gates", fault_gates},
    {"triple_fault", fault_triple_fault},
    {NULL, NULL},
};
