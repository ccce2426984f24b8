/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions that C has no word for, and what this core can do. Only for arch/x86_64. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "abi/machine.h"
#include "abi/published.h"
#include "arch/arch.h"
#include "arch/x86_64/frame.h"

struct cpu_features {
    bool xsave, smap, smep, umip, fsgsbase, pge, mce, x2apic, tsc_deadline, rdrand, rdseed, crc32;
};
extern struct cpu_features cpu;
extern struct published
    *cpu_published; /* this node's page; interrupts and sleeping are counted there */
extern const struct machine
    *cpu_machine; /* the plan in the boot store; NULL before arch_start_devices */

void cpu_tables_init(void); /* cpu.c: GDT, TSS, IDT */
void cpu_set_kernel_stack(uintptr_t top);
void paging_init(const struct start_info *start);
void vector_init(void); /* fpu.c */
void vector_switch(struct arch_thread *to);
void vector_forget(struct arch_thread *thread);
size_t vector_area_size(void); /* rounded to 64 */
void vector_area_init(void *area);
void apic_init(const struct machine *machine);
void apic_end_of_interrupt(void);
uint32_t apic_id(void);
void apic_timer_ticks(uint64_t ticks); /* one-shot at divide-by-1; 0: off */
void ioapic_route(const struct machine *machine, uint32_t gsi, bool active_low, bool level,
                  uint8_t vector, uint32_t core);
void clock_init(const struct machine *machine);
void serial_interrupt(void);
extern struct arch_thread *running; /* switch.c */

enum exception_vector {
    VECTOR_NMI = 2,
    VECTOR_DOUBLE_FAULT = 8,
    VECTOR_PROTECTION = 13,
    VECTOR_PAGE_FAULT = 14,
    VECTOR_MACHINE_CHECK = 18,
};

#define CR4_PGE 0x80UL
enum msr {
    MSR_APIC_BASE = 0x1b,
    MSR_MCG_CAP = 0x179,
    MSR_MCG_STATUS = 0x17a,
    MSR_MC0_CTL = 0x400,
    MSR_TSC_DEADLINE = 0x6e0,
    MSR_X2APIC = 0x800,
    MSR_STAR = 0xc0000081,
    MSR_LSTAR = 0xc0000082,
    MSR_SFMASK = 0xc0000084,
    MSR_FS_BASE = 0xc0000100,
    MSR_GS_BASE = 0xc0000101,
    MSR_EFER = 0xc0000080,
};

static inline uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}
static inline void msr_write(uint32_t msr, uint64_t value)
{
    asm volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}
static inline void port_write8(uint16_t port, uint8_t value)
{
    asm volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
static inline void port_write16(uint16_t port, uint16_t value)
{
    asm volatile("outw %0, %1" ::"a"(value), "Nd"(port));
}
static inline void port_write32(uint16_t port, uint32_t value)
{
    asm volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}
static inline uint32_t port_read32(uint16_t port)
{
    uint32_t value;
    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
static inline uint8_t port_read8(uint16_t port)
{
    uint8_t value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
static inline uint16_t port_read16(uint16_t port)
{
    uint16_t value;
    asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
static inline uint64_t tsc_read(void)
{
    uint32_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}
struct cpuid {
    uint32_t a, b, c, d;
};
static inline struct cpuid cpuid_read(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    asm volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(subleaf));
    return r;
}
static inline uint64_t cr0_read(void)
{
    uint64_t value;
    asm volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}
static inline void cr0_write(uint64_t value)
{
    asm volatile("mov %0, %%cr0" ::"r"(value) : "memory");
}
static inline uint64_t cr2_read(void)
{
    uint64_t value;
    asm volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}
static inline uint64_t cr3_read(void)
{
    uint64_t value;
    asm volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}
static inline void cr3_write(uint64_t value)
{
    asm volatile("mov %0, %%cr3" ::"r"(value) : "memory");
}
static inline uint64_t cr4_read(void)
{
    uint64_t value;
    asm volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}
static inline void cr4_write(uint64_t value)
{
    asm volatile("mov %0, %%cr4" ::"r"(value) : "memory");
}
