/* SPDX-License-Identifier: Apache-2.0 */
/* Intrusive doubly linked list; an unlinked element points to itself. */
#pragma once
#include "lib/check.h"

struct list {
    struct list *next, *previous;
};

static inline void list_init(struct list *list)
{
    list->next = list->previous = list;
}
static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}
/* Puts element before `where`; with the head as `where`, at the end. */
static inline void list_insert(struct list *where, struct list *element)
{
    element->previous = where->previous;
    element->next = where;
    where->previous->next = element;
    where->previous = element;
}
/* Takes element out of its list; harmless on an initialised element that is in none. */
static inline void list_remove(struct list *element)
{
    element->previous->next = element->next;
    element->next->previous = element->previous;
    list_init(element);
}

#define LIST_ENTRY(pointer, type, member) CONTAINER_OF(pointer, type, member)
#define LIST_FIRST(head, type, member)    LIST_ENTRY((head)->next, type, member)
/* The body may remove `item`, which must be the name of a variable. */
#define LIST_FOR_EACH(item, head, type, member)                                                    \
    for (struct list *item##_link = (head)->next, *item##_next = item##_link->next;                \
         item##_link != (head) && ((item) = LIST_ENTRY(item##_link, type, member), true);          \
         item##_link = item##_next, item##_next = item##_link->next)
