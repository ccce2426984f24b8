/* SPDX-License-Identifier: Apache-2.0 */
/* Native functions as they must not be: one writes all over the virtual machine, one never returns. */
#include <erl_nif.h>
#include <string.h>

#define WILD_BYTES 0x100000

/* Far past the end of what it was given. */
static ERL_NIF_TERM wild(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    char *given = enif_alloc(64);

    memset(given, 0x5a, WILD_BYTES);
    return enif_make_atom(env, "ok");
}

/* On a normal scheduler, and a node has one. */
static ERL_NIF_TERM never(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    for (;;)
        __asm__ volatile("pause");
    return enif_make_atom(env, "ok");
}

static ErlNifFunc functions[] = {{"wild", 0, wild, 0}, {"never", 0, never, 0}};

ERL_NIF_INIT(chaos_nif, functions, NULL, NULL, NULL, NULL)
