/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every trap and interrupt means. From ring 3 it becomes a signal (arch/doors.h); in a user
 * copy it goes to the landing pad; anywhere else in the kernel it is the end of this node.
 */
#include "arch/arch.h"
#include "arch/doors.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/frame.h"
#include "lib/log.h"

#define ERROR_PRESENT  0x1
#define ERROR_WRITE    0x2
#define ERROR_USER     0x4
#define ERROR_RESERVED 0x8
#define ERROR_FETCH    0x10

_Static_assert(sizeof(struct registers) == FRAME_SIZE, "frame.h");
_Static_assert(offsetof(struct registers, rbx) == FRAME_RBX, "frame.h");
_Static_assert(offsetof(struct registers, r11) == FRAME_R11, "frame.h");
_Static_assert(offsetof(struct registers, rcx) == FRAME_RCX, "frame.h");
_Static_assert(offsetof(struct registers, number) == FRAME_NUMBER, "frame.h");
_Static_assert(offsetof(struct registers, rip) == FRAME_RIP, "frame.h");
_Static_assert(offsetof(struct registers, cs) == FRAME_CS, "frame.h");
_Static_assert(offsetof(struct registers, rflags) == FRAME_RFLAGS, "frame.h");
_Static_assert(offsetof(struct registers, rsp) == FRAME_RSP, "frame.h");
_Static_assert(USER_END == FRAME_USER_END, "frame.h");

extern const char user_access_begin[], user_access_end[], user_access_failed[];
void trap_enter(struct registers *registers);
void trap_return_check(struct registers *registers);

static bool from_user(const struct registers *registers)
{
    return registers->cs & 3;
}

static NO_RETURN void kernel_page_fault(struct registers *registers, uintptr_t address)
{
    const char *access = registers->error & ERROR_FETCH   ? "execution of"
                         : registers->error & ERROR_WRITE ? "write to"
                                                          : "read of";
    const char *kind = registers->error & ERROR_RESERVED  ? "a broken page table entry"
                       : registers->error & ERROR_PRESENT ? "a protected page"
                                                          : "an unmapped page";

    panic_registers(registers, address, "page fault: %s %s at %p", access, kind, (void *)address);
}

static void page_fault(struct registers *registers)
{
    uintptr_t address = cr2_read();
    bool present = registers->error & ERROR_PRESENT;
    enum fault_access access = registers->error & ERROR_FETCH   ? FAULT_EXEC
                               : registers->error & ERROR_WRITE ? FAULT_WRITE
                                                                : FAULT_READ;

    if (registers->error & ERROR_RESERVED)
        kernel_page_fault(registers, address);
    if (from_user(registers) && present && !(registers->error & ERROR_USER)) {
        /* The processor itself, for ring 3 (a table of its own; QEMU also for IRET and far RET
         * there, where SMAP then refuses): nothing that a fault handler could mend. */
        exception_enter(registers, VECTOR_PROTECTION, 0);
        return;
    }
    if (from_user(registers)) {
        if (address >= USER_END) /* as Linux says: whether anything is there is not told */
            registers->error |= ERROR_PRESENT;
        fault_enter(registers, address, access, present, true);
        return;
    }
    if (registers->rip < (uintptr_t)user_access_begin ||
        registers->rip >= (uintptr_t)user_access_end || address >= USER_END)
        kernel_page_fault(registers, address);
    if (fault_enter(registers, address, access, present, false) < 0)
        registers->rip = (uintptr_t)user_access_failed;
}

/* A function of its own also in the debug kernel, for tests stop a core here. */
static NO_RETURN __attribute__((noinline)) void machine_check(struct registers *registers)
{
    unsigned banks = msr_read(MSR_MCG_CAP) & 0xff;
    uint64_t first = 0;
    unsigned first_bank = 0;

    for (unsigned bank = 0; bank < banks; bank++) {
        uint64_t status = msr_read(MSR_MC0_CTL + 4 * bank + 1);

        if (!(status >> 63))
            continue;
        log_line("machine check: bank %u status %016lx address %016lx", bank, status,
                 status >> 58 & 1 ? msr_read(MSR_MC0_CTL + 4 * bank + 2) : 0);
        if (!first) {
            first = status;
            first_bank = bank;
        }
        msr_write(MSR_MC0_CTL + 4 * bank + 1, 0);
    }
    msr_write(MSR_MCG_STATUS, 0); /* MCIP off: a second check would shut the machine down */
    panic_registers(registers, NO_ADDRESS, "machine check in bank %u, status %016lx", first_bank,
                    first);
}

static NO_RETURN void double_fault(struct registers *registers)
{
    extern const char guard_boot[];
    uintptr_t address = cr2_read();
    bool guard = (address >= STACK_AREA_BASE && address < STACK_AREA_BASE + STACK_AREA_SIZE) ||
                 address - (uintptr_t)guard_boot < PAGE_SIZE;

    panic_registers(registers, address, guard ? "kernel stack overflow" : "double fault");
}

static void exception(struct registers *registers, unsigned vector)
{
    static const char *const names[] = {
        [0] = "division error",
        [1] = "debug exception",
        [3] = "breakpoint",
        [4] = "overflow",
        [5] = "bound",
        [6] = "invalid instruction",
        [7] = "no coprocessor",
        [10] = "invalid TSS",
        [11] = "segment not present",
        [12] = "stack segment fault",
        [13] = "general protection fault",
        [16] = "x87 error",
        [17] = "alignment check",
        [19] = "SIMD error",
        [21] = "control protection",
    };
    const char *name = vector < COUNT_OF(names) && names[vector] ? names[vector] : "exception";

    if (vector == VECTOR_NMI) {
        nmi_enter(registers);
        return;
    }
    if (vector == VECTOR_DOUBLE_FAULT)
        double_fault(registers);
    if (vector == VECTOR_MACHINE_CHECK)
        machine_check(registers);
    if (!from_user(registers))
        panic_registers(registers, NO_ADDRESS, "%s (vector %u, error code %lx)", name, vector,
                        registers->error);
    exception_enter(registers, vector, registers->error);
}

static void interrupt(unsigned vector)
{
    atomic_store_explicit(&cpu_published->interrupts,
                          atomic_load_explicit(&cpu_published->interrupts, memory_order_relaxed) +
                              1,
                          memory_order_relaxed);
    if (vector == VECTOR_SPURIOUS)
        return;
    if (vector == VECTOR_TIMER)
        timer_enter();
    else if (vector == VECTOR_DOORBELL)
        doorbell_enter();
    else if (vector == VECTOR_SERIAL)
        serial_interrupt();
    else if (vector == VECTOR_DEVICE)
        device_enter();
    else
        log_line("an interrupt came that nobody asked for");
    apic_end_of_interrupt();
}

void trap_enter(struct registers *registers)
{
    unsigned vector = (unsigned)(-1 - (int64_t)registers->number);

    if (vector == VECTOR_PAGE_FAULT)
        page_fault(registers);
    else if (vector >= 32)
        interrupt(vector);
    else
        exception(registers, vector);
}

/* Before IRETQ to ring 3: whatever a signal handler left in the frame, it is ring 3 that is
 * entered, with interrupts on and at a canonical address (IRETQ would fault here). */
void trap_return_check(struct registers *registers)
{
    registers->cs = SELECTOR_USER_CODE;
    registers->ss = SELECTOR_USER_DATA;
    for (;;) {
        registers->rflags = (registers->rflags & FLAGS_USER) | FLAG_IF | 2;
        if (registers->rip >> 47 == 0)
            return;
        exception_enter(registers, VECTOR_PROTECTION, 0);
        user_return(registers);
    }
}

static void beat(void)
{
    uint64_t now = atomic_load_explicit(&cpu_published->beat, memory_order_relaxed);

    atomic_store_explicit(&cpu_published->beat, now + 1, memory_order_relaxed);
}

void arch_idle(void)
{
    beat();
    atomic_store_explicit(&cpu_published->sleeping, 1, memory_order_seq_cst);
    asm volatile("sti\n\thlt\n\tcli" ::: "memory");
    atomic_store_explicit(&cpu_published->sleeping, 0, memory_order_release);
}

void arch_poll_interrupts(void)
{
    beat();
    asm volatile("sti\n\tnop\n\tcli" ::: "memory");
}

void arch_leave(void (*function)(void))
{
    extern char boot_stack_top[];

    asm volatile("cli" ::: "memory");
    arch_space_switch(&kernel_space);
    asm volatile("movq %0, %%rsp\n\txorl %%ebp, %%ebp\n\tcall *%1\n\tud2" ::"r"(boot_stack_top),
                 "r"(function)
                 : "memory");
    __builtin_unreachable();
}

/* The instruction behind the switch is the same in both copies. Global pages must go, and so must
 * what would hold later interrupts back. */
void arch_enter_copy(phys_addr page_table, uintptr_t entry, uintptr_t argument)
{
    for (unsigned i = 0; i < 4; i++)
        apic_end_of_interrupt();
    cr4_write(cr4_read() & ~CR4_PGE);
    asm volatile("movq %0, %%cr3\n\tjmp *%1" ::"r"(page_table), "r"(entry), "D"(argument)
                 : "memory");
    __builtin_unreachable();
}

/* Intel SDM 3A 6.7.1: held back until an IRET. This one goes to the next instruction. */
void arch_nmi_allow(void)
{
    asm volatile("movq %%rsp, %%rax\n\tpushq %0\n\tpushq %%rax\n\tpushfq\n\tpushq %1\n\t"
                 "leaq 1f(%%rip), %%rax\n\tpushq %%rax\n\tiretq\n1:"
                 :
                 : "i"(SELECTOR_KERNEL_DATA), "i"(SELECTOR_KERNEL_CODE)
                 : "rax", "cc", "memory");
}

void arch_halt(void)
{
    for (;;)
        asm volatile("cli\n\thlt" ::: "memory");
}
