/* SPDX-License-Identifier: Apache-2.0 */
/* What -fsanitize=undefined calls in a debug build: undefined behaviour ends the node like any
 * other broken invariant. The normal build calls none of these. */
#include "lib/check.h"

struct place { /* the compiler's layout: each handler's data starts with it */
    const char *file;
    uint32_t line, column;
};

#define HANDLER(name, what)                                                                        \
    void __ubsan_handle_##name(const struct place *place);                                         \
    void __ubsan_handle_##name(const struct place *place)                                          \
    {                                                                                              \
        panic("%s:%u:%u: undefined behaviour: %s", place->file, place->line, place->column, what); \
    }

HANDLER(add_overflow, "overflow in +")
HANDLER(sub_overflow, "overflow in -")
HANDLER(mul_overflow, "overflow in *")
HANDLER(negate_overflow, "overflow in negation")
HANDLER(divrem_overflow, "division")
HANDLER(shift_out_of_bounds, "shift out of bounds")
HANDLER(out_of_bounds, "index out of bounds")
HANDLER(load_invalid_value, "value not of its type")
HANDLER(builtin_unreachable, "unreachable code reached")
HANDLER(missing_return, "function without return value")
HANDLER(pointer_overflow, "pointer overflow")
HANDLER(type_mismatch_v1, "null or misaligned pointer, or object too small")
HANDLER(nonnull_arg, "null argument")
HANDLER(vla_bound_not_positive, "array bound not positive")
HANDLER(alignment_assumption, "wrong alignment assumed")
HANDLER(float_cast_overflow, "overflow in a conversion")

/* Their place is in the first field too, or comes apart. */
void __ubsan_handle_invalid_builtin(const struct place *place);
void __ubsan_handle_invalid_builtin(const struct place *place)
{
    panic("%s:%u:%u: undefined behaviour: builtin called with 0", place->file, place->line,
          place->column);
}
void __ubsan_handle_nonnull_return_v1(const void *data, const struct place *place);
void __ubsan_handle_nonnull_return_v1(const void *data, const struct place *place)
{
    panic("%s:%u:%u: undefined behaviour: null returned", place->file, place->line, place->column);
}
