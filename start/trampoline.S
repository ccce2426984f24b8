/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From real mode to a kernel's entry. Runs at TRAMPOLINE_PHYS, never where it is linked. CR3 can
 * only be loaded with 32 bits before long mode, and a partition may lie above 4 GiB: so the core
 * first uses low_table (in the boot store), then the partition's own tables. It touches no memory
 * but this page and writes nothing but the mark of a core that was not meant.
 */
#define PLACE 0x8000 /* TRAMPOLINE_PHYS, without the suffix that the assembler cannot read */
#define PARKED_OFFSET 0xff0 /* start/trampoline.h */
#define AT(label) (PLACE + (label - trampoline_begin))

#define CR0_PE_MP_ET_NE_WP_PG 0x80010033
#define CR4_PAE_MCE 0x60
#define MSR_EFER 0xc0000080
#define EFER_LME_NXE 0x900
#define EFER_NXE_BIT 11
#define MSR_MCG_STATUS 0x17a
#define CPUID_MCE_MCA 0x4080
#define CPUID_TOPOLOGY 0xb

    .section .rodata.trampoline, "a"
    .balign 16
    .global trampoline_begin, trampoline_long, trampoline_values, trampoline_end
    .code16
trampoline_begin:
    cli
    cld
    xorw %ax, %ax
    movw %ax, %ds
    /* For one core only. Another one may have an old INIT or start pending, and come in at any time
     * after something kept it from running: it stops here. Its number: SDM 3A 9.4.6, CPUID.0Bh. */
    xorl %eax, %eax
    cpuid
    cmpl $CPUID_TOPOLOGY, %eax
    jb 1f
    movl $CPUID_TOPOLOGY, %eax
    xorl %ecx, %ecx
    cpuid
    testl %ebx, %ebx
    jnz 2f
1:  movl $1, %eax
    cpuid
    shrl $24, %ebx
    movl %ebx, %edx
2:  cmpl AT(trampoline_values) + 32, %edx
    jne park
    movl $CR4_PAE_MCE, %eax
    movl %eax, %cr4
    movl AT(trampoline_values), %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    movl $EFER_LME_NXE, %eax
    xorl %edx, %edx
    wrmsr
    lgdtl AT(gdt_pointer)
    /* Protection and paging at once: straight into long mode, caches on. */
    movl $CR0_PE_MP_ET_NE_WP_PG, %eax
    movl %eax, %cr0
    ljmpl $8, $AT(trampoline_long)

park:
    movl %edx, PLACE + PARKED_OFFSET
3:  hlt
    jmp 3b

    .code64
    .balign 16
trampoline_long:
    movl $PLACE, %ebx
    lgdt (gdt_pointer - trampoline_begin)(%rbx)
    movl $16, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    /* What the boot core did not do on its way here: NXE before tables that use it, and WP. */
    movl $MSR_EFER, %ecx
    rdmsr
    btsl $EFER_NXE_BIT, %eax
    wrmsr
    movl $CR0_PE_MP_ET_NE_WP_PG, %eax
    movq %rax, %cr0
    movl $CR4_PAE_MCE, %eax
    movq %rax, %cr4
    movq (trampoline_values + 16 - trampoline_begin)(%rbx), %rsi
    movq (trampoline_values + 24 - trampoline_begin)(%rbx), %rdi
    movq (trampoline_values + 8 - trampoline_begin)(%rbx), %rax
    movq %rax, %cr3
    /* INIT keeps a machine check "in progress": the next one would then reset the machine. */
    movl $1, %eax
    xorl %ecx, %ecx
    cpuid
    andl $CPUID_MCE_MCA, %edx
    cmpl $CPUID_MCE_MCA, %edx
    jne 1f
    movl $MSR_MCG_STATUS, %ecx
    xorl %eax, %eax
    xorl %edx, %edx
    wrmsr
1:  xorl %esp, %esp
    xorl %ebp, %ebp
    jmp *%rsi

    .balign 8
gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 8: 64-bit code, ring 0 */
    .quad 0x00cf93000000ffff /* 16: data, ring 0 */
gdt_pointer:
    .word . - gdt - 1
    .long AT(gdt)
    .long 0 /* the upper half that lgdt reads in 64-bit mode */
    .balign 8
trampoline_values:
    .quad 0, 0, 0, 0
    .long -1
trampoline_end:
    .section .note.GNU-stack, "", @progbits
