/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first program of the Linux that HydrOS is measured against: mounts what the kernel of HydrOS
 * gives by itself, then runs HydrOS's own init (the same file) once per node, each pinned to a core
 * of its own, and powers off when the first of them ends. Boot option nodes=N, as for HydrOS.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int nodes_asked(void)
{
    char text[8192] = "";
    FILE *file = fopen("/proc/cmdline", "r");
    if (!file || !fgets(text, sizeof text, file))
        return 1;
    fclose(file);
    char *option = strstr(text, "nodes=");
    int nodes = option ? atoi(option + 6) : 1;
    return nodes < 1 || nodes > 64 ? 1 : nodes;
}

static void node_run(int node)
{
    char number[16];
    cpu_set_t core;
    CPU_ZERO(&core);
    CPU_SET(node, &core);
    if (sched_setaffinity(0, sizeof core, &core))
        perror("linux_init: sched_setaffinity");
    snprintf(number, sizeof number, "%d", node);
    setenv("HYDROS_NODE", number, 1);
    execl("/hydros/init", "/hydros/init", (char *)NULL);
    perror("linux_init: /hydros/init");
    _exit(127);
}

static void loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int any = socket(AF_INET, SOCK_DGRAM, 0);
    if (any < 0 || ioctl(any, SIOCSIFFLAGS, &request) != 0)
        perror("linux_init: lo");
    close(any);
}

int main(void)
{
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sys", "/sys", "sysfs", 0, NULL);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    mount("tmp", "/tmp", "tmpfs", 0, NULL);
    /* An initramfs without /dev/console leaves us without descriptors. */
    int console = open("/dev/console", O_RDWR);
    for (int fd = 0; console >= 0 && fd <= 2; fd++)
        dup2(console, fd);
    loopback_up();
    pid_t pids[64];
    int nodes = nodes_asked();
    for (int node = 0; node < nodes; node++) {
        pids[node] = fork();
        if (pids[node] == 0)
            node_run(node);
    }
    for (bool ended = false; !ended;) {
        pid_t pid = wait(NULL); /* orphans too: we are pid 1 */
        for (int node = 0; node < nodes; node++)
            ended = ended || pid == pids[node];
    }
    tcdrain(STDOUT_FILENO);
    sleep(1); /* powering off would cut what the line has not sent */
    reboot(RB_POWER_OFF);
    return 0;
}
