/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: streams with notes, ports and who may share them, and long random lives of all kinds
 * together. */
/* TEST-SOURCES: kernel/file/ring.c kernel/file/pipe.c kernel/file/readiness.c kernel/file/eventfd.c kernel/file/epoll.c */
/* TEST-SOURCES: kernel/file/attachment.c kernel/file/socket.c kernel/file/socket_option.c kernel/file/stream.c */
/* TEST-SOURCES: kernel/file/message.c kernel/file/socket_local.c kernel/file/inet.c kernel/file/inet_ports.c */
/* TEST-SOURCES: kernel/network/inet_option.c kernel/file/socket_inet.c kernel/file/socket_udp.c kernel/network/interface.c kernel/network/interface_call.c kernel/network/netlink.c kernel/network/multicast.c */
/* TEST-SOURCES: kernel/file/socket_collect.c kernel/file/file.c kernel/memory/user_copy.c kernel/file/test/fake_events.c */
/* TEST-SOURCES: kernel/file/socket_node.c kernel/file/connection.c kernel/file/test/fake_channel.c */
#include <asm/errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/eventpoll.h>

#include "file/test/fake_events.h"
#include "linux/socket_abi.h"

static struct socket *socket_at(int fd)
{
    struct file *file = file_at(fd);
    struct socket *socket = file ? socket_of(file) : NULL;
    if (file)
        file_put(file);
    return socket;
}

static void new_pair(int type, int fds[2])
{
    struct file *files[2];
    assert_int_equal(socket_create_pair(AF_UNIX, type, 0, 04000, files), 0);
    fds[0] = fake_install(files[0]);
    fds[1] = fake_install(files[1]);
}

static int new_socket(int family, int type)
{
    struct file *file;
    assert_int_equal(socket_create(family, type, 0, 04000, &file), 0);
    return fake_install(file);
}

static long send_with(int fd, const void *bytes, size_t size, const int *fds, unsigned count)
{
    struct io io;
    struct socket_message message = {.io = &io, .flags = MSG_NOSIGNAL};
    struct file *file = file_at(fd);
    io_single(&io, (uintptr_t)bytes, size);
    if (count) {
        message.attachment = attachment_create(count);
        message.attachment->file_count = 0;
        for (unsigned i = 0; i < count; i++) {
            struct file *sent = file_at(fds[i]);
            if (sent)
                message.attachment->files[message.attachment->file_count++] = sent;
        }
    }
    long result = socket_send(file, &message);
    attachment_drop(message.attachment);
    file_put(file);
    return result;
}

/* Installs what came; *count descriptors in fds. */
static long receive_with(int fd, void *bytes, size_t size, unsigned flags, int *fds,
                         unsigned *count)
{
    struct io io;
    struct socket_name name;
    struct socket_message message = {.io = &io, .flags = flags, .name = &name};
    struct file *file = file_at(fd);
    io_single(&io, (uintptr_t)bytes, size);
    long result = socket_receive(file, &message);
    *count = 0;
    for (unsigned i = 0; message.attachment && i < message.attachment->file_count; i++) {
        file_get(message.attachment->files[i]);
        fds[(*count)++] = fake_install(message.attachment->files[i]);
    }
    attachment_drop(message.attachment);
    file_put(file);
    return result;
}

static void stream_notes(void **state)
{
    int pair[2], other[2], got[4];
    unsigned count;
    char bytes[100];
    fake_start();
    new_pair(SOCK_STREAM, pair);
    new_pair(SOCK_STREAM, other);
    assert_int_equal(send_with(pair[0], "before", 6, NULL, 0), 6);
    assert_int_equal(send_with(pair[0], "noted", 5, other, 2), 5);
    assert_int_equal(send_with(pair[0], "second", 6, other, 1), 6);
    assert_int_equal(send_with(pair[0], "after", 5, NULL, 0), 5);
    assert_int_equal(receive_with(pair[1], bytes, 3, 0, got, &count), 3);
    assert_int_equal(count, 0);
    assert_int_equal(receive_with(pair[1], bytes, 100, MSG_PEEK, got, &count), 8);
    assert_int_equal(count, 2);
    assert_int_equal(receive_with(pair[1], bytes, 100, 0, got, &count), 8);
    assert_int_equal(count, 2);
    assert_memory_equal(bytes, "orenoted", 8);
    assert_int_equal(receive_with(pair[1], bytes, 100, 0, got, &count), 6);
    assert_int_equal(count, 1);
    assert_int_equal(receive_with(pair[1], bytes, 100, 0, got, &count), 5);
    assert_int_equal(count, 0);
    fake_end();
}

static void flight_is_limited(void **state)
{
    int pair[2];
    fake_start();
    fake_files_max = 20;
    new_pair(SOCK_STREAM, pair);
    for (int i = 0; i < 10; i++)
        assert_int_equal(send_with(pair[0], "x", 1, pair, 2), 1);
    assert_int_equal(send_with(pair[0], "x", 1, pair, 2), -ETOOMANYREFS);
    char bytes[100];
    for (int i = 0; i < 10; i++)
        assert_int_equal(fake_read(pair[1], bytes, 100), 1);
    assert_int_equal(send_with(pair[0], "x", 1, pair + 1, 1), 1);
    assert_int_equal(fake_read(pair[1], bytes, 100), 1);
    fake_files_max = 1024;
    fake_end();
}

/* A socket within a socket within a socket ...: closing the outermost must not take a stack frame
 * for each. */
static void deep_chain_closes(void **state)
{
    int pair[2], next[2];
    fake_start();
    fake_files_max = 60000;
    new_pair(SOCK_STREAM, pair);
    for (int i = 0; i < 20000; i++) {
        new_pair(SOCK_STREAM, next);
        assert_int_equal(send_with(next[0], "x", 1, pair, 2), 1);
        fd_close(pair[0]);
        fd_close(pair[1]);
        memcpy(pair, next, sizeof(pair));
    }
    fd_close(pair[0]);
    fd_close(pair[1]);
    fake_files_max = 1024;
    fake_end();
}

static void cycles_are_collected(void **state)
{
    int pair[2], kept[2], got[4];
    unsigned count;
    char byte;
    fake_start();
    fake_files_max = 40;
    new_pair(SOCK_SEQPACKET, kept);
    for (int i = 0; i < 1000; i++) {
        new_pair(i % 2 ? SOCK_STREAM : SOCK_DGRAM, pair);
        socket_collect_if_due();
        /* One that is reachable through a queue of ours, the others only through their own. */
        assert_int_equal(send_with(pair[0], "x", 1, pair, 2), 1);
        if (i == 500)
            assert_int_equal(send_with(kept[0], "k", 1, pair + 1, 1), 1);
        fd_close(pair[0]);
        fd_close(pair[1]);
    }
    socket_collect();
    assert_int_equal(attachment_files_in_flight(), 3);
    assert_int_equal(receive_with(kept[1], &byte, 1, 0, got, &count), 1);
    assert_int_equal(count, 1);
    int inner = got[0];
    assert_int_equal(receive_with(inner, &byte, 1, 0, got, &count), 1);
    assert_int_equal(count, 2);
    fake_files_max = 1024;
    fake_end();
    assert_int_equal(attachment_files_in_flight(), 0);
}

static struct socket_name v4(uint32_t address, uint16_t port)
{
    struct socket_name name = {.size = 16};
    uint16_t wire = __builtin_bswap16(port);
    uint32_t host = __builtin_bswap32(address);
    name.family = AF_INET;
    memcpy(name.bytes + 2, &wire, 2);
    memcpy(name.bytes + 4, &host, 4);
    return name;
}

static int bind_port(int fd, uint32_t address, uint16_t port)
{
    struct socket_name name = v4(address, port);
    return socket_at(fd)->ops->bind(socket_at(fd), &name);
}

static void option_on(int fd, int option)
{
    int on = 1;
    assert_int_equal(socket_set_option(socket_at(fd), SOL_SOCKET, option, &on, sizeof(on)), 0);
}

static void ports_are_shared_by_rule(void **state)
{
    enum { LO = 0x7f000001, LO2 = 0x7f000002 };
    fake_start();
    int a = new_socket(AF_INET, SOCK_STREAM), b = new_socket(AF_INET, SOCK_STREAM),
        c = new_socket(AF_INET, SOCK_STREAM);
    int udp = new_socket(AF_INET, SOCK_DGRAM);
    assert_int_equal(bind_port(a, LO, 5000), 0);
    assert_int_equal(bind_port(a, LO, 5001), -EINVAL);
    assert_int_equal(bind_port(b, LO, 5000), -EADDRINUSE);
    assert_int_equal(bind_port(b, 0, 5000), -EADDRINUSE);
    assert_int_equal(bind_port(b, 0x0a000001, 5000), -EADDRNOTAVAIL);
    assert_int_equal(bind_port(b, LO2, 5000), 0);
    assert_int_equal(bind_port(udp, LO, 5000), 0);
    option_on(a, SO_REUSEADDR);
    option_on(c, SO_REUSEADDR);
    assert_int_equal(bind_port(c, LO, 5000), 0);
    assert_int_equal(socket_listen(socket_at(a), 3), 0);
    assert_int_equal(socket_listen(socket_at(c), 3), -EADDRINUSE);
    int d = new_socket(AF_INET, SOCK_STREAM), e = new_socket(AF_INET, SOCK_STREAM);
    option_on(d, SO_REUSEPORT);
    option_on(e, SO_REUSEPORT);
    assert_int_equal(bind_port(d, 0, 6000), 0);
    assert_int_equal(bind_port(e, 0, 6000), 0);
    assert_int_equal(socket_listen(socket_at(d), 3), 0);
    assert_int_equal(socket_listen(socket_at(e), 3), 0);
    fake_end();
}

/* ---- random lives ---- */

#define FDS 48

static int random_fd(void)
{
    return rand() % FDS;
}

static void random_name(struct socket_name *name)
{
    if (rand() % 2) {
        *name = v4(0x7f000001, (uint16_t)(7000 + rand() % 4));
    } else {
        *name = (struct socket_name){.size = 4};
        name->family = AF_UNIX;
        name->bytes[3] = (uint8_t)('a' + rand() % 4);
    }
}

static void random_make(void)
{
    static const int families[] = {AF_UNIX, AF_INET, AF_INET6},
                     types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    struct file *files[2];
    int fds[2];
    if (fake_files() >= FDS - 2)
        return;
    switch (rand() % 4) {
    case 0:
        new_pair(types[rand() % 3], fds);
        break;
    case 1:
        if (socket_create(families[rand() % 3], types[rand() % 3], 0, 04000, files) == 0)
            fake_install(files[0]);
        break;
    case 2:
        assert_int_equal(epoll_create(files), 0);
        fake_install(files[0]);
        break;
    default:
        assert_int_equal(pipe_create(04000, files), 0);
        fake_install(files[0]);
        fake_install(files[1]);
    }
}

static void random_socket_call(struct file *file, struct socket *socket)
{
    struct socket_name name;
    struct file *accepted;
    int number = rand() % 50000;
    uint32_t size = sizeof(number);
    random_name(&name);
    switch (rand() % 8) {
    case 0:
        socket->ops->bind(socket, &name);
        break;
    case 1:
        socket_listen(socket, rand() % 3);
        break;
    case 2:
    case 3:
        socket->ops->connect(socket, &name, true);
        break;
    case 4:
        if (fake_files() < FDS - 1 && socket_accept(file, 04000, &accepted) == 0)
            fake_install(accepted);
        break;
    case 5:
        socket->ops->shutdown(socket, 1 + (unsigned)rand() % 3);
        break;
    case 6:
        socket_set_option(
            socket, SOL_SOCKET,
            (int[]){SO_SNDBUF, SO_RCVBUF, SO_PASSCRED, SO_REUSEADDR, SO_REUSEPORT}[rand() % 5],
            &number, size);
        socket_get_option(socket, SOL_SOCKET, rand() % 70, &number, &size);
        break;
    default:
        socket->ops->name(socket, rand() % 2, &name);
    }
}

static void random_step(void)
{
    static char bytes[20000];
    int fds[ATTACHMENT_FILES_MAX], fd = random_fd();
    unsigned count = 0;
    struct file *file = file_at(fd);
    struct linux_epoll_event events[4] = {
        {(uint32_t)rand() & (EPOLLIN | EPOLLOUT | EPOLLET | EPOLLONESHOT | EPOLLRDHUP), 0}};
    if (!file || rand() % 12 == 0) {
        if (file) {
            file_put(file);
            fd_close(fd);
        }
        random_make();
        return;
    }
    struct socket *socket = socket_of(file);
    fake_who.pid = 1 + rand() % 3;
    switch (rand() % 6) {
    case 0:
        if (socket) {
            fds[0] = random_fd(), fds[1] = random_fd();
            send_with(fd, bytes, (size_t)rand() % sizeof(bytes), fds, (unsigned)rand() % 3);
        }
        break;
    case 1:
        if (socket && fake_files() < FDS - 20)
            receive_with(fd, bytes, (size_t)rand() % sizeof(bytes), rand() % 4 ? 0 : MSG_PEEK, fds,
                         &count);
        break;
    case 2:
        fake_read(fd, bytes, (size_t)rand() % sizeof(bytes));
        fake_write(fd, bytes, (size_t)rand() % sizeof(bytes));
        break;
    case 3: {
        int target_fd = random_fd();
        struct file *target = file_at(target_fd);
        if (target) {
            (void)!epoll_change(file, 1 + rand() % 3, target_fd, target, events);
            file_put(target);
        }
        break;
    }
    case 4:
        (void)!epoll_wait(file, (user_addr)(uintptr_t)events, 4, 0);
        fake_poll(fd);
        break;
    default:
        if (socket)
            random_socket_call(file, socket);
    }
    file_put(file);
}

static void random_lives(void **state)
{
    for (unsigned seed = 1; seed <= 20; seed++) {
        srand(seed);
        fake_start();
        for (int step = 0; step < 5000; step++)
            random_step();
        if (seed % 2)
            socket_collect();
        fake_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_notes),
        cmocka_unit_test(flight_is_limited),
        cmocka_unit_test(deep_chain_closes),
        cmocka_unit_test(cycles_are_collected),
        cmocka_unit_test(ports_are_shared_by_rule),
        cmocka_unit_test(random_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
