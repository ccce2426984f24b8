/* SPDX-License-Identifier: Apache-2.0 */
/* The system image (abi/image.h), verified before anything of it is used. Pure. */
#pragma once
#include <stdint.h>

#include "abi/image.h"

/* NULL and a checked copy of the header, or a sentence for the operator. */
const char *image_check(const void *bytes, uint64_t size, struct image_header *header);
