/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells the chaos driver where things stand in the shared structures: one Erlang term per field,
 * {structure, field, offset, size}. Compiled from the headers themselves, so it cannot be old.
 */
#include <stddef.h>
#include <stdio.h>

#include "abi/machine.h"
#include "abi/published.h"

#define FIELD(structure, field)                                                                    \
    printf("{" #structure ", " #field ", %zu, %zu}.\n", offsetof(struct structure, field),         \
           sizeof(((struct structure *)0)->field))
#define SIZE(structure)     printf("{" #structure ", size, 0, %zu}.\n", sizeof(struct structure))
#define NUMBER(name, value) printf("{number, " #name ", 0, %lu}.\n", (unsigned long)(value))

static void machine_fields(void)
{
    SIZE(machine);
    FIELD(machine, magic);
    FIELD(machine, checksum);
    FIELD(machine, node_count);
    FIELD(machine, boot_node);
    FIELD(machine, store_base);
    FIELD(machine, store_size);
    FIELD(machine, kernel);
    FIELD(machine, root);
    FIELD(machine, published_base);
    FIELD(machine, channels_base);
    FIELD(machine, ring_size);
    FIELD(machine, warm_reset);
    FIELD(machine, nodes);
    SIZE(machine_node);
    FIELD(machine_node, apic_id);
    FIELD(machine_node, extent_count);
    FIELD(machine_node, extents);
    FIELD(store_part, base);
    FIELD(store_part, size);
    FIELD(start_info, magic);
    FIELD(start_info, incarnation);
    FIELD(start_info, free_base);
    FIELD(start_info, kernel_base);
    FIELD(start_info, page_table);
}

static void published_fields(void)
{
    FIELD(published, state);
    FIELD(published, incarnation);
    FIELD(published, beat);
    FIELD(published, started_ns);
    FIELD(published, suspects);
    FIELD(published, nmi_answers);
    FIELD(published, sleeping);
    FIELD(published, epitaph_valid);
    FIELD(published, bell_armed);
    FIELD(published, wakeful);
    FIELD(published, guardian_step);
    FIELD(published, guardian_target);
    FIELD(published, guardian_incarnation);
    FIELD(published, guardian_claim);
    FIELD(published, fenced);
    FIELD(published, card);
    FIELD(published, address);
    FIELD(published, console_selected);
    FIELD(published, offline);
    FIELD(published, deaths_in_row);
    FIELD(published, console_owner);
    FIELD(published, channels);
    FIELD(published, epitaph);
    FIELD(published, fenced);
    FIELD(published, burials);
    SIZE(burial);
    NUMBER(burials, BURIALS);
    SIZE(channel_ends);
    FIELD(channel_ends, out_session);
    FIELD(channel_ends, out_written);
    FIELD(channel_ends, in_session);
    FIELD(channel_ends, in_refused);
    FIELD(channel_ends, in_read);
    FIELD(burial, number);
    FIELD(burial, node);
    FIELD(burial, incarnation);
    FIELD(burial, guardian);
    FIELD(burial, notice);
    FIELD(burial, noticed_ns);
    FIELD(epitaph, text_size);
    FIELD(epitaph, text);
}

int main(void)
{
    machine_fields();
    published_fields();
    NUMBER(published_size, PUBLISHED_SIZE);
    NUMBER(trampoline, TRAMPOLINE_PHYS);
    NUMBER(page_size, PAGE_SIZE);
    NUMBER(frame_header, sizeof(struct frame));
    NUMBER(frame_align, FRAME_ALIGN);
    NUMBER(kernel_virtual, KERNEL_BASE);
    return 0;
}
