/* SPDX-License-Identifier: Apache-2.0 */
/* The vDSO (vdso/), as built: vdso.c copies it into the page that programs see. */
    .section .rodata
    .globl vdso_image, vdso_image_end
    .balign 16
vdso_image:
    .incbin "build/vdso/vdso.so"
vdso_image_end:
    .section .note.GNU-stack, "", @progbits
