/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/network/tcp_send.c kernel/network/tcp_option.c */
/* A sender that was told to wait is told when there is room, or memory, and only then;
 * TCP_USER_TIMEOUT counts from what has arrived last. */
#include <asm/errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lwip/priv/tcp_priv.h>

#include "file/inet.h"
#include "linux/socket_abi.h"
#include "memory/frames.h"
#include "network/stack.h"
#include "network/wire.h"

/* ---- the kernel around it ---- */

static bool memory_is_out, is_crowded;
static int user_timeout_ms, lost_error;
static unsigned wakes, written;
u32_t tcp_ticks;

err_t tcp_write(struct tcp_pcb *pcb, const void *bytes, u16_t size, u8_t flags)
{
    if (memory_is_out)
        return ERR_MEM;
    pcb->snd_buf -= size;
    written += size;
    return ERR_OK;
}

err_t tcp_output(struct tcp_pcb *pcb)
{
    return ERR_OK;
}

void cork_push(struct tcp_pcb *pcb)
{
}

void tcp_poll(struct tcp_pcb *pcb, tcp_poll_fn poll, u8_t interval)
{
    pcb->poll = poll;
}

phys_addr frame_alloc(enum frame_use use)
{
    void *page = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    /* cppcheck-suppress memleak ; frame_put frees it */
    return (phys_addr)(uintptr_t)page - DIRECT_BASE;
}

void frame_put(phys_addr frame)
{
    free(direct_pointer(frame));
}

long io_get(struct io *io, void *to, size_t size)
{
    io->remaining -= size;
    return (long)size;
}

int socket_wait(struct wait_queue *queue, nanoseconds deadline)
{
    return -RESTART_CALL;
}

int socket_take_error(struct socket *socket)
{
    int error = socket->error;
    socket->error = 0;
    return -error;
}

long broken_pipe(const struct socket_message *message)
{
    return -EPIPE;
}

void wake_all(struct wait_queue *queue, unsigned events)
{
    wakes += events == (EVENT_OUT | EVENT_WRNORM);
}

void stack_done(void)
{
}

bool stack_is_crowded(void)
{
    return is_crowded;
}

bool neighbour_answers(const ip_addr_t *to)
{
    return true;
}

int inet_option_number(const struct socket *socket, int level, int option)
{
    return level == 6 && option == 18 ? user_timeout_ms : 0;
}

bool inet_is_v4(const struct inet_address *address)
{
    return true;
}

void wire_lost(struct tcp_pcb *pcb, int error)
{
    lost_error = error;
}

/* ---- a connection ---- */

static struct tcp_pcb pcb;
static struct socket connection;
static struct list somebody;

static int start(void **state)
{
    memory_is_out = is_crowded = false;
    user_timeout_ms = lost_error = 0;
    wakes = written = 0;
    memset(&pcb, 0, sizeof(pcb));
    memset(&connection, 0, sizeof(connection));
    pcb.state = ESTABLISHED;
    pcb.snd_buf = TCP_SND_BUF;
    connection.type = SOCK_STREAM;
    connection.state = SOCKET_CONNECTED;
    connection.inet.wire = &pcb;
    connection.waits.waiters.next = &somebody; /* or nobody is woken */
    return 0;
}

static long sends(size_t size)
{
    struct io io = {.remaining = size};
    struct socket_message message = {.io = &io, .nonblocking = true};
    return wire_tcp_send(&connection, &message);
}

/* A turn of lwIP's clock. */
static void tick(void)
{
    tcp_ticks++;
    err_t result = pcb.poll ? pcb.poll(&connection, &pcb) : ERR_OK;

    assert_int_equal(result, lost_error ? ERR_ABRT : ERR_OK);
}

/* ---- tests ---- */

static void memory_comes_back(void **state)
{
    memory_is_out = true;
    assert_int_equal(sends(100), -EAGAIN);
    assert_false(wire_is_writable(&connection)); /* or a program would try for ever */
    tick();                                      /* it may try again now ... */
    assert_int_equal(wakes, 1);
    assert_int_equal(sends(100), -EAGAIN); /* ... and waits again */
    memory_is_out = false;
    tick();
    assert_int_equal(wakes, 2);
    assert_true(wire_is_writable(&connection));
    assert_int_equal(sends(100), 100);
    assert_null(pcb.poll); /* nobody waits: no clock */
    tick();
    assert_int_equal(wakes, 2);
}

static void room_is_told_to_who_asked(void **state)
{
    pcb.snd_buf = TCP_SND_BUF / 2;
    wire_room(&connection); /* something has arrived; nobody waits */
    assert_int_equal(wakes, 0);
    assert_int_equal(sends(TCP_SND_BUF), TCP_SND_BUF / 2);
    assert_int_equal(wire_queued(&connection), TCP_SND_BUF);
    assert_int_equal(sends(1), -EAGAIN);
    pcb.snd_buf = 1000;
    wire_room(&connection); /* too little */
    assert_int_equal(wakes, 0);
    pcb.snd_buf = TCP_SND_BUF / 2;
    wire_room(&connection);
    wire_room(&connection);
    assert_int_equal(wakes, 1);
}

static void crowd_goes(void **state)
{
    is_crowded = true;
    pcb.snd_buf = TCP_SND_BUF - CROWDED_QUEUE - 1;
    assert_int_equal(sends(100), -EAGAIN);
    tick();
    assert_int_equal(wakes, 0);
    is_crowded = false;
    tick();
    assert_int_equal(wakes, 1);
}

static void patience_ends(void **state)
{
    struct tcp_seg segment = {0};
    user_timeout_ms = 1000;
    wire_options(&connection);
    for (int i = 0; i < 100; i++)
        tick(); /* nothing is under way */
    pcb.unacked = &segment;
    for (int i = 0; i < 4; i++)
        tick();
    pcb.lastack++;
    pcb.tmr = tcp_ticks;
    for (int i = 0; i < 5; i++) {
        pcb.tmr = tcp_ticks; /* the other end is heard, and takes nothing */
        tick();
        assert_int_equal(lost_error, 0);
    }
    tick();
    assert_int_equal(lost_error, ETIMEDOUT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(memory_comes_back, start),
        cmocka_unit_test_setup(room_is_told_to_who_asked, start),
        cmocka_unit_test_setup(crowd_goes, start),
        cmocka_unit_test_setup(patience_ends, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
