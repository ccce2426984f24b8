/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start of lwIP, its one interface, and the few functions it asks of the kernel. Addresses come by
 * boot option (ip=ADDRESS/BITS,GATEWAY,RESOLVER) or from DHCP, those of IPv6 by option ip6= or from
 * routers.
 */
#include "network/stack.h"

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>
#include <netif/ethernet.h>

#include "device/card.h"
#include "file/inet.h"
#include "lib/format.h"
#include "lib/log.h"
#include "lib/random.h"
#include "lib/string.h"
#include "memory/frames.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include "network/address_option.h"
#include "network/connections.h"
#include "network/filter.h"
#include "network/interface.h"
#include "network/link.h"
#include "network/merge.h"
#include "network/row.h"
#include "network/shared.h"
#include "network/static_six.h"
#include "network/wire.h"
#include "node/self.h"
#include "thread/timer.h"

#define MTU         1500
#define MEMORY_HEAD 16 /* before each piece: its size */
#define DUPLICATES  3
#define SMALL       512 /* bytes: a connection is one */

struct netif stack_link;
struct stack_counts stack_counts;
static char host_name[8];
static size_t memory_used; /* by lwIP */

/* ---- for lwIP ---- */

uint32_t network_random(void)
{
    uint32_t value;

    random_bytes(&value, sizeof(value));
    return value;
}

void network_broken(int line)
{
    panic("lwIP: an invariant does not hold, line %d", line);
}

/* What comes from outside, and what waits for somebody there, gets a part of the node's memory and
 * not the rest: large pieces a quarter, small ones (connections) a third. */
void *network_alloc(size_t size)
{
    size_t limit = frames_total() * PAGE_SIZE / (size > SMALL ? 4 : 3);
    size_t *memory = NULL;

    if (memory_used + size <= limit && !socket_memory_is_short(size))
        memory = heap_alloc(MEMORY_HEAD + size);
    if (!memory)
        return NULL;
    *memory = size;
    memory_used += size;
    return (char *)memory + MEMORY_HEAD;
}

void *network_alloc_zeroed(size_t count, size_t size)
{
    return network_alloc(count * size); /* lwIP's own sizes: small */
}

void network_free(void *memory)
{
    if (!memory)
        return;
    size_t *head = (size_t *)((char *)memory - MEMORY_HEAD);

    memory_used -= *head;
    heap_free(head);
}

bool stack_router_is(uint32_t address)
{
    return address && address == netif_ip4_gw(&stack_link)->addr;
}

bool stack_is_crowded(void)
{
    return memory_used > frames_total() * PAGE_SIZE / 8;
}

uint16_t network_sum(const void *bytes, int size)
{
    const uint8_t *at = bytes;
    uint64_t sum = 0;

    for (; size >= 8; size -= 8, at += 8) {
        uint64_t word;

        memcpy(&word, at, sizeof(word));
        sum += word;
        sum += sum < word;
    }
    sum = (sum & 0xffffffff) + (sum >> 32);
    for (; size >= 2; size -= 2, at += 2)
        sum += (uint64_t)(at[0] | at[1] << 8);
    if (size)
        sum += *at;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

u32_t sys_now(void)
{
    return (u32_t)(arch_clock() / 1000000);
}

/* ---- frames ---- */

/* Nobody believes us another one. */
static void address_publish(void)
{
    u32_t address = netif_ip4_addr(&stack_link)->addr;

    if (atomic_load_explicit(&self_published->address, memory_order_relaxed) != address)
        atomic_store_explicit(&self_published->address, address, memory_order_release);
}

static err_t output(struct netif *link, struct pbuf *frame)
{
    if (connections_quiet)
        return ERR_OK;
    address_publish(); /* lwIP greets with a new address before it says that there is one */
    err_t error = row_output(frame, !(link->chksum_flags & NETIF_CHECKSUM_GEN_TCP));

    stack_counts.frames_out += error == ERR_OK;
    stack_counts.bytes_out += error == ERR_OK ? frame->tot_len : 0;
    return error;
}

static void input(struct pbuf *frame, uint16_t believed)
{
    u16_t before = stack_link.chksum_flags;

    NETIF_SET_CHECKSUM_CTRL(&stack_link, before & (u16_t)~believed);
    if (stack_link.input(frame, &stack_link) != ERR_OK)
        pbuf_free(frame);
    NETIF_SET_CHECKSUM_CTRL(&stack_link, before);
}

/* Many segments in one are acknowledged at once: their sender counts on it for each second one, and
 * on an answer to each behind a gap: three make it send again without waiting. */
static void held_acknowledge(struct tcp_pcb *pcb, unsigned count)
{
    if (pcb->ooseq) {
        for (unsigned i = 1; i < count && i < DUPLICATES; i++)
            tcp_send_empty_ack(pcb);
    } else if (pcb->flags & TF_ACK_DELAY) {
        tcp_ack_now(pcb);
        tcp_output(pcb);
    }
}

/* tcp_input leaves their connection in front. */
static void held_input(void)
{
    unsigned count;
    struct pbuf *held = merge_take(&count);

    if (!held)
        return;
    input(held, NETIF_CHECKSUM_CHECK_IP | NETIF_CHECKSUM_CHECK_TCP);
    if (count > 1 && tcp_active_pcbs)
        held_acknowledge(tcp_active_pcbs, count);
}

/* As long as on a wire: lwIP takes that for granted when it looks at ARP. */
void stack_steered(struct io *bytes, uint32_t word)
{
    size_t size = bytes->remaining, whole = size < FRAME_MIN ? FRAME_MIN : size;

    stack_counts.frames_in++;
    stack_counts.bytes_in += size;
    if (merge_append(bytes, word))
        return;
    held_input();
    struct pbuf *frame = pbuf_alloc(PBUF_RAW, (u16_t)whole, merge_memory(whole));

    if (!frame)
        return;
    merge_copy(bytes, frame);
    if (size < whole)
        memset((char *)frame->payload + size, 0, whole - size);
    if (!frame->next)
        unreachable_seen(frame);
    if (!filter_passes(frame->payload, whole))
        pbuf_free(frame);
    else if (!merge_begin(frame, word))
        input(frame, word & WORD_NO_SUM ? NETIF_CHECKSUM_CHECK_TCP : 0);
}

/* To the shared address frames come by way of network/shared.c: here they could be another node's.
 */
static void received(struct io *frame, uint32_t word)
{
    const uint8_t *head = (const uint8_t *)frame->segments[0].base;

    if (!shared_is_for(head, frame->remaining))
        stack_steered(frame, word);
}

void stack_done(void)
{
    held_input();
    row_end();
    link_flush();
    clock_set();
}

/* ---- addresses ---- */

static err_t link_init(struct netif *link)
{
    link->name[0] = 'e';
    link->name[1] = 't';
    link->mtu = MTU;
    link->hwaddr_len = ADDRESS_SIZE;
    link->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP |
                  NETIF_FLAG_MLD6;
    link->output = etharp_output;
    link->output_ip6 = ethip6_output;
    link->linkoutput = output;
    link->hostname = host_name;
    return ERR_OK;
}

static void addresses_tell(struct netif *link)
{
    static u32_t told;
    const u8_t *a = (const u8_t *)&netif_ip4_addr(link)->addr;

    static_six_look();
    if (netif_ip4_addr(link)->addr == told)
        return;
    if (told) {
        ip_addr_t gone = IPADDR4_INIT(told);

        connections_address_ends(&gone);
    }
    told = netif_ip4_addr(link)->addr;
    address_publish();
    if (told)
        log_line("network: %s has address %u.%u.%u.%u", host_name, a[0], a[1], a[2], a[3]);
    else
        log_line("network: %s has no address any more", host_name);
}

static bool option_address(const char *text)
{
    struct address_option option;
    ip4_addr_t mask = {0};

    if (!address_option_read(text, false, &option))
        return false;
    if (option.bits)
        mask.addr = lwip_htonl(~0U << (32 - option.bits));
    netif_set_addr(&stack_link, ip_2_ip4(&option.address), &mask, ip_2_ip4(&option.gateway));
    if (!ip_addr_isany_val(option.resolver))
        resolver_add(&option.resolver);
    return true;
}

/* Each segment's sum is made by one: the card, if it can, or lwIP. */
static void sums_set(void)
{
    NETIF_SET_CHECKSUM_CTRL(&stack_link, link_makes_sums()
                                             ? NETIF_CHECKSUM_ENABLE_ALL & ~NETIF_CHECKSUM_GEN_TCP
                                             : NETIF_CHECKSUM_ENABLE_ALL);
}

static void moved(void)
{
    row_end();
    sums_set();
    stack_resume();
}

static void up(const uint8_t address[ADDRESS_SIZE])
{
    struct netif *link = &stack_link;
    char text[ADDRESS_OPTION_MAX];

    memcpy(stack_link.hwaddr, address, ADDRESS_SIZE);
    netif_set_default(&stack_link);
    netif_set_status_callback(&stack_link, addresses_tell);
    netif_set_link_up(&stack_link);
    netif_set_up(&stack_link);
    netif_create_ip6_linklocal_address(&stack_link, 1);
    netif_set_ip6_autoconfig_enabled(link, !static_six_start());
    sums_set();
    long length = option_get("ip", text, sizeof(text));

    if (length > 0 && (length >= (long)sizeof(text) || !option_address(text)))
        log_line("network: option ip=%s is no ADDRESS/BITS,GATEWAY,RESOLVER", text);
    else if (length <= 0)
        dhcp_start(&stack_link);
    stack_done();
}

void stack_start(void)
{
    static const struct link_user user = {
        .up = up, .received = received, .done = stack_done, .moved = moved};

    if (!card_find())
        return;
    format(host_name, sizeof(host_name), "n%u", self_node());
    lwip_init();
    clock_start();
    netif_add_noaddr(&stack_link, NULL, link_init, ethernet_input);
    inet_wire = &wire;
    interface_card = &link_interface;
    link_start(&user);
}
