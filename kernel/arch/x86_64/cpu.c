/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this core can do, and the tables and control registers that it needs: GDT, TSS, IDT, system
 * call entry, protections. Runs once, first of all, on the boot stack.
 */
#include "arch/x86_64/cpu.h"
#include "arch/arch.h"
#include "arch/x86_64/frame.h"
#include "lib/string.h"

struct cpu_features cpu;
struct published *cpu_published;

struct gate {
    uint16_t offset_low, selector;
    uint8_t stack, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};
struct task_state {
    uint32_t reserved0;
    uint64_t stack[3];
    uint64_t reserved1;
    uint64_t interrupt_stack[7];
    uint64_t reserved2;
    uint16_t reserved3, io_map;
} __attribute__((packed));
struct table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));
_Static_assert(sizeof(struct task_state) == 104, "the processor's layout");
_Static_assert(sizeof(struct gate) == 16, "the processor's layout");

static struct gate gates[256] __attribute__((aligned(16)));
static struct task_state task_state;
static uint64_t descriptors[10] = {
    [SELECTOR_KERNEL_CODE / 8] = 0x00af9b000000ffff,
    [SELECTOR_KERNEL_DATA / 8] = 0x00cf93000000ffff,
    [SELECTOR_USER_DATA / 8] = 0x00cff3000000ffff,
    [SELECTOR_USER_CODE / 8] = 0x00affb000000ffff,
};

extern const char trap_entries[], syscall_entry[];
extern const char interrupt_timer[], interrupt_serial[], interrupt_device[], interrupt_doorbell[];
extern const char interrupt_spurious[], interrupt_unknown[];
extern char stack_top_double_fault[], stack_top_nmi[], stack_top_machine_check[];
extern uintptr_t kernel_stack_top;
extern uint8_t *const smap_open_begin[], *const smap_open_end[];
extern uint8_t *const smap_close_begin[], *const smap_close_end[];

#define CR0_ON         0x80050033UL /* PG, AM, WP, NE, ET, MP, PE; EM, TS, CD and NW off */
#define CR0_WP         0x10000UL
#define CR4_PAE        0x20UL
#define CR4_MCE        0x40UL
#define CR4_PGE        0x80UL
#define CR4_OSFXSR     0x200UL
#define CR4_OSXMMEXCPT 0x400UL
#define CR4_UMIP       0x800UL
#define CR4_FSGSBASE   0x10000UL
#define CR4_OSXSAVE    0x40000UL
#define CR4_SMEP       0x100000UL
#define CR4_SMAP       0x200000UL
#define EFER_ON        0xd01UL /* NXE, LMA, LME, SCE */

static void features_find(void)
{
    struct cpuid top = cpuid_read(0, 0), one = cpuid_read(1, 0), seven = {0, 0, 0, 0};

    if (top.a >= 7)
        seven = cpuid_read(7, 0);
    cpu.mce = one.d >> 7 & 1 && one.d >> 14 & 1;
    cpu.pge = one.d >> 13 & 1;
    cpu.crc32 = one.c >> 20 & 1;
    cpu.x2apic = one.c >> 21 & 1;
    cpu.tsc_deadline = one.c >> 24 & 1;
    cpu.xsave = one.c >> 26 & 1 && top.a >= 0xd;
    cpu.rdrand = one.c >> 30 & 1;
    cpu.fsgsbase = seven.b & 1;
    cpu.smep = seven.b >> 7 & 1;
    cpu.rdseed = seven.b >> 18 & 1;
    cpu.smap = seven.b >> 20 & 1;
    cpu.umip = seven.c >> 2 & 1;
}

static void task_state_init(void)
{
    uint64_t base = (uintptr_t)&task_state;

    task_state.interrupt_stack[0] = (uintptr_t)stack_top_double_fault;
    task_state.interrupt_stack[1] = (uintptr_t)stack_top_nmi;
    task_state.interrupt_stack[2] = (uintptr_t)stack_top_machine_check;
    task_state.io_map = sizeof(task_state);
    descriptors[SELECTOR_TSS / 8] = (sizeof(task_state) - 1) | (base & 0xffffff) << 16 |
                                    0x89UL << 40 | (base >> 24 & 0xff) << 56;
    descriptors[SELECTOR_TSS / 8 + 1] = base >> 32;
}

static void gate_set(unsigned vector, const char *entry)
{
    uint64_t address = (uintptr_t)entry;
    bool by_program = vector == 3 || vector == 4; /* INT3, INTO */

    gates[vector] = (struct gate){
        .offset_low = (uint16_t)address,
        .offset_middle = (uint16_t)(address >> 16),
        .offset_high = (uint32_t)(address >> 32),
        .selector = SELECTOR_KERNEL_CODE,
        .type = by_program ? 0xee : 0x8e,
    };
}

static void gates_init(void)
{
    for (unsigned vector = 0; vector < 256; vector++)
        gate_set(vector, vector < 32 ? trap_entries + 16 * vector : interrupt_unknown);
    gate_set(VECTOR_TIMER, interrupt_timer);
    gate_set(VECTOR_SERIAL, interrupt_serial);
    gate_set(VECTOR_DEVICE, interrupt_device);
    gate_set(VECTOR_DOORBELL, interrupt_doorbell);
    gate_set(VECTOR_SPURIOUS, interrupt_spurious);
    gates[VECTOR_DOUBLE_FAULT].stack = 1;
    gates[VECTOR_NMI].stack = 2;
    gates[VECTOR_MACHINE_CHECK].stack = 3;
}

void cpu_tables_init(void)
{
    struct table_register gdtr = {sizeof(descriptors) - 1, (uintptr_t)descriptors};
    struct table_register idtr = {sizeof(gates) - 1, (uintptr_t)gates};

    task_state_init();
    gates_init();
    asm volatile("lgdt %0\n\t"
                 "pushq %1\n\t"
                 "leaq 1f(%%rip), %%rax\n\t"
                 "pushq %%rax\n\t"
                 "lretq\n"
                 "1:\n\t"
                 "movl %2, %%eax\n\t"
                 "movl %%eax, %%ss\n\t"
                 "xorl %%eax, %%eax\n\t"
                 "movl %%eax, %%ds\n\t"
                 "movl %%eax, %%es\n\t"
                 "movl %%eax, %%fs\n\t"
                 "movl %%eax, %%gs\n\t"
                 "lldt %%ax\n\t"
                 "movl %3, %%eax\n\t"
                 "ltr %%ax\n\t"
                 "lidt %4" ::"m"(gdtr),
                 "i"(SELECTOR_KERNEL_CODE), "i"(SELECTOR_KERNEL_DATA), "i"(SELECTOR_TSS), "m"(idtr)
                 : "rax", "memory");
}

void cpu_set_kernel_stack(uintptr_t top)
{
    kernel_stack_top = top;
    task_state.stack[0] = top;
}

static void control_registers_init(void)
{
    uint64_t cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;

    cr4 |= cpu.mce ? CR4_MCE : 0;
    cr4 |= cpu.umip ? CR4_UMIP : 0;
    cr4 |= cpu.fsgsbase ? CR4_FSGSBASE : 0;
    cr4 |= cpu.xsave ? CR4_OSXSAVE : 0;
    cr4 |= cpu.smep ? CR4_SMEP : 0;
    cr4 |= cpu.smap ? CR4_SMAP : 0;
    msr_write(MSR_EFER, EFER_ON);
    cr0_write(CR0_ON);
    cr4_write(cr4);
}

static void sites_patch(uint8_t *const *begin, uint8_t *const *end, uint8_t last_byte)
{
    for (uint8_t *const *site = begin; site < end; site++) {
        uint8_t *code = *site;

        code[0] = 0x0f;
        code[1] = 0x01;
        code[2] = last_byte;
    }
}

/* The only time that the text is written: before anything runs through these places, with write
 * protection off for a moment. */
static void user_access_patch(void)
{
    if (!cpu.smap)
        return;
    cr0_write(CR0_ON & ~CR0_WP);
    sites_patch(smap_open_begin, smap_open_end, 0xcb);   /* STAC */
    sites_patch(smap_close_begin, smap_close_end, 0xca); /* CLAC */
    cr0_write(CR0_ON);
}

static void machine_check_init(void)
{
    unsigned banks;

    if (!cpu.mce)
        return;
    banks = msr_read(MSR_MCG_CAP) & 0xff;
    for (unsigned bank = 0; bank < banks; bank++) {
        msr_write(MSR_MC0_CTL + 4 * bank, ~0UL);
        msr_write(MSR_MC0_CTL + 4 * bank + 1, 0);
    }
}

static void system_call_init(void)
{
    msr_write(MSR_STAR,
              (uint64_t)(SELECTOR_USER_DATA - 8) << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
    msr_write(MSR_LSTAR, (uintptr_t)syscall_entry);
    msr_write(MSR_SFMASK, FLAGS_SYSCALL_MASK);
    msr_write(MSR_FS_BASE, 0);
    msr_write(MSR_GS_BASE, 0);
}

void arch_start(const struct start_info *start)
{
    cpu_published = (struct published *)(PUBLISHED_BASE + start->node * PUBLISHED_SIZE);
    cpu_tables_init();
    features_find();
    user_access_patch();
    control_registers_init();
    paging_init(start);
    machine_check_init();
    system_call_init();
    vector_init();
    clock_init((const struct machine *)STORE_BASE);
}

bool arch_has_crc32(void)
{
    return cpu.crc32;
}

const char *arch_cpu_vendor(char text[16])
{
    struct cpuid id = cpuid_read(0, 0);

    memcpy(text, &id.b, 4);
    memcpy(text + 4, &id.d, 4);
    memcpy(text + 8, &id.c, 4);
    text[12] = 0;
    return text;
}

bool arch_random(uint64_t *value)
{
    bool ok = false;

    /* Both may run dry for a moment. */
    for (int tries = 0; tries < 16 && !ok && cpu.rdseed; tries++)
        asm volatile("rdseed %0" : "=r"(*value), "=@ccc"(ok));
    for (int tries = 0; tries < 16 && !ok && cpu.rdrand; tries++)
        asm volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok));
    return ok;
}
