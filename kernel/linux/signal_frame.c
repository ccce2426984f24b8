/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signal frame of Linux x86-64 on the program's stack: built before a handler runs, undone by
 * rt_sigreturn; and the alternate stack, since it decides where the frame goes.
 *
 * Layout downward from the stack pointer (System V ABI's red zone skipped, unless it is the
 * alternate stack): vector state at a multiple of 64, then struct frame such that (address + 8) is
 * a multiple of 16, as at any function's entry. Programs read and change it, so nothing in it is
 * believed when it comes back.
 */
#include "arch/arch.h"
#include "lib/string.h"
#include "linux/signal.h"
#include "linux/syscalls.h"
#include "memory/user_copy.h"

#define RED_ZONE           128
#define LEGACY_VECTOR_SIZE 512 /* FXSAVE image: more than that means an XSAVE image */
/* Bits of uc_flags and of RFLAGS, from <asm/ucontext.h> and <asm/processor-flags.h>. */
#define UC_FP_XSTATE          1UL
#define UC_SIGCONTEXT_SS      2UL
#define UC_STRICT_RESTORE_SS  4UL
#define FLAG_TRAP             0x100UL
#define FLAG_DIRECTION        0x400UL
#define FLAG_RESUME           0x10000UL
#define FLAGS_OF_PROGRAM      0x50dd5UL /* AC OF DF TF SF ZF AF PF CF RF: what sigreturn may change */
#define VECTOR_PAGE_FAULT     14
#define VECTORS_OF_EXCEPTIONS 32

struct machine_context {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error, trap, old_mask, cr2;
    uint64_t vector_state;
    uint64_t reserved[8];
};
struct user_context {
    uint64_t flags, link;
    struct linux_sigaltstack stack;
    struct machine_context machine;
    uint64_t mask;
};
struct frame {
    uint64_t return_address;
    struct user_context context;
    struct linux_siginfo info;
};
_Static_assert(sizeof(struct machine_context) == 256, "struct sigcontext_64");
_Static_assert(sizeof(struct user_context) == 304, "the kernel's struct ucontext");
_Static_assert(sizeof(struct frame) == 440, "struct rt_sigframe");

/* ---- alternate stack ---- */

static bool on_alternate_stack(uintptr_t sp)
{
    /* With SS_AUTODISARM the stack is free again as soon as a handler runs on it. */
    if (current->alternate_flags & (int)SS_AUTODISARM)
        return false;
    return sp > current->alternate_stack &&
           sp - current->alternate_stack <= current->alternate_size;
}

void signal_alternate_stack_get(struct linux_sigaltstack *stack, uintptr_t sp)
{
    memset(stack, 0, sizeof(*stack));
    stack->address = current->alternate_stack;
    stack->size = current->alternate_size;
    if (current->alternate_size == 0)
        stack->flags = SS_DISABLE;
    else
        stack->flags = (on_alternate_stack(sp) ? SS_ONSTACK : 0) | current->alternate_flags;
}

int signal_alternate_stack(const struct linux_sigaltstack *new_stack, uintptr_t sp)
{
    if (current->alternate_size != 0 && on_alternate_stack(sp))
        return -EPERM;
    int flags = new_stack->flags & (int)SS_AUTODISARM,
        mode = new_stack->flags & ~(int)SS_AUTODISARM;
    if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
        return -EINVAL;
    if (mode == SS_DISABLE) {
        current->alternate_stack = 0;
        current->alternate_size = 0;
        current->alternate_flags = flags;
        return 0;
    }
    if (new_stack->size < MINSIGSTKSZ)
        return -ENOMEM;
    current->alternate_stack = new_stack->address;
    current->alternate_size = new_stack->size;
    current->alternate_flags = flags;
    return 0;
}

size_t signal_frame_size_min(void)
{
    /* frame, vector state, and what the two alignments may cost */
    return (sizeof(struct frame) + arch_vector_frame_size() + 64 + 16 + 15) & ~15UL;
}

/* ---- building ---- */

/* Where the frame goes; 0: it would leave the alternate stack. */
static uintptr_t frame_place(const struct registers *registers,
                             const struct linux_sigaction *action, uintptr_t *vector_state)
{
    uintptr_t sp = registers->rsp - RED_ZONE;
    bool inside = current->alternate_size != 0 && on_alternate_stack(registers->rsp);
    if ((action->flags & SA_ONSTACK) && current->alternate_size != 0 && !inside) {
        sp = current->alternate_stack + current->alternate_size;
        inside = true;
    }
    *vector_state = (sp - arch_vector_frame_size()) & ~63UL;
    sp = ((*vector_state - sizeof(struct frame)) & ~15UL) - 8;
    if (inside &&
        (sp <= current->alternate_stack || sp - current->alternate_stack > current->alternate_size))
        return 0;
    return sp;
}

static void context_fill(struct user_context *context, const struct registers *r, int signal,
                         const struct linux_siginfo *info, uint64_t mask, uintptr_t vector_state)
{
    struct machine_context *m = &context->machine;
    context->flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
    if (arch_vector_frame_size() > LEGACY_VECTOR_SIZE)
        context->flags |= UC_FP_XSTATE;
    signal_alternate_stack_get(&context->stack, r->rsp);
    context->mask = mask;
    m->r8 = r->r8, m->r9 = r->r9, m->r10 = r->r10, m->r11 = r->r11;
    m->r12 = r->r12, m->r13 = r->r13, m->r14 = r->r14, m->r15 = r->r15;
    m->rdi = r->rdi, m->rsi = r->rsi, m->rbp = r->rbp, m->rbx = r->rbx;
    m->rdx = r->rdx, m->rax = r->rax, m->rcx = r->rcx, m->rsp = r->rsp;
    m->rip = r->rip, m->rflags = r->rflags;
    m->cs = (uint16_t)r->cs, m->ss = (uint16_t)r->ss;
    m->old_mask = mask;
    m->vector_state = vector_state;
    uint64_t vector = -r->number - 1; /* of a call: far more than any vector */
    if (vector < VECTORS_OF_EXCEPTIONS) {
        m->trap = vector;
        m->error = r->error;
        if (vector == VECTOR_PAGE_FAULT && (signal == SIGSEGV || signal == SIGBUS))
            m->cr2 = info->is.fault.address;
    }
}

int signal_frame_build(struct registers *registers, int signal, const struct linux_siginfo *info,
                       const struct linux_sigaction *action, uint64_t mask_to_restore)
{
    uintptr_t vector_state;
    uintptr_t place = frame_place(registers, action, &vector_state);
    if (place == 0 || place >= USER_END || (action->flags & SA_RESTORER) == 0)
        return -EFAULT;
    struct frame frame;
    memset(&frame, 0, sizeof(frame));
    frame.return_address = action->restorer;
    frame.info = *info;
    context_fill(&frame.context, registers, signal, info, mask_to_restore, vector_state);
    if (arch_vector_save_user(vector_state) != 0 || copy_out(place, &frame) != 0)
        return -EFAULT;
    if (current->alternate_flags & (int)SS_AUTODISARM) {
        current->alternate_stack = 0;
        current->alternate_size = 0;
        current->alternate_flags = 0;
    }
    registers->rdi = (uint64_t)signal;
    registers->rsi = place + offsetof(struct frame, info);
    registers->rdx = place + offsetof(struct frame, context);
    registers->rax = 0; /* number of vector arguments, for a handler declared with ... */
    registers->rip = action->handler;
    registers->rsp = place;
    registers->rflags &= ~(FLAG_TRAP | FLAG_DIRECTION | FLAG_RESUME);
    registers->number = UINT64_MAX;
    arch_vector_reset(&current->arch); /* a handler starts with the default rounding and masks */
    return 0;
}

/* ---- undoing ---- */

static int registers_restore(struct registers *r, const struct machine_context *m)
{
    /* Only the one kind of user segment that we have, and an address that a return can go to: a
     * return to anything else would fault in the kernel. */
    if ((m->cs | 3) != r->cs || (m->ss | 3) != r->ss || m->rip >= USER_END)
        return -EFAULT;
    r->r8 = m->r8, r->r9 = m->r9, r->r10 = m->r10, r->r11 = m->r11;
    r->r12 = m->r12, r->r13 = m->r13, r->r14 = m->r14, r->r15 = m->r15;
    r->rdi = m->rdi, r->rsi = m->rsi, r->rbp = m->rbp, r->rbx = m->rbx;
    r->rdx = m->rdx, r->rax = m->rax, r->rcx = m->rcx, r->rsp = m->rsp;
    r->rip = m->rip;
    r->rflags = (r->rflags & ~FLAGS_OF_PROGRAM) | (m->rflags & FLAGS_OF_PROGRAM);
    return 0;
}

long sys_rt_sigreturn(void)
{
    struct registers *registers = arch_user_registers(&current->arch);
    struct user_context context;
    registers->number = UINT64_MAX; /* whatever comes out is no call's result to be restarted */
    current->restart_block[0] = 0;
    int error = copy_in(&context, registers->rsp - 8 + offsetof(struct frame, context));
    if (error == 0) {
        signal_mask_set(context.mask);
        error = registers_restore(registers, &context.machine);
    }
    if (error == 0 && context.machine.vector_state != 0)
        error = arch_vector_load_user(context.machine.vector_state);
    else if (error == 0)
        arch_vector_reset(&current->arch);
    if (error != 0)
        signal_force(current, SIGSEGV, NULL);
    else
        (void)signal_alternate_stack(&context.stack,
                                     registers->rsp); /* Linux does not mind either */
    return (long)registers->rax;
}
