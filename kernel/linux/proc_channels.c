/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/hydros/channels: a line for each other node, pairs of key and value. Counts are of this
 * node's life, over all sessions; docs/channels.md explains the violations. */
#include "file/socket_node.h"
#include "linux/proc.h"
#include "node/channel.h"
#include "node/self.h"

void proc_channels(struct proc_text *text, const struct proc_source *source)
{
    for (uint32_t node = 0; node < machine->node_count; node++) {
        struct channel_status status;
        if (node == self_node())
            continue;
        channel_status(node, &status);
        proc_print(text, "peer %u up %u connections %u sessions %lu refusals %lu", node,
                   status.is_up, node_connection_count(node), status.sessions, status.refusals);
        proc_print(text, " frames_out %lu bytes_out %lu frames_in %lu bytes_in %lu",
                   status.frames_out, status.bytes_out, status.frames_in, status.bytes_in);
        proc_print(text, " unread_out %lu unread_in %lu waits %u full %lu bells %lu",
                   status.unread_out, status.unread_in, status.waits, status.full, status.bells);
        for (unsigned i = 0; i < VIOLATIONS; i++)
            proc_print(text, " bad_%s %lu", violation_text(i), status.violations[i]);
        proc_print(text, "\n");
    }
}
