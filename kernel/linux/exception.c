/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults and exceptions of ring 3 become signals here. Called from the machine's entries
 * (arch/doors.h) on the kernel stack of the thread that caused them; the signal is delivered on the
 * way back.
 */
#include "arch/doors.h"
#include "lib/log.h"
#include "lib/string.h"
#include "linux/signal.h"
#include "memory/address_space.h"

enum vector {
    VECTOR_DIVIDE = 0,
    VECTOR_DEBUG = 1,
    VECTOR_BREAKPOINT = 3,
    VECTOR_OVERFLOW = 4,
    VECTOR_BOUND = 5,
    VECTOR_INVALID_OPCODE = 6,
    VECTOR_NOT_PRESENT = 11,
    VECTOR_STACK = 12,
    VECTOR_X87 = 16,
    VECTOR_ALIGNMENT = 17,
    VECTOR_SIMD = 19,
};

static void force_fault(int signal, int code, uintptr_t address)
{
    struct linux_siginfo info;
    memset(&info, 0, sizeof(info));
    info.signal = signal;
    info.code = code;
    info.is.fault.address = address;
    signal_force(current, signal, &info);
}

/* Order of the bits in the x87 status word and in MXCSR: invalid, denormal, divide, overflow,
 * underflow, precision. Linux names the denormal one an underflow. */
static int float_code(unsigned exceptions)
{
    if (exceptions & 1)
        return FPE_FLTINV;
    if (exceptions & 4)
        return FPE_FLTDIV;
    if (exceptions & 8)
        return FPE_FLTOVF;
    if (exceptions & 0x12)
        return FPE_FLTUND;
    return exceptions & 0x20 ? FPE_FLTRES : 0;
}

void exception_enter(struct registers *registers, unsigned vector, uint64_t error)
{
    switch (vector) {
    case VECTOR_DIVIDE:
        force_fault(SIGFPE, FPE_INTDIV, registers->rip);
        break;
    case VECTOR_DEBUG:
        force_fault(SIGTRAP, TRAP_TRACE, registers->rip);
        break;
    case VECTOR_INVALID_OPCODE:
        force_fault(SIGILL, ILL_ILLOPN, registers->rip);
        break;
    case VECTOR_X87:
    case VECTOR_SIMD:
        force_fault(SIGFPE, float_code(arch_vector_exceptions(vector == VECTOR_SIMD)),
                    registers->rip);
        break;
    case VECTOR_ALIGNMENT:
        force_fault(SIGBUS, BUS_ADRALN, 0);
        break;
    case VECTOR_BREAKPOINT:
        signal_force(current, SIGTRAP, NULL);
        break;
    case VECTOR_NOT_PRESENT:
    case VECTOR_STACK:
        signal_force(current, SIGBUS, NULL);
        break;
    default: /* general protection, overflow, bounds, task segment */
        signal_force(current, SIGSEGV, NULL);
        break;
    }
}

/* Pid 1 is the node, so it does not go for want of memory while others can: the largest of them
 * ends, and with it all that share its memory. Its pages come back at once; what its threads may
 * still read in the kernel on their way out are zeros. false: there is none. */
static bool largest_other_ends(const struct address_space *needy)
{
    struct process *process, *largest = NULL;
    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        if (process->pid != 1 && process->space && process->space != needy &&
            process->space->resident > (largest ? largest->space->resident : 0))
            largest = process;
    }
    if (!largest)
        return false;
    struct address_space *space = largest->space;
    log_line("pid %d (%s) killed: pid 1 is out of memory, %lu KiB resident", largest->pid,
             largest->name, space->resident * (PAGE_SIZE / 1024));
    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        if (process->space == space)
            (void)signal_send_process(process, SIGKILL, NULL);
    }
    (void)address_space_discard(space, 0, USER_END);
    return true;
}

/* The rule for a full partition: the process that needs one page more ends, and the log says so. */
static void kill_for_memory(uintptr_t address)
{
    struct process *process = current->process;
    log_line("pid %d (%s) killed: out of memory at address 0x%lx, %lu KiB resident", process->pid,
             process->name, address, process->space->resident * (PAGE_SIZE / 1024));
    process_end(process, SIGKILL, NULL);
}

int fault_enter(struct registers *registers, uintptr_t address, enum fault_access access,
                bool present, bool user_mode)
{
    if (current->process == NULL)
        return -EFAULT;
    int error = fault_resolve(current->process->space, address, access);
    while (error == -ENOMEM && current->process->pid == 1 &&
           largest_other_ends(current->process->space))
        error = fault_resolve(current->process->space, address, access);
    if (error == 0)
        return 0;
    if (error == -ENOMEM)
        kill_for_memory(address);
    if (!user_mode)
        return error;
    if (error == -ENXIO)
        force_fault(SIGBUS, BUS_ADRERR, address);
    else if (error == -EACCES)
        force_fault(SIGSEGV, SEGV_ACCERR, address);
    else if (error != -ENOMEM)
        force_fault(SIGSEGV, SEGV_MAPERR, address);
    return 0;
}
