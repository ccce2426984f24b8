/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux x86-64 structs and constants. Constants come from Linux's own user-space headers (Debian's
 * linux-libc-dev, which any program may include); structs that those headers spell for libc are
 * written here, sizes asserted.
 */
#pragma once
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/mman.h>
#include <asm/poll.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/limits.h>
#include <linux/sched.h>
#include <stdint.h>

/* from <linux/stat.h>, which fights with nothing but is long */
#include <linux/stat.h>
/* which hides these when a libc is there too, as in the host tests */
#ifndef S_IFMT
#define S_IFMT   00170000
#define S_IFSOCK 0140000
#define S_IFLNK  0120000
#define S_IFREG  0100000
#define S_IFBLK  0060000
#define S_IFDIR  0040000
#define S_IFCHR  0020000
#define S_IFIFO  0010000
#define S_ISUID  0004000
#define S_ISGID  0002000
#define S_IXGRP  00010
#endif

struct linux_timespec {
    int64_t seconds, nanoseconds;
};
struct linux_timeval {
    int64_t seconds, microseconds;
};
struct linux_stat {
    uint64_t device, inode, links;
    uint32_t mode, uid, gid, pad;
    uint64_t rdevice;
    int64_t size, block_size, blocks;
    struct linux_timespec access, modify, change;
    int64_t unused[3];
};
struct linux_sigaction {
    uint64_t handler, flags, restorer, mask;
};
/* from <linux/signal.h>, whose name our own header has */
#define SS_ONSTACK    1
#define SS_DISABLE    2
#define SS_AUTODISARM (1U << 31)
struct linux_sigaltstack {
    uint64_t address;
    int32_t flags;
    uint32_t pad;
    uint64_t size;
};
struct linux_siginfo {
    int32_t signal, error, code, pad;
    union {
        uint8_t bytes[112];
        struct {
            int32_t pid;
            uint32_t uid;
            int32_t status;
            int64_t user_time, system_time;
        } child;
        struct {
            int32_t pid;
            uint32_t uid;
            uint64_t value;
        } sent;
        struct {
            int32_t timer, overrun;
            uint64_t value;
        } timer;
        struct {
            uint64_t address;
        } fault;
        struct {
            int64_t band;
            int32_t fd;
        } poll;
    } is;
};
struct linux_rlimit {
    uint64_t soft, hard;
};
struct linux_iovec {
    uint64_t base, size;
};
struct linux_pollfd {
    int32_t fd;
    int16_t events, revents;
};

_Static_assert(sizeof(struct linux_stat) == 144, "struct stat of x86-64");
_Static_assert(sizeof(struct linux_siginfo) == 128, "siginfo_t");
_Static_assert(sizeof(struct linux_sigaction) == 32, "kernel's sigaction");
_Static_assert(sizeof(struct linux_sigaltstack) == 24, "stack_t");

/* rlimits, from <asm-generic/resource.h> */
#include <asm/resource.h>
