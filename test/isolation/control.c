/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that /dev/hydros refuses, and what it takes without an effect that ends this node. On
 * node 0 of a machine whose node 1 is running. Prints what is not as docs/control.md says. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures;

static void expect(const char *command, size_t size, int error)
{
    int fd = open("/dev/hydros", O_WRONLY);
    errno = 0;
    ssize_t done = write(fd, command, size);
    int got = done == (ssize_t)size ? 0 : errno;
    if (got != error) {
        printf("\"%.*s\": %s instead of %s\n", (int)size, command, strerror(got), strerror(error));
        failures++;
    }
    close(fd);
}

static void expect_text(const char *command, int error)
{
    expect(command, strlen(command), error);
}

/* In a child, since there is no way back. */
static void expect_as_nobody(void)
{
    pid_t child = fork();
    int status = 0;
    if (child == 0) {
        int fd = open("/dev/hydros", O_WRONLY);
        if (setuid(65534) != 0)
            _exit(2);
        _exit(write(fd, "reset", 5) == -1 && errno == EPERM ? 0 : 1);
    }
    waitpid(child, &status, 0);
    if (status != 0) {
        printf("another user than root: status %d\n", status);
        failures++;
    }
}

int main(void)
{
    static const char *const wrong[] = {
        "\n",
        " ",
        "nonsense",
        "beat",
        "beat ",
        "beat x",
        "beat -1",
        "beat 1 2",
        "beat 1x",
        "beat 3600001",
        "beat 18446744073709551617",
        "restart",
        "restart 2",
        "restart -1",
        "restart 0x1",
        "restart 99999999999999999999",
        "kill",
        "kill 2",
        "kill one",
        "stop 2",
        "poweroff",
        "poweroff 64",
        "poweroff x",
        "poweroff -1",
        "reset now",
        "RESTART 0",
        "fault no_such_fault",
        "fault",
        "fault null ",
        "restart 1\n\n",
    };
    char longest[65], byte;
    struct stat status;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_text(wrong[i], EINVAL);
    memset(longest, ' ', sizeof longest);
    memcpy(longest, "beat 1", 6);
    expect(longest, sizeof longest, EINVAL);
    expect("beat 0\0", 7, EINVAL);
    expect("", 0, EINVAL);
    expect_text("restart 0", EALREADY);
    expect_text("restart 1", EALREADY);
    expect_text("beat 3600000", 0);
    expect_text("beat 0\n", 0);
    expect_as_nobody();
    int fd = open("/dev/hydros", O_RDWR);
    if (fd < 0 || read(fd, &byte, 1) != -1 || errno != EINVAL)
        printf("a read says %s\n", strerror(errno)), failures++;
    if (stat("/dev/hydros", &status) != 0 || !S_ISCHR(status.st_mode) ||
        (status.st_mode & 0777) != 0600)
        printf("its mode is %o\n", (unsigned)status.st_mode), failures++;
    printf("control: %d failures\n", failures);
    return failures != 0;
}
