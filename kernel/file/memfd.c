/* SPDX-License-Identifier: Apache-2.0 */
/* memfd_create(2): regular files without a name in the tree, and their seals. */
#include <linux/fcntl.h>
#include <linux/memfd.h>

#include "file/inode.h"
#include "file/inode_map.h"
#include "lib/string.h"
#include "linux/abi.h"

#define NAME_PREFIX "memfd:"
#define SEALS_ALL   (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)
/* Newer than our headers: whether the file may become executable. Files here always may. */
#define FLAG_NOEXEC_SEAL 8U
#define FLAG_EXEC        16U

int memfd_create(const char *name, unsigned flags, struct file **file)
{
    char full[NAME_MAX + 1];
    if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | FLAG_NOEXEC_SEAL | FLAG_EXEC))
        return -EINVAL;
    if (strlen(name) > NAME_MAX - strlen(NAME_PREFIX))
        return -EINVAL;
    string_copy(full, NAME_PREFIX, sizeof(full));
    string_copy(full + strlen(NAME_PREFIX), name, sizeof(full) - strlen(NAME_PREFIX));
    struct inode *inode = inode_create(S_IFREG | 0777, NULL);
    if (!inode)
        return -ENOMEM;
    inode->file_system = FS_MEMFD;
    inode->links = 0;
    inode->seals = flags & (MFD_ALLOW_SEALING | FLAG_NOEXEC_SEAL) ? 0 : F_SEAL_SEAL;
    struct entry *entry = entry_detached(NULL, full, inode);
    int error = entry ? inode_open(inode, entry, O_RDWR | O_LARGEFILE, file) : -ENOMEM;
    inode_put(inode);
    if (entry)
        entry_put(entry);
    return error;
}

int memfd_seal(struct inode *inode, unsigned seals)
{
    if (inode->seals == SEALS_NONE || (seals & ~SEALS_ALL))
        return -EINVAL;
    if (inode->seals & F_SEAL_SEAL)
        return -EPERM;
    if ((seals & F_SEAL_WRITE) && !inode_is_sealed(inode, F_SEAL_WRITE) &&
        inode_is_mapped_writable(inode))
        return -EBUSY;
    inode->seals |= seals;
    return 0;
}
