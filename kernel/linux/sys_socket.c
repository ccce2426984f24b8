/* SPDX-License-Identifier: Apache-2.0 */
/* The socket calls: arguments checked and copied here, the rest in file/socket*.c. */
#include "file/socket.h"
#include "lib/string.h"
#include "linux/abi.h"
#include "linux/call_time.h"
#include "linux/socket_call.h"
#include "linux/syscalls.h"

#define OPTION_MAX 256 /* bytes of an option's value that anything looks at */
#define VECTOR_MAX 1024

/* The file with a count, known to be a socket; -EBADF, -ENOTSOCK. */
static int socket_at(int fd, struct file **file, struct socket **socket)
{
    *file = file_at(fd);
    if (!*file)
        return -EBADF;
    *socket = socket_of(*file);
    if (*socket)
        return 0;
    int error = (*file)->flags & O_PATH ? -EBADF : -ENOTSOCK;
    file_put(*file);
    return error;
}

static int type_flags(int *type, unsigned *flags)
{
    *flags = (unsigned)*type & ~15U;
    *type &= 15;
    return *flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK) ? -EINVAL : 0;
}

long sys_socket(int family, int type, int protocol)
{
    struct file *file;
    unsigned flags;
    int error = type_flags(&type, &flags);
    if (!error)
        error = socket_create(family, type, protocol, flags & SOCK_NONBLOCK, &file);
    if (error)
        return error;
    return fd_install(file, 0, flags & SOCK_CLOEXEC);
}

long sys_socketpair(int family, int type, int protocol, user_addr fds)
{
    struct file *files[2];
    unsigned flags;
    int error = type_flags(&type, &flags);
    if (!error)
        error = socket_create_pair(family, type, protocol, flags & SOCK_NONBLOCK, files);
    if (error)
        return error;
    return fd_install_pair(files, flags & SOCK_CLOEXEC, fds);
}

long sys_bind(int fd, user_addr address, uint32_t size)
{
    struct file *file;
    struct socket *socket;
    struct socket_name name;
    int error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    error = name_in(&name, address, size);
    if (!error)
        error = socket->ops->bind(socket, &name);
    file_put(file);
    return error;
}

long sys_listen(int fd, int backlog)
{
    struct file *file;
    struct socket *socket;
    int error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    error = socket_listen(socket, backlog);
    file_put(file);
    return error;
}

static long accept_install(struct file *accepted, user_addr address, user_addr size, unsigned flags)
{
    struct socket_name name;
    struct socket *socket = socket_of(accepted);
    int error = 0;
    if (address) {
        error = socket->ops->name(socket, true, &name);
        if (error == -ENOTCONN && socket->family == AF_UNIX) {
            /* The client went already: an unnamed one. */
            name = (struct socket_name){.size = 2};
            name.family = AF_UNIX;
            error = 0;
        } else if (error) {
            error = -ECONNABORTED;
        }
        if (!error)
            error = name_out(&name, address, size);
    }
    if (error) {
        file_put(accepted);
        return error;
    }
    return fd_install(accepted, 0, flags & SOCK_CLOEXEC);
}

long sys_accept4(int fd, user_addr address, user_addr size, int flags)
{
    struct file *file, *accepted;
    struct socket *socket;
    if ((unsigned)flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
        return -EINVAL;
    int error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    error = socket_accept(file, (unsigned)flags & SOCK_NONBLOCK, &accepted);
    file_put(file);
    return error ? error : accept_install(accepted, address, size, (unsigned)flags);
}

long sys_accept(int fd, user_addr address, user_addr size)
{
    return sys_accept4(fd, address, size, 0);
}

long sys_connect(int fd, user_addr address, uint32_t size)
{
    struct file *file;
    struct socket *socket;
    struct socket_name name;
    int error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    error = name_in(&name, address, size);
    if (!error)
        error = socket->ops->connect(socket, &name, file_nonblocking(file));
    file_put(file);
    return error;
}

static long name_call(int fd, user_addr address, user_addr size, bool peer)
{
    struct file *file;
    struct socket *socket;
    struct socket_name name;
    int error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    error = socket->ops->name(socket, peer, &name);
    if (!error)
        error = name_out(&name, address, size);
    file_put(file);
    return error;
}

long sys_getsockname(int fd, user_addr address, user_addr size)
{
    return name_call(fd, address, size, false);
}

long sys_getpeername(int fd, user_addr address, user_addr size)
{
    return name_call(fd, address, size, true);
}

long sys_shutdown(int fd, int how)
{
    struct file *file;
    struct socket *socket;
    int error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    error = how < 0 || how > 2 ? -EINVAL : socket->ops->shutdown(socket, (unsigned)how + 1);
    file_put(file);
    return error;
}

long sys_setsockopt(int fd, int level, int option, user_addr value, uint32_t size)
{
    uint8_t bytes[OPTION_MAX];
    struct file *file;
    struct socket *socket;
    if ((int)size < 0)
        return -EINVAL;
    int error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    if (size > sizeof(bytes))
        size = sizeof(bytes);
    error = size && arch_copy_in(bytes, value, size) != 0
                ? -EFAULT
                : socket_set_option(socket, level, option, bytes, size);
    file_put(file);
    return error;
}

long sys_getsockopt(int fd, int level, int option, user_addr value, user_addr size_at)
{
    uint8_t bytes[OPTION_MAX];
    uint32_t size;
    struct file *file;
    struct socket *socket;
    int error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    if (copy_in(&size, size_at) != 0)
        error = -EFAULT;
    else if ((int)size < 0)
        error = -EINVAL;
    if (!error) {
        if (size > sizeof(bytes))
            size = sizeof(bytes);
        error = socket_get_option(socket, level, option, bytes, &size);
    }
    if (!error && (arch_copy_out(value, bytes, size) != 0 || copy_out(size_at, &size) != 0))
        error = -EFAULT;
    file_put(file);
    return error;
}

/* ---- sending ---- */

long sys_sendto(int fd, user_addr buffer, size_t size, int flags, user_addr address,
                uint32_t address_size)
{
    struct file *file;
    struct socket *socket;
    struct socket_name name;
    struct io io;
    struct socket_message message = {.io = &io, .flags = (unsigned)flags};
    int error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    io_single(&io, buffer, size);
    long result = 0;
    if (address) {
        result = name_in(&name, address, address_size);
        message.name = &name;
    }
    if (!result)
        result = socket_send(file, &message);
    file_put(file);
    return result;
}

static int header_in(struct linux_msghdr *header, user_addr from)
{
    if (copy_in(header, from) != 0)
        return -EFAULT;
    if ((int)header->name_size < 0)
        return -EINVAL;
    if (header->name_size > SOCKET_NAME_MAX)
        header->name_size = SOCKET_NAME_MAX;
    if (!header->name)
        header->name_size = 0;
    return header->vector_count > VECTOR_MAX ? -EMSGSIZE : 0;
}

/* `result` of one of several messages; a size goes into its mmsghdr. */
static long size_out(user_addr at, long result)
{
    uint32_t size = (uint32_t)result;
    if (result >= 0 && copy_out(at + offsetof(struct linux_mmsghdr, size), &size) != 0)
        return -EFAULT;
    return result;
}

static long send_one(struct file *file, struct socket *socket, user_addr from, unsigned flags)
{
    struct linux_msghdr header;
    struct socket_name name;
    struct io io;
    struct socket_message message = {.io = &io, .flags = flags};
    long result = header_in(&header, from);
    if (!result && header.name_size) {
        result = name_in(&name, header.name, header.name_size);
        message.name = &name;
    }
    if (!result)
        result = io_vector(&io, header.vector, header.vector_count);
    if (result)
        return result;
    result = control_in(socket, &message, &header);
    if (!result)
        result = socket_send(file, &message);
    attachment_drop(message.attachment);
    io_release(&io);
    return result;
}

long sys_sendmsg(int fd, user_addr message, int flags)
{
    struct file *file;
    struct socket *socket;
    int error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    long result = send_one(file, socket, message, (unsigned)flags);
    file_put(file);
    return result;
}

long sys_sendmmsg(int fd, user_addr messages, uint32_t count, int flags)
{
    struct file *file;
    struct socket *socket;
    int error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    if (count > VECTOR_MAX)
        count = VECTOR_MAX;
    uint32_t sent = 0;
    long result = 0;
    for (; sent < count; sent++) {
        user_addr at = messages + (size_t)sent * sizeof(struct linux_mmsghdr);
        result = size_out(at, send_one(file, socket, at, (unsigned)flags));
        if (result < 0)
            break;
    }
    file_put(file);
    return sent ? (long)sent : result < 0 ? result : 0;
}

/* ---- receiving ---- */

long sys_recvfrom(int fd, user_addr buffer, size_t size, int flags, user_addr address,
                  user_addr address_size)
{
    struct file *file;
    struct socket *socket;
    struct socket_name name = {0};
    struct io io;
    struct socket_message message = {.io = &io, .flags = (unsigned)flags, .name = &name};
    int error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    io_single(&io, buffer, size);
    long result = socket_receive(file, &message);
    attachment_drop(message.attachment);
    if (result >= 0 && address) {
        error = name_out(&name, address, address_size);
        if (error)
            result = error;
    }
    file_put(file);
    return result;
}

/* What recvmsg writes back into the program's msghdr. */
static int header_out(user_addr to, const struct linux_msghdr *header,
                      const struct socket_name *name, unsigned flags)
{
    uint32_t name_size = name->size;
    if (header->name) {
        uint32_t copied = name_size < header->name_size ? name_size : header->name_size;
        if ((copied && arch_copy_out(header->name, name->bytes, copied) != 0) ||
            copy_out(to + offsetof(struct linux_msghdr, name_size), &name_size) != 0)
            return -EFAULT;
    }
    if (copy_out(to + offsetof(struct linux_msghdr, flags), &flags) != 0 ||
        copy_out(to + offsetof(struct linux_msghdr, control_size), &header->control_size) != 0)
        return -EFAULT;
    return 0;
}

static long receive_one(struct file *file, struct socket *socket, user_addr to, unsigned flags)
{
    struct linux_msghdr header;
    struct socket_name name = {0};
    struct io io;
    struct socket_message message = {.io = &io, .flags = flags, .name = &name};
    long result = header_in(&header, to);
    if (!result)
        result = io_vector(&io, header.vector, header.vector_count);
    if (result)
        return result;
    result = socket_receive(file, &message);
    if (result >= 0) {
        control_out(socket, &message, &header);
        message.flags_out |= flags & MSG_CMSG_CLOEXEC; /* Linux shows it too */
        int error = header_out(to, &header, &name, message.flags_out);
        if (error)
            result = error;
    }
    attachment_drop(message.attachment);
    io_release(&io);
    return result;
}

long sys_recvmsg(int fd, user_addr message, int flags)
{
    struct file *file;
    struct socket *socket;
    int error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    long result = receive_one(file, socket, message, (unsigned)flags);
    file_put(file);
    return result;
}

static long receive_many(struct file *file, struct socket *socket, user_addr messages,
                         uint32_t count, unsigned flags, nanoseconds deadline)
{
    uint32_t got = 0;
    while (got < count) {
        user_addr at = messages + (size_t)got * sizeof(struct linux_mmsghdr);
        long result = size_out(at, receive_one(file, socket, at, flags & ~MSG_WAITFORONE));
        if (result < 0)
            return got ? (long)got : result;
        got++;
        if (flags & MSG_WAITFORONE)
            flags |= MSG_DONTWAIT;
        /* As Linux: the timeout is looked at between messages only. */
        if (deadline != NO_DEADLINE && call_left(deadline) == 0)
            break;
    }
    return got;
}

long sys_recvmmsg(int fd, user_addr messages, uint32_t count, int flags, user_addr timeout)
{
    struct file *file;
    struct socket *socket;
    nanoseconds deadline;
    int error = call_deadline(timeout, &deadline);
    if (error)
        return error;
    error = socket_at(fd, &file, &socket);
    if (error)
        return error;
    if (count > VECTOR_MAX)
        count = VECTOR_MAX;
    long result = receive_many(file, socket, messages, count, (unsigned)flags, deadline);
    file_put(file);
    call_time_left(timeout, deadline);
    return result;
}
