/* SPDX-License-Identifier: Apache-2.0 */
/* RLIMIT_SIGPENDING bounds queued real-time signals; kill and standard signals get through all the
 * same. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static volatile int taken, sum;

static void handler(int signal, siginfo_t *info, void *context)
{
    taken++;
    sum += info->si_code == SI_QUEUE ? info->si_value.sival_int : 0;
}

int main(void)
{
    alarm(20);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    struct rlimit limit;
    sigset_t all, old;
    sigfillset(&all);
    sigfillset(&action.sa_mask);
    sigaction(SIGRTMIN, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    sigprocmask(SIG_SETMASK, &all, &old);
    getrlimit(RLIMIT_SIGPENDING, &limit);
    printf("room at first: %d\n", limit.rlim_cur >= 100);
    limit.rlim_cur = 10;
    setrlimit(RLIMIT_SIGPENDING, &limit);
    int queued = 0, refused = 0;
    for (int i = 0; i < 50; i++) {
        if (sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 1}) == 0)
            queued++;
        else if (errno == EAGAIN)
            refused++;
    }
    printf("queued within the limit %d, together %d\n", queued > 0 && queued <= 10,
           queued + refused);
    printf("standard: %d\n", kill(getpid(), SIGUSR1));
    sigprocmask(SIG_SETMASK, &old, NULL);
    printf("all taken %d, values right %d\n", taken == queued + 1, sum == queued);
    return 0;
}
