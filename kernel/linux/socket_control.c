/* SPDX-License-Identifier: Apache-2.0 */
/* Names and control messages (SCM_RIGHTS, SCM_CREDENTIALS) of the socket calls. */
#include "lib/string.h"
#include "linux/abi.h"
#include "linux/socket_call.h"
#include "memory/heap.h"
#include "network/packet_control.h"

#define CONTROL_MAX         20480 /* net.core.optmem_max */
#define CONTROL_ALIGN(size) (((size) + 7) & ~7UL)

int name_in(struct socket_name *name, user_addr from, uint32_t size)
{
    if (size > SOCKET_NAME_MAX)
        return -EINVAL;
    memset(name, 0, sizeof(*name));
    name->size = size;
    return size && arch_copy_in(name->bytes, from, size) != 0 ? -EFAULT : 0;
}

int name_out(const struct socket_name *name, user_addr to, user_addr size_at)
{
    int room;
    if (copy_in(&room, size_at) != 0)
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    int size = (int)name->size;
    if (room > size)
        room = size;
    if (room && arch_copy_out(to, name->bytes, (size_t)room) != 0)
        return -EFAULT;
    return copy_out(size_at, &size);
}

/* The next header at *at, or NULL at the end; *error when it is malformed. */
static const struct linux_cmsghdr *control_next(const uint8_t *control, size_t size, size_t *at,
                                                int *error)
{
    if (*at >= size || size - *at < sizeof(struct linux_cmsghdr))
        return NULL;
    const struct linux_cmsghdr *header = (const void *)(control + *at);
    if (header->size < sizeof(*header) || header->size > size - *at) {
        *error = -EINVAL;
        return NULL;
    }
    *at += CONTROL_ALIGN(header->size);
    return header;
}

/* First pass: how many descriptors, and are all headers ones that we know? */
static int control_count(const uint8_t *control, size_t size, size_t *files, bool *any)
{
    const struct linux_cmsghdr *header;
    size_t at = 0;
    int error = 0;
    *files = 0;
    *any = false;
    while ((header = control_next(control, size, &at, &error))) {
        if (header->level != SOL_SOCKET)
            continue;
        if (header->type == SCM_RIGHTS)
            *files += (header->size - sizeof(*header)) / sizeof(int);
        else if (header->type != SCM_CREDENTIALS ||
                 header->size != sizeof(*header) + sizeof(struct caller_credentials))
            return -EINVAL;
        if (*files > ATTACHMENT_FILES_MAX)
            return -EINVAL;
        *any = true;
    }
    return error;
}

static int files_add(struct attachment *attachment, const struct linux_cmsghdr *header)
{
    const int *fds = (const void *)(header + 1);
    size_t count = (header->size - sizeof(*header)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
        struct file *file = file_at(fds[i]);
        if (!file)
            return -EBADF;
        attachment->files[attachment->file_count++] = file;
    }
    return 0;
}

static int control_parse(struct socket_message *message, const uint8_t *control, size_t size)
{
    const struct linux_cmsghdr *header;
    size_t files, at = 0;
    bool any;
    int error = control_count(control, size, &files, &any);
    if (error || !any)
        return error;
    socket_collect_if_due();
    struct attachment *attachment = attachment_create((unsigned)files);
    if (!attachment)
        return -ENOMEM;
    attachment->file_count = 0; /* counts the filled ones from here on */
    while (!error && (header = control_next(control, size, &at, &error))) {
        if (header->level != SOL_SOCKET)
            continue;
        if (header->type == SCM_RIGHTS) {
            error = files_add(attachment, header);
        } else {
            memcpy(&attachment->credentials, header + 1, sizeof(attachment->credentials));
            attachment->has_credentials = true;
            if (!caller_may_claim(&attachment->credentials))
                error = -EPERM;
        }
    }
    if (error)
        attachment_drop(attachment);
    else
        message->attachment = attachment;
    return error;
}

static int packet_parse(const struct socket *socket, struct socket_message *message,
                        const uint8_t *control, size_t size)
{
    const struct linux_cmsghdr *header;
    size_t at = 0;
    int error = 0;
    while (!error && (header = control_next(control, size, &at, &error)))
        error = packet_control_read(socket, header->level, header->type, header + 1,
                                    header->size - sizeof(*header), &message->packet);
    return error;
}

int control_in(const struct socket *socket, struct socket_message *message,
               const struct linux_msghdr *header)
{
    uint64_t on_stack[32];
    size_t size = header->control_size;
    if (size == 0)
        return 0;
    if (size > CONTROL_MAX)
        return -ENOBUFS;
    uint8_t *control = size <= sizeof(on_stack) ? (uint8_t *)on_stack : heap_alloc(size);
    if (!control)
        return -ENOBUFS;
    int error = arch_copy_in(control, header->control, size);
    if (!error && socket->family == AF_UNIX)
        error = control_parse(message, control, size);
    else if (!error && socket->family != AF_NETLINK)
        error = packet_parse(socket, message, control, size);
    if (control != (uint8_t *)on_stack)
        heap_free(control);
    return error;
}

struct control_writer {
    user_addr to;
    size_t left, written;
};

/* Writes one control message, cut to what fits. false: something was cut. */
static bool control_put(struct control_writer *writer, int level, int type, const void *data,
                        size_t size)
{
    struct linux_cmsghdr header = {sizeof(header) + size, level, type};
    bool whole = true;
    if (writer->left < sizeof(header))
        return false;
    if (header.size > writer->left) {
        header.size = writer->left;
        whole = false;
    }
    if (copy_out(writer->to, &header) != 0 ||
        arch_copy_out(writer->to + sizeof(header), data, header.size - sizeof(header)) != 0)
        return true; /* as Linux: a bad buffer loses the message without a word */
    size_t space = CONTROL_ALIGN(header.size);
    if (space > writer->left)
        space = writer->left;
    writer->to += space;
    writer->left -= space;
    writer->written += space;
    return whole;
}

/* Installs as many of the descriptors as fit. false: some were left. */
static bool files_out(struct control_writer *writer, const struct attachment *attachment,
                      bool close_on_exec)
{
    int fds[ATTACHMENT_FILES_MAX];
    size_t room = writer->left < sizeof(struct linux_cmsghdr)
                      ? 0
                      : (writer->left - sizeof(struct linux_cmsghdr)) / sizeof(int);
    unsigned count = 0;
    while (count < attachment->file_count && count < room) {
        file_get(attachment->files[count]); /* the attachment keeps its own count */
        fds[count] = fd_install(attachment->files[count], 0, close_on_exec);
        if (fds[count] < 0)
            break;
        count++;
    }
    if (count)
        control_put(writer, SOL_SOCKET, SCM_RIGHTS, fds, count * sizeof(int));
    return count == attachment->file_count;
}

void control_out(struct socket *socket, struct socket_message *message, struct linux_msghdr *header)
{
    struct control_writer writer = {header->control, header->control ? header->control_size : 0, 0};
    if (message->has_credentials &&
        !control_put(&writer, SOL_SOCKET, SCM_CREDENTIALS, &message->credentials,
                     sizeof(message->credentials)))
        message->flags_out |= MSG_CTRUNC;
    bool is_inet = socket->family == AF_INET || socket->family == AF_INET6;
    struct packet_control told;
    for (unsigned n = 0; is_inet && packet_control_at(n, socket, message, &told); n++) {
        if (told.size && !control_put(&writer, told.level, told.type, told.bytes, told.size))
            message->flags_out |= MSG_CTRUNC;
    }
    if (message->attachment && message->attachment->file_count &&
        !files_out(&writer, message->attachment, message->flags & MSG_CMSG_CLOEXEC))
        message->flags_out |= MSG_CTRUNC;
    attachment_drop(message->attachment);
    message->attachment = NULL;
    header->control_size = writer.written;
}
