/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Native functions of program_dirty.erl: work on the dirty schedulers (computing and blocking), a thread of its own
 * that sends messages, a descriptor watched by the virtual machine, and a resource with a destructor.
 */
#include <erl_nif.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static ErlNifResourceType *pipe_type;
static int destroyed;

struct pipe_resource {
    int read_end, write_end;
};

struct sender {
    ErlNifPid to;
    int count;
};

static ERL_NIF_TERM thread_name(ErlNifEnv *env)
{
    static const char *const names[] = {"undefined", "normal", "dirty_cpu", "dirty_io"};
    int kind = enif_thread_type();
    return enif_make_atom(env, names[kind >= 0 && kind <= 3 ? kind : 0]);
}

/* Computes until so many milliseconds have passed; floating point in the middle of it must stay right. */
static ERL_NIF_TERM compute(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    int milliseconds;
    if (!enif_get_int(env, argv[0], &milliseconds))
        return enif_make_badarg(env);
    ErlNifTime end = enif_monotonic_time(ERL_NIF_MSEC) + milliseconds;
    double sum = 0, other = 0;
    unsigned long rounds = 0;
    do {
        for (int i = 1; i <= 1000; i++) {
            sum += 1.0 / i;
            other -= 1.0 / i;
        }
        rounds++;
    } while (enif_monotonic_time(ERL_NIF_MSEC) < end);
    return enif_make_tuple3(env, thread_name(env), enif_make_ulong(env, rounds), enif_make_double(env, sum + other));
}

/* Blocks in the kernel. */
static ERL_NIF_TERM block(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    int milliseconds;
    if (!enif_get_int(env, argv[0], &milliseconds))
        return enif_make_badarg(env);
    struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
    return thread_name(env);
}

/* From a normal scheduler to a dirty one and back. */
static ERL_NIF_TERM hop_end(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    return enif_make_tuple2(env, argv[0], thread_name(env));
}

static ERL_NIF_TERM hop_dirty(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    ERL_NIF_TERM next[] = {enif_make_tuple2(env, argv[0], thread_name(env))};
    return enif_schedule_nif(env, "hop_end", 0, hop_end, 1, next);
}

static ERL_NIF_TERM hop(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    ERL_NIF_TERM next[] = {thread_name(env)};
    return enif_schedule_nif(env, "hop_dirty", ERL_NIF_DIRTY_JOB_CPU_BOUND, hop_dirty, 1, next);
}

static void *sender_main(void *argument)
{
    struct sender *sender = argument;
    for (int i = 1; i <= sender->count; i++) {
        ErlNifEnv *env = enif_alloc_env();
        enif_send(NULL, &sender->to, env, enif_make_tuple2(env, enif_make_atom(env, "thread"), enif_make_int(env, i)));
        enif_free_env(env);
        usleep(1000);
    }
    return NULL;
}

/* A thread sends this many messages; joined before the answer. */
static ERL_NIF_TERM thread(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    struct sender sender;
    ErlNifTid id;
    char name[] = "sender";
    if (!enif_get_int(env, argv[0], &sender.count))
        return enif_make_badarg(env);
    enif_self(env, &sender.to);
    if (enif_thread_create(name, &id, sender_main, &sender, NULL) != 0)
        return enif_make_atom(env, "error");
    enif_thread_join(id, NULL);
    return enif_make_atom(env, "ok");
}

static void pipe_destroy(ErlNifEnv *env, void *object)
{
    struct pipe_resource *resource = object;
    if (resource->write_end >= 0)
        close(resource->write_end);
    __atomic_add_fetch(&destroyed, 1, __ATOMIC_SEQ_CST);
}

static void pipe_stop(ErlNifEnv *env, void *object, ErlNifEvent event, int direct)
{
    close(event);
}

static ERL_NIF_TERM pipe_open(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    int ends[2];
    if (pipe(ends) != 0)
        return enif_make_atom(env, strerror(errno));
    struct pipe_resource *resource = enif_alloc_resource(pipe_type, sizeof *resource);
    resource->read_end = ends[0];
    resource->write_end = ends[1];
    ERL_NIF_TERM term = enif_make_resource(env, resource);
    enif_release_resource(resource);
    return term;
}

static ERL_NIF_TERM pipe_select(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    struct pipe_resource *resource;
    if (!enif_get_resource(env, argv[0], pipe_type, (void **)&resource))
        return enif_make_badarg(env);
    return enif_make_int(env, enif_select(env, resource->read_end, ERL_NIF_SELECT_READ, resource, NULL, argv[1]));
}

static ERL_NIF_TERM pipe_stop_select(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    struct pipe_resource *resource;
    if (!enif_get_resource(env, argv[0], pipe_type, (void **)&resource))
        return enif_make_badarg(env);
    return enif_make_int(env, enif_select(env, resource->read_end, ERL_NIF_SELECT_STOP, resource, NULL, argv[0]));
}

static ERL_NIF_TERM pipe_write(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    struct pipe_resource *resource;
    ErlNifBinary data;
    if (!enif_get_resource(env, argv[0], pipe_type, (void **)&resource) || !enif_inspect_binary(env, argv[1], &data))
        return enif_make_badarg(env);
    return enif_make_long(env, write(resource->write_end, data.data, data.size));
}

static ERL_NIF_TERM pipe_read(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    struct pipe_resource *resource;
    char bytes[100];
    if (!enif_get_resource(env, argv[0], pipe_type, (void **)&resource))
        return enif_make_badarg(env);
    ssize_t size = read(resource->read_end, bytes, sizeof bytes);
    ERL_NIF_TERM term;
    if (size < 0)
        return enif_make_atom(env, "error");
    memcpy(enif_make_new_binary(env, size, &term), bytes, size);
    return term;
}

static ERL_NIF_TERM pipes_destroyed(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    return enif_make_int(env, __atomic_load_n(&destroyed, __ATOMIC_SEQ_CST));
}

static int load(ErlNifEnv *env, void **data, ERL_NIF_TERM info)
{
    ErlNifResourceTypeInit callbacks = {.dtor = pipe_destroy, .stop = pipe_stop};
    pipe_type = enif_open_resource_type_x(env, "pipe", &callbacks, ERL_NIF_RT_CREATE, NULL);
    return pipe_type == NULL ? -1 : 0;
}

static ErlNifFunc functions[] = {
    {"compute", 1, compute, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"block", 1, block, ERL_NIF_DIRTY_JOB_IO_BOUND},
    {"hop", 0, hop, 0},
    {"thread", 1, thread, ERL_NIF_DIRTY_JOB_IO_BOUND},
    {"pipe_open", 0, pipe_open, 0},
    {"pipe_select", 2, pipe_select, 0},
    {"pipe_stop_select", 1, pipe_stop_select, 0},
    {"pipe_write", 2, pipe_write, 0},
    {"pipe_read", 1, pipe_read, 0},
    {"pipes_destroyed", 0, pipes_destroyed, 0},
};

ERL_NIF_INIT(program_dirty, functions, load, NULL, NULL, NULL)
