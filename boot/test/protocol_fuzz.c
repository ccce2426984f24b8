/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: boot/pvh.c boot/multiboot2.c boot/info.c boot/options.c */
/* Both boot protocols on any bytes; the option string that comes out is then searched. */
#include "boot/options.h"
#include "boot/test/fake_memory.h"

#include "boot/info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct boot_info info;
    /* At 0, so that small numbers in the input are addresses inside it. */
    struct fake_memory memory = {.base = 0, .size = size, .bytes = data};
    struct reader reader = fake_memory_reader(&memory);
    char text[10];
    uint64_t value;

    for (unsigned i = 0; i < 2; i++) {
        const char *error = i ? pvh_read(&reader, 0, &info) : multiboot2_read(&reader, 0, &info);

        if (info.options[sizeof(info.options) - 1] != 0 || info.range_count > BOOT_RANGES_MAX ||
            (error != NULL && error[0] == 0))
            abort();
        for (uint32_t range = 0; range < info.range_count; range++)
            if (info.ranges[range].size > UINT64_MAX - info.ranges[range].base)
                abort();
        (void)boot_option_number(info.options, "nodes", &value);
        boot_option_text(info.options, "nodes", text, sizeof(text));
    }
    free(memory.given);
    return 0;
}
