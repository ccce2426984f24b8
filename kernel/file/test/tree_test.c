/* SPDX-License-Identifier: Apache-2.0 */
/* The tree over an image: names, paths, copy-up, mappings, locks, descriptors; and that all memory
 * comes back. */
/* TEST-SOURCES: kernel/file/tree.c kernel/file/path.c kernel/file/open.c kernel/file/inode.c kernel/file/inode_file.c kernel/file/inode_map.c kernel/file/directory.c kernel/file/devices.c kernel/file/memfd.c kernel/file/lock.c kernel/file/file.c kernel/file/erofs.c kernel/file/test/fake_caller.c kernel/memory/page_store.c kernel/memory/user_copy.c kernel/memory/frames.c kernel/memory/heap.c kernel/memory/test/fake_arch.c kernel/memory/fault.c kernel/memory/region.c kernel/memory/pages.c kernel/memory/address_space.c */
#include <asm/errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "file/inode.h"
#include "file/test/fake_caller.h"
#include "memory/frames.h"
#include "memory/heap.h"
#include "memory/test/fake_arch.h"

#define FILE_SIZE 10000

static uint8_t *image; /* in "boot store" memory */
static phys_addr image_base;

static uint8_t content(size_t at)
{
    return (uint8_t)(at * 31 + at / 256);
}

static int setup(void **state)
{
    char work[64] = "/tmp/tree-test.XXXXXX", command[1024], path[128];
    if (!mkdtemp(work))
        return -1;
    snprintf(path, sizeof(path), "%s/file", work);
    snprintf(command, sizeof(command),
             "mkdir -p %s/root/usr/lib %s/root/tmp && cd %s/root && ln -s usr/lib lib && "
             "ln -s loop loop && echo hello > usr/lib/small && ln usr/lib/small usr/lib/second",
             work, work, work);
    if (system(command) != 0)
        return -1;
    snprintf(path, sizeof(path), "%s/root/usr/lib/big", work);
    FILE *file = fopen(path, "w");
    for (size_t i = 0; i < FILE_SIZE; i++)
        fputc(content(i), file);
    fclose(file);
    snprintf(command, sizeof(command),
             "cd %s && mkfs.erofs -E noinline_data --quiet image root > /dev/null 2>&1", work);
    if (system(command) != 0)
        return -1;
    fake_memory_start(8);
    image_base = fake_store_start(64);
    image = direct_pointer(image_base);
    snprintf(path, sizeof(path), "%s/image", work);
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, image, 64 * PAGE_SIZE);
    close(fd);
    snprintf(command, sizeof(command), "rm -rf %s", work);
    if (size <= 0 || system(command) != 0)
        return -1;
    fake_image_at(image_base);
    if (tree_init(image, (uint64_t)size) != 0)
        return -1;
    fake_files = file_table_create();
    return fake_files ? 0 : -1;
}

static struct file *opened(const char *path, int flags)
{
    struct file *file = NULL;
    assert_int_equal(path_open(AT_FDCWD, path, (unsigned)flags, 0644, &file), 0);
    return file;
}

static int open_error(const char *path, int flags)
{
    struct file *file = NULL;
    int error = path_open(AT_FDCWD, path, (unsigned)flags, 0644, &file);
    if (!error)
        file_put(file);
    return error;
}

static long put_bytes(struct file *file, const void *bytes, size_t size, int64_t at)
{
    struct io io;
    io_kernel(&io, (void *)(uintptr_t)bytes, size);
    return file_write(file, &io, &at);
}

static void paths_lead_where_they_should(void **state)
{
    char path[PATH_BUFFER];
    struct path_result found;
    assert_int_equal(path_find(AT_FDCWD, "/lib//../lib/./big", 0, &found), 0);
    assert_int_equal(entry_path(found.entry, path, sizeof(path)), strlen("/usr/lib/big"));
    assert_string_equal(path, "/usr/lib/big");
    path_release(&found);
    assert_int_equal(path_find(AT_FDCWD, "loop", 0, &found), -ELOOP);
    assert_int_equal(path_find(AT_FDCWD, "loop", PATH_NO_FOLLOW, &found), 0);
    path_release(&found);
    assert_int_equal(path_find(AT_FDCWD, "/usr/lib/big/", 0, &found), -ENOTDIR);
    assert_int_equal(path_find(AT_FDCWD, "/usr/none/x", PATH_CREATE, &found), -ENOENT);
    assert_int_equal(path_find(AT_FDCWD, "/usr/none", PATH_CREATE, &found), 0);
    assert_null(found.entry);
    assert_string_equal(found.name, "none");
    path_release(&found);
    assert_int_equal(path_find(7, "x", 0, &found), -EBADF);
    assert_int_equal(path_find(AT_FDCWD, "", 0, &found), -ENOENT);
    memset(path, 'n', 300);
    path[300] = 0;
    assert_int_equal(path_find(AT_FDCWD, path, 0, &found), -ENAMETOOLONG);
    assert_int_equal(path_find(AT_FDCWD, "/../..", 0, &found), 0);
    assert_ptr_equal(found.entry, root_entry);
    path_release(&found);
}

static void names_of_one_inode_share_it(void **state)
{
    struct file *first = opened("/usr/lib/small", O_RDWR),
                *second = opened("/usr/lib/second", O_RDONLY);
    char text[8] = "";
    assert_ptr_equal(first->inode, second->inode);
    assert_int_equal(first->inode->links, 2);
    assert_int_equal(put_bytes(first, "J", 1, 0), 1);
    assert_int_equal(file_read_kernel(second, text, sizeof(text), 0), 6);
    assert_string_equal(text, "Jello\n");
    file_put(first);
    file_put(second);
}

static void mapped_pages_are_the_images_own(void **state)
{
    struct file *file = opened("/usr/lib/big", O_RDONLY);
    struct memory_object *object, *again;
    size_t before = frames_free();
    assert_int_equal(file->ops->map(file, false, true, &object), 0);
    assert_int_equal(file->ops->map(file, true, false, &again), 0);
    assert_ptr_equal(object, again);
    for (unsigned page = 0; page < 3; page++) {
        phys_addr frame;
        assert_int_equal(object->ops->page(object, page, false, &frame), 0);
        const uint8_t *bytes = direct_pointer(frame);
        for (size_t i = 0; i < PAGE_SIZE; i++) {
            size_t at = page * PAGE_SIZE + i;
            assert_int_equal(bytes[i], at < FILE_SIZE ? content(at) : 0);
        }
        assert_int_equal(frame >= image_base && frame < image_base + 64 * PAGE_SIZE, page < 2);
        frame_put(frame);
    }
    phys_addr frame;
    assert_int_equal(object->ops->page(object, 3, false, &frame), -EFAULT);
    char name[64];
    assert_string_equal(object->name(object, name, sizeof(name)), "/usr/lib/big");
    memory_object_put(object);
    memory_object_put(again);
    assert_int_equal(frames_free(), before);
    file_put(file);
}

static void first_write_copies_up(void **state)
{
    struct file *file = opened("/usr/lib/big", O_RDWR);
    static uint8_t bytes[FILE_SIZE + 100];
    assert_int_equal(file_read_kernel(file, bytes, sizeof(bytes), 0), FILE_SIZE);
    for (size_t i = 0; i < FILE_SIZE; i++)
        assert_int_equal(bytes[i], content(i));
    uint64_t used = tree_pages_used();
    assert_int_equal(put_bytes(file, "changed", 7, 5000), 7);
    assert_int_equal(tree_pages_used(), used + 3);
    assert_int_equal(file_read_kernel(file, bytes, sizeof(bytes), 0), FILE_SIZE);
    assert_memory_equal(bytes + 5000, "changed", 7);
    assert_int_equal(bytes[4999], content(4999));
    assert_int_equal(bytes[5007], content(5007));
    assert_int_equal(file->ops->truncate(file, 100), 0);
    assert_int_equal(tree_pages_used(), used + 1);
    assert_int_equal(file->ops->truncate(file, 200), 0);
    assert_int_equal(file_read_kernel(file, bytes, sizeof(bytes), 50), 150);
    assert_int_equal(bytes[49], content(99));
    assert_int_equal(bytes[50], 0);
    file_put(file);
}

static void opening_is_refused_as_it_should(void **state)
{
    assert_int_equal(open_error("/usr", O_RDWR), -EISDIR);
    assert_int_equal(open_error("/usr/lib/big", O_CREAT | O_EXCL), -EEXIST);
    assert_int_equal(open_error("/loop", O_RDONLY | O_NOFOLLOW), -ELOOP);
    assert_int_equal(open_error("/new/", O_RDWR | O_CREAT), -EISDIR);
    assert_int_equal(open_error("/usr/lib/big", O_DIRECTORY), -ENOTDIR);
    assert_int_equal(open_error("/tmp", 020200000 | O_RDWR), 0);
}

/* The tree grows and shrinks by a model of names in a few directories. */
static void names_come_and_go(void **state)
{
    enum { DIRECTORIES = 4, NAMES = 200 };
    static bool there[DIRECTORIES][NAMES];
    struct entry *directories[DIRECTORIES];
    char name[32];
    srand(11);
    for (unsigned i = 0; i < DIRECTORIES; i++) {
        snprintf(name, sizeof(name), "/tmp/d%u", i);
        directories[i] = tree_directory(name, 0755);
        assert_non_null(directories[i]);
    }
    uint64_t used = tree_pages_used();
    for (int step = 0; step < 20000; step++) {
        unsigned directory = (unsigned)rand() % DIRECTORIES, number = (unsigned)rand() % NAMES;
        snprintf(name, sizeof(name), "name%u", number);
        struct entry *entry = NULL;
        int error = entry_lookup(directories[directory], name, strlen(name), &entry);
        assert_int_equal(error, there[directory][number] ? 0 : -ENOENT);
        if (error) {
            struct file *file;
            char path[64];
            snprintf(path, sizeof(path), "/tmp/d%u/%s", directory, name);
            assert_int_equal(path_open(AT_FDCWD, path, O_CREAT | O_EXCL | O_RDWR, 0644, &file), 0);
            if (number % 16 == 0)
                assert_int_equal(put_bytes(file, "x", 1, 0), 1);
            file_put(file);
            there[directory][number] = true;
        } else if (rand() % 2) {
            assert_int_equal(entry_remove(entry), 0);
            there[directory][number] = false;
            entry_put(entry);
        } else {
            unsigned to = (unsigned)rand() % DIRECTORIES, other = (unsigned)rand() % NAMES;
            snprintf(name, sizeof(name), "name%u", other);
            if (!there[to][other]) {
                assert_int_equal(entry_rename(entry, directories[to], name), 0);
                there[directory][number] = false;
                there[to][other] = true;
            }
            entry_put(entry);
        }
    }
    for (unsigned i = 0; i < DIRECTORIES; i++) {
        for (unsigned number = 0; number < NAMES; number++) {
            struct entry *entry;
            snprintf(name, sizeof(name), "name%u", number);
            if (entry_lookup(directories[i], name, strlen(name), &entry) == 0) {
                assert_int_equal(entry_remove(entry), 0);
                entry_put(entry);
            }
        }
        assert_true(directory_is_empty(directories[i]));
        assert_int_equal(directories[i]->inode->links, 2);
        assert_int_equal(entry_remove(directories[i]), 0);
        entry_put(directories[i]);
    }
    assert_int_equal(tree_pages_used(), used);
}

struct counting_sink {
    struct directory_sink sink;
    unsigned room, count;
};

static bool count_add(struct directory_sink *sink, const char *name, size_t size, uint64_t inode,
                      unsigned type)
{
    struct counting_sink *counting = CONTAINER_OF(sink, struct counting_sink, sink);
    if (counting->count == counting->room)
        return false;
    counting->count++;
    return true;
}

static void listing_survives_removal(void **state)
{
    struct entry *directory = tree_directory("/tmp/list", 0755);
    char path[64];
    for (unsigned i = 0; i < 50; i++) {
        snprintf(path, sizeof(path), "/tmp/list/%u", i);
        file_put(opened(path, O_CREAT | O_RDWR));
    }
    int64_t position = 0;
    unsigned total = 0;
    for (;;) {
        struct counting_sink counting = {.sink = {.add = count_add}, .room = 7};
        assert_int_equal(directory_list(directory, &position, &counting.sink), 0);
        if (!counting.count)
            break;
        total += counting.count;
        if (total <= 50) { /* what was listed goes */
            for (unsigned i = 0; i + 2 < total; i++) {
                struct entry *entry;
                snprintf(path, sizeof(path), "%u", i);
                if (entry_lookup(directory, path, strlen(path), &entry) == 0) {
                    assert_int_equal(entry_remove(entry), 0);
                    entry_put(entry);
                }
            }
        }
    }
    assert_int_equal(total, 52);
    entry_put(directory);
}

/* Locks of three owners against an array of bytes. */
static void locks_are_like_an_array(void **state)
{
    enum { BYTES = 64, OWNERS = 3 };
    static uint8_t model[OWNERS][BYTES]; /* 0 none, 1 shared, 2 exclusive */
    struct inode *inode = inode_create(0100644, NULL);
    int owners[OWNERS];
    srand(5);
    for (int step = 0; step < 20000; step++) {
        unsigned owner = (unsigned)rand() % OWNERS, start = (unsigned)rand() % BYTES,
                 size = 1 + (unsigned)rand() % 20;
        unsigned end = start + size > BYTES ? BYTES : start + size, what = (unsigned)rand() % 3;
        struct lock_request request = {.kind = LOCK_POSIX,
                                       .owner = &owners[owner],
                                       .pid = 1,
                                       .exclusive = what == 2,
                                       .start = start,
                                       .end = end - 1};
        bool free = true;
        for (unsigned other = 0; other < OWNERS; other++) {
            for (unsigned i = start; i < end && other != owner; i++)
                free = free && !(model[other][i] && (model[other][i] == 2 || what == 2));
        }
        if (what == 0) {
            assert_int_equal(lock_clear(inode, &request), 0);
        } else {
            struct lock_request against;
            assert_int_equal(lock_test(inode, &request, &against), !free);
            assert_int_equal(lock_set(inode, &request, false), free ? 0 : -EAGAIN);
            if (!free)
                continue;
        }
        memset(&model[owner][start], (int)what, end - start);
    }
    for (unsigned owner = 0; owner < OWNERS; owner++)
        lock_drop_owner(inode, &owners[owner]);
    assert_null(inode->locks);
    inode_put(inode);
}

static void descriptors_are_the_lowest(void **state)
{
    struct file *file = opened("/dev/null", O_RDWR);
    for (int i = 0; i < 200; i++) {
        file_get(file);
        assert_int_equal(fd_install(file, 0, false), i);
    }
    assert_int_equal(fd_close(17), 0);
    assert_int_equal(fd_close(17), -EBADF);
    assert_int_equal(fd_close(5), 0);
    file_get(file);
    assert_int_equal(fd_install(file, 10, true), 17);
    file_get(file);
    assert_int_equal(fd_install(file, 0, false), 5);
    file_get(file);
    assert_int_equal(fd_install(file, 0, false), 200);
    file_get(file);
    assert_int_equal(fd_replace(900, file, false), 900);
    struct file_table *copy = file_table_copy(fake_files);
    file_table_exec(copy);
    assert_null(copy->slots[17].file);
    file_table_put(copy);
    assert_int_equal(file->count, 203);
    file_table_put(fake_files);
    assert_int_equal(file->count, 1);
    fake_files = file_table_create();
    file_put(file);
}

static void full_tree_says_so(void **state)
{
    struct file *file = opened("/tmp/full", O_CREAT | O_RDWR);
    static uint8_t bytes[65536];
    int64_t at = 0;
    long done;
    while ((done = put_bytes(file, bytes, sizeof(bytes), at)) > 0)
        at += done;
    assert_int_equal(done, -ENOSPC);
    assert_in_range(tree_pages_used(), tree_pages_limit() - 1, tree_pages_limit());
    assert_int_equal(inode_truncate(file->inode, 0), 0);
    assert_int_equal(put_bytes(file, bytes, 10, 0), 10);
    assert_int_equal(put_bytes(file, bytes, 10, 1L << 40), -EFBIG);
    file_put(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_lead_where_they_should),
        cmocka_unit_test(names_of_one_inode_share_it),
        cmocka_unit_test(mapped_pages_are_the_images_own),
        cmocka_unit_test(first_write_copies_up),
        cmocka_unit_test(opening_is_refused_as_it_should),
        cmocka_unit_test(names_come_and_go),
        cmocka_unit_test(listing_survives_removal),
        cmocka_unit_test(locks_are_like_an_array),
        cmocka_unit_test(descriptors_are_the_lowest),
        cmocka_unit_test(full_tree_says_so),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
