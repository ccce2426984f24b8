/* SPDX-License-Identifier: Apache-2.0 */
#include "file/test/fake_channel.h"

#include <asm/errno.h>
#include <stdlib.h>
#include <string.h>

#include "file/inode.h"
#include "node/self.h"

struct sent {
    struct sent *next;
    uint32_t node;
    struct frame frame;
    char payload[];
};
static struct sent *first, **last = &first;
static struct machine fake_machine = {.node_count = 4};

const struct machine *machine = &fake_machine;
struct start_info self_start;
const struct channel_user *fake_channel_user;
bool fake_channel_up;
size_t fake_channel_room = 1 << 20;

struct inode *fake_channel_name;
static struct entry fake_entry;

struct entry *tree_directory(const char *path, uint32_t mode)
{
    return &fake_entry;
}
int entry_lookup(struct entry *directory, const char *name, size_t size, struct entry **found)
{
    fake_entry.inode = fake_channel_name;
    *found = &fake_entry;
    return fake_channel_name ? 0 : -ENOENT;
}
void channel_listen(const struct channel_user *user)
{
    fake_channel_user = user;
}
bool channel_can_be(uint32_t node)
{
    return fake_channel_up;
}
void channel_look(void)
{
}
size_t channel_room(uint32_t node)
{
    size_t room = fake_channel_up ? fake_channel_room : 0;
    return room < FRAME_PAYLOAD_MAX ? room : FRAME_PAYLOAD_MAX;
}
static void keep(uint32_t node, enum frame_kind kind, uint32_t to, uint32_t from,
                 const void *payload, size_t size)
{
    struct sent *sent = malloc(sizeof(*sent) + size);
    *sent = (struct sent){.node = node,
                          .frame = {.size = (uint32_t)size, .kind = kind, .to = to, .from = from}};
    memcpy(sent->payload, payload, size);
    *last = sent;
    last = &sent->next;
    fake_channel_room -= size;
}
long channel_send_data(uint32_t node, uint32_t to, uint32_t from, struct io *io, size_t size)
{
    char bytes[FRAME_PAYLOAD_MAX];
    long moved = io_get(io, bytes, size);
    if (moved > 0)
        keep(node, FRAME_DATA, to, from, bytes, (size_t)moved);
    return moved;
}
bool channel_send(uint32_t node, enum frame_kind kind, uint32_t to, uint32_t from,
                  const void *payload, size_t size)
{
    if (!fake_channel_up || fake_channel_room < size)
        return false;
    keep(node, kind, to, from, payload, size);
    return true;
}
bool fake_channel_take(uint32_t *node, struct frame *frame, void *payload)
{
    struct sent *sent = first;
    if (!sent)
        return false;
    first = sent->next;
    if (!first)
        last = &first;
    *node = sent->node;
    *frame = sent->frame;
    memcpy(payload, sent->payload, sent->frame.size);
    free(sent);
    return true;
}
