/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What travels beside the bytes of an AF_UNIX message: descriptors and the sender's credentials.
 * Files in flight are counted and limited, because sockets sent into each other can never be closed
 * by anyone.
 */
#pragma once
#include "file/event_files.h"

#define ATTACHMENT_FILES_MAX 253 /* SCM_MAX_FD */

struct attachment {
    struct list link;    /* stream: the receiver's notes, by start */
    uint64_t start, end; /* stream: positions of the bytes it came with */
    bool has_credentials;
    bool in_flight;
    struct caller_credentials credentials;
    unsigned file_count;
    struct file *files[];
};
unsigned attachment_files_in_flight(void);
struct attachment *
attachment_create(unsigned file_count) MUST_CHECK; /* NULL; files are the caller's to fill */
/* Before it enters a queue. -ETOOMANYREFS: more in flight than the caller may have open. */
int attachment_fly(struct attachment *attachment) MUST_CHECK;
void attachment_land(struct attachment *attachment); /* taken out of a queue */
struct attachment *
attachment_copy(const struct attachment *from) MUST_CHECK; /* MSG_PEEK: own counts, not in flight */
/* Puts the files (later, when a drop is already going on: sockets hold attachments hold sockets,
 * and the stack is small) and frees it. NULL is fine. */
void attachment_drop(struct attachment *attachment) MAY_SLEEP;
