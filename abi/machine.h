/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine description: what the loader found and how it divided it. Lives in the boot store,
 * checksummed, read-only for all nodes at STORE_BASE. Written once by boot/, read by the kernel and
 * by start/ (the restart of a node). All addresses are physical and page-aligned unless said.
 */
#pragma once
#include <stdint.h>

#include "abi/layout.h"

#define MACHINE_MAGIC 0x31656e696863614dUL /* "Machine1", little endian */
#define EXTENTS_MAX   8                    /* pieces of memory in one partition */
#define OPTIONS_MAX   65536                /* boot options, bytes with the final 0 */

struct extent {
    uint64_t base; /* 2 MiB aligned in partitions */
    uint64_t size; /* bytes; 2 MiB multiple in partitions */
};

struct machine_node {
    uint32_t apic_id;
    uint32_t extent_count;
    struct extent extents[EXTENTS_MAX]; /* the partition; [0] holds the kernel copy at its base */
};

struct store_part { /* something in the boot store, with its checksum (lib/checksum.h) */
    uint64_t base;
    uint64_t size; /* bytes; the mapping is rounded up to pages */
    uint64_t checksum;
};

/* A function on the PCI bus as the firmware left it: a kernel reads it here and seldom asks the
 * bus, whose one pair of ports all cores share. */
#define FUNCTIONS_MAX 16
#define CARDS_MAX     8
#define BARS          6
#define CONFIG_SIZE   256
struct machine_function {
    uint32_t location; /* bus << 16 | device << 11 | function << 8, as its address port takes it */
    uint32_t reserved;
    struct extent bars[BARS]; /* registers in memory, physical; size 0: none, or ports */
    uint8_t config[CONFIG_SIZE];
};

struct machine {
    uint64_t magic;
    uint64_t checksum; /* of the whole struct with this field 0 */
    uint32_t node_count;
    uint32_t boot_node;  /* the node that runs on the boot core */
    uint64_t store_base; /* contiguous: this struct first, then options, kernels */
    uint64_t store_size;
    uint32_t options_offset; /* from STORE_BASE: boot options, one 0-terminated string */
    uint32_t options_size;
    struct store_part kernel[2]; /* the pristine kernel ELF and its second copy, inside the store */
    struct store_part root;      /* EROFS image, mapped at IMAGE_BASE */
    uint64_t published_base;     /* node_count * PUBLISHED_SIZE bytes */
    uint64_t channels_base;      /* ring w to r: + (w * node_count + r) * ring_size */
    uint64_t ring_size;          /* bytes, a power of two (abi/channel.h) */
    uint64_t lapic_base;         /* xAPIC registers */
    uint64_t ioapic_base;        /* 0: none */
    uint32_t ioapic_gsi_base;
    uint32_t serial_gsi;        /* I/O APIC input of COM1 (ISA IRQ 4 after MADT overrides) */
    uint32_t serial_active_low; /* polarity and trigger from the MADT override */
    uint32_t serial_level;
    uint64_t tsc_hz;       /* measured at boot against the PIT or taken from CPUID */
    uint64_t lapic_hz;     /* local APIC timer ticks per second at divide-by-1 */
    uint64_t boot_tsc;     /* TSC when boot_wall_ns was read */
    uint64_t boot_wall_ns; /* UTC in ns since 1970, from the CMOS clock; 0: unknown */
    uint64_t cookie[2];    /* at random: the secret that all nodes share and nobody else knows */
    uint64_t steer_key[6]; /* the same, of connections to the shared address: network/steer.h */
    uint32_t pm1a_control; /* port of ACPI PM1a_CNT, 0: none */
    uint32_t pm1b_control;
    uint32_t sleep_type_a; /* SLP_TYPa for S5 */
    uint32_t sleep_type_b;
    uint64_t sleep_control;    /* ACPI 5 sleep control register: address, 0 none */
    uint32_t sleep_control_io; /* 1: that address is a port */
    uint32_t reset_port;       /* ACPI reset register when it is a port, 0: none */
    uint32_t reset_value;
    uint32_t start_table;    /* below 4 GiB, in the store: the tables the trampoline begins with */
    uint32_t warm_reset;     /* 1: the boot core resumes at the trampoline after INIT (CMOS 0Ah);
                                0 (UEFI): an INIT of the boot core would restart the machine */
    uint32_t function_count; /* of functions[]: all but bridges */
    uint32_t card_count;     /* network cards, the first ones there, in the order of the bus */
    struct machine_function functions[FUNCTIONS_MAX];
    struct machine_node nodes[NODES_MAX];
};

/* What a kernel is given at start: in the first page of its partition, filled by start/load.c. The
 * kernel's entry gets its virtual address (in the direct map) in RDI. */
#define START_MAGIC 0x3174726174536564UL
struct start_info {
    uint64_t magic;
    uint32_t node;        /* who am I */
    uint32_t incarnation; /* 1 at first boot; 0 is never used */
    uint64_t free_base;   /* extents[0] is in use up to here: kernel copy and page tables */
    uint64_t kernel_base; /* physical address of the kernel copy (virtual KERNEL_BASE) */
    uint64_t page_table;  /* CR3 */
    uint64_t started_tsc; /* TSC when node_start ran */
};

_Static_assert(sizeof(struct machine_node) == 136, "layout is shared by loader and kernels");
_Static_assert(sizeof(struct machine_function) == 360, "layout is shared by loader and kernels");
_Static_assert(sizeof(struct start_info) == 48, "layout is shared by loader and kernels");
