/* SPDX-License-Identifier: Apache-2.0 */
/* Children seen by their parent: end by signals, stop and continue, SA_NOCLDSTOP, SA_NOCLDWAIT,
 * ignored SIGCHLD. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int told, last_code, last_status;

static void handler(int signal, siginfo_t *info, void *context)
{
    told++;
    last_code = info->si_code;
    last_status = info->si_status;
}

static pid_t sleeper(void)
{
    pid_t child = fork();
    if (child == 0) {
        for (;;)
            pause();
    }
    return child;
}

static int wait_for(pid_t child, int options)
{
    int status = -1;
    while (waitpid(child, &status, options) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return status;
}

/* The signal comes before or after waitpid sees the change. */
static void wait_told(int count)
{
    while (told < count)
        usleep(1000);
}

static void ends(void)
{
    int deadly[] = {SIGHUP, SIGKILL, SIGSEGV, SIGABRT, SIGUSR1, SIGRTMIN, SIGRTMAX};
    for (int i = 0; i < 7; i++) {
        told = 0;
        pid_t child = sleeper();
        kill(child, deadly[i]);
        int status = wait_for(child, 0);
        wait_told(1);
        printf("signal %d: signaled %d by %d, code %d status %d\n", deadly[i], WIFSIGNALED(status),
               WTERMSIG(status), last_code, last_status);
    }
}

static void stops_and_goes(void)
{
    pid_t child = sleeper();
    int harmless[] = {SIGCHLD, SIGURG, SIGWINCH, SIGCONT};
    for (int i = 0; i < 4; i++)
        kill(child, harmless[i]);
    usleep(20000);
    printf("harmless: still there %d\n", waitpid(child, NULL, WNOHANG) == 0);

    int stops[] = {SIGSTOP, SIGTSTP};
    for (int i = 0; i < 2; i++) {
        told = 0;
        if (i == 1)
            setpgid(child, child); /* not an orphaned group: this process could continue it */
        kill(child, stops[i]);
        int status = wait_for(child, WUNTRACED);
        wait_told(1);
        printf("stop: stopped %d by %d, code %d status %d\n", WIFSTOPPED(status), WSTOPSIG(status),
               last_code, last_status);
        printf("told once: %d\n", waitpid(child, NULL, WUNTRACED | WNOHANG));
        kill(child, SIGWINCH); /* does not wake it */
        told = 0;
        kill(child, SIGCONT);
        status = wait_for(child, WCONTINUED);
        wait_told(1);
        printf("continue: continued %d, code %d status %d\n", WIFCONTINUED(status), last_code,
               last_status);
    }
    kill(child, SIGSTOP);
    wait_for(child, WUNTRACED);
    kill(child, SIGTERM); /* waits until it continues */
    usleep(20000);
    printf("stopped and TERM: %d\n", waitpid(child, NULL, WNOHANG));
    kill(child, SIGCONT);
    int status = wait_for(child, 0);
    printf("continued: signaled %d by %d\n", WIFSIGNALED(status), WTERMSIG(status));
    child = sleeper();
    kill(child, SIGSTOP);
    wait_for(child, WUNTRACED);
    kill(child, SIGKILL); /* does not wait */
    status = wait_for(child, 0);
    printf("stopped and KILL: signaled %d by %d\n", WIFSIGNALED(status), WTERMSIG(status));
}

static void flags(struct sigaction action)
{
    action.sa_flags |= SA_NOCLDSTOP;
    sigaction(SIGCHLD, &action, NULL);
    told = 0;
    pid_t child = sleeper();
    kill(child, SIGSTOP);
    wait_for(child, WUNTRACED);
    usleep(20000);
    printf("SA_NOCLDSTOP: told of the stop %d\n", told);
    kill(child, SIGKILL);
    wait_for(child, 0);
    wait_told(1);
    printf("SA_NOCLDSTOP: told of the end %d\n", told);

    action.sa_flags |= SA_NOCLDWAIT;
    sigaction(SIGCHLD, &action, NULL);
    told = 0;
    child = fork();
    if (child == 0)
        _exit(1);
    wait_told(1);
    errno = 0;
    int result = waitpid(child, NULL, 0);
    printf("SA_NOCLDWAIT: %d, no child %d\n", result, errno == ECHILD);
    signal(SIGCHLD, SIG_IGN);
    child = fork();
    if (child == 0)
        _exit(1);
    errno = 0;
    result = waitpid(child, NULL, 0);
    printf("ignored: %d, no child %d\n", result, errno == ECHILD);
}

int main(void)
{
    alarm(20);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGCHLD, &action, NULL);
    ends();
    stops_and_goes();
    flags(action);
    return 0;
}
