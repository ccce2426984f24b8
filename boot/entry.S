/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both ways into the loader end here in 32-bit protected mode without paging: PVH (the address is
 * in an ELF note) and Multiboot2 (the ELF entry). To long mode with the first 4 GiB mapped one to
 * one, then boot_main(kind, address). Also the stubs that report an exception in the loader itself.
 */
#define MULTIBOOT2_MAGIC 0xe85250d6
#define MULTIBOOT2_ENTERED 0x36d76289
#define NOTE_PHYS32_ENTRY 18
#define COM1 0x3f8
#define COM1_STATUS 0x3fd

    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 4, NOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long pvh_entry

    .section .multiboot2, "a"
    .balign 8
multiboot2:
    .long MULTIBOOT2_MAGIC
    .long 0 /* i386 protected mode */
    .long multiboot2_end - multiboot2
    .long -(MULTIBOOT2_MAGIC + 0 + (multiboot2_end - multiboot2))
    /* modules begin at pages: the root file system can stay where it is */
    .short 6, 0
    .long 8
    /* end */
    .short 0, 0
    .long 8
multiboot2_end:

    .section .entry, "ax"
    .code32
    .global pvh_entry, multiboot2_entry
pvh_entry:
    xorl %eax, %eax
    jmp enter
multiboot2_entry:
    cmpl $MULTIBOOT2_ENTERED, %eax
    je enter
    xorl %eax, %eax
enter:
    cli
    cld
    movl $stack_top, %esp
    movl %eax, %edi
    movl %ebx, %esi
    movl $no_long_mode, %ebp
    movl $0x80000000, %eax
    cpuid
    cmpl $0x80000001, %eax
    jb fail
    movl $0x80000001, %eax
    cpuid
    btl $29, %edx /* long mode */
    jnc fail
    btl $20, %edx /* no-execute */
    jnc fail

    /* PML4[0] -> PDPT -> four tables of 2 MiB pages: 4 GiB, one to one. */
    movl $(boot_first_pdpt + 3), boot_pml4
    movl $(boot_first_tables + 3), %eax
    movl $boot_first_pdpt, %ebx
    movl $4, %ecx
1:  movl %eax, (%ebx)
    addl $4096, %eax
    addl $8, %ebx
    loop 1b
    movl $0x83, %eax
    movl $boot_first_tables, %ebx
    movl $2048, %ecx
2:  movl %eax, (%ebx)
    addl $0x200000, %eax
    addl $8, %ebx
    loop 2b

    movl $0x20, %eax /* PAE */
    movl %eax, %cr4
    movl $boot_pml4, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x900, %eax /* LME, NXE */
    wrmsr
    movl $0x80000033, %eax /* PG, NE, ET, MP, PE: caches on, write protection off */
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $8, $long_mode

/* ebp: the line to send. Nothing but COM1 is known to exist here. */
fail:
    movl $COM1_STATUS, %edx
    movl $100000, %ecx
3:  inb %dx, %al
    testb $0x20, %al
    loopz 3b
    movl $COM1, %edx
    movb (%ebp), %al
    testb %al, %al
    jz 4f
    outb %al, %dx
    incl %ebp
    jmp fail
4:  hlt
    jmp 4b

    .code64
long_mode:
    movl $16, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movl $stack_top, %esp
    xorl %ebp, %ebp
    movl %edi, %edi
    movl %esi, %esi
    call boot_main
5:  hlt
    jmp 5b

/* One stub of 16 bytes for each exception; those without an error code get a 0. */
    .balign 16
    .global boot_exception_stubs
boot_exception_stubs:
    vector = 0
    .rept 32
    .balign 16
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || \
          vector == 29 || vector == 30)
    pushq $0
    .endif
    pushq $vector
    jmp exception
    vector = vector + 1
    .endr
exception:
    popq %rdi  /* vector */
    popq %rsi  /* error code */
    popq %rdx  /* instruction */
    movq %cr2, %rcx
    andq $-16, %rsp
    call boot_exception
6:  hlt
    jmp 6b

    .section .rodata
no_long_mode:
    .asciz "hydros: this processor has no 64-bit mode with no-execute pages; use a newer one\r\n"
    .balign 8
gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 8: 64-bit code, as in start/trampoline.S */
    .quad 0x00cf93000000ffff /* 16: data */
gdt_pointer:
    .word . - gdt - 1
    .quad gdt

    .section .bss
    .balign 4096
    .global boot_pml4, boot_first_pdpt
boot_pml4:
    .skip 4096
boot_first_pdpt:
    .skip 4096
boot_first_tables:
    .skip 4 * 4096
    .skip 32768
stack_top:
    .section .note.GNU-stack, "", @progbits
