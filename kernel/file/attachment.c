/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors in flight: creation, the count, and the drop that never nests. */
#include "file/attachment.h"

#include <asm/errno.h>

#include "file/doors.h"
#include "memory/heap.h"

static unsigned files_in_flight;
static bool dropping;
static struct list to_drop = {&to_drop, &to_drop};

struct attachment *attachment_create(unsigned file_count)
{
    struct attachment *attachment =
        heap_alloc(sizeof(*attachment) + file_count * sizeof(struct file *));
    if (!attachment)
        return NULL;
    list_init(&attachment->link);
    attachment->file_count = file_count;
    return attachment;
}

unsigned attachment_files_in_flight(void)
{
    return files_in_flight;
}

int attachment_fly(struct attachment *attachment)
{
    if (attachment->file_count && files_in_flight + attachment->file_count > caller_files_max())
        return -ETOOMANYREFS;
    files_in_flight += attachment->file_count;
    attachment->in_flight = true;
    return 0;
}

void attachment_land(struct attachment *attachment)
{
    if (attachment->in_flight)
        files_in_flight -= attachment->file_count;
    attachment->in_flight = false;
}

struct attachment *attachment_copy(const struct attachment *from)
{
    struct attachment *copy = attachment_create(from->file_count);
    if (!copy)
        return NULL;
    copy->has_credentials = from->has_credentials;
    copy->credentials = from->credentials;
    for (unsigned i = 0; i < from->file_count; i++) {
        copy->files[i] = from->files[i];
        file_get(copy->files[i]);
    }
    return copy;
}

void attachment_drop(struct attachment *attachment)
{
    if (!attachment)
        return;
    attachment_land(attachment);
    list_remove(&attachment->link);
    list_insert(&to_drop, &attachment->link);
    if (dropping)
        return;
    dropping = true;
    while (!list_is_empty(&to_drop)) {
        struct attachment *next = LIST_FIRST(&to_drop, struct attachment, link);
        list_remove(&next->link);
        for (unsigned i = 0; i < next->file_count; i++)
            file_put(next->files[i]);
        heap_free(next);
    }
    dropping = false;
}
