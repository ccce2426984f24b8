/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strings given to a new program, and its first stack: argc, argv, environment and auxiliary
 * vector as in the System V ABI, x86-64 supplement 3.4. From the top: a zero word, the path, the
 * strings, random bytes, the vector.
 */
#include <linux/auxvec.h>

#include "lib/random.h"
#include "lib/string.h"
#include "linux/exec_image.h"
#include "linux/signal.h"
#include "memory/heap.h"

/* Bytes with pointers: below the largest heap object, and near Linux's 2 MiB. */
#define STRINGS_MAX   0x180000UL
#define STRING_MAX    0x20000UL /* one of them: Linux's MAX_ARG_STRLEN */
#define STACK_TOP     USER_END
#define STACK_FIRST   0x20000UL /* mapped beyond what is filled; the rest comes by faults */
#define CLOCK_TICKS   100       /* Linux's USER_HZ */
#define AUXILIARY_MAX 24

static size_t pointers_size(const struct exec_strings *strings)
{
    return (strings->argument_count + (size_t)strings->environment_count) * sizeof(uint64_t);
}

/* Room for `size` more bytes; counts nothing yet. */
static int make_room(struct exec_strings *strings, size_t size)
{
    if (size > STRING_MAX || strings->used + size + pointers_size(strings) > STRINGS_MAX)
        return -E2BIG;
    if (strings->used + size <= strings->capacity)
        return 0;
    size_t capacity = strings->capacity ? strings->capacity * 2 : 2048;
    while (capacity < strings->used + size)
        capacity *= 2;
    if (capacity > STRINGS_MAX)
        capacity = STRINGS_MAX;
    char *grown = heap_resize(strings->bytes, strings->capacity, capacity);
    if (!grown)
        return -ENOMEM;
    strings->bytes = grown;
    strings->capacity = capacity;
    return 0;
}

int exec_strings_add(struct exec_strings *strings, const char *text)
{
    size_t size = strlen(text) + 1;
    int error = make_room(strings, size);
    if (error < 0)
        return error;
    memcpy(strings->bytes + strings->used, text, size);
    strings->used += size;
    return 0;
}

int exec_strings_add_user(struct exec_strings *strings, user_addr text)
{
    long length = arch_string_length(text, STRING_MAX);
    if (length < 0)
        return (int)length;
    int error = make_room(strings, (size_t)length + 1);
    if (error < 0)
        return error;
    char *to = strings->bytes + strings->used;
    if (arch_copy_in(to, text, (size_t)length) < 0)
        return -EFAULT;
    /* Another thread may have written to it since it was measured: what counts is what was copied.
     */
    to[length] = 0;
    strings->used += strlen(to) + 1;
    return 0;
}

void exec_strings_free(struct exec_strings *strings)
{
    heap_free(strings->bytes);
    *strings = (struct exec_strings){0};
}

int exec_strings_replace_first(struct exec_strings *strings, const char *const *by)
{
    struct exec_strings changed = {.environment_count = strings->environment_count};
    int error = 0;
    for (; *by && !error; by++) {
        error = exec_strings_add(&changed, *by);
        changed.argument_count++;
    }
    size_t skip = strings->argument_count ? strlen(strings->bytes) + 1 : 0;
    for (size_t at = skip; at < strings->used && !error; at += strlen(strings->bytes + at) + 1)
        error = exec_strings_add(&changed, strings->bytes + at);
    if (error < 0) {
        exec_strings_free(&changed);
        return error;
    }
    if (strings->argument_count)
        changed.argument_count += strings->argument_count - 1;
    exec_strings_free(strings);
    *strings = changed;
    return 0;
}

static unsigned fill_auxiliary(uint64_t (*vector)[2], const struct address_space *space,
                               const struct elf_program *elf, const struct exec_stack *stack)
{
    const struct process *process = current->process;
    uint64_t headers = elf->headers_address ? stack->base + elf->headers_address : 0;
    const uint64_t values[][2] = {
        {AT_SYSINFO_EHDR, space->vdso},
        {AT_PAGESZ, PAGE_SIZE},
        {AT_CLKTCK, CLOCK_TICKS},
        {AT_PHDR, headers},
        {AT_PHENT, ELF_ENTRY_SIZE},
        {AT_PHNUM, elf->headers_count},
        {AT_BASE, stack->interpreter_base},
        {AT_FLAGS, 0},
        {AT_ENTRY, stack->base + elf->entry},
        {AT_UID, process->uid},
        {AT_EUID, process->euid},
        {AT_GID, process->gid},
        {AT_EGID, process->egid},
        {AT_SECURE, 0},
        {AT_HWCAP, 0},
        {AT_HWCAP2, 0},
        {AT_MINSIGSTKSZ, signal_frame_size_min()},
    };
    unsigned count = 0;
    _Static_assert(COUNT_OF(values) + 4 <= AUXILIARY_MAX, "three more and the end fit");
    for (unsigned i = space->vdso ? 0 : 1; i < COUNT_OF(values); i++, count++)
        memcpy(vector[count], values[i], sizeof(values[i]));
    return count;
}

struct layout { /* user addresses, from the top down */
    uintptr_t path, strings, random, platform, vector;
    size_t words;
};

static void plan(struct layout *layout, const struct exec_strings *strings, const char *path)
{
    static const size_t platform_size = sizeof("x86_64");
    layout->path = STACK_TOP - 8 - (strlen(path) + 1);
    layout->strings = layout->path - strings->used;
    layout->platform = layout->strings - platform_size;
    layout->random = (layout->platform - 16) & ~15UL;
    layout->words = 1 + strings->argument_count + 1 + strings->environment_count + 1;
}

/* argc, argv, environment; then the auxiliary vector's place. */
static uint64_t *fill_pointers(uint64_t *word, const struct exec_strings *strings,
                               uintptr_t address)
{
    size_t at = 0;
    *word++ = strings->argument_count;
    for (unsigned i = 0; i < strings->argument_count; i++) {
        *word++ = address + at;
        at += strlen(strings->bytes + at) + 1;
    }
    *word++ = 0;
    for (unsigned i = 0; i < strings->environment_count; i++) {
        *word++ = address + at;
        at += strlen(strings->bytes + at) + 1;
    }
    *word++ = 0;
    return word;
}

static void tell_layout(struct address_space *space, const struct exec_strings *strings,
                        uintptr_t address)
{
    size_t at = 0;
    for (unsigned i = 0; i < strings->argument_count; i++)
        at += strlen(strings->bytes + at) + 1;
    space->arguments_start = address;
    space->arguments_end = space->environment_start = address + at;
    space->environment_end = address + strings->used;
}

static int copy_texts(const struct layout *layout, const struct exec_strings *strings,
                      const char *path)
{
    uint8_t random[16];
    random_bytes(random, sizeof(random));
    int error = arch_copy_out(layout->path, path, strlen(path) + 1);
    if (!error)
        error = arch_copy_out(layout->strings, strings->bytes, strings->used);
    if (!error)
        error = arch_copy_out(layout->platform, "x86_64", sizeof("x86_64"));
    if (!error)
        error = arch_copy_out(layout->random, random, sizeof(random));
    return error;
}

long exec_stack_build(struct address_space *space, const struct exec_strings *strings,
                      const struct elf_program *elf, const struct exec_stack *stack)
{
    struct layout layout;
    uint64_t auxiliary[AUXILIARY_MAX][2];
    plan(&layout, strings, stack->path);
    unsigned count = fill_auxiliary(auxiliary, space, elf, stack);
    const uint64_t last[][2] = {{AT_RANDOM, layout.random},
                                {AT_EXECFN, layout.path},
                                {AT_PLATFORM, layout.platform},
                                {AT_NULL, 0}};
    memcpy(auxiliary[count], last, sizeof(last));
    count += COUNT_OF(last);
    size_t size = layout.words * sizeof(uint64_t) + count * sizeof(auxiliary[0]);
    uintptr_t sp = (layout.random - size) & ~15UL;

    struct map_request request = {
        .address = (sp - STACK_FIRST) & ~(PAGE_SIZE - 1),
        .flags =
            REGION_READ | REGION_WRITE | REGION_STACK | (elf->stack_executable ? REGION_EXEC : 0),
        .fixed = true,
    };
    request.size = STACK_TOP - request.address;
    /* As in Linux, the strings may fill a quarter of what the stack may be, but 128 KiB always. */
    if (STACK_TOP - sp > STRING_MAX && STACK_TOP - sp > stack->size_max / 4)
        return -E2BIG;
    long mapped = address_space_map(space, &request);
    if (mapped < 0)
        return mapped;
    uint64_t *words = heap_alloc(size);
    if (!words)
        return -ENOMEM;
    memcpy(fill_pointers(words, strings, layout.strings), auxiliary, count * sizeof(auxiliary[0]));
    int error = arch_copy_out(sp, words, size);
    heap_free(words);
    if (!error)
        error = copy_texts(&layout, strings, stack->path);
    tell_layout(space, strings, layout.strings);
    return error < 0 ? error : (long)sp;
}
