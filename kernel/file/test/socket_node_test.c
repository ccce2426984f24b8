/* SPDX-License-Identifier: Apache-2.0 */
/* Stream sockets to another node, which here is a mirror: what is sent to node 1 comes back from
 * it. So both ends of each connection are ours, and every frame can be held, or be nonsense. */
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

#include "file/connection.h"
#include "file/inode.h"
#include "file/socket_node.h"
#include "file/test/fake_channel.h"
#include "file/test/fake_events.h"
#include "linux/socket_abi.h"

#define ROOM     (1U << 18)
#define S_IFSOCK 0140000U

static struct inode name_inode;
static int listener;
static enum violation why;
static char payload[FRAME_PAYLOAD_MAX];

static struct socket *socket_at(int fd)
{
    struct file *file = file_at(fd);
    struct socket *socket = socket_of(file);
    file_put(file);
    return socket;
}

static int new_socket(void)
{
    struct file *file;
    assert_int_equal(socket_create(AF_UNIX, SOCK_STREAM, 0, 04000, &file), 0);
    return fake_install(file);
}

static int begin(void **state)
{
    fake_start();
    fake_channel_up = true;
    fake_channel_room = ROOM;
    if (!fake_channel_user)
        assert_int_equal(node_socket_init(), 0);
    listener = new_socket();
    socket_at(listener)->state = SOCKET_LISTENING;
    socket_at(listener)->backlog_max = 5;
    name_inode = (struct inode){.mode = S_IFSOCK, .data = socket_at(listener), .count = 9};
    fake_channel_name = &name_inode;
    return 0;
}

/* Delivers at most count frames; their room is free again. */
static void pump(unsigned count)
{
    struct frame frame;
    uint32_t node;
    bool delivered = false;
    while (count-- && fake_channel_take(&node, &frame, payload)) {
        assert_int_equal(node, 1);
        assert_true(fake_channel_user->frame(1, &frame, payload, &why));
        fake_channel_room += frame.size;
        delivered = true;
    }
    if (delivered)
        fake_channel_user->room(1);
}

static int end(void **state)
{
    fake_channel_name = NULL;
    fake_end();
    pump(UINT32_MAX); /* the last words of closed sockets */
    assert_int_equal(node_connection_count(1), 0);
    return 0;
}

static int connect_to(int fd, const char *path)
{
    struct socket_name name = {.size = (uint32_t)(3 + strlen(path))};
    name.family = AF_UNIX;
    memcpy(name.bytes + 2, path, strlen(path) + 1);
    return socket_at(fd)->ops->connect(socket_at(fd), &name, true);
}

static int accept_one(void)
{
    struct file *file = file_at(listener), *accepted;
    int error = socket_accept(file, 04000, &accepted);
    file_put(file);
    return error ? error : fake_install(accepted);
}

static void new_connection(int fds[2])
{
    fds[0] = new_socket();
    assert_int_equal(connect_to(fds[0], "/node/1/x"), -EINPROGRESS);
    pump(UINT32_MAX);
    fds[1] = accept_one();
    assert_true(fds[1] >= 0);
    assert_int_equal(fake_poll(fds[0]), EVENT_OUT | EVENT_WRNORM);
}

static void connect_answers(void **state)
{
    int fd = new_socket(), fds[2];
    assert_int_equal(connect_to(fd, "/node/1/x"), -EINPROGRESS);
    assert_int_equal(connect_to(fd, "/node/1/x"), -EALREADY);
    assert_int_equal(fake_poll(fd), 0);
    fake_channel_name = NULL;
    pump(UINT32_MAX);
    assert_int_equal(socket_at(fd)->error, ECONNREFUSED);
    assert_true(fake_poll(fd) & EVENT_OUT);
    assert_int_equal(socket_take_error(socket_at(fd)), -ECONNREFUSED);
    fake_channel_name = &name_inode;
    assert_int_equal(connect_to(fd, "/node/1/x"), -EINPROGRESS); /* the same socket again */
    pump(UINT32_MAX);
    assert_int_equal(connect_to(fd, "/node/1/x"), -EISCONN);
    new_connection(fds);
    fake_channel_up = false;
    assert_int_equal(connect_to(new_socket(), "/node/1/x"), -EHOSTUNREACH);
    fake_channel_up = true;
}

static void a_closed_program_never_answers(void **state)
{
    int fd = new_socket(), accepted;
    assert_int_equal(connect_to(fd, "/node/1/x"), -EINPROGRESS);
    fd_close(fd); /* before the answer came */
    pump(UINT32_MAX);
    accepted = accept_one();
    assert_int_equal(fake_read(accepted, payload, 1), -ECONNRESET);
    assert_int_equal(fake_read(accepted, payload, 1), 0);
}

static void ends_are_told(void **state)
{
    int fds[2];
    new_connection(fds);
    assert_int_equal(fake_write(fds[0], "abc", 3), 3);
    fd_close(fds[0]); /* in order: what was written can be read */
    pump(UINT32_MAX);
    assert_true(fake_poll(fds[1]) & EVENT_HUP);
    assert_int_equal(fake_read(fds[1], payload, 10), 3);
    assert_int_equal(fake_read(fds[1], payload, 10), 0);
    assert_int_equal(fake_write(fds[1], "x", 1), -EPIPE);
    new_connection(fds);
    fake_write(fds[0], "abc", 3);
    pump(UINT32_MAX);
    fd_close(fds[1]); /* with unread bytes */
    pump(UINT32_MAX);
    assert_int_equal(fake_read(fds[0], payload, 10), -ECONNRESET);
    assert_int_equal(fake_read(fds[0], payload, 10), 0);
    new_connection(fds);
    fake_write(fds[0], "abc", 3);
    assert_int_equal(socket_at(fds[0])->ops->shutdown(socket_at(fds[0]), SHUT_SEND), 0);
    assert_int_equal(fake_write(fds[0], "x", 1), -EPIPE);
    pump(UINT32_MAX);
    assert_int_equal(fake_read(fds[1], payload, 10), 3);
    assert_int_equal(fake_read(fds[1], payload, 10), 0);
    assert_int_equal(fake_write(fds[1], "back", 4), 4);
    pump(UINT32_MAX);
    assert_int_equal(fake_read(fds[0], payload, 10), 4);
}

static void a_pair_goes_down(void **state)
{
    int fds[2], waiting;
    new_connection(fds);
    fake_write(fds[0], "abc", 3);
    fake_channel_up = false;
    fake_channel_user->down(1);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(fake_read(fds[i], payload, 10), -ECONNRESET);
        assert_int_equal(fake_read(fds[i], payload, 10), 0);
        assert_int_equal(fake_write(fds[i], "x", 1), -EPIPE);
    }
    fake_channel_up = true;
    fake_channel_user->up(1);
    pump(UINT32_MAX); /* of the time before: answered, believed by nobody */
    fake_channel_room = 0;
    waiting = new_socket(); /* one that could not be sent yet waits */
    assert_int_equal(connect_to(waiting, "/node/1/x"), -EINPROGRESS);
    fake_channel_user->down(1);
    fake_channel_room = ROOM;
    fake_channel_user->up(1);
    pump(UINT32_MAX);
    assert_int_equal(socket_at(waiting)->state, SOCKET_CONNECTED);
}

/* What was written and read of one direction; each byte tells its place. */
struct flow {
    uint64_t written, read;
};

static char byte_at(uint64_t position)
{
    return (char)(position * 167 >> 3);
}

static void flow_write(int fd, struct flow *flow)
{
    static char bytes[50000];
    size_t size = (size_t)rand() % (rand() % 3 ? 200 : sizeof(bytes)) + 1;
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(flow->written + i);
    long moved = fake_write(fd, bytes, size);
    assert_true(moved > 0 || moved == -EAGAIN);
    assert_true(moved > 0 || !(fake_poll(fd) & EVENT_OUT));
    flow->written += moved > 0 ? (uint64_t)moved : 0;
    assert_true(flow->written - flow->read <= CHANNEL_WINDOW + CHANNEL_WINDOW / 4);
}

static void flow_read(int fd, struct flow *flow)
{
    static char bytes[70000];
    size_t size = (size_t)rand() % (rand() % 3 ? 500 : sizeof(bytes)) + 1;
    long moved = fake_read(fd, bytes, size);
    assert_true(moved > 0 || moved == -EAGAIN);
    for (long i = 0; i < moved; i++)
        assert_int_equal(bytes[i], byte_at(flow->read + (uint64_t)i));
    flow->read += moved > 0 ? (uint64_t)moved : 0;
}

static void streams_stay_apart(void **state)
{
    enum { COUNT = 4 };
    struct flow flows[COUNT][2] = {0};
    int fds[COUNT][2];
    srand(3);
    for (unsigned i = 0; i < COUNT; i++)
        new_connection(fds[i]);
    for (unsigned step = 0; step < 40000; step++) {
        unsigned i = (unsigned)rand() % COUNT, end = (unsigned)rand() % 2;
        if (rand() % 3 == 0)
            pump((unsigned)rand() % 8);
        if (rand() % 2)
            flow_write(fds[i][end], &flows[i][end]);
        else if (i != 3 || rand() % 50 == 0) /* one reads seldom */
            flow_read(fds[i][!end], &flows[i][end]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        for (unsigned end = 0; end < 2; end++) {
            assert_true(flows[i][end].written > CHANNEL_WINDOW * 2);
            while (flows[i][end].read < flows[i][end].written) {
                pump(UINT32_MAX);
                flow_read(fds[i][!end], &flows[i][end]);
            }
        }
    }
}

/* Any frame from a mad kernel: no assertion, no memory error; the honest go on where it was let. */
static void frames_of_any_content(void **state)
{
    int fds[2];
    unsigned refused = 0;
    srand(9);
    for (unsigned round = 0; round < 300; round++) {
        new_connection(fds);
        const struct connection *connection = socket_at(fds[0])->local.connection;
        const uint32_t known[2] = {connection->id, connection->remote};
        for (unsigned i = 0; i < 100; i++) {
            struct frame frame = {.kind = 1 + (uint32_t)rand() % (FRAME_KINDS - 1)};
            frame.size = rand() % 2 ? (uint32_t)rand() % 12 : (uint32_t)rand() % FRAME_PAYLOAD_MAX;
            frame.to = rand() % 4 ? known[rand() % 2] : (uint32_t)rand() % 3;
            frame.from = rand() % 4 ? known[rand() % 2] : (uint32_t)rand() % 3;
            for (unsigned k = 0; k < 16; k++)
                payload[k] = (char)(rand() % 3 ? 0 : rand());
            if (fake_channel_user->frame(1, &frame, payload, &why))
                continue;
            assert_true(why < VIOLATIONS);
            refused++;
            fake_channel_user->down(1);
            fake_channel_user->up(1);
            break;
        }
        struct frame frame;
        uint32_t node;
        while (fake_channel_take(&node, &frame, payload))
            fake_channel_room += frame.size;
        fake_channel_user->down(1);
        fd_close(fds[0]);
        fd_close(fds[1]);
        for (int fd; (fd = accept_one()) >= 0;)
            fd_close(fd);
        while (fake_channel_take(&node, &frame, payload))
            fake_channel_room += frame.size;
    }
    assert_true(refused > 50);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(connect_answers, begin, end),
        cmocka_unit_test_setup_teardown(a_closed_program_never_answers, begin, end),
        cmocka_unit_test_setup_teardown(ends_are_told, begin, end),
        cmocka_unit_test_setup_teardown(a_pair_goes_down, begin, end),
        cmocka_unit_test_setup_teardown(streams_stay_apart, begin, end),
        cmocka_unit_test_setup_teardown(frames_of_any_content, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
