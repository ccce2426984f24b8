/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: */
/* The intrusive list: order, removal while walking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/list.h"

struct item {
    int value;
    struct list link;
};

static void keeps_order(void **state)
{
    struct list head;
    struct item items[3], *item;
    int sum = 0;

    list_init(&head);
    assert_true(list_is_empty(&head));
    for (int i = 0; i < 3; i++) {
        items[i].value = i + 1;
        list_insert(&head, &items[i].link);
    }
    LIST_FOR_EACH (item, &head, struct item, link)
        sum = sum * 10 + item->value;
    assert_int_equal(sum, 123);
    assert_ptr_equal(LIST_FIRST(&head, struct item, link), &items[0]);
    list_remove(&items[1].link);
    list_insert(&items[0].link, &items[1].link);
    sum = 0;
    LIST_FOR_EACH (item, &head, struct item, link)
        sum = sum * 10 + item->value;
    assert_int_equal(sum, 213);
}

static void body_may_remove(void **state)
{
    struct list head;
    struct item items[4], *item, *inner;
    int seen = 0;

    list_init(&head);
    for (int i = 0; i < 4; i++) {
        items[i].value = 1;
        list_insert(&head, &items[i].link);
    }
    LIST_FOR_EACH (item, &head, struct item, link) {
        LIST_FOR_EACH (inner, &head, struct item, link)
            seen += inner->value;
        list_remove(&item->link);
        list_remove(&item->link); /* harmless when in none */
    }
    assert_int_equal(seen, 4 + 3 + 2 + 1);
    assert_true(list_is_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_order),
        cmocka_unit_test(body_may_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
