/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the first program: boot options, and which program a node runs. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define ARGUMENTS_MAX 64

struct program {
    char *arguments[ARGUMENTS_MAX]; /* [0] is the file; ends with NULL */
    const char *directory;          /* to start in */
};

/* options.c: space-separated name or name=value, value percent-encoded; name@3 is for node 3 and
 * wins. */
int options_read(void);
/* Decoded into value (terminated, cut); its length, -1 when absent. value may be NULL. */
long option_get(const char *name, char *value, size_t size);
bool option_is_for_us(const char *name); /* given as name@N with our number */
/* On node 0, where people look: a line for each of the first few options that HydrOS does not know,
 * as misspelt ones, or that are for a node that is not there. They do no harm: programs may have
 * their own. */
void options_judge(void);

/* One core: one scheduler of each kind, none of which spins; a small literal area; no epmd. A
 * program's own flags come later and win. */
#define ERLANG_FLAGS                                                                               \
    "+S 1:1 +SDcpu 1:1 +SDio 1 +A 1 +sbwt none +sbwtdcpu none +sbwtdio none +MIscs 32 "            \
    "-start_epmd false"
/* In the cluster, the module global need not guess who is cut off from whom: a node is dead for all
 * or for none. */
#define CLUSTER_FLAGS " -kernel prevent_overlapping_partitions false"
/* TCP distribution serves the rest of the world: with option dist-port=N others reach us there,
 * else only who is on this node. */
#define CARRIER_FLAGS "-epmd_module hydros_epmd -proto_dist hydros inet_tcp"
#define EBIN          "/hydros/ebin"

/* program.c */
void copying_environment(void);       /* the C library under an emulator */
void erlang_environment(void);        /* what erlexec and scripts of releases look for */
struct program *program_choose(void); /* NULL: nothing can be started, one line said why */
void program_add(struct program *program, const char *argument);
int erlang_add(struct program *program); /* Debian's Erlang; -1: there is none */
bool cluster_is_wanted(void);            /* not with the option cluster=no */
void cluster_flags_set(void);            /* for Erlang that is started from now on */
int init_fail(const char *text);         /* a line for the console; -1 */

/* release.c */
int release_add(struct program *program); /* -1: one line said why */
/* For safe mode: the cookie of the release's nodes, and their name; false: no name. */
bool release_name_add(struct program *program);

/* cookie.c */
void cookie_write(void); /* for all Erlang nodes that bring none of their own */

/* end.c */
void log_say(const char *text); /* one line, into the kernel's log */
void end_say(int status);       /* of the program, as wait(2) gave it */
