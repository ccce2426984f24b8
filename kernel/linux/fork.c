/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fork, vfork, clone, clone3: a new thread, in the caller's process or as the first of a new one.
 * All checks and allocations come first; from process_publish on nothing can fail.
 */
#include "lib/string.h"
#include "linux/process_life.h"
#include "linux/signal.h"
#include "linux/syscalls.h"
#include "memory/frames.h"
#include "memory/heap.h"

struct clone_request {
    uint64_t flags; /* CLONE_*, without the signal */
    int exit_signal;
    uintptr_t stack; /* top; 0: the caller's */
    uintptr_t parent_tid, child_tid;
    uint64_t tls;
};

/* 256 KiB: 4096 threads in 1 GiB, a quarter of it at most for their kernel side. */
#define FRAMES_PER_THREAD 64
#define NAMESPACES                                                                                 \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET | CLONE_NEWTIME)
/* Accepted and without meaning here: no tracing, no System V semaphores, no I/O contexts. */
#define WITHOUT_MEANING (CLONE_SYSVSEM | CLONE_UNTRACED | CLONE_PTRACE | CLONE_DETACHED | CLONE_IO)
#define KNOWN                                                                                      \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_VFORK | CLONE_PARENT |              \
     CLONE_THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |                    \
     CLONE_CHILD_SETTID | CLONE_CLEAR_SIGHAND | WITHOUT_MEANING)

static int check_flags(const struct clone_request *request)
{
    uint64_t flags = request->flags;
    if (flags & NAMESPACES)
        return -EPERM;
    if (flags & ~(uint64_t)KNOWN)
        return -EINVAL;
    if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
        return -EINVAL;
    if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
        return -EINVAL;
    if ((flags & CLONE_SIGHAND) && (flags & CLONE_CLEAR_SIGHAND))
        return -EINVAL;
    if (request->exit_signal < 0 || request->exit_signal > SIGNAL_COUNT)
        return -EINVAL;
    /* Loaded in ring 0 at the switch, where an address that is none would fault. */
    if ((flags & CLONE_SETTLS) && request->tls >= USER_END)
        return -EPERM;
    /* An orphan of pid 1 cannot have a brother. */
    if ((flags & CLONE_PARENT) && !current->process->parent)
        return -EINVAL;
    return 0;
}

void process_thread_enter(void *unused)
{
    struct registers registers = *current->start_registers;
    heap_free(current->start_registers);
    current->start_registers = NULL;
    if (current->set_child_tid) {
        uint32_t tid = (uint32_t)current->tid;
        /* As in Linux, a bad address is the program's own trouble. */
        if (copy_out(current->set_child_tid, &tid) < 0)
            current->set_child_tid = 0;
    }
    arch_enter_user(&registers);
}

static struct thread *new_thread(struct process *process, const struct clone_request *request)
{
    struct thread *thread = thread_create(process, process_thread_enter, NULL);
    if (!thread)
        return NULL;
    struct registers *registers = heap_alloc(sizeof(*registers));
    if (!registers) {
        thread_discard(thread);
        return NULL;
    }
    *registers = *arch_user_registers(&current->arch);
    registers->rax = 0;
    if (request->stack)
        registers->rsp = request->stack;
    thread->start_registers = registers;
    arch_vector_copy(&thread->arch);
    thread->arch.fs_base =
        request->flags & CLONE_SETTLS ? request->tls : arch_get_fs_base(&current->arch);
    thread->arch.gs_base = arch_get_gs_base(&current->arch);
    thread->nice = current->nice;
    memcpy(thread->name, current->name, sizeof(thread->name));
    bool other_memory = !(request->flags & CLONE_VM) || (request->flags & CLONE_VFORK);
    signal_thread_start(thread, current, other_memory);
    if (request->flags & CLONE_CHILD_SETTID)
        thread->set_child_tid = request->child_tid;
    if (request->flags & CLONE_CHILD_CLEARTID)
        thread->clear_child_tid = request->child_tid;
    if (!(request->flags & CLONE_VM)) {
        thread->rseq = current->rseq;
        thread->rseq_signature = current->rseq_signature;
        thread->rseq_length = current->rseq_length;
    }
    return thread;
}

static int share_or_copy(struct process *child, struct process *parent, uint64_t flags)
{
    child->space = parent->space;
    if (flags & CLONE_VM)
        address_space_get(parent->space);
    else if (!(child->space = address_space_fork(parent->space)))
        return -ENOMEM;
    if (flags & CLONE_FILES) {
        child->files = parent->files;
        child->files->count++;
    } else if (!(child->files = file_table_copy(parent->files))) {
        return -ENOMEM;
    }
    if (flags & CLONE_FS) {
        child->context = parent->context;
        child->context->count++;
    } else if (!(child->context = process_file_context_copy(parent->context))) {
        return -ENOMEM;
    }
    if (flags & CLONE_SIGHAND) {
        child->signals = parent->signals;
        child->signals->count++;
    } else if (!(child->signals = signal_actions_copy(parent->signals))) {
        return -ENOMEM;
    }
    if (parent->executable && !(child->executable = heap_string(parent->executable)))
        return -ENOMEM;
    return 0;
}

static void clear_handlers(struct signal_actions *signals)
{
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        struct linux_sigaction *action = &signals->actions[i];
        if (action->handler != (uint64_t)SIG_IGN)
            memset(action, 0, sizeof(*action));
    }
}

static struct process *new_process(const struct clone_request *request)
{
    struct process *parent = current->process;
    struct process *child = process_allocate();
    if (!child)
        return NULL;
    if (share_or_copy(child, parent, request->flags) < 0) {
        process_release(child);
        return NULL;
    }
    if (request->flags & CLONE_CLEAR_SIGHAND)
        clear_handlers(child->signals);
    child->group = parent->group;
    child->session = parent->session;
    child->terminal = parent->terminal;
    child->exit_signal = request->exit_signal;
    memcpy(child->name, parent->name, sizeof(child->name));
    memcpy(child->limits, parent->limits, sizeof(child->limits));
    child->uid = parent->uid;
    child->gid = parent->gid;
    child->euid = parent->euid;
    child->egid = parent->egid;
    child->suid = parent->suid;
    child->sgid = parent->sgid;
    child->dumpable = parent->dumpable;
    child->no_new_privs = parent->no_new_privs;
    child->vfork_pending = (request->flags & CLONE_VFORK) != 0;
    return child;
}

/* The child runs on our memory: stand still until it has its own. It may be gone and reaped when we
 * look. */
static void wait_for_vfork(int pid)
{
    struct process *child;
    while ((child = process_find(pid)) && child->vfork_pending) {
        if (wait_fatal(&child->vfork_waits) < 0 && process_must_end())
            return;
    }
}

/* What a thread costs comes mostly from the reserve that programs' pages cannot take: leave enough
 * of it. */
static bool too_many_threads(void)
{
    return process_thread_total() >= 64 + frames_total() / FRAMES_PER_THREAD;
}

static bool too_many_processes(void)
{
    const struct process *process = current->process;
    uint64_t limit = process->limits[RLIMIT_NPROC].soft, count = 0;
    if (process->uid == 0 || limit == RLIM_INFINITY)
        return false;
    struct process *other;
    LIST_FOR_EACH (other, &processes, struct process, all_link) {
        if (other->uid == process->uid)
            count += other->thread_count;
    }
    return count >= limit;
}

static long do_clone(const struct clone_request *request)
{
    int error = check_flags(request);
    if (error < 0)
        return error;
    if (too_many_processes() || too_many_threads())
        return -EAGAIN;
    bool thread_only = (request->flags & CLONE_THREAD) != 0;
    struct process *process = thread_only ? current->process : new_process(request);
    if (!process)
        return -ENOMEM;
    struct thread *thread = new_thread(process, request);
    int tid = process_pid_new();
    uint32_t tid_word = (uint32_t)tid;
    if (!thread || tid < 0)
        goto fail;
    if ((request->flags & CLONE_PARENT_SETTID) && copy_out(request->parent_tid, &tid_word) < 0) {
        tid = -EFAULT;
        goto fail;
    }
    /* The copy may have slept: meanwhile the whole process may have been told to end. */
    if (thread_only && (process->group_exiting || process->exec_thread)) {
        tid = -EAGAIN;
        goto fail;
    }
    thread->space = &process->space->arch;
    if (!thread_only) {
        struct process *parent = current->process;
        process->pid = tid;
        if (request->flags & CLONE_PARENT) {
            process->exit_signal = parent->exit_signal;
            parent = parent->parent;
        }
        process_publish(process, parent);
    }
    process_attach(process, thread, tid);
    thread_start(thread);
    if (request->flags & CLONE_VFORK)
        wait_for_vfork(tid);
    return tid;
fail:
    if (thread)
        thread_discard(thread);
    if (!thread_only)
        process_release(process);
    return thread ? tid : -ENOMEM;
}

long sys_fork(void)
{
    struct clone_request request = {.exit_signal = SIGCHLD};
    return do_clone(&request);
}

long sys_vfork(void)
{
    struct clone_request request = {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD};
    return do_clone(&request);
}

long sys_clone(uint64_t flags, user_addr stack, user_addr parent_tid, user_addr child_tid,
               uint64_t tls)
{
    struct clone_request request = {
        .flags = flags & 0xffffffff & ~(uint64_t)CSIGNAL,
        .exit_signal = (int)(flags & CSIGNAL),
        .stack = stack,
        .parent_tid = parent_tid,
        .child_tid = child_tid,
        .tls = tls,
    };
    return do_clone(&request);
}

long sys_clone3(user_addr arguments, size_t size)
{
    struct clone_args args = {0};
    if (size < CLONE_ARGS_SIZE_VER0)
        return -EINVAL;
    if (size > PAGE_SIZE)
        return -E2BIG;
    size_t known = size < sizeof(args) ? size : sizeof(args);
    if (arch_copy_in(&args, arguments, known) < 0)
        return -EFAULT;
    for (size_t at = known; at < size; at++) {
        uint8_t byte;
        if (copy_in(&byte, arguments + at) < 0)
            return -EFAULT;
        if (byte)
            return -E2BIG;
    }
    if ((args.flags & CSIGNAL) || args.exit_signal > SIGNAL_COUNT || args.set_tid_size)
        return -EINVAL;
    if ((args.flags & (CLONE_THREAD | CLONE_PARENT)) && args.exit_signal)
        return -EINVAL;
    if ((args.stack == 0) != (args.stack_size == 0) || args.stack + args.stack_size < args.stack)
        return -EINVAL;
    struct clone_request request = {
        .flags = args.flags,
        .exit_signal = (int)args.exit_signal,
        .stack = args.stack + args.stack_size,
        .parent_tid = args.parent_tid,
        .child_tid = args.child_tid,
        .tls = args.tls,
    };
    return do_clone(&request);
}
