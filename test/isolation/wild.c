/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that does what it must not, from ring 3: reads, writes and executes the kernel's
 * addresses, uses instructions of the kernel, and gives the kernel pointers that are not its own.
 * Each try is a child; a line per try says how it ended. Argument 1: where the lines go
 * (/dev/kmsg); otherwise standard output.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "abi/layout.h"

#define HELD                 42 /* exit status of a child whose calls were all refused */
#define BROKEN               1
#define FUTEX_WAIT_OPERATION 0

struct report { /* shared with the children */
    int signals;
    int code;
    uintptr_t address;
};

static struct report *report;
static int lines;
static uintptr_t wild; /* of the present try */

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)context;
    report->signals++;
    report->code = info->si_code;
    report->address = (uintptr_t)info->si_addr;
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(signal, &action, NULL); /* the second time it is the end */
}

static void wild_write(void)
{
    *(volatile uint32_t *)wild = 0x2a2a2a2a;
}

static void wild_read(void)
{
    (void)*(volatile uint32_t *)wild;
}

static void wild_execute(void)
{
    ((void (*)(void))wild)();
}

static void wild_string(void)
{
    uint64_t count = 64;
    uintptr_t at = wild;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(count) : "a"(0) : "memory");
}

static unsigned descend(volatile unsigned *depth)
{
    volatile unsigned room[64] = {*depth};
    room[0]++;
    return *depth == UINT32_MAX ? 0 : descend(room) + room[1];
}

static void past_stack(void)
{
    volatile unsigned depth = 0;
    descend(&depth);
}

/* By one big step over any guard page. */
static void far_past_stack(void)
{
    volatile char here;
    *(&here - (1UL << 40)) = 1;
}

static void stack_execute(void)
{
    volatile uint8_t code[16] = {0xc3};
    ((void (*)(void))(uintptr_t)code)();
}

static void text_write(void)
{
    *(volatile uint8_t *)(uintptr_t)wild_write = 0xc3;
}

#define INSTRUCTION(name, text)                                                                    \
    static void name(void)                                                                         \
    {                                                                                              \
        __asm__ volatile(text ::: "rax", "rcx", "rdx", "memory");                                  \
    }
INSTRUCTION(halt, "hlt")
INSTRUCTION(interrupts_off, "cli")
INSTRUCTION(port_read, "inb $0x60, %%al")
INSTRUCTION(port_reset, "movb $0xfe, %%al\n\toutb %%al, $0x64")
INSTRUCTION(port_exit, "movl $0x40, %%eax\n\tmovw $0xf4, %%dx\n\toutl %%eax, %%dx")
INSTRUCTION(msr_read, "movl $0xc0000080, %%ecx\n\trdmsr")
INSTRUCTION(msr_write, "movl $0x1b, %%ecx\n\txorl %%eax, %%eax\n\txorl %%edx, %%edx\n\twrmsr")
INSTRUCTION(cr3_write, "xorl %%eax, %%eax\n\tmovq %%rax, %%cr3")
INSTRUCTION(cr0_read, "movq %%cr0, %%rax")
INSTRUCTION(table_load, "lidt (%%rsp)")
INSTRUCTION(task_load, "xorl %%eax, %%eax\n\tltr %%ax")
INSTRUCTION(cache_drop, "wbinvd")
INSTRUCTION(gate_double_fault, "int $8")
INSTRUCTION(gate_nmi, "int $2")
INSTRUCTION(gate_timer, "int $0x40")
INSTRUCTION(gate_serial, "int $0x50")
INSTRUCTION(gate_doorbell, "int $0x60")
INSTRUCTION(return_to_kernel,
            "pushq $0x18\n\tpushq %%rsp\n\tpushq $2\n\tpushq $0x10\n\tpushq $0\n\tiretq")
INSTRUCTION(far_return, "pushq $0x10\n\tpushq $0\n\tlretq")

/* ---- calls: the child ends with HELD when the kernel refused ---- */

static void end(int refused)
{
    _exit(refused ? HELD : BROKEN);
}

static void call_read(void)
{
    int zero = open("/dev/zero", O_RDONLY);
    end(read(zero, (void *)wild, 64) < 0 && errno == EFAULT);
}

static void call_write(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        _exit(BROKEN);
    end(write(ends[1], (void *)wild, 64) < 0 && errno == EFAULT);
}

/* Begins in the program's half and ends in the kernel's. */
static void call_across(void)
{
    int zero = open("/dev/zero", O_RDONLY);
    ssize_t got = read(zero, (void *)(USER_END - 64), 1UL << 40);
    struct iovec parts[2] = {{(void *)wild, 64}, {(void *)(wild - 64), 128}};
    end(got <= 64 && readv(zero, parts, 2) < 0);
}

static void call_path(void)
{
    end(open((char *)wild, O_RDONLY) < 0 && errno == EFAULT);
}

static void call_futex(void)
{
    long woken = syscall(SYS_futex, wild, FUTEX_WAIT_OPERATION, 0, NULL, NULL, 0);
    end(woken < 0 && (errno == EFAULT || errno == EINVAL));
}

static void call_map(void)
{
    void *at = mmap((void *)(wild & ~(PAGE_SIZE - 1)), PAGE_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    int unmapped = munmap((void *)(wild & ~(PAGE_SIZE - 1)), PAGE_SIZE);
    int changed = mprotect((void *)(wild & ~(PAGE_SIZE - 1)), PAGE_SIZE, PROT_READ | PROT_WRITE);
    end(at == MAP_FAILED && unmapped != 0 && changed != 0);
}

static void call_action(void)
{
    end(syscall(SYS_rt_sigaction, SIGUSR1, NULL, wild, 8) < 0 && errno == EFAULT);
}

/* The kernel writes a 0 there when the thread ends, and looks at the list: both must come to
 * nothing. */
static void call_exit_pointers(void)
{
    syscall(SYS_set_tid_address, wild);
    syscall(SYS_set_robust_list, wild, 24);
    _exit(HELD);
}

static void call_segment(void)
{
    end(syscall(SYS_arch_prctl, 0x1002, wild) < 0);
}

static void call_ports(void)
{
    end(syscall(SYS_iopl, 3) < 0 && syscall(SYS_ioperm, 0x60, 4, 1) < 0);
}

/* A signal's frame that says: go on there, with the kernel's selectors and I/O privilege. */
static void on_return(int signal, siginfo_t *info, void *context)
{
    ucontext_t *frame = context;
    (void)signal, (void)info;
    frame->uc_mcontext.gregs[REG_RIP] = (greg_t)wild;
    frame->uc_mcontext.gregs[REG_EFL] |= 0x3000;
    frame->uc_mcontext.gregs[REG_CSGSFS] = 0x0018000000000010;
}

static void return_wild(void)
{
    struct sigaction action = {.sa_sigaction = on_return, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
}

/* ---- the tries ---- */

struct
try {
    const char *name;
    void (*act)(void);
};

static const struct try accesses[] = {
    {"write to", wild_write},
    {"read of", wild_read},
    {"execution of", wild_execute},
    {"string store to", wild_string},
    {"return from a signal to", return_wild},
};
static const struct try calls[] = {
    {"read() into", call_read},
    {"write() from", call_write},
    {"reads across the border to", call_across},
    {"open() of a path at", call_path},
    {"futex() at", call_futex},
    {"mmap() at", call_map},
    {"sigaction() into", call_action},
    {"exit with pointers to", call_exit_pointers},
    {"segment base at", call_segment},
};
static const struct {
    const char *name;
    uintptr_t address;
} places[] = {
    {"a null pointer", 8},
    {"the direct map", DIRECT_BASE + 0x200000},
    {"a partition", DIRECT_BASE + 0x4000000},
    {"the boot store", STORE_BASE + 16},
    {"the root image", IMAGE_BASE + 1024},
    {"node 0's published page", PUBLISHED_BASE + 4},
    {"node 1's published page", PUBLISHED_BASE + PUBLISHED_SIZE + 4},
    {"kernel stacks", STACK_AREA_BASE + 0x2000},
    {"the local APIC", DEVICE_LAPIC + 0x300},
    {"kernel text", KERNEL_BASE + 0x100},
    {"kernel data", KERNEL_BASE + 0xa0000},
    {"the last page", UINTPTR_MAX - 64},
    {"no canonical address", 0x8000000000000000},
};
static const struct try others[] = {
    {"recursion past the stack", past_stack},
    {"a write far below the stack", far_past_stack},
    {"execution of the stack", stack_execute},
    {"a write to its own text", text_write},
    {"hlt", halt},
    {"cli", interrupts_off},
    {"in", port_read},
    {"out to reset", port_reset},
    {"out to power off", port_exit},
    {"rdmsr", msr_read},
    {"wrmsr", msr_write},
    {"mov to cr3", cr3_write},
    {"mov from cr0", cr0_read},
    {"lidt", table_load},
    {"ltr", task_load},
    {"wbinvd", cache_drop},
    {"int 8", gate_double_fault},
    {"int 2", gate_nmi},
    {"int 64", gate_timer},
    {"int 80", gate_serial},
    {"int 96", gate_doorbell},
    {"iret to ring 0", return_to_kernel},
    {"lret to ring 0", far_return},
    {"iopl", call_ports},
};

static unsigned held, tried;

static void child(void (*act)(void))
{
    static char alternate[65536];
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    act();
    _exit(BROKEN);
}

static void try_one(const char *name, const char *place, void (*act)(void), int is_call)
{
    char line[256];
    int status = -1;
    memset(report, 0, sizeof *report);
    pid_t pid = fork();
    if (pid == 0)
        child(act);
    waitpid(pid, &status, 0);
    int ok = is_call ? WIFEXITED(status) && WEXITSTATUS(status) == HELD
                     : WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV && report->signals == 1;
    tried++;
    held += (unsigned)ok;
    int size = snprintf(line, sizeof line, "wild: %s%s%s: ", name, *place ? " " : "", place);
    if (ok && is_call)
        size += snprintf(line + size, sizeof line - (size_t)size, "refused\n");
    else if (ok)
        size += snprintf(line + size, sizeof line - (size_t)size, "SIGSEGV, address %lx\n",
                         report->address);
    else
        size += snprintf(line + size, sizeof line - (size_t)size,
                         "NOT HELD, status %x, signals %d\n", status, report->signals);
    if (write(lines, line, (size_t)size) != size)
        _exit(2);
}

int main(int argc, char **argv)
{
    char line[128];
    lines = argc > 1 ? open(argv[1], O_WRONLY) : STDOUT_FILENO;
    report = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    if (lines < 0 || report == MAP_FAILED)
        return 2;
    for (size_t place = 0; place < sizeof places / sizeof places[0]; place++) {
        wild = places[place].address;
        for (size_t i = 0; i < sizeof accesses / sizeof accesses[0]; i++)
            try_one(accesses[i].name, places[place].name, accesses[i].act, 0);
        if (wild <= PAGE_SIZE) /* a null pointer is an answer for some of them */
            continue;
        for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
            try_one(calls[i].name, places[place].name, calls[i].act, 1);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        try_one(others[i].name, "", others[i].act, others[i].act == call_ports);
    int size = snprintf(line, sizeof line, "wild: %u of %u held\n", held, tried);
    if (write(lines, line, (size_t)size) != size)
        return 2;
    return held == tried ? 0 : 1;
}
