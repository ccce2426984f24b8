/* SPDX-License-Identifier: Apache-2.0 */
/* uname, sysinfo, and the calls that answer in the same way everywhere. */
/* FLAVOURS: dynamic static */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(void)
{
    struct utsname name;
    struct sysinfo info;
    alarm(20);
    printf("uname: %d\n", uname(&name));
    printf("%s %s, release at least 3.2: %d, node named %d\n", name.sysname, name.machine,
           strtod(name.release, NULL) >= 3.2, name.nodename[0] != 0);
    char host[65];
    gethostname(host, sizeof(host));
    printf("gethostname the same: %d\n", strcmp(host, name.nodename) == 0);
    errno = 0;
    long result = syscall(SYS_uname, 8L);
    printf("bad address: %ld %d\n", result, errno == EFAULT);
    printf("sysinfo: %d\n", sysinfo(&info));
    unsigned long unit = info.mem_unit;
    printf("memory: some %d, not all free %d, processes %d\n", info.totalram * unit > (16 << 20),
           info.freeram<info.totalram, info.procs> 0);
    errno = 0;
    result = syscall(SYS_sethostname, "x", 65L);
    printf("name too long: %ld %d\n", result, errno == EINVAL);
    errno = 0;
    result = syscall(SYS_reboot, 1, 2, 3, NULL);
    printf("reboot without its magic: %ld %d\n", result, errno == EINVAL);
    errno = 0;
    result = syscall(SYS_restart_syscall);
    printf("restart of nothing: %ld %d\n", result, errno == EINTR);
    errno = 0;
    result = syscall(499);
    printf("no such call: %ld %d\n", result, errno == ENOSYS);
    unsigned cpu = 99, memory_node = 99;
    result = getcpu(&cpu, &memory_node);
    printf("getcpu: %ld, in range %d, node %u\n", result, cpu < 64, memory_node);
    return 0;
}
