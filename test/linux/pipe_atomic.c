/* SPDX-License-Identifier: Apache-2.0 */
/* Writes of at most PIPE_BUF bytes from several writers never mix; large ones go through a slow
 * reader whole. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

#define WRITERS 4
#define RECORDS 40

static void writer(int fd, int id)
{
    char record[1000];
    memset(record, 'a' + id, sizeof(record));
    for (int i = 0; i < RECORDS; i++) {
        if (write(fd, record, sizeof(record)) != (long)sizeof(record))
            _exit(1);
    }
    _exit(0);
}

static long read_all(int fd, char *to, long size)
{
    long done = 0;
    while (done < size) {
        long got = read(fd, to + done, (size_t)(size - done));
        if (got <= 0)
            break;
        done += got;
    }
    return done;
}

int main(void)
{
    int ends[2], mixed = 0, count[WRITERS] = {0}, status, failed = 0;
    char record[1000];
    alarm(20);
    if (pipe(ends) != 0)
        return 1;
    for (int i = 0; i < WRITERS; i++) {
        if (fork() == 0) {
            close(ends[0]);
            writer(ends[1], i);
        }
    }
    close(ends[1]);
    while (read_all(ends[0], record, sizeof(record)) == (long)sizeof(record)) {
        for (size_t i = 1; i < sizeof(record); i++)
            mixed += record[i] != record[0];
        count[record[0] - 'a']++;
    }
    for (int i = 0; i < WRITERS; i++) {
        wait(&status);
        failed += status != 0;
    }
    printf("mixed %d, failed %d, records %d %d %d %d\n", mixed, failed, count[0], count[1],
           count[2], count[3]);
    close(ends[0]);

    if (pipe(ends) != 0)
        return 1;
    static char large[300000];
    if (fork() == 0) {
        close(ends[0]);
        for (size_t i = 0; i < sizeof(large); i++)
            large[i] = (char)(i * 7 + i / 255);
        _exit(write(ends[1], large, sizeof(large)) == (long)sizeof(large) ? 0 : 1);
    }
    close(ends[1]);
    long total = 0, wrong = 0, got;
    char piece[777];
    while ((got = read(ends[0], piece, sizeof(piece))) > 0) {
        for (long i = 0; i < got; i++, total++)
            wrong += piece[i] != (char)(total * 7 + total / 255);
    }
    wait(&status);
    printf("large: %ld bytes, %ld wrong, status %d\n", total, wrong, status);
    show("after the end", got);
    return 0;
}
