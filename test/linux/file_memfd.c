/* SPDX-License-Identifier: Apache-2.0 */
/* memfd_create and its seals. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <sys/mman.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif

static char *map_of(int fd, int protection)
{
    return mmap(NULL, 4096, protection, MAP_SHARED, fd, 0);
}

/* What was mapped before the seal, and what is mapped now, cannot be made writable. */
static void try_mappings(int fd, char *before)
{
    SHOW(mprotect(before, 4096, PROT_READ | PROT_WRITE));
    char *after = map_of(fd, PROT_READ);
    SHOW(after == MAP_FAILED);
    SHOW(mprotect(after, 4096, PROT_READ | PROT_WRITE));
}

/* A seal also holds against mprotect: of mappings made before it, and after. */
static void seals_and_mappings(void)
{
    char path[64];
    int fd = memfd_create("sealed", MFD_ALLOW_SEALING);
    sprintf(path, "/proc/self/fd/%d", fd);
    int reader = open(path, O_RDONLY);
    SHOW(ftruncate(fd, 4096));
    char *map = map_of(fd, PROT_READ);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)); /* it could still be made writable */
    SHOW(munmap(map, 4096));
    map = map_of(reader, PROT_READ);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    try_mappings(fd, map);
    fd = memfd_create("future", MFD_ALLOW_SEALING);
    SHOW(ftruncate(fd, 4096));
    map = map_of(fd, PROT_READ);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
    try_mappings(fd, map);
    SHOW(map_of(fd, PROT_READ | PROT_WRITE) == MAP_FAILED);
}

int main(void)
{
    work_start();
    char text[128] = "", path[64];
    int fd = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    SHOW(fcntl(fd, F_GETFD));
    SHOW(write(fd, "0123456789", 10));
    SHOW(lseek(fd, 0, SEEK_END));
    struct stat st;
    fstat(fd, &st);
    printf("mode %o links %ld size %ld\n", st.st_mode, (long)st.st_nlink, (long)st.st_size);
    sprintf(path, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(path, text, sizeof text - 1);
    printf("%.*s\n", (int)size, text);
    int again = open(path, O_RDONLY);
    SHOW(read(again, text, 4));
    SHOW(fcntl(fd, F_GET_SEALS));
    char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    map[0] = 'X';
    pread(fd, text, 1, 0);
    printf("%c\n", text[0]);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(munmap(map, 4096));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
    SHOW(ftruncate(fd, 5));
    SHOW(ftruncate(fd, 20));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    SHOW(ftruncate(fd, 30));
    SHOW(pwrite(fd, "abc", 3, 18));
    SHOW(pwrite(fd, "ab", 2, 18));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(pwrite(fd, "a", 1, 0));
    SHOW(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
    printf("%s\n", strerrorname_np(errno));
    map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    printf("private %d\n", map != MAP_FAILED);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    SHOW(fcntl(fd, F_GET_SEALS));
    int plain = memfd_create("plain", 0);
    SHOW(fcntl(plain, F_GET_SEALS));
    SHOW(fcntl(plain, F_ADD_SEALS, F_SEAL_GROW));
    SHOW(fcntl(plain, F_GETFD));
    SHOW(memfd_create("x", 0x8000));
    char name[300];
    memset(name, 'n', 249);
    name[249] = 0;
    SHOW(memfd_create(name, 0) >= 0);
    name[249] = 'n';
    name[250] = 0;
    SHOW(memfd_create(name, 0));
    SHOW(memfd_create((char *)8, 0));
    int pipes[2];
    pipe(pipes);
    SHOW(fcntl(pipes[0], F_GET_SEALS));
    /* As a just-in-time compiler uses it: one file, written here, executed there. */
    int code = memfd_create("code", 0);
    ftruncate(code, 8192);
    unsigned char *write_view = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, code, 0);
    int (*run)(void) = (int (*)(void))mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_SHARED, code, 0);
    memcpy(write_view, "\xb8\x2a\0\0\0\xc3", 6);
    printf("executed: %d\n", run());
    write_view[1] = 43;
    printf("executed: %d\n", run());
    seals_and_mappings();
    return 0;
}
