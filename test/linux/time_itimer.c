/* SPDX-License-Identifier: Apache-2.0 */
/* setitimer, getitimer and alarm: real, virtual and profiling time. */
/* FLAVOURS: dynamic static */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int counts[65], code;

static void handler(int signal, siginfo_t *info, void *context)
{
    counts[signal]++;
    code = info->si_code;
}

static void burn_until(int signal, int count)
{
    while (counts[signal] < count)
        ;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct itimerval value, old, off;
    alarm(20);
    printf("alarm again: %d\n", alarm(15) == 20);
    printf("alarm off: %d\n", alarm(0) == 15);
    printf("alarm was off: %u\n", alarm(20));
    getitimer(ITIMER_REAL, &value);
    printf("alarm is ITIMER_REAL: %d\n",
           value.it_value.tv_sec >= 18 && value.it_interval.tv_sec == 0);
    memset(&off, 0, sizeof(off));
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGVTALRM, &action, NULL);
    sigaction(SIGPROF, &action, NULL);

    value = (struct itimerval){{0, 5000}, {0, 10000}};
    printf("set: %d\n", setitimer(ITIMER_REAL, &value, &old));
    printf("old was the alarm: %d\n", old.it_value.tv_sec >= 18);
    while (counts[SIGALRM] < 5)
        pause();
    getitimer(ITIMER_REAL, &value);
    printf("interval kept: %ld, left within it %d\n", (long)value.it_interval.tv_usec,
           value.it_value.tv_sec == 0 && value.it_value.tv_usec <= 5000);
    setitimer(ITIMER_REAL, &off, NULL);
    int before = counts[SIGALRM];
    usleep(30000);
    printf("off: %d, code %d\n", counts[SIGALRM] - before, code);
    getitimer(ITIMER_REAL, &value);
    printf("off reads 0: %d\n", value.it_value.tv_sec == 0 && value.it_value.tv_usec == 0);

    value = (struct itimerval){{0, 0}, {0, 10000}};
    setitimer(ITIMER_VIRTUAL, &value, NULL);
    burn_until(SIGVTALRM, 1);
    printf("virtual once: %d\n", counts[SIGVTALRM]);
    value = (struct itimerval){{0, 10000}, {0, 10000}};
    setitimer(ITIMER_PROF, &value, NULL);
    burn_until(SIGPROF, 3);
    setitimer(ITIMER_PROF, &off, NULL);
    printf("profiling: came\n");
    /* Time asleep does not count. */
    value = (struct itimerval){{0, 0}, {0, 300000}};
    before = counts[SIGPROF];
    setitimer(ITIMER_PROF, &value, NULL);
    struct timespec time = {0, 400000000};
    nanosleep(&time, NULL);
    printf("asleep: %d\n", counts[SIGPROF] - before);
    setitimer(ITIMER_PROF, &off, NULL);

    value = (struct itimerval){{0, 0}, {0, 1000000}};
    int result = setitimer(ITIMER_REAL, &value, NULL);
    printf("bad fraction: %d %d\n", result, errno == EINVAL);
    errno = 0;
    result = getitimer((enum __itimer_which)9, &value);
    printf("no such timer: %d %d\n", result, errno == EINVAL);
    /* A child has none. */
    alarm(20);
    pid_t child = fork();
    if (child == 0) {
        getitimer(ITIMER_REAL, &value);
        _exit(value.it_value.tv_sec != 0);
    }
    int status;
    waitpid(child, &status, 0);
    printf("in a child: %d\n", WEXITSTATUS(status));
    return 0;
}
