/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Physical pages of this partition. Every frame has a count of its users; boot-store pages may be
 * passed to frame_get/frame_put too and are ignored (they belong to nobody). Frames for programs
 * are refused when only the kernel's reserve is left, so the kernel itself never runs dry because
 * of a program.
 */
#pragma once
#include "abi/machine.h"
#include "lib/check.h"

enum frame_use { FRAME_USER, FRAME_KERNEL }; /* KERNEL may take from the reserve */

void frames_init(const struct machine_node *partition, uint64_t used_up_to);
phys_addr frame_alloc(enum frame_use use) MUST_CHECK; /* count 1, content undefined; 0: none */
phys_addr frame_alloc_zeroed(enum frame_use use) MUST_CHECK;
phys_addr
frame_alloc_large(enum frame_use use) MUST_CHECK; /* 2 MiB, aligned, 512 frames of count 1 each */
phys_addr frame_alloc_run(size_t count, enum frame_use use) MUST_CHECK; /* contiguous, 1..512 */
void frame_get(phys_addr frame);
void frame_put(phys_addr frame); /* freed at 0 */
void frame_get_run(phys_addr frame, size_t count);
void frame_put_run(phys_addr frame, size_t count);
/* Where the kernel reads a frame's bytes: own frames in the direct map, boot-store frames in a
 * window that frames_window_add told of (main.c does for the root image and the store). Panics on
 * any other. */
const void *frame_bytes(phys_addr frame);
void frames_window_add(phys_addr base, uint64_t size, const void *where);
/* The heap keeps the length of a run in its first frame's count; frame_get/put then refuse that
 * frame. 0: not marked. */
void frame_run_mark(phys_addr frame, size_t count);
size_t frame_run_unmark(phys_addr frame); /* back to count 1 */
unsigned frame_count(phys_addr frame);    /* users; boot store: UINT_MAX */
bool frame_is_ours(phys_addr frame);
size_t frames_free(void);  /* frames a program could still get */
size_t frames_used(void);  /* by programs and the kernel, its own copy included */
size_t frames_total(void); /* of the partition */
