/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/linux/elf.c */
/* Programs that must be taken, with the numbers that exec then uses, and one broken field at a
 * time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>
#include <errno.h>

#include "linux/elf.h"

static Elf64_Ehdr header;
static Elf64_Phdr entries[8];
static struct elf_program program;

static void good_program(void)
{
    memset(&header, 0, sizeof(header));
    memset(entries, 0, sizeof(entries));
    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_DYN;
    header.e_machine = EM_X86_64;
    header.e_entry = 0x1040;
    header.e_phoff = sizeof(header);
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 4;
    entries[0] =
        (Elf64_Phdr){.p_type = PT_INTERP, .p_offset = 0x318, .p_filesz = 28, .p_memsz = 28};
    entries[1] = (Elf64_Phdr){.p_type = PT_LOAD,
                              .p_flags = PF_R | PF_X,
                              .p_filesz = 0x1800,
                              .p_memsz = 0x1800,
                              .p_align = 0x1000};
    entries[2] = (Elf64_Phdr){.p_type = PT_LOAD,
                              .p_flags = PF_R | PF_W,
                              .p_offset = 0x1e00,
                              .p_vaddr = 0x2e00,
                              .p_filesz = 0x200,
                              .p_memsz = 0x1300,
                              .p_align = 0x200000};
    entries[3] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W};
}

static int parse(void)
{
    int error = elf_read_header(&header, sizeof(header), &program);
    return error ? error : elf_read_entries(entries, sizeof(entries), &program);
}

static void a_good_program(void **state)
{
    good_program();
    assert_int_equal(parse(), 0);
    assert_true(program.anywhere);
    assert_int_equal(program.entry, 0x1040);
    assert_int_equal(program.segment_count, 2);
    assert_int_equal(program.low, 0);
    assert_int_equal(program.high, 0x5000);
    assert_int_equal(program.alignment, 0x200000);
    assert_int_equal(program.interpreter_offset, 0x318);
    assert_int_equal(program.interpreter_size, 28);
    assert_int_equal(program.headers_address, 64);
    assert_false(program.stack_executable);
    assert_int_equal(program.segments[1].flags, ELF_READ | ELF_WRITE);
}

static void this_very_program(void **state)
{
    static uint8_t bytes[65536];
    FILE *file = fopen("/proc/self/exe", "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    assert_int_equal(elf_read_header(bytes, size, &program), 0);
    assert_int_equal(
        elf_read_entries(bytes + program.headers_offset, size - program.headers_offset, &program),
        0);
    assert_in_range(program.segment_count, 2, 8);
    assert_int_not_equal(program.interpreter_size, 0);
}

#define BREAKS(statement)                                                                          \
    do {                                                                                           \
        good_program();                                                                            \
        statement;                                                                                 \
        assert_int_equal(parse(), -ENOEXEC);                                                       \
    } while (0)

static void broken_headers(void **state)
{
    BREAKS(header.e_ident[0] = 0);
    BREAKS(header.e_ident[EI_CLASS] = ELFCLASS32);
    BREAKS(header.e_ident[EI_DATA] = ELFDATA2MSB);
    BREAKS(header.e_type = ET_REL);
    BREAKS(header.e_machine = EM_AARCH64);
    BREAKS(header.e_phentsize = 32);
    BREAKS(header.e_phnum = 0);
    BREAKS(header.e_phnum = ELF_ENTRIES_MAX + 1);
    BREAKS(header.e_phoff = UINT64_MAX - 8);
    BREAKS(header.e_entry = UINT64_MAX);
    good_program();
    assert_int_equal(elf_read_header(&header, sizeof(header) - 1, &program), -ENOEXEC);
    assert_int_equal(elf_read_header(&header, sizeof(header), &program), 0);
    assert_int_equal(elf_read_entries(entries, 4 * ELF_ENTRY_SIZE - 1, &program), -ENOEXEC);
}

static void broken_segments(void **state)
{
    BREAKS(entries[2].p_filesz = entries[2].p_memsz + 1);
    BREAKS(entries[2].p_offset++);
    BREAKS(entries[2].p_vaddr = 0x1600; entries[2].p_offset = 0x600); /* within the one before */
    BREAKS(entries[2].p_memsz = UINT64_MAX);
    BREAKS(entries[2].p_memsz = 1UL << 47);
    BREAKS(entries[2].p_offset = (1UL << 63) + 0xe00);
    BREAKS(entries[1].p_type = entries[2].p_type = PT_NULL);
    BREAKS(header.e_type = ET_EXEC); /* at address 0 */
    BREAKS(entries[0].p_filesz = 1);
    BREAKS(entries[0].p_filesz = 5000);
    BREAKS(entries[3] = entries[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_program),
        cmocka_unit_test(this_very_program),
        cmocka_unit_test(broken_headers),
        cmocka_unit_test(broken_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
