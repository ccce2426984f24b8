/* SPDX-License-Identifier: Apache-2.0 */
/* The Erlang virtual machine on this node, ended or stopped by its kernel. Without one it is the
 * first program's child. */
#include "arch/arch.h"
#include "debug/fault.h"
#include "lib/log.h"
#include "lib/string.h"
#include "linux/process.h"
#include "memory/frames.h"

#define JUMP_SELF 0xfeeb /* jmp . */
#define WILD_EACH 16     /* pages; a virtual machine has some 10,000 */

static struct process *program_find(void)
{
    struct process *process, *found = NULL;

    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        if (process->zombie || !process->space)
            continue;
        if (strcmp(process->name, "beam.smp") == 0)
            return process;
        if (!found || found->pid == 1)
            found = process; /* the oldest but pid 1 */
    }
    if (!found)
        panic("no program for a fault");
    return found;
}

static NO_INLINE void fault_beam_segv(void)
{
    struct linux_siginfo info = {.signal = SIGSEGV, .code = SEGV_MAPERR};

    (void)signal_send_process(program_find(), SIGSEGV, &info);
}

static NO_INLINE void fault_beam_abort(void)
{
    (void)signal_send_process(program_find(), SIGABRT, NULL);
}

static NO_INLINE void fault_beam_exit(void)
{
    process_end(program_find(), 1 << 8, NULL);
}

/* No program runs any more; the kernel does, and has nothing to do. */
static NO_INLINE void fault_beam_hang(void)
{
    struct process *process;

    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        if (process->pid != 1)
            (void)signal_send_process(process, SIGSTOP, NULL);
    }
}

/* A page of the program's own that holds an endless loop. */
static uintptr_t loop_make(struct address_space *space)
{
    struct map_request request = {
        .size = PAGE_SIZE, .flags = REGION_READ | REGION_EXEC, .populate = true};
    struct arch_mapping mapping;
    long address = address_space_map(space, &request);

    if (address < 0 || fault_resolve(space, (uintptr_t)address, FAULT_READ) != 0 ||
        !arch_lookup(&space->arch, (uintptr_t)address, &mapping))
        panic("no memory for a fault");
    /* Until it is written, a page may be the one of zeros that all share. */
    phys_addr frame = frame_alloc_zeroed(FRAME_KERNEL);
    if (!frame)
        panic("no memory for a fault");
    for (size_t i = 0; i < PAGE_SIZE / 2; i++)
        ((uint16_t *)direct_pointer(frame))[i] = JUMP_SELF;
    arch_remap(&space->arch, (uintptr_t)address, frame, mapping.flags);
    return (uintptr_t)address + PAGE_SIZE / 2; /* a call that is done again begins before it */
}

/* All threads run for ever and do nothing, as in a native function that does not return. */
static NO_INLINE void fault_beam_spin(void)
{
    struct process *process = program_find();
    uintptr_t loop = loop_make(process->space);
    struct thread *thread;

    LIST_FOR_EACH (thread, &process->threads, struct thread, process_link) {
        struct registers *registers = arch_user_registers(&thread->arch);

        registers->rip = registers->rcx = loop;
        if (thread != current)
            thread_interrupt(thread);
    }
}

/* A word into every 16th page of its own that it can write, as a native function with a bad pointer
 * would. */
static NO_INLINE void fault_beam_wild(void)
{
    struct address_space *space = program_find()->space;
    struct arch_mapping mapping;
    uintptr_t found;
    unsigned pages = 0;

    for (size_t i = 0; i < space->region_count; i++) {
        const struct region *region = space->regions[i];

        if (region->object || !(region->flags & REGION_WRITE))
            continue;
        for (uintptr_t at = region->start;
             arch_next_mapped(&space->arch, at, region->end, &found, &mapping);
             at = (found & ~(mapping.size - 1)) + mapping.size) {
            if (mapping.flags & PAGE_WRITE && pages++ % WILD_EACH == 0)
                ((uint64_t *)direct_pointer(mapping.frame))[fault_random() % 512] = fault_random();
        }
    }
    log_line("fault: wrote %u words", pages / WILD_EACH);
}

const struct fault faults_program[] = {
    {"beam_segv", fault_beam_segv},
    {"beam_abort", fault_beam_abort},
    {"beam_exit", fault_beam_exit},
    {"beam_hang", fault_beam_hang},
    {"beam_spin", fault_beam_spin},
    {"beam_wild", fault_beam_wild},
    {NULL, NULL},
};
