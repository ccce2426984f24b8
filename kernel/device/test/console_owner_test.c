/* SPDX-License-Identifier: Apache-2.0 */
/* Two nodes took the terminal's line at the same time: a guardian, and the one that it has started
 * meanwhile. At its next look the higher number gives it up, with the interrupts; the other one
 * keeps it. We are node 2. */
/* TEST-SOURCES: kernel/lib/format.c */
#include "device/console_owner.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct machine fake_machine = {.node_count = 4};
static struct published pages[4];
static unsigned starts, gives, given_to;

const struct machine *machine = &fake_machine;
struct start_info self_start = {.node = 2, .incarnation = 5};
struct published *self_published = &pages[2];
struct wait_queue *console_room;
void (*console_keys_arrived)(void);
void (*console_window_changed)(uint32_t rows, uint32_t columns);

const struct published *published_of(uint32_t node)
{
    return node < 4 ? &pages[node] : NULL;
}
uint32_t node_state(uint32_t node)
{
    return pages[node].state;
}
const char *node_state_text(uint32_t state)
{
    return "";
}
/* As in console.c. */
bool console_drives(uint32_t node)
{
    return published_of(node)->console_owner == ~published_of(node)->incarnation &&
           (node == self_node() || node_state(node) != NODE_DEAD);
}
bool console_key(char byte)
{
    return true;
}
void doorbell_ring(uint32_t node)
{
}
void doorbell_ring_all(void)
{
}
void wake_all(struct wait_queue *queue, unsigned events)
{
}
nanoseconds arch_clock(void)
{
    return 0;
}
void arch_power_off(int status)
{
    __builtin_unreachable();
}
bool arch_serial_start(void (*on_interrupt)(void))
{
    starts++;
    return true;
}
void arch_serial_give(uint32_t apic_id)
{
    gives++;
    given_to = apic_id;
}
size_t arch_serial_write(const char *bytes, size_t size)
{
    return size;
}
size_t arch_serial_read(char *bytes, size_t size)
{
    return 0;
}
void arch_serial_want_room(bool on)
{
}
void arch_serial_want_keys(bool on)
{
}
bool arch_serial_panic_write(const char *bytes, size_t size)
{
    return true;
}

static int begin(void **state)
{
    is_owner = false;
    starts = gives = given_to = 0;
    for (uint32_t node = 0; node < 4; node++) {
        fake_machine.nodes[node].apic_id = 10 + node;
        pages[node].state = NODE_RUNNING;
        pages[node].incarnation = 5;
        pages[node].console_owner = 0;
    }
    return 0;
}

static void drives(uint32_t node)
{
    pages[node].console_owner = ~pages[node].incarnation;
}

static void the_higher_gives_up(void **state)
{
    assert_true(console_owner_start(NULL));
    assert_true(console_drives(2));
    drives(1);
    console_mend();
    assert_false(console_drives(2));
    assert_true(gives == 1 && given_to == 11);
    console_mend(); /* once */
    assert_int_equal(gives, 1);
    /* And again it may have it, when its turn comes. */
    pages[1].state = NODE_DEAD;
    assert_true(console_owner_start(&pages[1]));
    console_mend();
    assert_true(console_drives(2) && gives == 1 && starts == 2);
}

static void at_once_if_it_comes_second(void **state)
{
    drives(0);
    assert_true(console_owner_start(NULL));
    assert_false(console_drives(2));
    assert_true(gives == 1 && given_to == 10);
}

/* Who is dead, has a word of an earlier life, or a higher number, changes nothing. */
static void the_lower_keeps_it(void **state)
{
    assert_true(console_owner_start(NULL));
    drives(3);
    drives(0);
    pages[0].state = NODE_DEAD;
    drives(1);
    pages[1].incarnation++;
    console_mend();
    assert_true(console_drives(2) && gives == 0);
}

/* A turned bit of its own word is no reason to look beyond the last node. */
static void a_turned_bit_is_mended(void **state)
{
    assert_true(console_owner_start(NULL));
    pages[2].console_owner ^= 1;
    console_mend();
    assert_true(console_drives(2) && gives == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_higher_gives_up, begin),
        cmocka_unit_test_setup(at_once_if_it_comes_second, begin),
        cmocka_unit_test_setup(the_lower_keeps_it, begin),
        cmocka_unit_test_setup(a_turned_bit_is_mended, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
