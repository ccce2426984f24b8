/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything the machine does for the kernel. The other direction is arch/doors.h. Nothing else of
 * arch/ is included from outside. Interrupts are off in all of the kernel but arch_idle().
 */
#pragma once
#include "abi/layout.h"
#include "abi/machine.h"
#include "arch/registers.h"
#include "lib/check.h"
#include "lib/wall.h"

/* ---- start ---- */
/* GDT, IDT, TSS, control registers, FPU, no timer yet. */
void arch_start(const struct start_info *start);
void arch_start_devices(const struct machine *machine); /* local APIC, timer, console interrupt */

/* ---- memory: page tables (arch/x86_64/paging.c) ---- */
struct arch_space {
    phys_addr root;
};
enum page_flags {
    PAGE_WRITE = 1,
    PAGE_EXEC = 2,
    PAGE_USER = 4,
    PAGE_UNCACHED = 8,
};
struct arch_mapping {
    phys_addr frame; /* of the page, 4 KiB or 2 MiB aligned */
    uint64_t size;   /* PAGE_SIZE or LARGE_PAGE_SIZE */
    unsigned flags;  /* enum page_flags */
    bool dirty, accessed;
};
/* The tables a node starts with; their upper half is shared by all spaces. */
extern struct arch_space kernel_space;

static inline void *direct_pointer(phys_addr frame)
{
    return (void *)(DIRECT_BASE + frame);
}
static inline phys_addr direct_phys(const void *pointer)
{
    return (phys_addr)(uintptr_t)pointer - DIRECT_BASE;
}
int arch_space_create(struct arch_space *space) MUST_CHECK; /* -ENOMEM */
void arch_space_destroy(struct arch_space *space); /* frees table pages only; not the current one */
void arch_space_switch(const struct arch_space *space);
/* Maps one page that is not mapped yet (4 KiB / 2 MiB). -ENOMEM when no frame for a table. */
int arch_map(struct arch_space *space, uintptr_t address, phys_addr frame,
             unsigned flags) MUST_CHECK;
int arch_map_large(struct arch_space *space, uintptr_t address, phys_addr frame,
                   unsigned flags) MUST_CHECK;
/* What is mapped at address? false: nothing. A user page without PAGE_USER keeps its place and
 * frame here, but neither programs nor user copies can touch it (PROT_NONE). */
bool arch_lookup(const struct arch_space *space, uintptr_t address, struct arch_mapping *mapping);
/* Lowest mapped page at or above address and below end; false: none. Skips empty tables whole. */
bool arch_next_mapped(const struct arch_space *space, uintptr_t address, uintptr_t end,
                      uintptr_t *found, struct arch_mapping *mapping);
/* Both work on the page (4 KiB or 2 MiB) that holds address, which must be mapped, and drop it from
 * the TLB when the space is current. */
void arch_unmap(struct arch_space *space, uintptr_t address);
void arch_protect(struct arch_space *space, uintptr_t address, unsigned flags);
/* Around many of these on programs' pages, without a sleep or a copy from or to a program in
 * between: what was not dropped one by one is dropped at the end. */
void arch_drops_begin(void);
void arch_drops_end(void);
/* Replaces the frame and flags of a mapped 4 KiB page. */
void arch_remap(struct arch_space *space, uintptr_t address, phys_addr frame, unsigned flags);
/* Turns a 2 MiB mapping into 512 small ones. -ENOMEM. */
int arch_split(struct arch_space *space, uintptr_t address) MUST_CHECK;

/* An entry of a table that another node built: the page or the next table that it names. false:
 * none, or a large page. */
bool arch_table_entry(uint64_t entry, phys_addr *frame);

/* ---- user memory (user_copy.S): the only instructions that touch it. 0 or -EFAULT; a copy may be
 * partial then. Addresses outside the user half are refused. May sleep: the fault may. ---- */
int arch_copy_in(void *to, uintptr_t from, size_t size) MUST_CHECK MAY_SLEEP;
int arch_copy_out(uintptr_t to, const void *from, size_t size) MUST_CHECK MAY_SLEEP;
int arch_zero_out(uintptr_t to, size_t size) MUST_CHECK MAY_SLEEP;
/* Length without the final 0, max if none is found within max bytes, -EFAULT. */
long arch_string_length(uintptr_t text, size_t max) MUST_CHECK MAY_SLEEP;
/* Atomic on user words (futex). op as below; the old value goes to *old. -EFAULT. */
int arch_user_load32(uintptr_t address, uint32_t *value) MUST_CHECK MAY_SLEEP;
int arch_user_compare_exchange32(uintptr_t address, uint32_t *expected,
                                 uint32_t desired) MUST_CHECK MAY_SLEEP;

/* ---- threads ---- */
#define KERNEL_STACK_SIZE 16384UL
struct arch_thread {
    uintptr_t kernel_sp; /* where arch_switch resumes */
    uintptr_t stack_top; /* of its kernel stack; 0: none */
    void *vector_state;  /* XSAVE area, 64-byte aligned; NULL for kernel-only threads */
    uint64_t fs_base, gs_base;
};
/* Gives the thread a kernel stack (guard page below) on which `entry(argument)` runs at the first
 * switch; with_user_state also allocates its XSAVE area in initial state. -ENOMEM. */
int arch_thread_create(struct arch_thread *thread, void (*entry)(void *), void *argument,
                       bool with_user_state) MUST_CHECK;
void arch_thread_destroy(struct arch_thread *thread); /* not the running one */
void arch_switch(struct arch_thread *from, struct arch_thread *to);
/* Child of fork/clone: same vector state as the running thread has now. */
void arch_vector_copy(struct arch_thread *to);
void arch_vector_reset(struct arch_thread *running); /* exec */
/* Signal frames: size of the XSAVE image with Linux's fpstate software header; save the running
 * thread's state to / load it from user memory (checked; -EFAULT, -EINVAL). */
size_t arch_vector_frame_size(void);
int arch_vector_save_user(uintptr_t to) MUST_CHECK MAY_SLEEP;
int arch_vector_load_user(uintptr_t from) MUST_CHECK MAY_SLEEP;
/* After a floating-point exception of the running thread: the unmasked ones that stand in the x87
 * status word (or in MXCSR), bits as there: 1 invalid, 2 denormal, 4 divide, 8 overflow, 16
 * underflow, 32 precision. */
unsigned arch_vector_exceptions(bool simd);
/* Of the running thread: effective at once. */
void arch_set_fs_base(struct arch_thread *running, uint64_t base);
void arch_set_gs_base(struct arch_thread *running, uint64_t base);
uint64_t arch_get_fs_base(struct arch_thread *running); /* user may write it itself (FSGSBASE) */
uint64_t arch_get_gs_base(struct arch_thread *running);
/* To ring 3 with these registers (checked: cs, ss, rflags are forced to user values). */
NO_RETURN void arch_enter_user(struct registers *registers);
/* The registers saved at the top of a thread's kernel stack by the last way in from ring 3. */
struct registers *arch_user_registers(const struct arch_thread *thread);

/* ---- time ---- */
nanoseconds arch_clock(void); /* monotonic since the machine booted (same zero on all nodes) */
/* Add it to arch_clock() for UTC. It is this node's own: correct it on all. */
nanoseconds arch_wall_offset(void);
void arch_wall_correct(nanoseconds offset); /* lib/wall.h */
/* One-shot; UINT64_MAX: off. A past deadline fires at once, a very far one may fire early. */
void arch_timer_set(nanoseconds deadline);
/* For the vDSO. */
const struct clock_parameters *arch_clock_parameters(void);

/* ---- the rest ---- */
/* Both advance the node's beat: the kernel makes progress. */
void arch_idle(void);            /* interrupts on, halt until one came, interrupts off */
void arch_poll_interrupts(void); /* takes the ones that are pending, if any (long kernel loops) */
NO_RETURN void arch_halt(void);  /* this node runs no more */
void arch_nmi_allow(void);       /* within an NMI, the next one would wait for its end */
/* Goes on in `function` on the stack of the start, with only the tables of the start: what stands
 * elsewhere in the partition may then be overwritten. */
NO_RETURN void arch_leave(void (*function)(void));
/* Into another copy of this very kernel, which stands at the same addresses in other tables. */
NO_RETURN void arch_enter_copy(phys_addr page_table, uintptr_t entry, uintptr_t argument);
void arch_doorbell(uint32_t apic_id);
void arch_nmi(uint32_t apic_id);
volatile uint32_t *arch_apic_registers(void); /* for start/; NULL: MSRs (x2APIC) */
bool arch_random(uint64_t *value);            /* RDSEED or RDRAND; false: none */
bool arch_has_crc32(void);                    /* the crc32 instruction of SSE4.2 */
const char *arch_cpu_vendor(char text[16]);
/* Ends the machine. With option exit-port the status goes to QEMU's isa-debug-exit, else S5. */
NO_RETURN void arch_power_off(int status);
void arch_exit_port(uint16_t port); /* of QEMU's isa-debug-exit */
NO_RETURN void arch_reset(void);

/* Console line: COM1. Bytes that fit now; never wait. */
size_t arch_serial_write(const char *bytes, size_t size);
size_t arch_serial_read(char *bytes, size_t size);
bool arch_serial_start(void (*on_interrupt)(void)); /* this node becomes the line's owner */
void arch_serial_give(uint32_t apic_id);            /* that core does, which has started it, too */
void arch_serial_want_room(bool on);                /* interrupt when the line takes bytes again */
void arch_serial_want_keys(bool on); /* off: what comes stays in the line (back-pressure) */
/* A panic's last way out, also when everything else is broken: writes, waiting (bounded). false:
 * the line took nothing for about a second. */
bool arch_serial_panic_write(const char *bytes, size_t size);

/* Configuration space of PCI. The ports are one pair for the whole machine, so only these come
 * here: the first owner of the cards while it starts, and then a guardian within its claim. */
uint32_t arch_config_read(uint32_t location, uint32_t offset);
void arch_config_write(uint32_t location, uint32_t offset, uint32_t value);
/* What a device writes where, so that this core gets device_enter. false: it cannot reach this
 * core.
 */
bool arch_message_interrupt(uint64_t *address, uint32_t *data);
/* The same for a device with a line to the I/O APIC; level: until it is acknowledged. */
void arch_line_interrupt(uint32_t gsi, bool level, bool on);

/* Return addresses from a frame pointer; stops at anything doubtful. */
size_t arch_backtrace(uintptr_t rbp, uintptr_t *addresses, size_t max);
