/* SPDX-License-Identifier: Apache-2.0 */
/* The black box: what node 0 keeps of the burials in the others' pages. */
/* TEST-SOURCES: kernel/node/death.c kernel/node/election.c kernel/lib/checksum.c */
#include "node/death.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "arch/arch.h"
#include "memory/heap.h"
#include "node/control.h"
#include "node/election.h"
#include "node/self.h"

#define NODES 6 /* each test has its own guardian */

static struct machine fake_machine = {.node_count = NODES};
static struct published *pages; /* of all nodes */
static nanoseconds now;

const struct machine *machine = &fake_machine;
struct start_info self_start;
struct published *self_published;

const struct published *published_of(uint32_t node)
{
    return &pages[node];
}
void *heap_alloc(size_t size)
{
    return calloc(1, size);
}
void heap_free(void *object)
{
    free(object);
}
nanoseconds arch_clock(void)
{
    return ++now;
}
nanoseconds arch_wall_offset(void)
{
    return 0;
}
long option_get(const char *name, char *value, size_t size)
{
    return -1;
}

static void become(uint32_t node)
{
    self_start.node = node;
    self_published = &pages[node];
}

/* Another node, which has a memory of its own, buries `count` lives of node 2 from `first` on. */
static void bury_as(uint32_t guardian, uint32_t first, uint32_t count)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        become(guardian);
        for (uint32_t life = first; life < first + count; life++) {
            struct epitaph *epitaph = &pages[2].epitaph;

            pages[2].epitaph_valid = EPITAPH_COMPLETE;
            epitaph->text_size = (uint32_t)sprintf(epitaph->text, "life %u", life);
            death_bury(2, life, NOTICE_LAST_WORDS);
        }
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int setup(void **state)
{
    pages = mmap(NULL, NODES * sizeof(*pages), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0);
    become(0);
    return pages == MAP_FAILED;
}

static int teardown(void **state)
{
    return munmap(pages, NODES * sizeof(*pages));
}

/* It stood still while a guardian buried as many as its page holds, and then more: it learns the
 * last ones, the newest first. */
static void none_of_the_last_is_missed(void **state)
{
    uint64_t known = node_deaths();
    char text[16];

    bury_as(1, 100, 1);
    death_look(1);
    bury_as(1, 101, BURIALS);
    death_look(1);
    death_look(1);
    assert_int_equal(node_deaths(), known + 1 + BURIALS);
    for (uint32_t i = 0; i <= BURIALS; i++) {
        const struct burial *death = node_death(i);

        sprintf(text, "life %u", 100 + BURIALS - i);
        assert_int_equal(death->incarnation, 100 + BURIALS - i);
        assert_int_equal(death->guardian, 1);
        assert_string_equal(death->epitaph.text, text);
    }
}

/* Two guardians tell of the same death: it is one. */
static void a_death_is_kept_once(void **state)
{
    uint64_t known = node_deaths();

    bury_as(3, 200, 1);
    death_look(3);
    bury_as(0, 200, 2);
    death_look(0);
    assert_int_equal(node_deaths(), known + 2);
}

/* A bit that is turned in a page does not make a death, nor another cause of one. */
static void damage_is_not_believed(void **state)
{
    uint64_t known = node_deaths();

    bury_as(4, 300, 1);
    pages[4].burials[0].incarnation ^= 1;
    death_look(4);
    assert_int_equal(node_deaths(), known);
    assert_null(death_of(2, 301));
    bury_as(4, 302, 1);
    death_look(4);
    assert_non_null(death_of(2, 302));
    pages[4].deaths_in_row[2] = word_sealed(deaths_word(7, 3));
    pages[2].incarnation = 7;
    assert_int_equal(node_deaths_in_row(2), 3);
    pages[4].deaths_in_row[2] ^= 64;
    assert_int_equal(node_deaths_in_row(2), 0);
}

/* A guardian that died in the midst of a burial: its next life's burials are newer all the same. */
static void a_broken_burial_is_followed(void **state)
{
    bury_as(5, 400, 2);
    pages[5].burials[1].number |= 1;
    death_look(5);
    bury_as(5, 402, 1);
    death_look(5);
    assert_non_null(death_of(2, 400));
    assert_null(death_of(2, 401));
    assert_non_null(death_of(2, 402));
    assert_int_equal(node_death(0)->incarnation, 402);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(none_of_the_last_is_missed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_death_is_kept_once, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_is_not_believed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_broken_burial_is_followed, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
