/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls about the system as a whole: its names, memory and load, the log, random bytes,
 * switching off; and those that Linux has for an administrator and this kernel refuses as Linux
 * does without the right.
 */
#include "linux/system.h"

#include "arch/arch.h"
#include "lib/format.h"
#include "lib/random.h"
#include "lib/string.h"
#include "linux/interval.h"
#include "linux/signal.h"
#include "linux/syscalls.h"
#include "memory/frames.h"
#include "memory/user_copy.h"
#include "node/self.h"

#define RELEASE "6.1.0-hydros" /* the Linux whose calls these are; glibc wants 3.2 or later */
#define VERSION "#1 HydrOS"

static struct linux_names names;

const struct linux_names *system_names(void)
{
    if (names.system[0] == '\0') {
        string_copy(names.system, "Linux", sizeof(names.system));
        /* With a dot: it is a full name, so nobody asks a name server for its domain. */
        format(names.node, sizeof(names.node), "n%u.hydros", self_node());
        string_copy(names.release, RELEASE, sizeof(names.release));
        string_copy(names.version, VERSION, sizeof(names.version));
        string_copy(names.machine, "x86_64", sizeof(names.machine));
        string_copy(names.domain, "(none)", sizeof(names.domain));
    }
    return &names;
}

long sys_uname(user_addr name)
{
    return copy_out(name, system_names());
}

static long name_set(char *to, user_addr name, size_t size)
{
    char text[65];
    if (current->process->euid != 0)
        return -EPERM;
    if (size > sizeof(text) - 1)
        return -EINVAL;
    memset(text, 0, sizeof(text));
    if (arch_copy_in(text, name, size) != 0)
        return -EFAULT;
    (void)system_names(); /* filled before it is changed */
    memcpy(to, text, sizeof(text));
    return 0;
}

long sys_sethostname(user_addr name, size_t size)
{
    return name_set(names.node, name, size);
}

long sys_setdomainname(user_addr name, size_t size)
{
    return name_set(names.domain, name, size);
}

struct system_info { /* struct sysinfo */
    int64_t uptime;
    uint64_t loads[3];
    uint64_t ram_total, ram_free, ram_shared, ram_buffers, swap_total, swap_free;
    uint16_t processes;
    uint64_t high_total, high_free;
    uint32_t unit;
};
_Static_assert(sizeof(struct system_info) == 112, "struct sysinfo");

long sys_sysinfo(user_addr info)
{
    struct system_info result;
    const struct process *process;
    memset(&result, 0, sizeof(result));
    result.uptime = (int64_t)(arch_clock() / NANOSECONDS_PER_SECOND);
    result.ram_total = frames_total() * PAGE_SIZE;
    result.ram_free = frames_free() * PAGE_SIZE;
    result.unit = 1;
    LIST_FOR_EACH (process, &processes, struct process, all_link)
        result.processes += (uint16_t)process->thread_count;
    return copy_out(info, &result);
}

/* ---- random bytes ---- */

#define GRND_NONBLOCK 1U
#define GRND_RANDOM   2U
#define GRND_INSECURE 4U
#define RANDOM_MAX    0x1ffffffUL /* Linux's limit of one call, 32 MiB - 1 */

long sys_getrandom(user_addr buffer, size_t size, uint32_t flags)
{
    uint8_t bytes[256];
    size_t done = 0;
    if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) ||
        (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    if (size > RANDOM_MAX)
        size = RANDOM_MAX;
    while (done < size) {
        size_t step = size - done < sizeof(bytes) ? size - done : sizeof(bytes);
        random_bytes(bytes, step);
        if (arch_copy_out(buffer + done, bytes, step) != 0) {
            if (done == 0)
                return -EFAULT;
            break;
        }
        done += step;
        if (done % PAGE_SIZE ==
            0) { /* long: let interrupts and signals in, as Linux does a page at a time */
            arch_poll_interrupts();
            if (signal_is_pending(current))
                break;
        }
    }
    memset(bytes, 0, sizeof(bytes));
    return (long)done;
}

/* ---- log ---- */

enum log_command {
    LOG_CLOSE = 0,
    LOG_OPEN = 1,
    LOG_READ = 2,
    LOG_READ_ALL = 3,
    LOG_READ_CLEAR = 4,
    LOG_CLEAR = 5,
    LOG_CONSOLE_OFF = 6,
    LOG_CONSOLE_ON = 7,
    LOG_CONSOLE_LEVEL = 8,
    LOG_SIZE_UNREAD = 9,
    LOG_SIZE_BUFFER = 10,
};

static uint64_t log_cleared, log_read; /* positions, as log_written */

/* Bytes from position `from` on, at most size, the newest of them if `newest`. Whole ring at most.
 */
static long log_copy(user_addr buffer, size_t size, uint64_t from, bool newest, uint64_t *end)
{
    uint64_t written = self_published->log_written;
    size_t done = 0;
    if (written - from > LOG_RING_SIZE)
        from = written - LOG_RING_SIZE;
    if (newest && written - from > size)
        from = written - size;
    while (done < size && from < written) {
        size_t index = from % LOG_RING_SIZE, step = LOG_RING_SIZE - index;
        if (step > written - from)
            step = written - from;
        if (step > size - done)
            step = size - done;
        if (arch_copy_out(buffer + done, self_published->log + index, step) != 0)
            return -EFAULT;
        done += step;
        from += step;
    }
    *end = from;
    return (long)done;
}

long sys_syslog(int command, user_addr buffer, int size)
{
    uint64_t end;
    switch (command) {
    case LOG_CLOSE:
    case LOG_OPEN:
    case LOG_CONSOLE_OFF:
    case LOG_CONSOLE_ON:
    case LOG_CONSOLE_LEVEL:
        return 0;
    case LOG_READ:
        return buffer == 0 || size < 0 ? -EINVAL
                                       : log_copy(buffer, (size_t)size, log_read, false, &log_read);
    case LOG_READ_ALL:
    case LOG_READ_CLEAR: {
        if (buffer == 0 || size < 0)
            return -EINVAL;
        long result = log_copy(buffer, (size_t)size, log_cleared, true, &end);
        if (command == LOG_READ_CLEAR && result >= 0)
            log_cleared = self_published->log_written;
        return result;
    }
    case LOG_CLEAR:
        log_cleared = self_published->log_written;
        return 0;
    case LOG_SIZE_UNREAD: {
        uint64_t unread = self_published->log_written - log_read;
        return (long)(unread < LOG_RING_SIZE ? unread : LOG_RING_SIZE);
    }
    case LOG_SIZE_BUFFER:
        return LOG_RING_SIZE;
    default:
        return -EINVAL;
    }
}

/* ---- switching off ---- */

#define REBOOT_MAGIC1    0xfee1deadU
#define REBOOT_RESTART   0x01234567U
#define REBOOT_RESTART2  0xa1b2c3d4U
#define REBOOT_HALT      0xcdef0123U
#define REBOOT_POWER_OFF 0x4321fedcU
#define REBOOT_KEYS_ON   0x89abcdefU /* Ctrl-Alt-Del: there is no such key here */
#define REBOOT_KEYS_OFF  0U

long sys_reboot(uint32_t magic1, uint32_t magic2, uint32_t command, user_addr argument)
{
    if (current->process->euid != 0)
        return -EPERM;
    if (magic1 != REBOOT_MAGIC1 ||
        (magic2 != 672274793 && magic2 != 85072278 && magic2 != 369367448 && magic2 != 537993216))
        return -EINVAL;
    switch (command) {
    case REBOOT_POWER_OFF:
    case REBOOT_HALT:
        arch_power_off(0);
    case REBOOT_RESTART:
    case REBOOT_RESTART2:
        arch_reset();
    case REBOOT_KEYS_ON:
    case REBOOT_KEYS_OFF:
        return 0;
    default:
        return -EINVAL;
    }
}

/* A node has one processor: of the two numbers asked for, both are 0. */
long sys_getcpu(user_addr cpu, user_addr memory_node, user_addr unused)
{
    const uint32_t zero = 0;
    if ((cpu && copy_out(cpu, &zero) != 0) || (memory_node && copy_out(memory_node, &zero) != 0))
        return -EFAULT;
    return 0;
}

/* ---- refused: no ports, no tracing, no mounting for programs ---- */

long sys_iopl(uint32_t level)
{
    return level > 3 ? -EINVAL : -EPERM;
}

long sys_ioperm(uint64_t from, uint64_t count, int on)
{
    return from + count < from || from + count > 65536 ? -EINVAL : -EPERM;
}

long sys_ptrace(int64_t request, int pid, user_addr address, user_addr data)
{
    return -EPERM;
}

long sys_bpf(int command, user_addr attributes, uint32_t size)
{
    return -EPERM;
}

long sys_seccomp(uint32_t operation, uint32_t flags, user_addr arguments)
{
    return -EINVAL;
}

long sys_mount(user_addr source, user_addr target, user_addr type, uint64_t flags, user_addr data)
{
    return -EPERM;
}

long sys_umount2(user_addr target, int flags)
{
    return -EPERM;
}

long sys_pivot_root(user_addr new_root, user_addr put_old)
{
    return -EPERM;
}
