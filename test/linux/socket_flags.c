/* SPDX-License-Identifier: Apache-2.0 */
/* MSG_ flags on a connection, vectors, sendfile, and what TCP_INFO and the clocks of a connection
 * say. */
#define _GNU_SOURCE
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>

#include "remote.h"
#include "show.h"

#define FILE_SIZE 3000000
static char buffer[1000];
static volatile int pipes;

static void broken(int number)
{
    pipes++;
}

static void await(int fd, short wanted)
{
    struct pollfd one = {fd, wanted, 0};
    if (poll(&one, 1, 9000) != 1)
        printf("nothing came\n");
}

/* Whether the other end read so many bytes with this sum; it has `R n` or `r.. n` as words. */
static void told(int fd, unsigned long size, unsigned long sum)
{
    char answer[21] = "";
    recv(fd, answer, 20, MSG_WAITALL);
    printf("arrived: %d, right %d\n", (unsigned long)atol(answer) == size,
           (unsigned long)atol(answer + 10) == sum);
}

static void reading(void)
{
    printf("-- reading\n");
    int fd = remote_open("w3 p100 w7 g w10 f R");
    show("peek", recv(fd, buffer, 2, MSG_PEEK));
    show("peek all, wait", recv(fd, buffer, 8, MSG_PEEK | MSG_WAITALL));
    show("wait for all", recv(fd, buffer, 10, MSG_WAITALL));
    int right = 0;
    for (int i = 0; i < 10; i++)
        right += (unsigned char)buffer[i] == remote_byte((unsigned long)i);
    printf("right %d\n", right);
    show("do not wait", recv(fd, buffer, 10, MSG_DONTWAIT));
    show("do not wait for all", recv(fd, buffer, 10, MSG_DONTWAIT | MSG_WAITALL));
    send(fd, "g", 1, 0);
    await(fd, POLLRDHUP);
    show("throw away", recv(fd, NULL, 4, MSG_TRUNC));
    struct iovec into[2] = {{buffer, 2}, {buffer + 10, 3}};
    struct msghdr header = {.msg_iov = into, .msg_iovlen = 2};
    show("recvmsg", recvmsg(fd, &header, 0));
    printf("flags %#x, %d, %d\n", header.msg_flags, (unsigned char)buffer[1] == remote_byte(15),
           (unsigned char)buffer[12] == remote_byte(18));
    show("short at the end", recv(fd, buffer, 10, MSG_WAITALL));
    show("peek at the end", recv(fd, buffer, 10, MSG_PEEK));
    show("out of band", recv(fd, buffer, 10, MSG_OOB));
    show("errors", recv(fd, buffer, 10, MSG_ERRQUEUE));
    show("nothing", recv(fd, buffer, 0, 0));
    close(fd);
    fd = remote_open("w4 p3000");
    struct timeval patience = {0, 200000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    show("some, then the time is up", recv(fd, buffer, 10, MSG_WAITALL));
    show("none", recv(fd, buffer, 10, MSG_WAITALL));
    close(fd);
}

static void several(void)
{
    printf("-- several\n");
    int fd = remote_open("r12 n w12 f R");
    struct iovec pieces[3] = {{"one", 3}, {"two!", 4}, {"three", 5}};
    struct mmsghdr messages[3];
    memset(messages, 0, sizeof(messages));
    for (int i = 0; i < 3; i++)
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    show("sendmmsg", sendmmsg(fd, messages, 3, 0));
    printf("sizes %u %u %u\n", messages[0].msg_len, messages[1].msg_len, messages[2].msg_len);
    told(fd, 12, remote_add(0, (const unsigned char *)"onetwo!three", 12));
    await(fd, POLLRDHUP);
    for (int i = 0; i < 3; i++) {
        pieces[i] = (struct iovec){buffer + 100 * i, 5};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    show("recvmmsg", recvmmsg(fd, messages, 3, 0, NULL));
    printf("sizes %u %u %u\n", messages[0].msg_len, messages[1].msg_len, messages[2].msg_len);
    close(fd);
}

/* What a cork holds, and what is said to be followed by more, goes by itself after a while; or when
 * the cork is pulled, or our side ends. */
static void corks(void)
{
    unsigned char bytes[9000];
    unsigned long sum = 0;
    int on = 1, off = 0;
    memset(bytes, 'c', sizeof(bytes));
    for (int nodelay = 0; nodelay <= 1; nodelay++) {
        printf("-- corks, no delay %d\n", nodelay);
        int fd = remote_open("r3 n r4 n r9000 n R n");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof(nodelay));
        show("more, which does not come", send(fd, bytes, 3, MSG_MORE));
        told(fd, 3, sum = remote_add(0, bytes, 3));
        setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
        show("behind a cork", send(fd, bytes, 4, 0));
        told(fd, 7, sum = remote_add(sum, bytes, 4));
        for (int i = 0; i < 9; i++)
            send(fd, bytes, 1000, i % 2 ? MSG_MORE : 0);
        setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
        told(fd, 9007, sum = remote_add(sum, bytes, 9000));
        setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
        show("and an end", send(fd, bytes, 5, MSG_MORE));
        shutdown(fd, SHUT_WR);
        told(fd, 9012, remote_add(sum, bytes, 5));
        close(fd);
    }
}

static void writing(void)
{
    printf("-- writing\n");
    int fd = remote_open("r6 n r6 n R");
    show("more to come", send(fd, "abc", 3, MSG_MORE));
    show("that is all", send(fd, "def", 3, 0));
    told(fd, 6, remote_add(0, (const unsigned char *)"abcdef", 6));
    show("cork", setsockopt(fd, IPPROTO_TCP, TCP_CORK, &(int){1}, sizeof(int)));
    show("send", send(fd, "ghi", 3, 0));
    show("send", send(fd, "jkl", 3, MSG_DONTWAIT | MSG_NOSIGNAL));
    show("uncork", setsockopt(fd, IPPROTO_TCP, TCP_CORK, &(int){0}, sizeof(int)));
    told(fd, 12, remote_add(0, (const unsigned char *)"abcdefghijkl", 12));
    show("nothing", send(fd, "", 0, 0));
    shutdown(fd, SHUT_WR);
    show("broken", send(fd, "x", 1, 0));
    printf("signals %d\n", pipes);
    show("without a signal", send(fd, "x", 1, MSG_NOSIGNAL));
    show("write", write(fd, "x", 1));
    printf("signals %d\n", pipes);
    close(fd);
}

static unsigned long file_make(int *file)
{
    char path[] = "/tmp/socket_flags.XXXXXX";
    static unsigned char bytes[FILE_SIZE];
    *file = mkstemp(path);
    unlink(path);
    for (unsigned long i = 0; i < FILE_SIZE; i++)
        bytes[i] = remote_byte(i);
    if (write(*file, bytes, FILE_SIZE) != FILE_SIZE)
        perror("file");
    return remote_add(0, bytes, FILE_SIZE);
}

static void files(void)
{
    int file;
    off_t offset = 0;
    long got, turns = 0;
    unsigned long sum = file_make(&file);
    printf("-- files\n");
    lseek(file, 0, SEEK_SET);
    int fd = remote_open("R n");
    show("blocking, all at once", sendfile(fd, file, NULL, FILE_SIZE + 1000));
    show("position", lseek(file, 0, SEEK_CUR));
    show("at the end", sendfile(fd, file, NULL, 1000));
    shutdown(fd, SHUT_WR);
    told(fd, FILE_SIZE, sum);
    show("after our end", sendfile(fd, file, &offset, 10));
    printf("signals %d, offset %ld\n", pipes, (long)offset);
    close(fd);
    fd = remote_open("p200 R n");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){60000}, sizeof(int));
    got = sendfile(fd, file, &offset, FILE_SIZE);
    printf("part %d, offset is it %d\n", got > 0 && got < FILE_SIZE, offset == got);
    while (got > 0)
        got = sendfile(fd, file, &offset, FILE_SIZE - (size_t)offset);
    show("full", got);
    while (offset < FILE_SIZE) {
        await(fd, POLLOUT);
        got = sendfile(fd, file, &offset, FILE_SIZE - (size_t)offset);
        turns++;
        if (got < 0 && errno != EAGAIN)
            break;
    }
    printf("offset %ld, in turns %d\n", (long)offset, turns > 0);
    show("position is not moved", lseek(file, 0, SEEK_CUR));
    shutdown(fd, SHUT_WR);
    fcntl(fd, F_SETFL, 0);
    told(fd, FILE_SIZE, sum);
    close(fd);
    offset = -1;
    show("below the file", sendfile(1, file, &offset, 10));
    fd = socket(AF_INET, SOCK_STREAM, 0);
    offset = 0;
    show("not connected", sendfile(fd, file, &offset, 10));
    show("from a socket", sendfile(1, fd, NULL, 10));
    printf("signals %d\n", pipes);
    close(fd);
    close(file);
}

static void options(void)
{
    static const int names[] = {SO_KEEPALIVE, SO_REUSEADDR, SO_OOBINLINE};
    static const int defaults[] = {TCP_NODELAY,   TCP_CORK,         TCP_KEEPIDLE,
                                   TCP_KEEPINTVL, TCP_KEEPCNT,      TCP_SYNCNT,
                                   TCP_LINGER2,   TCP_DEFER_ACCEPT, TCP_USER_TIMEOUT};
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);
    int fd = remote_open("g w100 R"), value;
    printf("-- options\n");
    send(fd, "g", 1, 0);
    recv(fd, buffer, 100, MSG_WAITALL);
    show("info", getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size));
    printf("state %d, sizes %d %d, rto %d, window %d, again %u, lost %u\n", info.tcpi_state,
           info.tcpi_snd_mss > 500, info.tcpi_rcv_mss > 50, info.tcpi_rto > 0,
           info.tcpi_snd_cwnd > 0, info.tcpi_retransmits, info.tcpi_lost);
    for (int i = 0; i < 3; i++) {
        value = 1;
        show("on", setsockopt(fd, SOL_SOCKET, names[i], &value, sizeof(value)));
        size = sizeof(value);
        getsockopt(fd, SOL_SOCKET, names[i], &value, &size);
        printf("%d\n", value);
    }
    for (unsigned i = 0; i < sizeof(defaults) / sizeof(*defaults); i++) {
        size = sizeof(value);
        show("option", getsockopt(fd, IPPROTO_TCP, defaults[i], &value, &size));
        printf("%d is %d\n", defaults[i], value);
    }
    show("idle", setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &(int){1}, sizeof(int)));
    show("interval", setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &(int){1}, sizeof(int)));
    show("count", setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){2}, sizeof(int)));
    show("patience", setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &(int){1500}, sizeof(int)));
    await(fd, POLLOUT);
    usleep(2500000); /* the other end answers: nothing happens */
    show("it lives", send(fd, "x", 1, 0));
    show("and is silent", recv(fd, buffer, 1, MSG_DONTWAIT));
    close(fd);
}

int main(int argc, char **argv)
{
    remote_start(argc, argv);
    alarm(28);
    signal(SIGPIPE, broken);
    reading();
    several();
    writing();
    corks();
    files();
    options();
    return 0;
}
