/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way in for system calls and the last step out to ring 3. The table, the names and the types
 * for the trace come from syscalls.def. Calls that are not there answer ENOSYS and are named once
 * in the log.
 */
#include "linux/dispatch.h"

#include "arch/doors.h"
#include "lib/format.h"
#include "lib/log.h"
#include "linux/sequence.h"
#include "linux/signal.h"
#include "linux/syscalls.h"
#include "node/self.h"

#define NUMBERS    512 /* beyond the last one that Linux knows */
#define TRACE_LINE 320
#define TRACE_TEXT 80 /* of a path */

typedef long (*call_function)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

/* Each has its own prototype; the machine passes six words in registers to all of them alike. */
#define ROW(number, name)                    [number] = (call_function)(void (*)(void))sys_##name,
#define SYSCALL0(number, name, support)      ROW(number, name)
#define SYSCALL1(number, name, support, ...) ROW(number, name)
#define SYSCALL2                             SYSCALL1
#define SYSCALL3                             SYSCALL1
#define SYSCALL4                             SYSCALL1
#define SYSCALL5                             SYSCALL1
#define SYSCALL6                             SYSCALL1
static const call_function calls[NUMBERS] = {
#include "linux/syscalls.def"
};
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6

/* name, then per argument a letter for its type and its name: "read\0ifd,pbuffer,usize". */
#define TYPE_int                                "i"
#define TYPE_int64_t                            "i"
#define TYPE_uint32_t                           "u"
#define TYPE_uint64_t                           "x"
#define TYPE_size_t                             "u"
#define TYPE_user_addr                          "p"
#define SYSCALL0(number, name, support)         [number] = #name "\0",
#define SYSCALL1(number, name, support, t1, a1) [number] = #name "\0" TYPE_##t1 #a1,
#define SYSCALL2(number, name, support, t1, a1, t2, a2)                                            \
    [number] = #name "\0" TYPE_##t1 #a1 "," TYPE_##t2 #a2,
#define SYSCALL3(number, name, support, t1, a1, t2, a2, t3, a3)                                    \
    [number] = #name "\0" TYPE_##t1 #a1 "," TYPE_##t2 #a2 "," TYPE_##t3 #a3,
#define SYSCALL4(number, name, support, t1, a1, t2, a2, t3, a3, t4, a4)                            \
    [number] = #name "\0" TYPE_##t1 #a1 "," TYPE_##t2 #a2 "," TYPE_##t3 #a3 "," TYPE_##t4 #a4,
#define SYSCALL5(number, name, support, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5)                    \
    [number] = #name "\0" TYPE_##t1 #a1 "," TYPE_##t2 #a2 "," TYPE_##t3 #a3 "," TYPE_##t4 #a4      \
        "," TYPE_##t5 #a5,
#define SYSCALL6(number, name, support, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6)            \
    [number] = #name "\0" TYPE_##t1 #a1 "," TYPE_##t2 #a2 "," TYPE_##t3 #a3 "," TYPE_##t4 #a4      \
        "," TYPE_##t5 #a5 "," TYPE_##t6 #a6,
static const char *const texts[NUMBERS] = {
#include "linux/syscalls.def"
};

enum { WATCH_TRACE = 1, WATCH_BOOKS = 2 };
static unsigned watch;                 /* 0: the short path */
static uint64_t refused[NUMBERS / 64]; /* missing calls that the log has named */

/* Only in a debug kernel (kernel/debug/books.c): check the books at every call without being asked.
 */
extern const bool dispatch_checks_always __attribute__((weak));

void dispatch_init(void)
{
    if (&dispatch_checks_always)
        watch |= WATCH_BOOKS;
    if (option_is("trace", "syscalls"))
        watch |= WATCH_TRACE;
    if (option_is("check", "books"))
        watch |= WATCH_BOOKS;
}

static long call_missing(uint64_t number)
{
    /* all beyond count as one; 0 is never missing */
    uint64_t index = number < NUMBERS ? number : 0;
    if (refused[index / 64] >> (index % 64) & 1)
        return -ENOSYS;
    refused[index / 64] |= 1UL << (index % 64);
    log_line("%s asks for system call %lu, which is missing: ENOSYS", current->process->name,
             number);
    return -ENOSYS;
}

/* One argument: "fd=3", a path with its text. `text` points to its letter and is moved behind the
 * comma. */
static int trace_argument(char *to, size_t size, const char **text, uint64_t value)
{
    const char *name = *text + 1;
    char type = **text, path[TRACE_TEXT];
    int length = 0;
    while (name[length] && name[length] != ',')
        length++;
    *text = name + length + (name[length] == ',');
    bool is_path = length == 4 && name[0] == 'p' && name[1] == 'a' && name[2] == 't';
    if (type == 'p' && is_path) {
        long got = copy_in_string(path, value, sizeof(path));
        if (got >= 0)
            return format(to, size, "%.*s=\"%s\"", length, name, path);
    }
    if (type == 'i')
        return format(to, size, "%.*s=%ld", length, name,
                      (value >> 32) ? (long)value : (long)(int32_t)value);
    if (type == 'u')
        return format(to, size, "%.*s=%lu", length, name, value);
    return format(to, size, "%.*s=0x%lx", length, name, value);
}

static void trace_call(uint64_t number, const uint64_t *arguments, bool returned, long result)
{
    char line[TRACE_LINE];
    const char *text = texts[number], *name = text;
    size_t at = 0;
    while (*text++)
        ;
    for (unsigned i = 0; i < 6 && *text && at < sizeof(line) - 1; i++) {
        if (i)
            at += (size_t)format(line + at, sizeof(line) - at, ", ");
        if (at < sizeof(line) - 1)
            at += (size_t)trace_argument(line + at, sizeof(line) - at, &text, arguments[i]);
    }
    line[at < sizeof(line) ? at : sizeof(line) - 1] = 0;
    if (!returned)
        log_line("pid %d.%d %s(%s) ...", current->process->pid, current->tid, name, line);
    else if (result > -4096 && result < 65536)
        log_line("pid %d.%d %s(%s) = %ld", current->process->pid, current->tid, name, line, result);
    else
        log_line("pid %d.%d %s(%s) = 0x%lx", current->process->pid, current->tid, name, line,
                 (uint64_t)result);
}

/* Calls that do not come back, or whose arguments are gone then. */
static bool trace_before(uint64_t number)
{
    enum { EXECVE = 59, EXIT = 60, EXIT_GROUP = 231 };
    return number == EXECVE || number == EXIT || number == EXIT_GROUP;
}

/* What must be so at the border to ring 3. */
static void check_books(void)
{
    ASSERT(current->state == THREAD_RUNNING);
    ASSERT(current->wait_timer.position == 0);
    ASSERT(current->process && current->process->space);
    ASSERT(current->space == &current->process->space->arch);
    ASSERT(list_is_empty(&current->run_link));
}

static long call_watched(struct registers *registers, uint64_t number)
{
    const uint64_t arguments[6] = {registers->rdi, registers->rsi, registers->rdx,
                                   registers->r10, registers->r8,  registers->r9};
    if (number >= NUMBERS || !calls[number])
        return call_missing(number);
    bool trace = (watch & WATCH_TRACE) != 0;
    bool before = trace && trace_before(number);
    if (before)
        trace_call(number, arguments, false, 0);
    long result = calls[number](arguments[0], arguments[1], arguments[2], arguments[3],
                                arguments[4], arguments[5]);
    if (trace && !before)
        trace_call(number, arguments, true, result);
    if (before && result < 0)
        log_line("pid %d.%d ... = %ld", current->process->pid, current->tid, result);
    if (watch & WATCH_BOOKS)
        check_books();
    return result;
}

void syscall_enter(struct registers *registers)
{
    uint64_t number = registers->number;
    if (__builtin_expect(watch != 0 || number >= NUMBERS || !calls[number], 0))
        registers->rax = (uint64_t)call_watched(registers, number);
    else
        registers->rax = (uint64_t)calls[number](registers->rdi, registers->rsi, registers->rdx,
                                                 registers->r10, registers->r8, registers->r9);
}

void user_return(struct registers *registers)
{
    uint64_t beat = atomic_load_explicit(&self_published->beat, memory_order_relaxed);
    atomic_store_explicit(&self_published->beat, beat + 1, memory_order_relaxed);
    if (__builtin_expect(!schedule_work && !signal_has_work(registers), 1))
        return;
    bool trap = !REGISTERS_ARE_SYSCALL(registers);
    if (schedule_work)
        schedule_slice_check();
    /* A restartable sequence cannot hold a system call, so only a trap can cut one. */
    if (trap && current->rseq)
        sequence_interrupted(registers);
    if (signal_has_work(registers))
        signal_deliver(registers);
}
