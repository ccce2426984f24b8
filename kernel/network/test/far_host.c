/* SPDX-License-Identifier: Apache-2.0 */
/* See far_host.h. */
#include "network/test/far_host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lwip/inet_chksum.h>
#include <lwip/priv/tcp_priv.h>

#include "device/card.h"
#include "file/test/fake_events.h"
#include "lib/log.h"
#include "lib/random.h"
#include "network/link.h"
#include "network/shared.h"
#include "network/stack.h"
#include "network/static_six.h"
#include "node/self.h"
#include "thread/timer.h"

#define FRAMES  64
#define FRAME   1514
#define HEAD    14
#define IP      (HEAD + 20)
#define BOOTP   (IP + 8)
#define OPTIONS (BOOTP + 240)
#define NUMBER  1000U /* its first one */
#define WINDOW  60000

enum { ICMP6 = 58, ROUTER = 134, SOLICITATION = 135, ADVERTISEMENT = 136 };

/* Places in BOOTP, RFC 951 */
enum { XID = 4, CIADDR = 12, YIADDR = 16, CHADDR = 28, COOKIE = 236 };

bool far_is_silent, far_acknowledges = true;
unsigned far_window = WINDOW, far_owes, far_option_size;
uint8_t far_options[40];
const char *far_ip6;
char far_logged[160];
uint8_t far_sought[16];
struct far_lease far_lease;
struct far_asked far_asked[FAR_ASKED];
struct far_segment far_segments[FAR_SEGMENTS];
unsigned far_asked_count, far_segment_count, far_loses;

static const uint8_t own[ADDRESS_SIZE] = {2, 0, 0, 0, 0, 0}, far[ADDRESS_SIZE] = {6, 0, 0, 0, 0, 1};
static const struct link_user *user;
static struct timer *clock_timer;
static nanoseconds started;
static struct bytes {
    size_t size;
    uint8_t bytes[FRAME];
} frames[FRAMES]; /* under way to it */
static unsigned frame_count;
static struct {
    uint16_t port; /* the node's */
    uint8_t address;
    uint32_t first, next; /* the node's numbers: of its SYN; that comes */
    uint32_t sent;        /* its own */
} connection;

/* ---- the kernel around the stack ---- */

static struct published page;
struct published *self_published = &page;

void chacha20_block(const uint32_t key[8], uint32_t counter, const uint32_t nonce[3],
                    uint8_t out[64])
{
    abort(); /* nobody asks for cookies */
}

bool card_find(void)
{
    return true;
}

void link_start(const struct link_user *of_stack)
{
    user = of_stack;
    static_six_read(3);
}

bool link_makes_sums(void)
{
    return false;
}

size_t link_room(const uint8_t to[ADDRESS_SIZE], bool is_v6)
{
    return FRAME;
}

bool link_send(struct io *frame, uint32_t word)
{
    if (frame_count == FRAMES || frame->remaining > FRAME)
        abort();
    frames[frame_count].size = frame->remaining;
    (void)io_get(frame, frames[frame_count++].bytes, frame->remaining);
    return true;
}

void link_flush(void)
{
}

bool shared_is(const ip_addr_t *address)
{
    return false;
}

bool shared_is_for(const uint8_t *frame, size_t size)
{
    return false;
}

void shared_tell(bool is_udp, uint16_t port)
{
}

long option_get(const char *name, char *value, size_t size)
{
    return -1;
}

long option_get_of(uint32_t node, const char *name, char *value, size_t size)
{
    return far_ip6 && strcmp(name, "ip6") == 0 ? snprintf(value, size, "%s", far_ip6) : -1;
}

void log_line(const char *text, ...)
{
    va_list arguments;

    va_start(arguments, text);
    vsnprintf(far_logged, sizeof(far_logged), text, arguments);
    va_end(arguments);
}

int timer_init(struct timer *timer, void (*fire)(struct timer *))
{
    clock_timer = timer;
    timer->fire = fire;
    return 0;
}

void timer_set(struct timer *timer, nanoseconds deadline)
{
    timer->deadline = deadline;
    timer->position = 1;
}

/* ---- frames from it ---- */

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

static void address_put(uint8_t *at, uint8_t n)
{
    put32(at, n ? 10U << 24 | n : 0);
}

static uint8_t address_get(const uint8_t *at)
{
    return get32(at) >> 8 == 10U << 16 ? at[3] : 0;
}

static void deliver(uint8_t *bytes, size_t size)
{
    struct io io;

    if (far_is_silent)
        return;
    io_kernel(&io, bytes, size < 60 ? 60 : size);
    user->received(&io, 0);
    user->done();
}

/* Ethernet's and IP's heads; to: 0: all. */
static void packet_send(uint8_t *bytes, size_t size, unsigned protocol, uint8_t to)
{
    uint8_t *ip = bytes + HEAD;
    uint16_t sum;

    memcpy(bytes, own, ADDRESS_SIZE);
    memcpy(bytes + ADDRESS_SIZE, far, ADDRESS_SIZE);
    put16(bytes + 12, 0x800);
    ip[0] = 0x45;
    put16(ip + 2, (unsigned)(size - HEAD));
    ip[8] = 64;
    ip[9] = (uint8_t)protocol;
    address_put(ip + 12, 1);
    put32(ip + 16, to ? 10U << 24 | to : ~0U);
    sum = inet_chksum(ip, 20);
    memcpy(ip + 10, &sum, 2);
    deliver(bytes, size);
}

static void arp_answer(const uint8_t *asked)
{
    uint8_t bytes[60] = {0};

    memcpy(bytes, own, ADDRESS_SIZE);
    memcpy(bytes + ADDRESS_SIZE, far, ADDRESS_SIZE);
    memcpy(bytes + 12, asked + 12, 8);
    bytes[21] = 2;
    memcpy(bytes + 22, far, ADDRESS_SIZE);
    memcpy(bytes + 28, asked + 38, 4);
    memcpy(bytes + 32, asked + 22, 10);
    deliver(bytes, sizeof(bytes));
}

/* ---- neighbours, RFC 4861 ---- */

/* To all nodes; size: of the message, whose sum is made. */
static void discovery_send(const uint8_t from[16], uint8_t *bytes, size_t size)
{
    static const uint8_t all[16] = {0xff, 2, [15] = 1};
    ip_addr_t source = IPADDR6_INIT(0, 0, 0, 0), to = source;
    uint8_t *ip = bytes + HEAD, *message = ip + 40;
    struct pbuf *whole = pbuf_alloc(PBUF_RAW, (u16_t)size, PBUF_RAM);
    uint16_t sum;

    memcpy(ip_2_ip6(&source)->addr, from, 16);
    memcpy(ip_2_ip6(&to)->addr, all, 16);
    pbuf_take(whole, message, (u16_t)size);
    sum = ip_chksum_pseudo(whole, ICMP6, (u16_t)size, &source, &to);
    memcpy(message + 2, &sum, 2);
    pbuf_free(whole);
    memcpy(bytes, (uint8_t[]){0x33, 0x33, 0, 0, 0, 1}, ADDRESS_SIZE);
    memcpy(bytes + ADDRESS_SIZE, far, ADDRESS_SIZE);
    put16(bytes + 12, 0x86dd);
    ip[0] = 0x60;
    put16(ip + 4, (unsigned)size);
    ip[6] = ICMP6;
    ip[7] = 255;
    memcpy(ip + 8, from, 16);
    memcpy(ip + 24, all, 16);
    deliver(bytes, HEAD + 40 + size);
}

void far_neighbour(const uint8_t address[16])
{
    uint8_t bytes[HEAD + 40 + 32] = {0}, *message = bytes + HEAD + 40;

    message[0] = ADVERTISEMENT;
    message[4] = 0x20; /* it overrides what was known */
    memcpy(message + 8, address, 16);
    memcpy(message + 24, (uint8_t[]){2, 1}, 2);
    memcpy(message + 26, far, ADDRESS_SIZE);
    discovery_send(address, bytes, 32);
}

void far_router(const uint8_t net[8], uint32_t seconds)
{
    static const uint8_t router[16] = {0xfe, 0x80, [15] = 0xfe};
    uint8_t bytes[HEAD + 40 + 56] = {0}, *message = bytes + HEAD + 40, *prefix = message + 16;

    message[0] = ROUTER;
    put16(message + 6, 1800);                       /* seconds that it is one */
    memcpy(prefix, (uint8_t[]){3, 4, 64, 0xc0}, 4); /* on the link, and for addresses */
    put32(prefix + 4, seconds);
    put32(prefix + 8, seconds);
    memcpy(prefix + 16, net, 8);
    memcpy(prefix + 32, (uint8_t[]){1, 1}, 2);
    memcpy(prefix + 34, far, ADDRESS_SIZE);
    discovery_send(router, bytes, 56);
}

/* ---- DHCP, RFC 2131 ---- */

static uint8_t *option_put(uint8_t *at, uint8_t option, uint32_t value)
{
    at[0] = option;
    at[1] = 4;
    put32(at + 2, value);
    return at + 6;
}

static void dhcp_answer(const uint8_t *asked, enum far_kind kind)
{
    uint8_t bytes[BOOTP + 300] = {0}, *at = bytes + OPTIONS;
    uint32_t net = 10U << 24;

    put16(bytes + IP, 67);
    put16(bytes + IP + 2, 68);
    put16(bytes + IP + 4, sizeof(bytes) - IP);
    memcpy(bytes + BOOTP, asked + BOOTP, COOKIE + 4);
    bytes[BOOTP] = 2;
    address_put(bytes + BOOTP + YIADDR, kind == FAR_NAK ? 0 : far_lease.gives);
    memcpy(at, (uint8_t[]){53, 1, (uint8_t)kind}, 3);
    at = option_put(at + 3, 54, net | 1);
    if (kind != FAR_NAK) {
        at = option_put(at, 51, far_lease.seconds);
        at = option_put(at, 1, 0xffffff00);
        at = option_put(at, 3, net | far_lease.router);
        at = option_put(at, 6, net | far_lease.resolver);
    }
    *at = 255;
    packet_send(bytes, sizeof(bytes), 17, address_get(bytes + BOOTP + CIADDR));
}

static const uint8_t *option_find(const uint8_t *at, const uint8_t *end, uint8_t option)
{
    while (at + 2 < end && *at != 255 && *at != option)
        at += *at ? at[1] + 2 : 1;
    return at + 2 < end && *at == option ? at + 2 : NULL;
}

static void dhcp_heard(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = bytes + size, *kind = option_find(bytes + OPTIONS, end, 53);
    const uint8_t *wanted = option_find(bytes + OPTIONS, end, 50);

    if (far_asked_count == FAR_ASKED || !kind)
        abort();
    struct far_asked *asked = &far_asked[far_asked_count++];

    *asked = (struct far_asked){.kind = *kind,
                                .is_to_all = get32(bytes + HEAD + 16) == ~0U,
                                .has = address_get(bytes + BOOTP + CIADDR),
                                .wants = wanted ? address_get(wanted) : 0,
                                .ms = far_ms()};
    if (!far_lease.is_there)
        return;
    uint8_t named = asked->has ? asked->has : asked->wants;

    if (asked->kind == FAR_DISCOVER)
        dhcp_answer(bytes, FAR_OFFER);
    else if (asked->kind == FAR_REQUEST)
        dhcp_answer(bytes, named == far_lease.gives || far_lease.changes ? FAR_ACK : FAR_NAK);
}

/* ---- TCP ---- */

static void segment_send(uint32_t early, unsigned size, unsigned flags)
{
    uint8_t bytes[FRAME] = {0}, *tcp = bytes + IP;
    ip_addr_t from = IPADDR4_INIT_BYTES(10, 0, 0, 1),
              to = IPADDR4_INIT_BYTES(10, 0, 0, connection.address);
    size_t length = TCP_PLAIN + far_option_size + size;
    struct pbuf *whole = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_RAM);
    uint16_t sum;

    put16(tcp, FAR_PORT);
    put16(tcp + 2, connection.port);
    put32(tcp + TCP_NUMBER, connection.sent + early);
    put32(tcp + TCP_ACKNOWLEDGED, connection.next - far_owes);
    tcp[TCP_HEAD] = (uint8_t)((TCP_PLAIN + far_option_size) / 4 << 4);
    tcp[TCP_SIGNS] = (uint8_t)flags;
    put16(tcp + TCP_WINDOW, far_window);
    memcpy(tcp + TCP_PLAIN, far_options, far_option_size);
    pbuf_take(whole, tcp, (u16_t)length);
    sum = ip_chksum_pseudo(whole, 6, (u16_t)length, &from, &to);
    memcpy(tcp + TCP_SUM, &sum, 2);
    pbuf_free(whole);
    packet_send(bytes, IP + length, 6, connection.address);
}

static void said(unsigned size, unsigned flags)
{
    uint32_t before = connection.sent;

    connection.sent += size + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
    segment_send(before - connection.sent, size, flags);
}

void far_say(unsigned size, unsigned flags)
{
    said(size, TCP_ACK | flags);
}

void far_say_early(uint32_t early, unsigned size, unsigned flags)
{
    segment_send(early, size, TCP_ACK | flags);
}

uint32_t far_has(void)
{
    return connection.next - connection.first - 1;
}

void far_dial(uint16_t port)
{
    connection.port = port;
    connection.address = (uint8_t)far_published();
    connection.next = 0;
    connection.sent = NUMBER;
    said(0, TCP_SYN);
}

static void tcp_heard(const uint8_t *bytes)
{
    const uint8_t *tcp = bytes + IP;
    unsigned flags = tcp[TCP_SIGNS];
    unsigned size = get16(bytes + HEAD + 2) - 20 - (tcp[TCP_HEAD] >> 4) * 4U;
    uint32_t number = get32(tcp + TCP_NUMBER);

    if (flags & TCP_SYN) {
        bool is_answer = flags & TCP_ACK;

        connection.port = (uint16_t)get16(tcp);
        connection.address = address_get(bytes + HEAD + 12);
        connection.first = number;
        connection.next = number + 1;
        far_segment_count = 0;
        if (!is_answer)
            connection.sent = NUMBER;
        said(0, is_answer ? TCP_ACK : TCP_SYN | TCP_ACK);
        return;
    }
    if (size == 0 && flags == TCP_ACK && number == connection.next)
        return;
    if (size && far_loses) {
        far_loses--;
        return;
    }
    if (far_segment_count == FAR_SEGMENTS)
        abort();
    far_segments[far_segment_count++] = (struct far_segment){
        .size = size, .flags = flags, .number = number - connection.first - 1, .ms = far_ms()};
    uint32_t end = number + size + (flags & TCP_FIN ? 1 : 0);

    if (!TCP_SEQ_GT(number, connection.next) && TCP_SEQ_GT(end, connection.next))
        connection.next = end;
    if (!(flags & TCP_RST) && far_acknowledges)
        said(0, TCP_ACK);
}

/* ---- time ---- */

static void heard(const struct bytes *frame)
{
    const uint8_t *bytes = frame->bytes;
    unsigned kind = get16(bytes + 12);

    if (kind == 0x806 && bytes[21] == 1 && address_get(bytes + 38) == 1)
        arp_answer(bytes);
    else if (kind == 0x800 && bytes[HEAD + 9] == 17 && get16(bytes + IP + 2) == 67)
        dhcp_heard(bytes, frame->size);
    else if (kind == 0x800 && bytes[HEAD + 9] == 6)
        tcp_heard(bytes);
    else if (kind == 0x86dd && bytes[HEAD + 6] == ICMP6 && bytes[HEAD + 40] == SOLICITATION)
        memcpy(far_sought, bytes + HEAD + 48, sizeof(far_sought));
}

static void frames_heard(void)
{
    while (frame_count) {
        struct bytes first = frames[0];

        memmove(frames, frames + 1, --frame_count * sizeof(frames[0]));
        heard(&first);
    }
}

void far_pass(unsigned ms)
{
    nanoseconds end = fake_now + ms * 1000000UL;

    frames_heard();
    while (clock_timer->position && clock_timer->deadline <= end) {
        fake_now = clock_timer->deadline;
        clock_timer->position = 0;
        clock_timer->fire(clock_timer);
        frames_heard();
    }
    if (fake_now < end)
        fake_now = end;
}

unsigned far_ms(void)
{
    return (unsigned)((fake_now - started) / 1000000);
}

uint32_t far_published(void)
{
    return address_get((const uint8_t *)&page.address);
}

void far_start(void)
{
    started = fake_now;
    stack_start();
    user->up(own);
}
