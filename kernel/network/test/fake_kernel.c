/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP's buffers and sums ask of the kernel around them (network/port/arch/cc.h), for tests
 * without a stack; and what is left of TCP when only its buffers are there. */
#include <stdlib.h>

#include <lwip/arch.h>

void tcp_free_ooseq(void *pcb);
extern void *tcp_active_pcbs;

void *network_alloc(size_t size)
{
    return malloc(size);
}

void *network_alloc_zeroed(size_t count, size_t size)
{
    return calloc(count, size);
}

void network_free(void *memory)
{
    free(memory);
}

void network_broken(int line)
{
    abort();
}

uint16_t network_sum(const void *bytes, int size)
{
    const uint8_t *at = bytes;
    uint32_t sum = 0;

    for (int i = 0; i < size; i++)
        sum += (uint32_t)at[i] << (i % 2 * 8);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

void tcp_free_ooseq(void *pcb)
{
}

void *tcp_active_pcbs;
