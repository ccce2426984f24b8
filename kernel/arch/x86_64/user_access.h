/* SPDX-License-Identifier: Apache-2.0 */
/* Marks where user memory is opened and closed. Three-byte no-ops that cpu.c turns into STAC and
 * CLAC when the core has SMAP; the sites are listed in two sections. */
#pragma once

.macro USER_OPEN
771:    .byte 0x0f, 0x1f, 0x00
    .pushsection .smap_open, "a"
    .quad 771b
    .popsection
.endm
.macro USER_CLOSE
772:    .byte 0x0f, 0x1f, 0x00
    .pushsection .smap_close, "a"
    .quad 772b
    .popsection
.endm
