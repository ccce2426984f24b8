/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions that C has no words for, as the loader needs them. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

static inline uint8_t port_read8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
static inline uint32_t port_read32(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
static inline void port_write8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
static inline void port_write32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}
static inline uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return low | (uint64_t)high << 32;
}
static inline void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}
struct cpuid {
    uint32_t a, b, c, d;
};
static inline struct cpuid cpuid_read(uint32_t leaf)
{
    struct cpuid id;

    __asm__ volatile("cpuid" : "=a"(id.a), "=b"(id.b), "=c"(id.c), "=d"(id.d) : "a"(leaf), "c"(0));
    return id;
}
#define CPUID_RDRAND (1U << 30) /* leaf 1, ECX */
static inline bool random_read(uint64_t *value)
{
    bool done = false;

    for (int tries = 0; tries < 16 && !done && cpuid_read(1).c & CPUID_RDRAND; tries++)
        __asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(done));
    return done;
}
static inline uint64_t tsc_read(void)
{
    return __builtin_ia32_rdtsc();
}
