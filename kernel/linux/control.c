/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /dev/hydros: what a program may ask of its kernel and of the guardians, one command in words per
 * write(2). docs/control.md describes them.
 */
#include "linux/control.h"

#include "file/inode.h"
#include "lib/log.h"
#include "lib/string.h"
#include "linux/abi.h"
#include "linux/process.h"
#include "linux/vdso.h"
#include "node/control.h"
#include "node/self.h"
#include "panic.h"

#define COMMAND_MAX 64
#define DEVICE      (10UL << 8 | 200) /* among Linux's misc devices */
#define BEAT_MAX    3600000           /* ms */
#define STATUS_MAX  63
#define WALL_MAX_US 9000000000000000 /* in the year 2255 */

/* A decimal number up to max; -1: it is none. */
static long number_read(const char *text, long max)
{
    long number = 0;
    if (!*text)
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        number = number * 10 + (*text - '0');
        if (number > max)
            return -1;
    }
    return number;
}

static int order(const char *argument, enum node_order order)
{
    long node = number_read(argument, NODES_MAX - 1);
    if (node < 0 || node >= (long)machine->node_count)
        return -EINVAL;
    return guardian_order((uint32_t)node, order);
}

static int command_restart(const char *argument)
{
    return order(argument, ORDER_RESTART);
}

static int command_kill(const char *argument)
{
    return order(argument, ORDER_KILL);
}

static int command_stop(const char *argument)
{
    return order(argument, ORDER_STOP);
}

static int command_beat(const char *argument)
{
    long ms = number_read(argument, BEAT_MAX);
    if (ms < 0)
        return -EINVAL;
    watch_program_beat((uint64_t)ms);
    return 0;
}

static int command_fault(const char *argument)
{
    return &fault_named ? fault_named(argument) : -EOPNOTSUPP;
}

static int command_clock(const char *argument)
{
    long offset_us = number_read(argument, WALL_MAX_US);
    if (offset_us < 0)
        return -EINVAL;
    arch_wall_correct((nanoseconds)offset_us * 1000);
    vdso_clock_changed();
    return 0;
}

static int command_poweroff(const char *argument)
{
    long status = number_read(argument, STATUS_MAX);
    if (status < 0)
        return -EINVAL;
    log_line("power off with status %ld: pid %d (%s) asked for it", status, current->process->pid,
             current->process->name);
    node_power_off((int)status);
}

static int command_reset(const char *argument)
{
    if (*argument)
        return -EINVAL;
    log_line("reset: pid %d (%s) asked for it", current->process->pid, current->process->name);
    node_reset();
}

static const struct {
    const char *name;
    int (*run)(const char *argument);
} commands[] = {
    {"beat", command_beat},   {"restart", command_restart}, {"kill", command_kill},
    {"stop", command_stop},   {"fault", command_fault},     {"poweroff", command_poweroff},
    {"reset", command_reset}, {"clock", command_clock},
};

static int command_run(char *text)
{
    char *argument = strchr(text, ' ');
    if (argument)
        *argument++ = 0;
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(text, commands[i].name) == 0)
            return commands[i].run(argument ? argument : "");
    }
    return -EINVAL;
}

static long control_write(struct file *file, struct io *io, int64_t *position)
{
    char text[COMMAND_MAX + 1];
    size_t size = io->remaining;
    if (process_current()->euid != 0)
        return -EPERM;
    if (size == 0 || size > COMMAND_MAX)
        return -EINVAL;
    long got = io_get(io, text, size);
    if (got < 0)
        return got;
    if (got > 0 && text[got - 1] == '\n')
        got--;
    text[got] = 0;
    int error = memchr(text, 0, (size_t)got) ? -EINVAL : command_run(text);
    return error ? error : (long)size;
}

static int control_stat(struct file *file, struct linux_stat *stat)
{
    return inode_stat(file->inode, stat);
}

static const struct file_ops control_ops = {
    .kind = "hydros", .write = control_write, .stat = control_stat};

static int control_open(struct inode *inode, struct file *file)
{
    file->ops = &control_ops;
    return 0;
}

int control_init(void)
{
    return device_register("hydros", 0600, DEVICE, control_open);
}
