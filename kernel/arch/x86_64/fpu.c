/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector registers, FS base and GS base: all that belongs to ring 3 and that the kernel itself
 * never uses. They stay in the core while kernel threads run; `owner` is the thread whose they are.
 * Signal frames carry them in Linux's format.
 */
#include "arch/arch.h"
#include "arch/x86_64/cpu.h"
#include "lib/string.h"

#define LEGACY_SIZE          512
#define HEADER_SIZE          64
#define AREA_MAX             2816 /* x87, SSE, AVX, AVX-512 */
#define SOFTWARE_OFFSET      464
#define MAGIC1               0x46505853U /* Linux: FP_XSTATE_MAGIC1 */
#define MAGIC2               0x46505845U
#define MXCSR_OFFSET         24
#define MXCSR_INITIAL        0x1f80U
#define CONTROL_WORD_INITIAL 0x37f
#define XSTATE_LEGACY        0x3UL
#define XSTATE_AVX           0x4UL
#define XSTATE_AVX512        0xe0UL
#define ERROR_FAULT          (-14)
#define ERROR_INVALID        (-22)

struct software_part { /* in the bytes of the legacy area that the processor leaves alone */
    uint32_t magic1, extended_size;
    uint64_t features;
    uint32_t state_size, padding[7];
};
_Static_assert(sizeof(struct software_part) == LEGACY_SIZE - SOFTWARE_OFFSET, "Linux's layout");

static struct arch_thread *owner;
static size_t state_size = LEGACY_SIZE; /* what XSAVE writes */
static uint64_t state_features;
static uint32_t mxcsr_mask;

static void state_save(void *area)
{
    if (cpu.xsave)
        asm volatile("xsave64 (%0)" ::"r"(area), "a"((uint32_t)state_features),
                     "d"((uint32_t)(state_features >> 32))
                     : "memory");
    else
        asm volatile("fxsave64 (%0)" ::"r"(area) : "memory");
}

static void state_load(const void *area)
{
    if (cpu.xsave)
        asm volatile("xrstor64 (%0)" ::"r"(area), "a"((uint32_t)state_features),
                     "d"((uint32_t)(state_features >> 32))
                     : "memory");
    else
        asm volatile("fxrstor64 (%0)" ::"r"(area) : "memory");
}

size_t vector_area_size(void)
{
    return (state_size + 63) & ~63UL;
}

void vector_area_init(void *area)
{
    uint8_t *bytes = area;
    uint16_t control = CONTROL_WORD_INITIAL;
    uint32_t mxcsr = MXCSR_INITIAL;

    memset(area, 0, vector_area_size());
    memcpy(bytes, &control, sizeof(control));
    memcpy(bytes + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
    if (cpu.xsave) {
        struct software_part part = {
            MAGIC1, (uint32_t)state_size + 4, state_features, (uint32_t)state_size, {0}};

        memcpy(bytes + SOFTWARE_OFFSET, &part, sizeof(part));
    }
}

void vector_init(void)
{
    static uint8_t area[AREA_MAX] __attribute__((aligned(64)));

    if (cpu.xsave) {
        struct cpuid id = cpuid_read(0xd, 0);
        uint64_t offered = (uint64_t)id.d << 32 | id.a;

        state_features = XSTATE_LEGACY | (offered & XSTATE_AVX);
        if (offered & XSTATE_AVX && (offered & XSTATE_AVX512) == XSTATE_AVX512)
            state_features |= XSTATE_AVX512;
        asm volatile("xsetbv" ::"c"(0), "a"((uint32_t)state_features), "d"(0));
        state_size = cpuid_read(0xd, 0).b;
        ASSERT(state_size >= LEGACY_SIZE + HEADER_SIZE && state_size <= AREA_MAX);
    }
    asm volatile("fninit");
    asm volatile("fxsave64 (%0)" ::"r"(area) : "memory");
    memcpy(&mxcsr_mask, area + MXCSR_OFFSET + 4, sizeof(mxcsr_mask));
    if (!mxcsr_mask)
        mxcsr_mask = 0xffbf; /* what old cores without the field have */
}

static inline uint64_t fs_base_now(void)
{
    uint64_t value;

    if (!cpu.fsgsbase)
        return msr_read(MSR_FS_BASE);
    asm volatile("rdfsbase %0" : "=r"(value));
    return value;
}
static inline uint64_t gs_base_now(void)
{
    uint64_t value;

    if (!cpu.fsgsbase)
        return msr_read(MSR_GS_BASE);
    asm volatile("rdgsbase %0" : "=r"(value));
    return value;
}
static inline void fs_base_load(uint64_t value)
{
    if (cpu.fsgsbase)
        asm volatile("wrfsbase %0" ::"r"(value));
    else
        msr_write(MSR_FS_BASE, value);
}
static inline void gs_base_load(uint64_t value)
{
    if (cpu.fsgsbase)
        asm volatile("wrgsbase %0" ::"r"(value));
    else
        msr_write(MSR_GS_BASE, value);
}

void vector_switch(struct arch_thread *to)
{
    if (owner == to)
        return;
    if (owner) {
        state_save(owner->vector_state);
        owner->fs_base = fs_base_now();
        owner->gs_base = gs_base_now();
    }
    owner = to;
    state_load(to->vector_state);
    fs_base_load(to->fs_base);
    gs_base_load(to->gs_base);
}

void vector_forget(struct arch_thread *thread)
{
    if (owner == thread)
        owner = NULL;
}

void arch_vector_copy(struct arch_thread *to)
{
    ASSERT(owner == running && to->vector_state);
    state_save(owner->vector_state);
    memcpy(to->vector_state, owner->vector_state, state_size);
}

void arch_vector_reset(struct arch_thread *thread)
{
    ASSERT(owner == thread);
    vector_area_init(thread->vector_state);
    state_load(thread->vector_state);
}

size_t arch_vector_frame_size(void)
{
    return cpu.xsave ? state_size + sizeof(uint32_t) : LEGACY_SIZE;
}

int arch_vector_save_user(uintptr_t to)
{
    static const uint32_t magic2 = MAGIC2;
    int error;

    ASSERT(owner == running);
    state_save(owner->vector_state);
    error = arch_copy_out(to, owner->vector_state, state_size);
    if (!error && cpu.xsave)
        error = arch_copy_out(to + state_size, &magic2, sizeof(magic2));
    return error;
}

/* Is there a whole extended state at `from`, as we wrote it, or only the legacy part? */
static int extended_check(uintptr_t from, const uint8_t *area, bool *extended)
{
    struct software_part part;
    uint32_t magic2;

    *extended = false;
    memcpy(&part, area + SOFTWARE_OFFSET, sizeof(part));
    if (part.magic1 != MAGIC1 || part.state_size != state_size ||
        part.extended_size < state_size + sizeof(magic2))
        return 0;
    if (arch_copy_in(&magic2, from + state_size, sizeof(magic2)) != 0)
        return ERROR_FAULT;
    *extended = magic2 == MAGIC2;
    return 0;
}

/* XRSTOR faults on anything reserved, so all of it is looked at here. */
static int header_check(const uint8_t *area)
{
    uint64_t header[HEADER_SIZE / 8];

    memcpy(header, area + LEGACY_SIZE, sizeof(header));
    if (header[0] & ~state_features)
        return ERROR_INVALID;
    for (unsigned i = 1; i < COUNT_OF(header); i++) {
        if (header[i])
            return ERROR_INVALID;
    }
    return 0;
}

int arch_vector_load_user(uintptr_t from)
{
    uint8_t area[AREA_MAX] __attribute__((aligned(64)));
    uint32_t mxcsr;
    bool extended = false;
    int error = arch_copy_in(area, from, LEGACY_SIZE);

    if (!error && cpu.xsave)
        error = extended_check(from, area, &extended);
    if (!error && extended)
        error = arch_copy_in(area + LEGACY_SIZE, from + LEGACY_SIZE, state_size - LEGACY_SIZE);
    if (error)
        return ERROR_FAULT;
    memcpy(&mxcsr, area + MXCSR_OFFSET, sizeof(mxcsr));
    if (mxcsr & ~mxcsr_mask || (extended && header_check(area) != 0))
        return ERROR_INVALID;
    ASSERT(owner == running);
    /* Legacy only: the rest of the registers goes to its initial state. */
    vector_area_init(owner->vector_state);
    memcpy(owner->vector_state, area, SOFTWARE_OFFSET);
    if (extended)
        memcpy((uint8_t *)owner->vector_state + LEGACY_SIZE, area + LEGACY_SIZE,
               state_size - LEGACY_SIZE);
    else if (cpu.xsave)
        memcpy((uint8_t *)owner->vector_state + LEGACY_SIZE, &(uint64_t){XSTATE_LEGACY}, 8);
    state_load(owner->vector_state);
    return 0;
}

/* A base outside the user half would fault in ring 0 when loaded. */
static uint64_t base_checked(uint64_t base)
{
    return base < USER_END ? base : 0;
}

void arch_set_fs_base(struct arch_thread *thread, uint64_t base)
{
    thread->fs_base = base = base_checked(base);
    if (owner == thread)
        fs_base_load(base);
}

void arch_set_gs_base(struct arch_thread *thread, uint64_t base)
{
    thread->gs_base = base = base_checked(base);
    if (owner == thread)
        gs_base_load(base);
}

uint64_t arch_get_fs_base(struct arch_thread *thread)
{
    return owner == thread ? fs_base_now() : thread->fs_base;
}

uint64_t arch_get_gs_base(struct arch_thread *thread)
{
    return owner == thread ? gs_base_now() : thread->gs_base;
}

unsigned arch_vector_exceptions(bool simd)
{
    const uint8_t *area = owner->vector_state;
    uint16_t x87[2]; /* control word (masks in the low bits), status word */
    uint32_t mxcsr;  /* flags in the low bits, masks 7 above them */

    ASSERT(owner == running);
    state_save(owner->vector_state);
    memcpy(x87, area, sizeof(x87));
    memcpy(&mxcsr, area + MXCSR_OFFSET, sizeof(mxcsr));
    return (simd ? mxcsr & ~(mxcsr >> 7) : x87[1] & ~(unsigned)x87[0]) & 0x3f;
}
