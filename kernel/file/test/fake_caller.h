/* SPDX-License-Identifier: Apache-2.0 */
/* The caller of the file layer in host tests. */
#pragma once
#include "file/file.h"

extern struct file_table *fake_files;
extern struct entry *fake_root, *fake_directory; /* NULL: the root */
extern uint64_t fake_file_size_max;
extern nanoseconds fake_time;
void fake_image_at(phys_addr base); /* where the image's frames stand */
