/* SPDX-License-Identifier: Apache-2.0 */
/* FLAVOURS: dynamic */
/* LIBRARIES: uv */
/*
 * A program of libuv, which stands below node.js and others: one loop with an echo server and many
 * clients over TCP and over a local socket, datagrams, timers, threads that work for the loop, a
 * child process, a signal, names. What each saw is printed at the end, since order is chance.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { CLIENTS = 20, SIZE = 200000 };
static uv_loop_t *loop;
static uv_tcp_t tcp_server;
static uv_pipe_t pipe_server;
static uv_udp_t udp_server, udp_client;
static uv_timer_t repeat;
static uv_async_t async;
static uv_signal_t usr1;
static char sent[SIZE];
static const char *pipe_path = "uv.socket";
static struct {
    int accepted, echoed, wrong, ended, refused, datagrams, ticks, works, asyncs, signals, reset;
    int child, child_signal, file, names, loopbacks;
} saw;

struct client {
    union {
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    };
    uv_connect_t connect;
    uv_write_t write;
    uv_shutdown_t shutdown;
    int read;
};

static void all_done(void)
{
    uv_handle_t *handles[] = {(void *)&tcp_server, (void *)&pipe_server, (void *)&udp_server,
                              (void *)&udp_client, (void *)&async,       (void *)&usr1};
    for (int i = 0; i < 6; i++)
        uv_close(handles[i], NULL);
}

static void allocate(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    *buffer = uv_buf_init(malloc(size), (unsigned)size);
}

/* ---- the server ---- */

static void written(uv_write_t *write, int status)
{
    free(write->data);
    free(write);
}

static void server_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    if (size <= 0) {
        free(buffer->base);
        if (size == UV_ECONNRESET)
            saw.reset++;
        if (size < 0)
            uv_close((uv_handle_t *)stream, (uv_close_cb)free);
        return;
    }
    uv_write_t *write = malloc(sizeof(*write));
    uv_buf_t back = uv_buf_init(buffer->base, (unsigned)size);
    write->data = buffer->base;
    uv_write(write, stream, &back, 1, written);
}

static void accept_one(uv_stream_t *server, int status)
{
    uv_stream_t *stream = malloc(sizeof(uv_tcp_t) + sizeof(uv_pipe_t));
    if (server->type == UV_TCP)
        uv_tcp_init(loop, (uv_tcp_t *)stream);
    else
        uv_pipe_init(loop, (uv_pipe_t *)stream, 0);
    saw.accepted += status == 0 && uv_accept(server, stream) == 0;
    uv_read_start(stream, allocate, server_read);
}

/* ---- the clients ---- */

static void client_closed(uv_handle_t *handle)
{
    free(handle->data);
    if (++saw.ended == 2 * CLIENTS)
        all_done();
}

static void client_ended(uv_shutdown_t *shutdown, int status)
{
    uv_close((uv_handle_t *)shutdown->handle, client_closed);
}

static void client_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct client *client = stream->data;
    for (ssize_t i = 0; i < size; i++)
        saw.wrong += buffer->base[i] != sent[client->read + i];
    free(buffer->base);
    if (size > 0)
        client->read += (int)size;
    if (client->read == SIZE && size > 0) {
        saw.echoed++;
        uv_read_stop(stream);
        uv_shutdown(&client->shutdown, stream, client_ended);
    }
}

static void client_connected(uv_connect_t *connect, int status)
{
    struct client *client = connect->handle->data;
    uv_buf_t halves[2] = {uv_buf_init(sent, SIZE / 2), uv_buf_init(sent + SIZE / 2, SIZE / 2)};
    if (status != 0)
        return;
    uv_read_start(connect->handle, allocate, client_read);
    uv_write(&client->write, connect->handle, halves, 2, NULL);
}

static void clients_start(const struct sockaddr *address)
{
    for (int i = 0; i < 2 * CLIENTS; i++) {
        struct client *client = calloc(1, sizeof(*client));
        if (i < CLIENTS) {
            uv_tcp_init(loop, &client->tcp);
            uv_tcp_nodelay(&client->tcp, i % 2);
            uv_tcp_keepalive(&client->tcp, 1, 60);
            client->stream.data = client;
            uv_tcp_connect(&client->connect, &client->tcp, address, client_connected);
        } else {
            uv_pipe_init(loop, &client->pipe, 0);
            client->stream.data = client;
            uv_pipe_connect(&client->connect, &client->pipe, pipe_path, client_connected);
        }
    }
}

/* ---- a refused one, and one that resets ---- */

static void refused(uv_connect_t *connect, int status)
{
    saw.refused = status;
    uv_close((uv_handle_t *)connect->handle, NULL);
}

static void reset_closed(uv_handle_t *handle)
{
}

static void reset_connected(uv_connect_t *connect, int status)
{
    uv_tcp_close_reset((uv_tcp_t *)connect->handle, reset_closed);
}

static void odd_ones(const struct sockaddr *address)
{
    static uv_tcp_t nowhere, hasty;
    static uv_connect_t connects[2];
    struct sockaddr_in closed;
    uv_ip4_addr("127.0.0.1", 1, &closed);
    uv_tcp_init(loop, &nowhere);
    uv_tcp_connect(&connects[0], &nowhere, (void *)&closed, refused);
    uv_tcp_init(loop, &hasty);
    uv_tcp_connect(&connects[1], &hasty, address, reset_connected);
}

/* ---- all else ---- */

static void datagram(uv_udp_t *udp, ssize_t size, const uv_buf_t *buffer,
                     const struct sockaddr *from, unsigned flags)
{
    if (size > 0)
        saw.datagrams++;
    free(buffer->base);
}

static void datagrams(void)
{
    struct sockaddr_in any, name;
    int size = sizeof(name);
    uv_ip4_addr("127.0.0.1", 0, &any);
    uv_udp_init(loop, &udp_server);
    uv_udp_init(loop, &udp_client);
    uv_udp_bind(&udp_server, (void *)&any, 0);
    uv_udp_getsockname(&udp_server, (void *)&name, &size);
    uv_udp_recv_start(&udp_server, allocate, datagram);
    for (int i = 0; i < 10; i++) {
        uv_buf_t buffer = uv_buf_init(sent, (unsigned)(i + 1) * 100);
        uv_udp_try_send(&udp_client, &buffer, 1, (void *)&name);
    }
}

static void tick(uv_timer_t *timer)
{
    if (++saw.ticks == 5)
        uv_close((uv_handle_t *)timer, NULL);
}

static void work(uv_work_t *request)
{
    uv_fs_t file;
    int fd = uv_fs_open(NULL, &file, "uv.file", UV_FS_O_RDWR | UV_FS_O_CREAT, 0600, NULL);
    uv_buf_t buffer = uv_buf_init(sent, 1000);
    saw.file += uv_fs_write(NULL, &file, fd, &buffer, 1, 0, NULL) == 1000;
    uv_fs_close(NULL, &file, fd, NULL);
    uv_async_send(&async);
    uv_kill(uv_os_getpid(), SIGUSR1);
}

static void worked(uv_work_t *request, int status)
{
    saw.works += status == 0;
}

static void woken(uv_async_t *handle)
{
    saw.asyncs = 1; /* several wakes may be one */
}

static void signalled(uv_signal_t *handle, int number)
{
    saw.signals = number;
}

static void child_ended(uv_process_t *process, int64_t status, int number)
{
    saw.child = (int)status;
    saw.child_signal = number;
    uv_close((uv_handle_t *)process, NULL);
}

static void named(uv_getaddrinfo_t *request, int status, struct addrinfo *result)
{
    saw.names = status == 0 && result != NULL;
    uv_freeaddrinfo(result);
}

static void others(void)
{
    static uv_work_t works[4];
    static uv_process_t process;
    static uv_getaddrinfo_t name;
    static char *arguments[] = {"sh", "-c", "exit 7", NULL};
    uv_process_options_t options = {.exit_cb = child_ended, .file = "/bin/sh", .args = arguments};
    uv_interface_address_t *addresses;
    int count;
    uv_timer_init(loop, &repeat);
    uv_timer_start(&repeat, tick, 1, 2);
    uv_async_init(loop, &async, woken);
    uv_signal_init(loop, &usr1);
    uv_signal_start(&usr1, signalled, SIGUSR1);
    for (int i = 0; i < 4; i++)
        uv_queue_work(loop, &works[i], work, worked);
    if (uv_spawn(loop, &process, &options) != 0)
        printf("no child\n");
    uv_getaddrinfo(loop, &name, named, "127.0.0.1", "80", NULL);
    uv_interface_addresses(&addresses, &count);
    for (int i = 0; i < count; i++)
        saw.loopbacks +=
            addresses[i].is_internal && addresses[i].address.address4.sin_family == AF_INET;
    uv_free_interface_addresses(addresses, count);
}

int main(void)
{
    struct sockaddr_in address;
    int size = sizeof(address);
    setvbuf(stdout, NULL, _IOLBF, 0);
    loop = uv_default_loop();
    for (int i = 0; i < SIZE; i++)
        sent[i] = (char)(i % 251);
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(loop, &tcp_server);
    uv_tcp_bind(&tcp_server, (void *)&address, 0);
    uv_tcp_getsockname(&tcp_server, (void *)&address, &size);
    printf("tcp: %d\n", uv_listen((uv_stream_t *)&tcp_server, 64, accept_one));
    uv_pipe_init(loop, &pipe_server, 0);
    uv_pipe_bind(&pipe_server, pipe_path);
    printf("pipe: %d\n", uv_listen((uv_stream_t *)&pipe_server, 64, accept_one));
    datagrams();
    others();
    odd_ones((void *)&address);
    clients_start((void *)&address);
    printf("run: %d\n", uv_run(loop, UV_RUN_DEFAULT));
    printf("accepted %d, echoed %d, wrong %d, reset %d, refused %s\n", saw.accepted, saw.echoed,
           saw.wrong, saw.reset, uv_err_name(saw.refused));
    printf("datagrams %d, ticks %d, works %d, asyncs %d, signal %d, files %d\n", saw.datagrams,
           saw.ticks, saw.works, saw.asyncs, saw.signals, saw.file);
    printf("child %d %d, names %d, loopbacks %d\n", saw.child, saw.child_signal, saw.names,
           saw.loopbacks);
    printf("close: %d\n", uv_loop_close(loop));
    return 0;
}
