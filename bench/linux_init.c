/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first program of the Linux that HydrOS is measured against: mounts what the kernel of HydrOS
 * gives by itself, then runs HydrOS's own init (the same file) once per node, each pinned to a core
 * of its own (one alone has all cores), and powers off when the first of them ends. Boot options
 * nodes=N, as for HydrOS, and ip=ADDRESS for the network card.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define FILES (1 << 16) /* that a program may have open; Linux gives 1024 by itself */

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

static void node_run(int node, int nodes)
{
    char number[16];
    cpu_set_t core;
    struct rlimit files = {.rlim_cur = FILES, .rlim_max = FILES};
    CPU_ZERO(&core);
    CPU_SET(node, &core);
    if (nodes > 1 && sched_setaffinity(0, sizeof core, &core))
        perror("linux_init: sched_setaffinity");
    if (setrlimit(RLIMIT_NOFILE, &files))
        perror("linux_init: setrlimit");
    snprintf(number, sizeof number, "%d", node);
    setenv("HYDROS_NODE", number, 1);
    execl("/hydros/init", "/hydros/init", (char *)NULL);
    perror("linux_init: /hydros/init");
    _exit(127);
}

static void interface_up(const char *name, const char *address)
{
    struct ifreq request = {.ifr_flags = 0};
    struct sockaddr_in in = {.sin_family = AF_INET};
    int any = socket(AF_INET, SOCK_DGRAM, 0);
    bool is_done = any >= 0;
    strcpy(request.ifr_name, name);
    if (address) {
        inet_aton(address, &in.sin_addr);
        memcpy(&request.ifr_addr, &in, sizeof in);
        is_done = is_done && ioctl(any, SIOCSIFADDR, &request) == 0;
    }
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (!is_done || ioctl(any, SIOCSIFFLAGS, &request) != 0)
        perror(name);
    close(any);
}

/* Boot option ip=ADDRESS: the card's driver, and the address, whose class is its network. */
static void card_up(void)
{
    char text[8192] = "", *option;
    int count = 0;
    struct dirent **names = NULL;
    FILE *file = fopen("/proc/cmdline", "r");
    if (!file || !fgets(text, sizeof text, file) || !(option = strstr(text, " ip=")))
        return;
    fclose(file);
    option += 4;
    option[strcspn(option, " \n")] = 0;
    count = scandir("/modules", &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "/modules/%s", names[i]->d_name);
        int module = names[i]->d_name[0] == '.' ? -1 : open(path, O_RDONLY);
        if (module >= 0 && syscall(SYS_finit_module, module, "", 0) != 0)
            perror(path);
    }
    interface_up("eth0", option);
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
    interface_up("lo", NULL);
    card_up();
    pid_t pids[64];
    int nodes = nodes_asked();
    for (int node = 0; node < nodes; node++) {
        pids[node] = fork();
        if (pids[node] == 0)
            node_run(node, nodes);
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
