/* SPDX-License-Identifier: Apache-2.0 */
/* The header before each frame of a virtio network card (virtio 1.2, 5.1.6). Pure. */
#pragma once
#include "device/card.h"

struct virtio_net_head {
    uint8_t flags, cuts;
    uint16_t head, data, sum_from, sum_at, buffers; /* sum_at: behind sum_from */
};
enum virtio_net_flag { VIRTIO_NET_NEEDS_SUM = 1 };
enum virtio_net_cut { VIRTIO_NET_CUT4 = 1, VIRTIO_NET_CUT6 = 4 };

_Static_assert(sizeof(struct virtio_net_head) == 12, "as the card reads it");

static inline struct virtio_net_head virtio_net_head_of(const struct card_task *task)
{
    struct virtio_net_head head = {0};

    if (task->sum_from) {
        head.flags = VIRTIO_NET_NEEDS_SUM;
        head.sum_from = task->sum_from;
        head.sum_at = (uint16_t)(task->sum_at - task->sum_from);
    }
    if (task->data) {
        head.cuts = task->is_v6 ? VIRTIO_NET_CUT6 : VIRTIO_NET_CUT4;
        head.data = task->data;
        head.head = task->head;
    }
    return head;
}

/* Of a received frame of `size` bytes. A place that is not in it is as good as none: the sum will
 * be found wrong. */
static inline void virtio_net_task_of(const struct virtio_net_head *head, size_t size,
                                      struct card_task *task)
{
    size_t at = (size_t)head->sum_from + head->sum_at;

    if (!(head->flags & VIRTIO_NET_NEEDS_SUM) || head->sum_from == 0 || at + 2 > size ||
        at + 2 > CARD_FRAME_MAX)
        return;
    if (head->cuts && size > CARD_FRAME_MAX)
        task->data = head->data;
    task->sum_from = head->sum_from;
    task->sum_at = (uint16_t)at;
}
