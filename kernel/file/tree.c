/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names: the tree of entries. A directory of the image is read whole at the first look into it;
 * from then on its names are in its hash, so that a name that is not there is known not to be
 * without looking twice. A removed entry lives on by its users' counts and holds its parent, so
 * `..` and getcwd stay safe.
 */
#include "file/erofs.h"
#include "file/inode.h"
#include "lib/string.h"
#include "linux/abi.h"
#include "memory/heap.h"

#define HASH_FIRST     8U
#define LINKED_BUCKETS 64 /* image inodes that have several names */

struct entry *root_entry;
struct erofs tree_image;
static struct inode *linked[LINKED_BUCKETS];

static uint32_t name_hash(const char *name, size_t size)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)name[i]) * 16777619U;
    return hash;
}

void entry_get(struct entry *entry)
{
    entry->count++;
}

static void entry_free(struct entry *entry)
{
    if (entry->name != entry->first_name)
        heap_free(entry->name);
    inode_put(entry->inode);
    heap_free(entry);
}

void entry_put(struct entry *entry)
{
    /* A loop, since the last user of a removed entry also lets go of its parent. */
    while (entry) {
        ASSERT(entry->count > 0);
        if (--entry->count || !(entry->removed || entry->transient))
            return;
        struct entry *parent = entry->parent;
        entry_free(entry);
        entry = parent;
    }
}

static struct entry *entry_new(const char *name, size_t size, struct inode *inode)
{
    struct entry *entry = heap_alloc(sizeof(*entry) + size + 1);
    if (!entry)
        return NULL;
    list_init(&entry->link);
    memcpy(entry->first_name, name, size);
    entry->name = entry->first_name;
    entry->name_size = (uint16_t)size;
    entry->hash = name_hash(name, size);
    entry->inode = inode;
    inode_get(inode);
    return entry;
}

struct entry *entry_detached(struct entry *parent, const char *name, struct inode *inode)
{
    struct entry *entry = entry_new(name, strlen(name), inode);
    if (!entry)
        return NULL;
    entry->count = 1;
    entry->transient = true;
    entry->parent = parent;
    if (parent)
        entry_get(parent);
    return entry;
}

static int hash_grow(struct inode *directory)
{
    unsigned size = directory->hash_size ? directory->hash_size * 2 : HASH_FIRST;
    struct entry **hash = heap_alloc(size * sizeof(void *));
    if (!hash)
        return directory->hash_size ? 0 : -ENOMEM; /* longer chains still work */
    struct entry *entry;
    LIST_FOR_EACH (entry, &directory->children, struct entry, link) {
        struct entry **bucket = &hash[entry->hash & (size - 1)];
        entry->hash_next = *bucket;
        *bucket = entry;
    }
    heap_free(directory->hash);
    directory->hash = hash;
    directory->hash_size = size;
    return 0;
}

/* Puts an entry that stands nowhere into a directory. */
static int entry_attach(struct entry *entry, struct entry *parent)
{
    struct inode *directory = parent->inode;
    if (directory->child_count >= directory->hash_size) {
        int error = hash_grow(directory);
        if (error)
            return error;
    }
    struct entry **bucket = &directory->hash[entry->hash & (directory->hash_size - 1)];
    entry->hash_next = *bucket;
    *bucket = entry;
    list_insert(&directory->children, &entry->link);
    entry->cookie = ++directory->next_cookie;
    entry->parent = parent;
    directory->child_count++;
    if ((entry->inode->mode & S_IFMT) == S_IFDIR)
        directory->links++;
    return 0;
}

static void entry_detach(struct entry *entry)
{
    struct inode *directory = entry->parent->inode;
    struct entry **at = &directory->hash[entry->hash & (directory->hash_size - 1)];
    while (*at != entry)
        at = &(*at)->hash_next;
    *at = entry->hash_next;
    list_remove(&entry->link);
    directory->child_count--;
    if ((entry->inode->mode & S_IFMT) == S_IFDIR)
        directory->links--;
}

/* ---- the image ---- */

static struct inode *linked_find(uint64_t origin)
{
    struct inode *inode = linked[origin % LINKED_BUCKETS];
    while (inode && inode->origin != origin)
        inode = inode->linked_next;
    return inode;
}

static char *image_link_target(const struct erofs_inode *from)
{
    if (from->size == 0 || from->size >= PATH_MAX)
        return NULL;
    char *target = heap_alloc(from->size + 1);
    uint64_t done = 0;
    while (target && done < from->size) {
        struct erofs_extent extent;
        if (erofs_extent_find(&tree_image, from, done, &extent) || !extent.data) {
            heap_free(target);
            return NULL;
        }
        memcpy(target + done, extent.data, extent.size);
        done += extent.size;
    }
    return target;
}

/* The inode of the image with this id, with a count; NULL: damaged or no memory. */
static struct inode *image_inode(uint64_t id)
{
    struct inode *inode = linked_find(id + 1);
    if (inode) {
        inode_get(inode);
        return inode;
    }
    struct erofs_inode from;
    if (erofs_inode_read(&tree_image, id, &from))
        return NULL;
    inode = inode_create(from.mode, NULL);
    if (!inode)
        return NULL;
    unsigned type = from.mode & S_IFMT;
    inode->uid = from.uid;
    inode->gid = from.gid;
    inode->device = from.device;
    inode->access_ns = inode->modify_ns = inode->change_ns = from.modify_ns;
    inode->origin = id + 1;
    if (type == S_IFREG)
        inode->image_size = from.size;
    if (type == S_IFLNK) {
        inode->target = image_link_target(&from);
        if (!inode->target) {
            inode_put(inode);
            return NULL;
        }
    }
    if (type != S_IFDIR)
        inode->links = from.links;
    if (type != S_IFDIR && from.links > 1) {
        /* Stays known for ever (this count), so all its names give the same inode. */
        inode_get(inode);
        inode->linked_next = linked[inode->origin % LINKED_BUCKETS];
        linked[inode->origin % LINKED_BUCKETS] = inode;
    }
    return inode;
}

static int fill_one(void *context, const char *name, size_t size, uint64_t id, unsigned type)
{
    struct entry *directory = context;
    struct inode *inode = image_inode(id);
    if (!inode)
        return -EIO;
    struct entry *entry = entry_new(name, size, inode);
    inode_put(inode);
    if (!entry)
        return -ENOMEM;
    int error = entry_attach(entry, directory);
    if (error)
        entry_free(entry);
    return error;
}

int directory_fill(struct entry *entry)
{
    struct inode *directory = entry->inode;
    if (directory->filled || !directory->origin)
        return 0;
    struct erofs_inode from;
    int error = erofs_inode_read(&tree_image, directory->origin - 1, &from);
    if (!error)
        error = erofs_directory_read(&tree_image, &from, fill_one, entry);
    if (error == -ENOMEM) {
        struct entry *child; /* another try later finds it empty again */
        LIST_FOR_EACH (child, &directory->children, struct entry, link) {
            entry_detach(child);
            entry_free(child);
        }
        return error;
    }
    /* What could be read of a damaged directory stays; asking again would not help. */
    directory->filled = true;
    return 0;
}

/* ---- lookup ---- */

static struct entry *hash_find(const struct inode *directory, const char *name, size_t size)
{
    if (!directory->hash_size)
        return NULL;
    uint32_t hash = name_hash(name, size);
    struct entry *entry = directory->hash[hash & (directory->hash_size - 1)];
    while (entry && (entry->hash != hash || entry->name_size != size ||
                     memcmp(entry->name, name, size) != 0))
        entry = entry->hash_next;
    return entry;
}

static int lookup_made(struct entry *directory, const char *name, size_t size, struct entry **found)
{
    char text[NAME_MAX + 1];
    memcpy(text, name, size);
    text[size] = 0;
    struct inode *inode;
    int error = directory->inode->ops->lookup(directory->inode, text, &inode);
    if (error)
        return error;
    *found = entry_detached(directory, text, inode);
    inode_put(inode);
    return *found ? 0 : -ENOMEM;
}

int entry_lookup(struct entry *directory, const char *name, size_t size, struct entry **found)
{
    struct inode *inode = directory->inode;
    if ((inode->mode & S_IFMT) != S_IFDIR)
        return -ENOTDIR;
    if (size > NAME_MAX)
        return -ENAMETOOLONG;
    if (!inode->filled && inode->origin) {
        int error = directory_fill(directory);
        if (error)
            return error;
    }
    struct entry *entry = hash_find(inode, name, size);
    if (entry) {
        entry->count++;
        *found = entry;
        return 0;
    }
    if (inode->ops && inode->ops->lookup)
        return lookup_made(directory, name, size, found);
    return -ENOENT;
}

bool directory_is_empty(struct entry *directory)
{
    struct inode *inode = directory->inode;
    return directory_fill(directory) == 0 && inode->child_count == 0 &&
           !(inode->ops && inode->ops->list);
}

bool entry_is_below(struct entry *entry, struct entry *directory)
{
    while (entry && entry != directory)
        entry = entry->parent;
    return entry != NULL;
}

/* ---- changes ---- */

int entry_create(struct entry *directory, const char *name, struct inode *inode,
                 struct entry **made)
{
    size_t size = strlen(name);
    if (size > NAME_MAX)
        return -ENAMETOOLONG;
    if (directory->removed || directory->transient)
        return -ENOENT;
    struct entry *entry;
    int error = entry_lookup(directory, name, size, &entry);
    if (error == 0) {
        entry_put(entry);
        return -EEXIST;
    }
    if (error != -ENOENT)
        return error;
    if (!tree_has_inode())
        return -ENOSPC;
    entry = entry_new(name, size, inode);
    if (!entry)
        return -ENOSPC;
    if (entry_attach(entry, directory)) {
        entry_free(entry);
        return -ENOSPC;
    }
    inode_changed(directory->inode, true);
    if (made) {
        entry_get(entry);
        *made = entry;
    }
    return 0;
}

int entry_remove(struct entry *entry)
{
    struct entry *parent = entry->parent;
    if (!parent || entry->transient || entry->removed)
        return parent ? -EPERM : -EBUSY;
    bool directory = (entry->inode->mode & S_IFMT) == S_IFDIR;
    inode_changed(parent->inode, true);
    entry_get(entry);
    entry_detach(entry);
    entry->inode->links -= directory ? 2 : 1;
    inode_changed(entry->inode, false);
    entry->removed = true;
    entry_get(parent);
    entry_put(entry);
    return 0;
}

int entry_rename(struct entry *entry, struct entry *directory, const char *name)
{
    size_t size = strlen(name);
    if (directory->removed || directory->transient)
        return -ENOENT;
    char *copy = heap_string(name);
    if (!copy)
        return -ENOSPC;
    if (directory->inode->child_count >= directory->inode->hash_size &&
        hash_grow(directory->inode)) {
        heap_free(copy);
        return -ENOSPC;
    }
    struct entry *from = entry->parent;
    entry_detach(entry);
    if (entry->name != entry->first_name)
        heap_free(entry->name);
    entry->name = copy;
    entry->name_size = (uint16_t)size;
    entry->hash = name_hash(name, size);
    ASSERT(entry_attach(entry, directory) == 0);
    inode_changed(from->inode, true);
    inode_changed(directory->inode, true);
    inode_changed(entry->inode, false);
    return 0;
}

int entry_exchange(struct entry *a, struct entry *b)
{
    /* The names stay where they are; what they name changes places. */
    struct entry *a_parent = a->parent, *b_parent = b->parent;
    char *a_name = heap_string(a->name), *b_name = heap_string(b->name);
    if (!a_name || !b_name) {
        heap_free(a_name);
        heap_free(b_name);
        return -ENOSPC;
    }
    entry_detach(a);
    entry_detach(b);
    struct entry *entries[2] = {a, b};
    char *names[2] = {b_name, a_name};
    struct entry *parents[2] = {b_parent, a_parent};
    for (unsigned i = 0; i < 2; i++) {
        struct entry *entry = entries[i];
        if (entry->name != entry->first_name)
            heap_free(entry->name);
        entry->name = names[i];
        entry->name_size = (uint16_t)strlen(names[i]);
        entry->hash = name_hash(names[i], entry->name_size);
        ASSERT(entry_attach(entry, parents[i]) == 0);
        inode_changed(entry->inode, false);
    }
    inode_changed(a_parent->inode, true);
    inode_changed(b_parent->inode, true);
    return 0;
}

/* ---- start ---- */

int tree_add(struct entry *directory, const char *name, struct inode *inode)
{
    int error = entry_create(directory, name, inode, NULL);
    return error == -EEXIST ? 0 : error;
}

int tree_link(struct entry *directory, const char *name, const char *target)
{
    struct inode *inode = inode_create_link(target);
    if (!inode)
        return -ENOMEM;
    int error = tree_add(directory, name, inode);
    inode_put(inode);
    return error;
}

struct entry *tree_directory(const char *path, uint32_t mode)
{
    struct entry *at = root_entry;
    entry_get(at);
    while (*path) {
        while (*path == '/')
            path++;
        if (!*path)
            break;
        const char *end = path;
        while (*end && *end != '/')
            end++;
        char name[NAME_MAX + 1];
        size_t size = (size_t)(end - path);
        memcpy(name, path, size);
        name[size] = 0;
        struct entry *next;
        int error = entry_lookup(at, name, size, &next);
        if (error == -ENOENT) {
            struct inode *inode = inode_create(S_IFDIR | mode, NULL);
            error = inode ? entry_create(at, name, inode, &next) : -ENOMEM;
            if (inode)
                inode_put(inode);
        }
        entry_put(at);
        if (error)
            return NULL;
        at = next;
        path = end;
    }
    return at;
}

int tree_init(const void *image, uint64_t size)
{
    static const struct {
        const char *path;
        uint32_t mode;
    } wanted[] = {{"/tmp", 01777}, {"/dev", 0755}, {"/dev/shm", 01777}, {"/proc", 0555},
                  {"/sys", 0555},  {"/run", 0755}, {"/var/tmp", 01777}, {"/root", 0700},
                  {"/etc", 0755},  {"/home", 0755}};
    struct inode *root = NULL;
    if (image) {
        int error = erofs_open(&tree_image, image, size);
        if (error)
            return error;
        root = image_inode(tree_image.root);
    } else {
        root = inode_create(S_IFDIR | 0755, NULL);
    }
    if (!root)
        return -ENOMEM;
    root_entry = entry_new("", 0, root);
    inode_put(root);
    if (!root_entry)
        return -ENOMEM;
    root_entry->count = 1;
    for (unsigned i = 0; i < COUNT_OF(wanted); i++) {
        struct entry *made = tree_directory(wanted[i].path, wanted[i].mode);
        if (!made)
            return -ENOMEM;
        entry_put(made);
    }
    return devices_init();
}
