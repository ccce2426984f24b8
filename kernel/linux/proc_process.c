/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc/<pid> and /proc/<pid>/task/<tid>. Every look begins with finding the process again by its
 * number; one that ended meanwhile gives ESRCH or an empty file. A zombie has no memory, files or
 * directories any more.
 */
#include "lib/format.h"
#include "lib/string.h"
#include "linux/proc.h"
#include "memory/frames.h"

#define TICK         (1000000000UL / 100)
#define KIB_PER_PAGE (PAGE_SIZE / 1024)
#define NUMBER_OF(pid, index)                                                                      \
    (1UL << 32 | (uint64_t)(pid) << 12 | (index)) /* inode numbers that stay the same */
#define NUMBER_TASK      64
#define ARGUMENTS_MAX    0x20000UL
#define MAPS_NAME_COLUMN 73

static struct process *process_of(const struct proc_source *source)
{
    return process_find(source->pid);
}

static struct thread *thread_of(const struct proc_source *source, const struct process *process)
{
    struct thread *thread;
    if (source->tid)
        return thread_find(source->tid);
    LIST_FOR_EACH (thread, &process->threads, struct thread, process_link)
        return thread;
    return NULL;
}

static char state_of(const struct process *process, const struct thread *thread)
{
    if (process->zombie || !thread)
        return 'Z';
    if (process->stopped)
        return 'T';
    return thread->state == THREAD_BLOCKED ? 'S' : 'R';
}

static const char *name_of(const struct process *process, const struct thread *thread)
{
    return thread ? thread->name : process->name;
}

size_t proc_memory_read(struct address_space *space, uintptr_t address, void *to, size_t size)
{
    size_t done = 0;
    while (done < size && address + done < USER_END) {
        struct arch_mapping mapping;
        uintptr_t at = address + done;
        if (!arch_lookup(&space->arch, at, &mapping))
            break;
        phys_addr frame = mapping.frame + (at & (mapping.size - 1) & ~(PAGE_SIZE - 1));
        size_t piece = PAGE_SIZE - at % PAGE_SIZE;
        if (piece > size - done)
            piece = size - done;
        memcpy((char *)to + done, (const char *)frame_bytes(frame) + at % PAGE_SIZE, piece);
        done += piece;
    }
    return done;
}

static void text_stat(struct proc_text *text, const struct proc_source *source)
{
    struct process *process = process_of(source);
    if (!process)
        return;
    struct thread *thread = thread_of(source, process);
    uint64_t time =
        (source->tid && thread ? thread_run_time(thread) : process_run_time(process)) / TICK;
    const struct address_space *space = process->space;
    proc_print(text, "%d (%s) %c %d %d %d 0 -1 4194304 0 0 0 0 %lu 0 %lu 0 20 %d %u 0 %lu %lu %lu ",
               source->tid ? source->tid : process->pid, name_of(process, thread),
               state_of(process, thread), process->parent ? process->parent->pid : 0,
               process->group, process->session, time, process->children_time / TICK,
               thread ? thread->nice : 0, process->thread_count, process->start_time / TICK,
               space ? space->mapped_bytes : 0, space ? space->resident : 0);
    proc_print(
        text,
        "18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 %lu %lu %lu %lu %d\n",
        space ? space->arguments_start : 0, space ? space->arguments_end : 0,
        space ? space->environment_start : 0, space ? space->environment_end : 0,
        process->exit_status);
}

static void text_statm(struct proc_text *text, const struct proc_source *source)
{
    struct process *process = process_of(source);
    const struct address_space *space = process ? process->space : NULL;
    uint64_t all = space ? space->mapped_bytes / PAGE_SIZE : 0;
    proc_print(text, "%lu %lu 0 0 0 %lu 0\n", all, space ? space->resident : 0, all);
}

static void status_signals(struct proc_text *text, const struct process *process,
                           const struct thread *thread)
{
    uint64_t ignored = 0, caught = 0;
    for (unsigned i = 0; process->signals && i < SIGNAL_COUNT; i++) {
        uint64_t handler = process->signals->actions[i].handler;
        if (handler == 1)
            ignored |= 1UL << i;
        else if (handler)
            caught |= 1UL << i;
    }
    proc_print(text,
               "SigQ:\t0/"
               "%lu\nSigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%"
               "016lx\n",
               process->limits[RLIMIT_SIGPENDING].soft, thread ? thread->signal_pending : 0,
               process->signal_pending, thread ? thread->signal_mask : 0, ignored, caught);
    uint64_t capabilities = process->euid == 0 ? 0x1ffffffffffUL : 0;
    proc_print(
        text, "CapInh:\t%016x\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\nCapAmb:\t%016x\n",
        0, capabilities, capabilities, 0x1ffffffffffUL, 0);
}

static void text_status(struct proc_text *text, const struct proc_source *source)
{
    struct process *process = process_of(source);
    if (!process)
        return;
    struct thread *thread = thread_of(source, process);
    char state = state_of(process, thread);
    const struct address_space *space = process->space;
    int parent = process->parent ? process->parent->pid : 0;
    proc_print(text,
               "Name:\t%s\nUmask:\t%04o\nState:\t%c "
               "(%s)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
               name_of(process, thread), process->context ? process->context->umask : 022, state,
               state == 'R'   ? "running"
               : state == 'S' ? "sleeping"
               : state == 'T' ? "stopped"
                              : "zombie",
               process->pid, source->tid ? source->tid : process->pid, parent);
    proc_print(text, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\nGroups:\t\n",
               process->uid, process->euid, process->suid, process->euid, process->gid,
               process->egid, process->sgid, process->egid,
               process->files ? process->files->size : 0);
    if (space) {
        uint64_t all = space->mapped_bytes / 1024, resident = space->resident * KIB_PER_PAGE;
        proc_print(text,
                   "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmLck:\t       0 kB\nVmHWM:\t%8lu "
                   "kB\nVmRSS:\t%8lu kB\n",
                   all, all, resident, resident);
    }
    proc_print(text, "Threads:\t%u\n", process->thread_count);
    status_signals(text, process, thread);
    proc_print(
        text,
        "NoNewPrivs:\t%d\nSeccomp:\t0\nCpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\n"
        "Mems_allowed_list:\t0\nvoluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n",
        process->no_new_privs);
}

static const char *region_name(const struct address_space *space, const struct region *region,
                               char *buffer, size_t size)
{
    if (region->object && region->object->name)
        return region->object->name(region->object, buffer, size);
    if (region->flags & REGION_STACK)
        return "[stack]";
    if (region->start == space->vdso && space->vdso)
        return "[vdso]";
    if (region->start < space->brk_end && region->end > space->brk_start)
        return "[heap]";
    return "";
}

void proc_process_maps(struct proc_text *text, const struct proc_source *source)
{
    struct process *process = process_of(source);
    const struct address_space *space = process ? process->space : NULL;
    char *buffer = space ? path_buffer_get() : NULL;
    for (size_t i = 0; buffer && i < space->region_count; i++) {
        const struct region *region = space->regions[i];
        size_t before = text->used;
        proc_print(
            text, "%08lx-%08lx %c%c%c%c %08lx 00:0%d 0", region->start, region->end,
            region->flags & REGION_READ ? 'r' : '-', region->flags & REGION_WRITE ? 'w' : '-',
            region->flags & REGION_EXEC ? 'x' : '-', region->flags & REGION_SHARED ? 's' : 'p',
            region->object ? region->offset : 0, region->object ? 1 : 0);
        const char *name = region_name(space, region, buffer, PATH_BUFFER);
        while (name[0] && text->used - before < MAPS_NAME_COLUMN && !text->failed)
            proc_bytes(text, " ", 1);
        proc_print(text, "%s\n", name);
    }
    path_buffer_put(buffer);
}

static void memory_text(struct proc_text *text, struct address_space *space, uintptr_t start,
                        uintptr_t end)
{
    char bytes[256];
    if (end > start && end - start > ARGUMENTS_MAX)
        end = start + ARGUMENTS_MAX;
    while (start < end) {
        size_t piece = end - start < sizeof(bytes) ? end - start : sizeof(bytes);
        size_t got = proc_memory_read(space, start, bytes, piece);
        proc_bytes(text, bytes, got);
        if (got < piece)
            return;
        start += got;
    }
}

static void text_cmdline(struct proc_text *text, const struct proc_source *source)
{
    struct process *process = process_of(source);
    if (process && process->space)
        memory_text(text, process->space, process->space->arguments_start,
                    process->space->arguments_end);
}

static void text_environ(struct proc_text *text, const struct proc_source *source)
{
    struct process *process = process_of(source);
    if (process && process->space)
        memory_text(text, process->space, process->space->environment_start,
                    process->space->environment_end);
}

static void text_comm(struct proc_text *text, const struct proc_source *source)
{
    struct process *process = process_of(source);
    if (process)
        proc_print(text, "%s\n", name_of(process, thread_of(source, process)));
}

static long comm_write(const struct proc_source *source, const char *bytes, size_t size)
{
    struct process *process = process_of(source);
    struct thread *thread = process ? thread_of(source, process) : NULL;
    if (!thread)
        return -ESRCH;
    string_copy(thread->name, bytes, sizeof(thread->name));
    char *end = strchr(thread->name, '\n');
    if (end)
        *end = 0;
    return (long)size;
}

static void print_limit(struct proc_text *text, uint64_t value)
{
    if (value == UINT64_MAX)
        proc_print(text, "%-20s ", "unlimited");
    else
        proc_print(text, "%-20lu ", value);
}

static void text_limits(struct proc_text *text, const struct proc_source *source)
{
    static const struct {
        const char *name, *unit;
    } rows[16] = {{"Max cpu time", "seconds"},     {"Max file size", "bytes"},
                  {"Max data size", "bytes"},      {"Max stack size", "bytes"},
                  {"Max core file size", "bytes"}, {"Max resident set", "bytes"},
                  {"Max processes", "processes"},  {"Max open files", "files"},
                  {"Max locked memory", "bytes"},  {"Max address space", "bytes"},
                  {"Max file locks", "locks"},     {"Max pending signals", "signals"},
                  {"Max msgqueue size", "bytes"},  {"Max nice priority", ""},
                  {"Max realtime priority", ""},   {"Max realtime timeout", "us"}};
    struct process *process = process_of(source);
    if (!process)
        return;
    proc_print(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        proc_print(text, "%-25s ", rows[i].name);
        print_limit(text, process->limits[i].soft);
        print_limit(text, process->limits[i].hard);
        proc_print(text, "%-10s\n", rows[i].unit);
    }
}

static void text_cgroup(struct proc_text *text, const struct proc_source *source)
{
    proc_print(text, "0::/\n");
}

static void text_zero(struct proc_text *text, const struct proc_source *source)
{
    proc_print(text, "0\n");
}

/* ---- links to things ---- */

static int give_entry(struct entry *entry, struct entry **target)
{
    if (!entry)
        return -ENOENT;
    entry_get(entry);
    *target = entry;
    return 0;
}

static int cwd_follow(const struct proc_source *source, struct entry **target)
{
    struct process *process = process_of(source);
    return give_entry(process && process->context ? process->context->directory : NULL, target);
}

static int root_follow(const struct proc_source *source, struct entry **target)
{
    struct process *process = process_of(source);
    return give_entry(process && process->context ? process->context->root : NULL, target);
}

static long entry_text(const struct proc_source *source, char *buffer, size_t size,
                       int (*follow)(const struct proc_source *, struct entry **))
{
    struct entry *entry;
    int error = follow(source, &entry);
    if (error)
        return error;
    long length = entry_path(entry, buffer, size - sizeof(" (deleted)"));
    if (length >= 0 && entry->removed) {
        string_copy(buffer + length, " (deleted)", sizeof(" (deleted)"));
        length += (long)strlen(" (deleted)");
    }
    entry_put(entry);
    return length;
}

static long cwd_readlink(const struct proc_source *source, char *buffer, size_t size)
{
    return entry_text(source, buffer, size, cwd_follow);
}

static long root_readlink(const struct proc_source *source, char *buffer, size_t size)
{
    return entry_text(source, buffer, size, root_follow);
}

static long exe_readlink(const struct proc_source *source, char *buffer, size_t size)
{
    struct process *process = process_of(source);
    if (!process || !process->executable)
        return -ENOENT;
    return (long)string_copy(buffer, process->executable, size);
}

static int exe_follow(const struct proc_source *source, struct entry **target)
{
    /* Links made since in the program's old place may lead here again, and each round would take
     * more of the stack. Resolving does not sleep, so one flag is enough. */
    static bool following;
    struct process *process = process_of(source);
    struct path_result found;
    if (!process || !process->executable)
        return -ENOENT;
    if (following)
        return -ELOOP;
    following = true;
    int error = path_find(-1, process->executable, 0, &found);
    following = false;
    if (!error)
        *target = found.entry;
    return error;
}

/* ---- directories ---- */

static int task_lookup(const struct proc_source *source, const char *name, struct inode **child);
static int task_list(const struct proc_source *source, struct directory_sink *sink);

#define TEXT(file, function)                                                                       \
    {                                                                                              \
        .name = file, .mode = S_IFREG | 0444, .text = function                                     \
    }
static const struct proc_node nodes[] = {
    TEXT("stat", text_stat),
    TEXT("statm", text_statm),
    TEXT("status", text_status),
    TEXT("maps", proc_process_maps),
    TEXT("cmdline", text_cmdline),
    TEXT("environ", text_environ),
    TEXT("limits", text_limits),
    TEXT("mounts", proc_mounts),
    TEXT("mountinfo", proc_mountinfo),
    TEXT("cgroup", text_cgroup),
    {.name = "comm", .mode = S_IFREG | 0644, .text = text_comm, .write = comm_write},
    {.name = "oom_score_adj", .mode = S_IFREG | 0644, .text = text_zero},
    TEXT("oom_score", text_zero),
    {.name = "exe", .mode = S_IFLNK | 0777, .readlink = exe_readlink, .follow = exe_follow},
    {.name = "cwd", .mode = S_IFLNK | 0777, .readlink = cwd_readlink, .follow = cwd_follow},
    {.name = "root", .mode = S_IFLNK | 0777, .readlink = root_readlink, .follow = root_follow},
    {.name = "task",
     .mode = S_IFDIR | 0555,
     .lookup = task_lookup,
     .list = task_list}, /* last: threads have none */
};

static int process_lookup(const struct proc_source *source, const char *name, struct inode **child)
{
    if (!process_of(source))
        return -ESRCH;
    struct proc_source made = *source;
    made.node = proc_node_find(nodes, COUNT_OF(nodes) - (source->tid ? 1 : 0), name);
    if (strcmp(name, "fd") == 0)
        made.node = &proc_fd_node;
    if (strcmp(name, "fdinfo") == 0)
        made.node = &proc_fdinfo_node;
    if (!made.node)
        return -ENOENT;
    uint64_t index = made.node >= nodes && made.node < nodes + COUNT_OF(nodes)
                         ? (uint64_t)(made.node - nodes)
                         : 62;
    *child = proc_inode(
        &made, NUMBER_OF(source->tid ? source->tid : source->pid, index + (source->tid ? 100 : 0)));
    return *child ? 0 : -ENOMEM;
}

static int process_list(const struct proc_source *source, struct directory_sink *sink)
{
    for (size_t i = 0; i < COUNT_OF(nodes) - (source->tid ? 1 : 0); i++) {
        const char *name = nodes[i].name;
        if (!sink->add(sink, name, strlen(name), NUMBER_OF(source->pid, i),
                       (nodes[i].mode & S_IFMT) >> 12))
            return 0;
    }
    if (sink->add(sink, "fd", 2, NUMBER_OF(source->pid, 62), 4))
        (void)sink->add(sink, "fdinfo", 6, NUMBER_OF(source->pid, 63), 4);
    return 0;
}

static const struct proc_node process_node = {
    .name = "process", .mode = S_IFDIR | 0555, .lookup = process_lookup, .list = process_list};

static int task_lookup(const struct proc_source *source, const char *name, struct inode **child)
{
    long tid = proc_number(name);
    struct thread *thread = tid > 0 ? thread_find((int)tid) : NULL;
    if (!thread || !thread->process || thread->process->pid != source->pid)
        return -ENOENT;
    struct proc_source made = {.node = &process_node, .pid = source->pid, .tid = (int)tid};
    *child = proc_inode(&made, NUMBER_OF(tid, NUMBER_TASK));
    return *child ? 0 : -ENOMEM;
}

static bool add_number(struct directory_sink *sink, int number, uint64_t inode, unsigned type)
{
    char name[16];
    int size = format(name, sizeof(name), "%d", number);
    return sink->add(sink, name, (size_t)size, inode, type);
}

static int task_list(const struct proc_source *source, struct directory_sink *sink)
{
    struct process *process = process_of(source);
    struct thread *thread;
    if (!process)
        return -ENOENT;
    LIST_FOR_EACH (thread, &process->threads, struct thread, process_link) {
        if (!add_number(sink, thread->tid, NUMBER_OF(thread->tid, NUMBER_TASK), 4))
            break;
    }
    return 0;
}

/* ---- /proc itself ---- */

static long self_readlink(const struct proc_source *source, char *buffer, size_t size)
{
    return format(buffer, size, "%d", current->process->pid);
}

static long thread_self_readlink(const struct proc_source *source, char *buffer, size_t size)
{
    return format(buffer, size, "%d/task/%d", current->process->pid, current->tid);
}

static const struct proc_node self_nodes[] = {
    {.name = "self", .mode = S_IFLNK | 0777, .readlink = self_readlink},
    {.name = "thread-self", .mode = S_IFLNK | 0777, .readlink = thread_self_readlink},
};

static int root_lookup(const struct proc_source *source, const char *name, struct inode **child)
{
    struct proc_source made = {.node = proc_node_find(self_nodes, COUNT_OF(self_nodes), name)};
    uint64_t number = 0;
    if (made.node) {
        number = NUMBER_OF(0, (uint64_t)(made.node - self_nodes));
    } else {
        long pid = proc_number(name);
        if (pid <= 0 || !process_find((int)pid))
            return -ENOENT;
        made.node = &process_node;
        made.pid = (int)pid;
        number = NUMBER_OF(pid, 61);
    }
    *child = proc_inode(&made, number);
    return *child ? 0 : -ENOMEM;
}

static int root_list(const struct proc_source *source, struct directory_sink *sink)
{
    struct process *process;
    if (!sink->add(sink, "self", 4, NUMBER_OF(0, 0), 10) ||
        !sink->add(sink, "thread-self", 11, NUMBER_OF(0, 1), 10))
        return 0;
    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        if (!add_number(sink, process->pid, NUMBER_OF(process->pid, 61), 4))
            break;
    }
    return 0;
}

const struct proc_node proc_root_node = {
    .name = "proc", .mode = S_IFDIR | 0555, .lookup = root_lookup, .list = root_list};
