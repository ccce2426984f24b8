/* SPDX-License-Identifier: Apache-2.0 */
/* CPU time: grows while computing, stands while sleeping; of threads, of the process, of another
 * process. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(clockid_t clock)
{
    struct timespec time;
    return clock_gettime(clock, &time) == 0 ? time.tv_sec * 1000000000LL + time.tv_nsec : -1;
}

static void burn(int64_t ns)
{
    int64_t start = now(CLOCK_THREAD_CPUTIME_ID);
    while (now(CLOCK_THREAD_CPUTIME_ID) - start < ns)
        ;
}

static void *thread(void *unused)
{
    int64_t own = now(CLOCK_THREAD_CPUTIME_ID);
    burn(20000000);
    printf("thread: starts near 0 %d, burnt %d\n", own < 15000000,
           now(CLOCK_THREAD_CPUTIME_ID) - own >= 20000000);
    return NULL;
}

int main(void)
{
    alarm(20);
    struct timespec nap = {0, 300000000};
    int64_t process = now(CLOCK_PROCESS_CPUTIME_ID);
    burn(20000000);
    printf("process burnt: %d\n", now(CLOCK_PROCESS_CPUTIME_ID) - process >= 20000000);
    process = now(CLOCK_PROCESS_CPUTIME_ID);
    nanosleep(&nap, NULL);
    printf("asleep: %d\n", now(CLOCK_PROCESS_CPUTIME_ID) - process < 200000000);
    int64_t own = now(CLOCK_THREAD_CPUTIME_ID);
    process = now(CLOCK_PROCESS_CPUTIME_ID);
    pthread_t id;
    pthread_create(&id, NULL, thread, NULL);
    pthread_join(id, NULL);
    printf("main thread did not burn: %d, the process did %d\n",
           now(CLOCK_THREAD_CPUTIME_ID) - own < 15000000,
           now(CLOCK_PROCESS_CPUTIME_ID) - process >= 20000000);
    clockid_t clock;
    int error = clock_getcpuclockid(0, &clock);
    int64_t first = now(clock);
    printf("own clock id: %d, same %d\n", error,
           first > 0 && first <= now(CLOCK_PROCESS_CPUTIME_ID));
    printf("thread's clock id: %d\n", pthread_getcpuclockid(pthread_self(), &clock));
    printf("works: %d\n", now(clock) > 0);
    pid_t child = fork();
    if (child == 0) {
        burn(30000000);
        pause();
        _exit(0);
    }
    printf("child's clock id: %d\n", clock_getcpuclockid(child, &clock));
    while (now(clock) < 20000000)
        usleep(1000);
    printf("child burns\n");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    errno = 0;
    int64_t gone = now(clock);
    printf("gone: %d %d\n", gone == -1, errno == EINVAL);
    return 0;
}
