/* SPDX-License-Identifier: Apache-2.0 */
/* Images made by mkfs.erofs from a directory, read back and compared with it: every layout without
 * compression. */
/* TEST-SOURCES: kernel/file/erofs.c */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "file/erofs.h"

static char work[64];
static struct erofs fs;
static unsigned names_seen;

static void make_file(const char *name, size_t size, unsigned seed)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/src/%s", work, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < size; i++)
        fputc(seed ? (int)((i * 2654435761U + seed) >> 8 & 0xff) : 0, file);
    fclose(file);
}

static int setup(void **state)
{
    char path[256];
    strcpy(work, "/tmp/erofs-test.XXXXXX");
    if (!mkdtemp(work))
        return -1;
    snprintf(path, sizeof(path), "%s/src", work);
    mkdir(path, 0755);
    static const size_t sizes[] = {0, 1, 100, 4000, 4095, 4096, 4097, 8192, 10000, 70000, 300001};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        char name[32];
        snprintf(name, sizeof(name), "file%zu", sizes[i]);
        make_file(name, sizes[i], 5);
    }
    make_file("zeros", 50000, 0);
    char command[1024];
    snprintf(command, sizeof(command),
             "cd %s/src && ln -s file1 link && ln file100 hard && mkfifo fifo && chmod 4751 "
             "file4000 && mkdir -p a/b/c many "
             "&& ln -s /a/very/long/target/$(printf %%01000d 7) long && echo x > a/b/c/deep && "
             "touch -d @123456789 file1 && "
             "chown 70000:80000 file8192 2> /dev/null; for i in $(seq 700); do echo $i > "
             "many/a-name-that-is-somewhat-long-$i; done",
             work);
    return system(command);
}

static int teardown(void **state)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", work);
    return system(command);
}

static void read_all(const struct erofs_inode *inode, char *to)
{
    for (uint64_t done = 0; done < inode->size;) {
        struct erofs_extent extent;
        assert_int_equal(erofs_extent_find(&fs, inode, done, &extent), 0);
        assert_true(extent.size > 0 && extent.size <= inode->size - done);
        if (extent.data)
            memcpy(to + done, extent.data, extent.size);
        else
            memset(to + done, 0, extent.size);
        done += extent.size;
    }
}

static int compare_one(void *context, const char *name, size_t size, uint64_t id, unsigned type)
{
    const char *directory = context;
    char path[512];
    struct stat stat;
    struct erofs_inode inode;
    names_seen++;
    snprintf(path, sizeof(path), "%s/%.*s", directory, (int)size, name);
    assert_int_equal(lstat(path, &stat), 0);
    assert_int_equal(erofs_inode_read(&fs, id, &inode), 0);
    assert_int_equal(inode.mode, stat.st_mode);
    assert_int_equal(inode.uid, stat.st_uid);
    assert_int_equal(inode.gid, stat.st_gid);
    assert_int_equal(type, (stat.st_mode & S_IFMT) >> 12);
    if (!S_ISDIR(stat.st_mode))
        assert_int_equal(inode.links, stat.st_nlink);
    if (S_ISREG(stat.st_mode) || S_ISLNK(stat.st_mode)) {
        assert_int_equal(inode.size, stat.st_size);
        char *ours = calloc(1, inode.size + 1), *theirs = calloc(1, inode.size + 1);
        read_all(&inode, ours);
        if (S_ISLNK(stat.st_mode)) {
            assert_int_equal(readlink(path, theirs, inode.size), inode.size);
        } else {
            int fd = open(path, O_RDONLY);
            assert_int_equal(read(fd, theirs, inode.size), inode.size);
            close(fd);
        }
        assert_memory_equal(ours, theirs, inode.size);
        free(ours);
        free(theirs);
    }
    if (S_ISDIR(stat.st_mode))
        assert_int_equal(erofs_directory_read(&fs, &inode, compare_one, path), 0);
    return 0;
}

static void compare_image(const char *options)
{
    char command[1024], path[128], source[128];
    snprintf(path, sizeof(path), "%s/image", work);
    snprintf(source, sizeof(source), "%s/src", work);
    snprintf(command, sizeof(command), "rm -f %s; mkfs.erofs --quiet %s %s %s > /dev/null 2>&1",
             path, options, path, source);
    assert_int_equal(system(command), 0);
    int fd = open(path, O_RDONLY);
    struct stat stat;
    assert_int_equal(fstat(fd, &stat), 0);
    void *image = malloc((size_t)stat.st_size);
    assert_int_equal(read(fd, image, (size_t)stat.st_size), stat.st_size);
    close(fd);
    assert_int_equal(erofs_open(&fs, image, (uint64_t)stat.st_size), 0);
    struct erofs_inode root;
    assert_int_equal(erofs_inode_read(&fs, fs.root, &root), 0);
    names_seen = 0;
    assert_int_equal(erofs_directory_read(&fs, &root, compare_one, source), 0);
    assert_int_equal(names_seen, 11 + 1 + 4 + 2 + 3 + 700);
    free(image);
}

static void inline_tails(void **state)
{
    compare_image("");
}

static void plain_blocks(void **state)
{
    compare_image("-E noinline_data");
}

static void extended_inodes(void **state)
{
    compare_image("-E force-inode-extended");
}

static void compact_inodes(void **state)
{
    compare_image("-x -1 --ignore-mtime");
}

static void small_chunks(void **state)
{
    compare_image("--chunksize=4096");
}

static void large_chunks(void **state)
{
    compare_image("--chunksize=65536 -E force-chunk-indexes");
}

static void no_image_is_refused(void **state)
{
    static uint8_t bytes[8192];
    assert_int_not_equal(erofs_open(&fs, bytes, sizeof(bytes)), 0);
    assert_int_not_equal(erofs_open(&fs, bytes, 100), 0);
    assert_int_not_equal(erofs_open(&fs, bytes, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inline_tails),        cmocka_unit_test(plain_blocks),
        cmocka_unit_test(extended_inodes),     cmocka_unit_test(compact_inodes),
        cmocka_unit_test(small_chunks),        cmocka_unit_test(large_chunks),
        cmocka_unit_test(no_image_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
