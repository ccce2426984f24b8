/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things stand in a node's virtual memory. The same in every node, so a kernel copy needs no
 * relocation. Built by start/load.c (first boot and restart), used by the kernel.
 * docs/memory-map.md draws it.
 */
#pragma once

#define PAGE_SIZE       4096UL
#define LARGE_PAGE_SIZE 0x200000UL

#define USER_BASE   0x10000UL            /* below: never mapped, so null pointers fault */
#define USER_END    0x00007ffffffff000UL /* first address that no program can have */
#define DIRECT_BASE 0xffff800000000000UL /* + physical address: own partition only, RW NX */
#define DIRECT_SIZE 0x400000000000UL     /* 64 TiB: physical addresses at most this */
#define STORE_BASE  0xffffc00000000000UL /* boot store: machine plan and kernel ELF, read-only */
#define IMAGE_BASE  0xffffc10000000000UL /* boot store: root file system (EROFS), read-only */
/* + node * PUBLISHED_SIZE; own RW, others read-only. */
#define PUBLISHED_BASE 0xffffd00000000000UL
#define PUBLISHED_SIZE 0x40000UL /* 256 KiB a node: abi/published.h */
/* + writer * machine.node_count * machine.ring_size: outgoing rings (abi/channel.h); own RW, others
 * read-only. */
#define CHANNEL_BASE 0xffffd80000000000UL
/* Kernel stacks, each with an unmapped guard below. */
#define STACK_AREA_BASE 0xffffe00000000000UL
#define STACK_AREA_SIZE 0x8000000000UL       /* one PML4 entry */
#define DEVICE_BASE     0xffffe80000000000UL /* device registers: DEVICE_BASE + slot * PAGE_SIZE */
#define DEVICE_LAPIC    (DEVICE_BASE)        /* own local APIC (xAPIC mode), uncached */
#define DEVICE_IOAPIC   (DEVICE_BASE + PAGE_SIZE) /* first I/O APIC, uncached */
#define REPAIR_BASE     0xfffff00000000000UL /* a dead node's partition, only while it is reloaded */
#define KERNEL_BASE     0xffffffff80000000UL /* own kernel copy: text RX, constants R, data RW */

/* Start vector 08h; 0800:0000 is also what CMOS 0Ah resumes at. */
#define TRAMPOLINE_PHYS 0x8000UL
#define NODES_MAX       64
