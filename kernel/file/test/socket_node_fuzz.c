/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/file/ring.c kernel/file/pipe.c kernel/file/readiness.c kernel/file/eventfd.c kernel/file/epoll.c */
/* TEST-SOURCES: kernel/file/attachment.c kernel/file/socket.c kernel/file/socket_option.c kernel/file/stream.c */
/* TEST-SOURCES: kernel/file/message.c kernel/file/socket_local.c kernel/file/inet.c kernel/file/inet_ports.c */
/* TEST-SOURCES: kernel/network/inet_option.c kernel/file/socket_inet.c kernel/file/socket_udp.c kernel/network/interface.c kernel/network/interface_call.c kernel/network/netlink.c kernel/network/multicast.c */
/* TEST-SOURCES: kernel/file/socket_collect.c kernel/file/file.c kernel/memory/user_copy.c kernel/file/test/fake_events.c */
/* TEST-SOURCES: kernel/file/socket_node.c kernel/file/connection.c kernel/file/test/fake_channel.c */
/*
 * libFuzzer: what three peers may say to the stream sockets of this node, in any order: frames
 * whose size, kind and checksum are right and nothing else, lives that end and begin, rings without
 * room; in between a program that connects, accepts, reads, writes, shuts and closes. No byte is
 * written outside, no window is passed, a refused frame names its rule, and when all is closed
 * nothing is left, neither connection nor page.
 */
#include <asm/errno.h>
#include <stdlib.h>
#include <string.h>

#include "file/connection.h"
#include "file/inode.h"
#include "file/socket_node.h"
#include "file/test/fake_channel.h"
#include "file/test/fake_events.h"
#include "linux/socket_abi.h"

#define ROOM     (1U << 18)
#define PEERS    3 /* nodes 1 to 3 */
#define FDS      24
#define STEPS    400
#define S_IFSOCK 0140000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t left;
static struct inode name_inode;
static int fds[FDS]; /* -1: none; the first one listens */
static _Alignas(16) char payload[FRAME_PAYLOAD_MAX];

static void must(bool condition)
{
    if (!condition)
        abort();
}

static uint32_t byte(void)
{
    if (left == 0)
        return 0;
    left--;
    return *input++;
}

static uint32_t word(void)
{
    uint32_t high = byte() << 8;

    return high | byte();
}

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

    must(socket_create(AF_UNIX, SOCK_STREAM, 0, 04000, &file) == 0);
    return fake_install(file);
}

/* One of the connections with that node; NULL: there is none. */
static struct connection *some_connection(uint32_t node)
{
    struct connection *connection;
    uint32_t nth = byte() % 8;

    LIST_FOR_EACH (connection, &node_connections[node].all, struct connection, link) {
        if (nth-- == 0)
            return connection;
    }
    return NULL;
}

/* The number of a connection as the peer may put it: right, of another one, or anything. */
static uint32_t some_number(uint32_t right)
{
    switch (byte() % 8) {
    case 0:
        return 0;
    case 1:
        return word() << 16 | word();
    case 2:
        return byte() % 4;
    default:
        return right;
    }
}

static uint32_t some_size(enum frame_kind kind)
{
    static const uint32_t right[] = {[FRAME_CONNECT] = 1, [FRAME_ACCEPT] = 0, [FRAME_REFUSE] = 4,
                                     [FRAME_CREDIT] = 8,  [FRAME_SHUT] = 4,   [FRAME_RESET] = 4};

    if (kind == FRAME_DATA || byte() % 16 == 0)
        return word() % (FRAME_PAYLOAD_MAX + 1);
    return kind == FRAME_CONNECT ? 1 + byte() % CHANNEL_NAME_MAX : right[kind];
}

static void frame_come(void)
{
    uint32_t node = 1 + byte() % PEERS;
    const struct connection *of = some_connection(node);
    struct frame frame = {.kind = 1 + byte() % FRAME_RESET};
    enum violation why = VIOLATIONS;
    uint64_t credit;

    frame.size = some_size(frame.kind);
    frame.to = some_number(of && frame.kind != FRAME_CONNECT ? of->id : 0);
    frame.from = some_number(of && of->remote ? of->remote : 1 + byte());
    for (size_t i = 0; i < 16; i++)
        payload[i] = (char)byte();
    if (frame.kind == FRAME_CREDIT && of && byte() % 4) { /* a likely one */
        credit = of->credit + word() % (of->sent - of->credit + 2);
        memcpy(payload, &credit, sizeof(credit));
    }
    if (fake_channel_user->frame(node, &frame, payload, &why))
        return;
    must(why < VIOLATIONS);
    fake_channel_user->down(node); /* as channel.c does */
    fake_channel_user->up(node);
}

/* What we said, read or lost; there is room again. */
static void frames_go(void)
{
    struct frame frame;
    uint32_t node;

    while (fake_channel_take(&node, &frame, payload)) {
        must(node >= 1 && node <= PEERS && frame.size <= FRAME_PAYLOAD_MAX);
        must(frame.kind >= FRAME_CONNECT && frame.kind <= FRAME_RESET);
    }
}

static void room_change(void)
{
    fake_channel_room = byte() % 4 ? ROOM : word();
    for (uint32_t node = 1; node <= PEERS; node++)
        fake_channel_user->room(node);
}

static void life_change(void)
{
    uint32_t node = 1 + byte() % PEERS;

    fake_channel_up = byte() % 2;
    fake_channel_user->down(node);
    fake_channel_up = true;
    fake_channel_user->up(node);
}

static void keep(int fd)
{
    int *place = &fds[1 + byte() % (FDS - 1)];

    if (fd < 0)
        return;
    if (*place >= 0)
        fd_close(*place);
    *place = fd;
}

static void program_connect(void)
{
    static char path[] = "/node/1/x";
    struct socket_name name = {.size = (uint32_t)(3 + sizeof(path) - 1)};
    int fd = new_socket();

    path[6] = (char)('1' + byte() % PEERS);
    name.family = AF_UNIX;
    memcpy(name.bytes + 2, path, sizeof(path));
    socket_at(fd)->ops->connect(socket_at(fd), &name, true);
    keep(fd);
}

static void program_accept(void)
{
    struct file *file = file_at(fds[0]), *accepted;
    int error = socket_accept(file, 04000, &accepted);

    file_put(file);
    if (error == 0)
        keep(fake_install(accepted));
}

static void program_step(void)
{
    static char bytes[0x10000];
    uint32_t which = 1 + byte() % (FDS - 1);
    int fd = fds[which];

    if (fd < 0)
        return;
    switch (byte() % 5) {
    case 0:
        fake_read(fd, bytes, word());
        break;
    case 1:
        fake_write(fd, bytes, word());
        break;
    case 2:
        socket_at(fd)->ops->shutdown(socket_at(fd), 1 + byte() % 3);
        break;
    case 3:
        fake_poll(fd);
        break;
    default:
        fd_close(fd);
        fds[which] = -1;
    }
}

static void windows_hold(void)
{
    struct connection *connection;

    for (uint32_t node = 1; node <= PEERS; node++) {
        LIST_FOR_EACH (connection, &node_connections[node].all, struct connection, link) {
            must(connection->node == node && connection->credit <= connection->sent);
            must(connection->sent - connection->credit <= CHANNEL_WINDOW);
            must(!connection->socket || connection->socket->ring.used <= CHANNEL_WINDOW);
        }
    }
}

static void begin(void)
{
    fake_start();
    fake_channel_up = true;
    fake_channel_room = ROOM;
    if (!fake_channel_user)
        must(node_socket_init() == 0);
    for (unsigned i = 0; i < FDS; i++)
        fds[i] = -1;
    fds[0] = new_socket();
    socket_at(fds[0])->state = SOCKET_LISTENING;
    socket_at(fds[0])->backlog_max = 5;
    name_inode = (struct inode){.mode = S_IFSOCK, .data = socket_at(fds[0]), .count = 1U << 20};
    fake_channel_name = &name_inode;
}

static void end(void)
{
    fake_channel_name = NULL;
    fake_end();
    for (uint32_t node = 1; node <= PEERS; node++) {
        fake_channel_room = ROOM; /* the last words of closed sockets */
        fake_channel_user->room(node);
        frames_go();
        fake_channel_up = false;
        fake_channel_user->down(node);
        must(list_is_empty(&node_connections[node].all));
        must(node_connections[node].orphans == 0);
    }
    frames_go();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = data;
    left = size;
    begin();
    for (unsigned steps = 0; left && steps < STEPS; steps++) {
        switch (byte() % 10) {
        case 0:
            program_connect();
            break;
        case 1:
            program_accept();
            break;
        case 2:
        case 3:
            program_step();
            break;
        case 4:
            frames_go();
            room_change();
            break;
        case 5:
            if (byte() % 8 == 0)
                life_change();
            break;
        default:
            frame_come();
        }
        windows_hold();
    }
    end();
    return 0;
}
