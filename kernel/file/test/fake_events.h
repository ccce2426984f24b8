/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The surroundings of event files on the host: frames and heap from malloc (so ASan sees every
 * mistake), one thread that never sleeps (a call that would returns -RESTART_CALL), a process with
 * a descriptor table.
 */
#pragma once
#include "file/event_files.h"
#include "file/socket.h"

extern unsigned fake_frames;       /* in use */
extern size_t fake_frames_total;   /* of the node */
extern bool fake_frames_are_out;   /* frame_alloc fails */
extern bool fake_process_ends;     /* what closes now is closed by its end */
extern unsigned fake_broken_pipes; /* SIGPIPEs sent */
extern unsigned fake_sleeps;       /* calls that would have slept */
extern struct caller_credentials fake_who;
extern unsigned fake_files_max;
extern nanoseconds fake_now; /* passes by a microsecond whenever somebody looks */
void fake_start(void);       /* an empty descriptor table */
void fake_end(void);         /* closes all, collects cycles; fails when a frame stayed behind */
unsigned fake_files(void);   /* open descriptors */
long fake_read(int fd, void *to, size_t size);
long fake_write(int fd, const void *from, size_t size);
unsigned fake_poll(int fd);
int fake_install(struct file *file);
