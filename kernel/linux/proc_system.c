/* SPDX-License-Identifier: Apache-2.0 */
/* The fixed files of /proc and /sys: memory, time, settings, and one CPU, which is all that a node
 * has. */
#include "lib/format.h"
#include "lib/random.h"
#include "lib/string.h"
#include "linux/proc.h"
#include "linux/system.h"
#include "memory/frames.h"
#include "node/self.h"

#define KIB_PER_PAGE (PAGE_SIZE / 1024)
#define TICK         (1000000000UL / 100) /* USER_HZ */

static void text_meminfo(struct proc_text *text, const struct proc_source *source)
{
    uint64_t total = frames_total() * KIB_PER_PAGE, free = frames_free() * KIB_PER_PAGE;
    proc_print(text,
               "MemTotal:       %8lu kB\nMemFree:        %8lu kB\nMemAvailable:   %8lu kB\n"
               "Buffers:        %8u kB\nCached:         %8lu kB\nSwapCached:     %8u kB\n"
               "SwapTotal:      %8u kB\nSwapFree:       %8u kB\nShmem:          %8lu kB\n",
               total, free, free, 0, tree_pages_used() * KIB_PER_PAGE, 0, 0, 0,
               tree_pages_used() * KIB_PER_PAGE);
}

static void text_cpuinfo(struct proc_text *text, const struct proc_source *source)
{
    char vendor[16];
    uint64_t khz = machine->tsc_hz / 1000;
    proc_print(
        text,
        "processor\t: 0\nvendor_id\t: %s\ncpu family\t: 6\nmodel\t\t: 0\nmodel name\t: "
        "x86-64\nstepping\t: 0\n"
        "cpu MHz\t\t: %lu.%03lu\nphysical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\ncpu cores\t: 1\n"
        "apicid\t\t: 0\nfpu\t\t: yes\nwp\t\t: yes\n"
        "flags\t\t: fpu tsc msr pae cx8 apic sep cmov fxsr sse sse2 syscall nx lm constant_tsc\n\n",
        arch_cpu_vendor(vendor), khz / 1000, khz % 1000);
}

static void text_cookie(struct proc_text *text, const struct proc_source *source)
{
    proc_print(text, "%016lx%016lx\n", machine->cookie[0], machine->cookie[1]);
}

static nanoseconds busy_time(void)
{
    struct process *process;
    nanoseconds busy = 0;
    LIST_FOR_EACH (process, &processes, struct process, all_link)
        busy += process_run_time(process);
    return busy;
}

static void text_stat(struct proc_text *text, const struct proc_source *source)
{
    uint64_t user = busy_time() / TICK, all = arch_clock() / TICK;
    uint64_t idle = all > user ? all - user : 0;
    proc_print(
        text,
        "cpu  %lu 0 0 %lu 0 0 0 0 0 0\ncpu0 %lu 0 0 %lu 0 0 0 0 0 0\nintr %lu\nctxt 0\nbtime %lu\n",
        user, idle, user, idle, (uint64_t)self_published->interrupts,
        (uint64_t)arch_wall_offset() / 1000000000);
    proc_print(text, "processes 1\nprocs_running 1\nprocs_blocked 0\n");
}

static void text_uptime(struct proc_text *text, const struct proc_source *source)
{
    uint64_t up = arch_clock() / (TICK), busy = busy_time() / TICK;
    uint64_t idle = up > busy ? up - busy : 0;
    proc_print(text, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100, idle % 100);
}

static void text_loadavg(struct proc_text *text, const struct proc_source *source)
{
    struct process *process;
    unsigned threads = 0;
    int last = 0;
    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        threads += process->thread_count;
        if (process->pid > last)
            last = process->pid;
    }
    proc_print(text, "0.00 0.00 0.00 1/%u %d\n", threads, last);
}

static void text_version(struct proc_text *text, const struct proc_source *source)
{
    const struct linux_names *names = system_names();
    proc_print(text, "%s version %s %s\n", names->system, names->release, names->version);
}

static void text_cmdline(struct proc_text *text, const struct proc_source *source)
{
    proc_print(text, "%s\n", option_text());
}

static void text_names(struct proc_text *text, const struct proc_source *source)
{
    const struct linux_names *names = system_names();
    const char *which = source->constant;
    if (strcmp(which, "osrelease") == 0)
        which = names->release;
    else if (strcmp(which, "hostname") == 0)
        which = names->node;
    else if (strcmp(which, "ostype") == 0)
        which = names->system;
    else if (strcmp(which, "version") == 0)
        which = names->version;
    else
        which = names->domain;
    proc_print(text, "%s\n", which);
}

static void print_uuid(struct proc_text *text, const uint8_t *id)
{
    for (unsigned i = 0; i < 16; i++)
        proc_print(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
    proc_print(text, "\n");
}

static void uuid_make(uint8_t *id)
{
    random_bytes(id, 16);
    id[6] = (id[6] & 0x0f) | 0x40; /* RFC 4122: random */
    id[8] = (id[8] & 0x3f) | 0x80;
}

static void text_uuid(struct proc_text *text, const struct proc_source *source)
{
    uint8_t id[16];
    uuid_make(id);
    print_uuid(text, id);
}

/* This life of the node, as long as it lasts. */
static void text_boot_id(struct proc_text *text, const struct proc_source *source)
{
    static uint8_t id[16];
    if (!id[6])
        uuid_make(id);
    print_uuid(text, id);
}

void proc_mounts(struct proc_text *text, const struct proc_source *source)
{
    proc_print(text, "hydros / tmpfs rw,relatime 0 0\nproc /proc proc rw,relatime 0 0\nsysfs /sys "
                     "sysfs rw,relatime 0 0\n");
}

void proc_mountinfo(struct proc_text *text, const struct proc_source *source)
{
    proc_print(
        text,
        "1 0 0:1 / / rw,relatime - tmpfs hydros rw\n2 1 0:2 / /proc rw,relatime - proc proc rw\n"
        "3 1 0:2 / /sys rw,relatime - sysfs sysfs rw\n");
}

static void text_file_max(struct proc_text *text, const struct proc_source *source)
{
    proc_print(text, "%lu\n", frames_total());
}

static void text_constant(struct proc_text *text, const struct proc_source *source)
{
    proc_print(text, "%s\n", source->constant);
}

static long mounts_link(const struct proc_source *source, char *buffer, size_t size)
{
    return (long)string_copy(buffer, source->constant, size);
}

static const struct proc_node constant_node = {.mode = S_IFREG | 0444, .text = text_constant};
static const struct proc_node setting_node = {.mode = S_IFREG | 0644, .text = text_constant};
static const struct proc_node names_node = {.mode = S_IFREG | 0444, .text = text_names};
static const struct proc_node link_node = {.mode = S_IFLNK | 0777, .readlink = mounts_link};
#define NODE(name, function)                                                                       \
    static const struct proc_node name = {.mode = S_IFREG | 0444, .text = function}
NODE(meminfo_node, text_meminfo);
NODE(cpuinfo_node, text_cpuinfo);
NODE(stat_node, text_stat);
NODE(uptime_node, text_uptime);
NODE(loadavg_node, text_loadavg);
NODE(version_node, text_version);
NODE(cmdline_node, text_cmdline);
static const struct proc_node cookie_node = {.mode = S_IFREG | 0400, .text = text_cookie};
NODE(uuid_node, text_uuid);
NODE(boot_id_node, text_boot_id);
NODE(file_max_node, text_file_max);
NODE(nodes_node, proc_nodes);
NODE(epitaphs_node, proc_epitaphs);
NODE(deaths_node, proc_deaths);
NODE(log_node, proc_log);
NODE(channels_node, proc_channels);
NODE(network_node, proc_network);
NODE(resolver_node, proc_resolver);
NODE(hosts_node, proc_hosts);
NODE(net_node, proc_net);

static const struct fixed_file {
    const char *directory, *name;
    const struct proc_node *node;
    const char *constant;
} fixed[] = {
    {"/proc", "meminfo", &meminfo_node, NULL},
    {"/proc", "cpuinfo", &cpuinfo_node, NULL},
    {"/proc", "stat", &stat_node, NULL},
    {"/proc", "uptime", &uptime_node, NULL},
    {"/proc", "loadavg", &loadavg_node, NULL},
    {"/proc", "version", &version_node, NULL},
    {"/proc", "cmdline", &cmdline_node, NULL},
    {"/proc", "filesystems", &constant_node, "nodev\tproc\nnodev\tsysfs\nnodev\ttmpfs"},
    {"/proc", "mounts", &link_node, "self/mounts"},
    {"/proc/hydros", "nodes", &nodes_node, NULL},
    {"/proc/hydros", "epitaphs", &epitaphs_node, NULL},
    {"/proc/hydros", "deaths", &deaths_node, NULL},
    {"/proc/hydros", "channels", &channels_node, NULL},
    {"/proc/hydros", "cookie", &cookie_node, NULL},
    {"/proc/hydros", "network", &network_node, NULL},
    {"/proc/hydros", "resolver", &resolver_node, NULL},
    {"/proc/hydros", "hosts", &hosts_node, NULL},
    {"/proc/sys/kernel", "osrelease", &names_node, "osrelease"},
    {"/proc/sys/kernel", "hostname", &names_node, "hostname"},
    {"/proc/sys/kernel", "domainname", &names_node, "domainname"},
    {"/proc/sys/kernel", "ostype", &names_node, "ostype"},
    {"/proc/sys/kernel", "version", &names_node, "version"},
    {"/proc/sys/kernel", "pid_max", &setting_node, "32768"},
    {"/proc/sys/kernel", "threads-max", &setting_node, "32768"},
    {"/proc/sys/kernel", "ngroups_max", &constant_node, "65536"},
    {"/proc/sys/kernel", "cap_last_cap", &constant_node, "40"},
    {"/proc/sys/kernel", "core_pattern", &setting_node, "core"},
    {"/proc/sys/kernel", "randomize_va_space", &setting_node, "0"},
    {"/proc/sys/kernel/random", "uuid", &uuid_node, NULL},
    {"/proc/sys/kernel/random", "boot_id", &boot_id_node, NULL},
    {"/proc/sys/kernel/random", "entropy_avail", &constant_node, "256"},
    {"/proc/sys/vm", "overcommit_memory", &setting_node, "0"},
    {"/proc/sys/vm", "max_map_count", &setting_node, "65530"},
    {"/proc/sys/fs", "file-max", &file_max_node, NULL},
    {"/proc/sys/fs", "nr_open", &setting_node, "65536"},
    {"/proc/sys/fs", "pipe-max-size", &setting_node, "1048576"},
    {"/proc/sys/net/core", "somaxconn", &setting_node, "4096"},
    {"/sys/devices/system/cpu", "online", &constant_node, "0"},
    {"/sys/devices/system/cpu", "possible", &constant_node, "0"},
    {"/sys/devices/system/cpu", "present", &constant_node, "0"},
    {"/sys/devices/system/cpu", "offline", &constant_node, ""},
    {"/sys/devices/system/cpu", "kernel_max", &constant_node, "0"},
    {"/sys/devices/system/cpu/cpu0/topology", "core_id", &constant_node, "0"},
    {"/sys/devices/system/cpu/cpu0/topology", "physical_package_id", &constant_node, "0"},
    {"/sys/devices/system/cpu/cpu0/topology", "thread_siblings", &constant_node, "1"},
    {"/sys/devices/system/cpu/cpu0/topology", "thread_siblings_list", &constant_node, "0"},
    {"/sys/devices/system/cpu/cpu0/topology", "core_siblings", &constant_node, "1"},
    {"/sys/devices/system/cpu/cpu0/topology", "core_siblings_list", &constant_node, "0"},
    {"/sys/devices/system/node", "online", &constant_node, "0"},
    {"/sys/devices/system/node", "possible", &constant_node, "0"},
    {"/sys/devices/system/node/node0", "cpulist", &constant_node, "0"},
    {"/sys/devices/system/node/node0", "cpumap", &constant_node, "1"},
    {"/sys/devices/system/node/node0", "cpu0", &link_node, "../../cpu/cpu0"},
    {"/sys/kernel/mm/transparent_hugepage", "enabled", &setting_node, "always [madvise] never"},
};

/* The directories above a fixed file belong to /proc, not to the writable tree. */
static void mark(struct entry *directory)
{
    for (; directory && directory->parent; directory = directory->parent)
        directory->inode->file_system = FS_PROC;
}

/* Takes over the inode; NULL: there was no memory for it. */
static int add(const char *path, const char *name, struct inode *inode)
{
    struct entry *directory = tree_directory(path, 0555);
    int error = directory && inode ? tree_add(directory, name, inode) : -ENOMEM;
    if (directory) {
        mark(directory);
        entry_put(directory);
    }
    if (inode)
        inode_put(inode);
    return error;
}

int proc_init(void)
{
    struct entry *proc = tree_directory("/proc", 0555);
    if (!proc)
        return -ENOMEM;
    proc_inode_become(proc->inode, &proc_root_node);
    entry_put(proc);
    int error = 0;
    for (size_t i = 0; i < COUNT_OF(fixed) && !error; i++) {
        struct proc_source source = {.node = fixed[i].node, .constant = fixed[i].constant};
        error = add(fixed[i].directory, fixed[i].name, proc_inode(&source, 0));
    }
    for (int i = 0; proc_net_name((unsigned)i) && !error; i++) {
        struct proc_source source = {.node = &net_node, .fd = i};
        error = add("/proc/net", proc_net_name((unsigned)i), proc_inode(&source, 0));
    }
    for (uint32_t node = 0; node < machine->node_count && !error; node++) {
        struct proc_source source = {.node = &log_node, .fd = (int)node};
        char name[16];
        format(name, sizeof(name), "log.%u", node);
        error = add("/proc/hydros", name, proc_inode(&source, 0));
        format(name, sizeof(name), "core.%u", node);
        if (!error && node != self_node())
            error = add("/proc/hydros", name, proc_core_inode(node));
    }
    return error;
}
