/* SPDX-License-Identifier: Apache-2.0 */
/* The vDSO is a shared object with the right name and functions, and these answer as the calls do.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const Elf64_Sym *symbols;
static const char *names;
static const uint16_t *versions;
static const uint32_t *hash;
static uintptr_t base;

static void *find(const char *name)
{
    for (uint32_t i = 0; hash && i < hash[1]; i++) {
        if (strcmp(names + symbols[i].st_name, name) == 0 && symbols[i].st_shndx != 0)
            return (void *)(base + symbols[i].st_value);
    }
    return NULL;
}

int main(void)
{
    alarm(20);
    base = getauxval(AT_SYSINFO_EHDR);
    const Elf64_Ehdr *header = (const void *)base;
    printf("there: %d, page-aligned %d\n", base != 0, base % 4096 == 0);
    if (base == 0)
        return 1;
    printf("ELF: %d, x86-64 %d, shared object %d\n", memcmp(header->e_ident, ELFMAG, 4) == 0,
           header->e_machine == EM_X86_64, header->e_type == ET_DYN);
    const Elf64_Phdr *segments = (const void *)(base + header->e_phoff);
    const Elf64_Dyn *dynamic = NULL;
    const char *own_name = NULL;
    uint64_t name_offset = 0;
    int gnu_hash = 0, definitions = 0;
    for (int i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_DYNAMIC)
            dynamic = (const void *)(base + segments[i].p_offset);
    }
    for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
        uintptr_t at = base + dynamic->d_un.d_ptr;
        if (dynamic->d_tag == DT_STRTAB)
            names = (const char *)at;
        else if (dynamic->d_tag == DT_SYMTAB)
            symbols = (const void *)at;
        else if (dynamic->d_tag == DT_HASH)
            hash = (const void *)at;
        else if (dynamic->d_tag == DT_VERSYM)
            versions = (const void *)at;
        else if (dynamic->d_tag == DT_SONAME)
            name_offset = dynamic->d_un.d_val;
        gnu_hash |= dynamic->d_tag == DT_GNU_HASH;
        definitions |= dynamic->d_tag == DT_VERDEF;
    }
    own_name = names + name_offset;
    printf("name: %s, versions %d %d, a hash table %d\n", own_name, versions != NULL, definitions,
           hash != NULL || gnu_hash);
    /* Newer kernels leave the old hash table out; the functions are then looked for by the C
     * library only. */
    static const char *const wanted[] = {"__vdso_clock_gettime", "__vdso_gettimeofday",
                                         "__vdso_time", "__vdso_clock_getres", "__vdso_getcpu"};
    for (int i = 0; i < 5; i++)
        printf("%s: %d\n", wanted[i], hash == NULL || find(wanted[i]) != NULL);
    int (*gettime)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *))find("__vdso_clock_gettime");
    if (gettime == NULL)
        gettime = clock_gettime;
    struct timespec a, b, c;
    int wrong = 0;
    for (int i = 0; i < 500; i++) {
        clockid_t clock = i % 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
        syscall(SYS_clock_gettime, clock, &a);
        gettime(clock, &b);
        syscall(SYS_clock_gettime, clock, &c);
        int64_t first = a.tv_sec * 1000000000LL + a.tv_nsec,
                middle = b.tv_sec * 1000000000LL + b.tv_nsec,
                last = c.tv_sec * 1000000000LL + c.tv_nsec;
        wrong += middle < first || middle > last;
    }
    printf("between two calls: wrong %d\n", wrong);
    printf("other clocks: %d\n", gettime(CLOCK_PROCESS_CPUTIME_ID, &a));
    unsigned cpu = 77;
    long result = syscall(SYS_getcpu, &cpu, NULL, NULL);
    printf("getcpu: %ld, in range %d\n", result, cpu < 64);
    return 0;
}
