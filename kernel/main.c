/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up of a node, one step per line: this is the kernel's table of contents. First boot and
 * restart are the same. */
#include "arch/arch.h"
#include "arch/doors.h"
#include "device/console.h"
#include "file/event_files.h"
#include "file/inode.h"
#include "file/socket_node.h"
#include "file/terminal.h"
#include "lib/format.h"
#include "lib/log.h"
#include "lib/random.h"
#include "lib/string.h"
#include "linux/control.h"
#include "linux/dispatch.h"
#include "linux/proc.h"
#include "linux/process.h"
#include "memory/frames.h"
#include "network/stack.h"
#include "node/channel.h"
#include "node/control.h"
#include "node/guardian.h"
#include "node/self.h"
#include "node/watch.h"
#include "panic.h"
#include "thread/thread.h"

static void log_start(void)
{
    log_verbose = option_get("verbose", NULL, 0) >= 0;
    log_notify = console_log_written;
    log_init(self_published, self_node(), arch_clock);
}

static void random_start(void)
{
    random_init(arch_random, arch_clock, (uint64_t)self_node() << 32 | self_start.incarnation);
}

static void frames_start(void)
{
    frames_init(&machine->nodes[self_node()], self_start.free_base);
    frames_window_add(machine->store_base, machine->store_size, (const void *)STORE_BASE);
    frames_window_add(machine->root.base, machine->root.size, (const void *)IMAGE_BASE);
}

static void greet(void)
{
    char vendor[16];

    log_line("node %u of %u, incarnation %u: %lu MiB, %s, TSC %lu MHz", self_node(),
             machine->node_count, self_start.incarnation, frames_total() * PAGE_SIZE >> 20,
             arch_cpu_vendor(vendor), machine->tsc_hz / 1000000);
}

/* The first program: option init=, and term= for what its terminal understands. */
static void init_start(void)
{
    static char path[256] = "/hydros/init", terminal[80] = "TERM=";
    static char node[32], nodes[32], incarnation[32];
    const char *arguments[] = {path, NULL};
    const char *environment[] = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME=/root",
        "LANG=C.UTF-8",
        terminal,
        node,
        nodes,
        incarnation,
        node_is_safe() ? "HYDROS_SAFE=1" : NULL,
        NULL,
    };
    char value[256];
    int error;

    if (option_get("init", value, sizeof(value)) > 0)
        string_copy(path, value, sizeof(path));
    if (option_get("term", value, sizeof(value)) <= 0)
        string_copy(value, "xterm", sizeof(value));
    string_copy(terminal + 5, value, sizeof(terminal) - 5);
    format(node, sizeof(node), "HYDROS_NODE=%u", self_node());
    format(nodes, sizeof(nodes), "HYDROS_NODES=%u", machine->node_count);
    format(incarnation, sizeof(incarnation), "HYDROS_INCARNATION=%u", self_start.incarnation);
    error = process_start_init(path, arguments, environment);
    if (error)
        node_fail("this node has too little memory for its first program; use fewer nodes or more "
                  "memory");
    self_state_set(NODE_RUNNING);
}

void node_init_ended(int status)
{
    bool signalled = status & 0x7f;
    int code = signalled ? 128 + (status & 0x7f) : status >> 8 & 0xff;
    bool well = status == 0;

    init_epitaph(status);
    if (well)
        guardian_stay_down();
    node_end(well ? NODE_STOPPED : NODE_DEAD);
    if (option_is("on-exit", "poweroff") && !signalled)
        node_power_off(code);
    if (!well && option_is("on-death", "poweroff"))
        node_power_off(PANIC_STATUS);
    if (!well)
        guardian_last();
}

static void before_idle(void)
{
    self_memory_publish();
    channel_linger();
}

void kernel_main(const struct start_info *start)
{
    arch_start(start);
    self_init(start);
    log_start();
    random_start();
    frames_start();
    arch_exit_port((uint16_t)option_number("exit-port", 0));
    arch_start_devices(machine);
    atomic_store_explicit(&self_published->started_ns, arch_clock(), memory_order_relaxed);
    console_init();
    greet();
    pipe_init();
    epoll_init();
    if (tree_init((const void *)IMAGE_BASE, machine->root.size) != 0)
        node_fail("the root file system in the system image cannot be read; make the image again");
    if (proc_init() != 0)
        node_fail("this node has too little memory for /proc; use fewer nodes or more memory");
    if (control_init() != 0)
        node_fail("this node has too little memory for /dev; use fewer nodes or more memory");
    if (channel_init() != 0 || node_socket_init() != 0)
        node_fail(
            "this node has too little memory for its channels; use fewer nodes or more memory");
    terminal_init();
    dispatch_init();
    schedule_before_idle = before_idle;
    stack_start();
    watch_start();
    guardian_start();
    init_start();
    if (&fault_start)
        fault_start();
    schedule_start();
}
