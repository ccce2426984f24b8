/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Head of the system image: one file made by tool/ (hydros image), given to the loader as the PVH
 * module (qemu -initrd) or a Multiboot2 module. Little endian. The parts follow, page-aligned.
 */
#pragma once
#include <stdint.h>

#define IMAGE_MAGIC   0x31676d49534f5948UL /* "HYOSImg1" spelled little endian */
#define IMAGE_VERSION 1

struct image_part {
    uint64_t offset;   /* from the start of the file; page-aligned */
    uint64_t size;     /* bytes */
    uint64_t checksum; /* checksum_bytes() of the part */
};

struct image_header {
    uint64_t magic;
    uint32_t version;
    uint32_t header_size;     /* sizeof(struct image_header) */
    uint64_t image_size;      /* of the whole file */
    struct image_part kernel; /* kernel ELF */
    struct image_part root;   /* EROFS root file system */
    uint64_t checksum;        /* checksum_bytes() of this struct with this field 0 */
};
_Static_assert(sizeof(struct image_header) == 80, "written by tool/, read by boot/");
