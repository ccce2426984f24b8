/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP asks of the compiler and of the kernel it stands in. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LWIP_NO_CTYPE_H  1
#define LWIP_NO_UNISTD_H 1
/* unistd.h, which has ssize_t, would bring a whole libc. */
#define LWIP_NO_LIMITS_H 1
#define INT_MAX          __INT_MAX__
#define SSIZE_MAX        __LONG_MAX__
typedef long ssize_t;
#define LWIP_RAND() network_random()
#define LWIP_PLATFORM_DIAG(text)

uint32_t network_random(void);
uint32_t connection_first_number(void);
_Noreturn void network_broken(int line);
void *network_alloc(size_t size);
void *network_alloc_zeroed(size_t count, size_t size);
void network_free(void *memory);
uint16_t network_sum(const void *bytes, int size);
bool stack_is_crowded(void);
struct netif;
extern struct netif stack_link;
struct ip6_addr;
const struct ip6_addr *static_six_gateway(void);
struct tcp_pcb;
struct tcp_hdr;
bool segment_is_true(const struct tcp_pcb *pcb, struct tcp_hdr *head, size_t options, size_t first,
                     uint8_t *rest, size_t size);
