/* SPDX-License-Identifier: Apache-2.0 */
/*
 * execve and the start of pid 1: the order of things. All that can be refused is looked at first;
 * then the other threads end; then the old program is left. What fails after that ends the process,
 * as in Linux: there is nothing to go back to.
 */
#include <asm/ioctls.h>
#include <linux/fcntl.h>

#include "file/inode.h"
#include "lib/log.h"
#include "lib/string.h"
#include "linux/exec_image.h"
#include "linux/signal.h"
#include "linux/syscalls.h"
#include "linux/vdso.h"
#include "memory/heap.h"

#define SCRIPT_LINE  256 /* Linux's BINPRM_BUF_SIZE */
#define SCRIPT_DEPTH 4   /* interpreters that are scripts again */
/* Where Linux puts a position-independent program, two thirds up. */
#define PROGRAM_BASE 0x555555554000UL

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Cuts "#!interpreter argument" out of line. 0 also when there is no argument. */
static int parse_script(char *line, char **interpreter, char **argument)
{
    char *at = line + 2, *end = strchr(line, '\n');
    if (!end)
        end = line + strlen(line);
    while (end > at && is_blank(end[-1]))
        end--;
    *end = 0;
    while (is_blank(*at))
        at++;
    if (!*at)
        return -ENOEXEC;
    *interpreter = at;
    while (*at && !is_blank(*at))
        at++;
    *argument = NULL;
    if (*at) {
        *at++ = 0;
        while (is_blank(*at))
            at++;
        *argument = at;
    }
    return 0;
}

/* Follows #! lines until `*file` is a program; strings get the interpreters' arguments. */
static int resolve_scripts(struct file **file, const char *path, struct exec_strings *strings)
{
    char *line = heap_alloc(2 * SCRIPT_LINE);
    if (!line)
        return -ENOMEM;
    char *script = line + SCRIPT_LINE;
    int error = 0;
    const char *name =
        path; /* the second level names the first's interpreter, a copy in `script` */
    for (unsigned depth = 0;; depth++) {
        char *interpreter, *argument;
        long size = file_read_kernel(*file, line, SCRIPT_LINE - 1, 0);
        if (size < 0)
            error = (int)size;
        if (size < 2 || line[0] != '#' || line[1] != '!')
            break;
        line[size] = 0;
        error = depth == SCRIPT_DEPTH ? -ELOOP : parse_script(line, &interpreter, &argument);
        if (error < 0)
            break;
        const char *by[4] = {interpreter, argument ? argument : name, argument ? name : NULL, NULL};
        error = exec_strings_replace_first(strings, by);
        if (error < 0)
            break;
        struct file *next;
        error = exec_open(AT_FDCWD, interpreter, 0, &next);
        if (error < 0)
            break;
        file_put(*file);
        *file = next;
        string_copy(script, interpreter, SCRIPT_LINE);
        name = script;
    }
    heap_free(line);
    return error;
}

static int read_interpreter(struct exec_image *image, const struct exec_image *program)
{
    image->file = NULL;
    size_t size = program->elf.interpreter_size;
    if (!size)
        return 0;
    char *path = path_buffer_get();
    if (!path)
        return -ENOMEM;
    struct file *file = NULL;
    long got = file_read_kernel(program->file, path, size, program->elf.interpreter_offset);
    int error = got < 0 ? (int)got : (size_t)got != size || path[size - 1] ? -ENOEXEC : 0;
    if (!error)
        error = exec_open(AT_FDCWD, path, 0, &file);
    path_buffer_put(path);
    if (error < 0)
        return error;
    error = exec_image_read(image, file);
    if (!error && image->elf.interpreter_size)
        error = -ENOEXEC;
    if (error < 0) {
        file_put(file);
        image->file = NULL;
    }
    return error;
}

/* This thread becomes the only one, with the process's number. */
static int end_other_threads(struct process *process)
{
    if (process->group_exiting || process->exec_thread)
        return -EAGAIN; /* this thread is ending itself */
    if (process->thread_count > 1) {
        process->exec_thread = current;
        process_end(process, 0, current);
        while (process->thread_count > 1) {
            if (wait_fatal(&process->exec_waits) < 0 && process_must_end())
                return -EAGAIN;
        }
        process->exec_thread = NULL;
    }
    process_rename_thread(current, process->pid);
    return 0;
}

/* The absolute path of the program, for /proc/self/exe. */
static void name_executable(struct process *process, const struct file *file, const char *path)
{
    char *buffer = path_buffer_get();
    bool known = buffer && file->entry && entry_path(file->entry, buffer, PATH_BUFFER) > 0;
    char *name = heap_string(known ? buffer : path);
    if (buffer)
        path_buffer_put(buffer);
    if (name) {
        heap_free(process->executable);
        process->executable = name;
    }
    const char *last = strrchr(path, '/');
    string_copy(process->name, last ? last + 1 : path, sizeof(process->name));
    memcpy(current->name, process->name, sizeof(current->name));
}

struct programs {
    struct exec_image program, interpreter; /* interpreter.file NULL: none */
};

/* In the new space, which is current. The entry point in registers, or -errno. */
static int build_space(struct address_space *space, const struct programs *programs,
                       const char *path, const struct exec_strings *strings,
                       struct registers *registers)
{
    const struct elf_program *elf = &programs->program.elf;
    struct exec_stack stack = {.path = path,
                               .size_max = current->process->limits[RLIMIT_STACK].soft};
    space->stack_limit = stack.size_max;
    space->address_limit = current->process->limits[RLIMIT_AS].soft;
    int error = exec_image_map(space, &programs->program, PROGRAM_BASE, &stack.base);
    if (error < 0)
        return error;
    space->brk_start = space->brk_end = stack.base + elf->high;
    uintptr_t entry = stack.base + elf->entry;
    if (programs->interpreter.file) {
        error = exec_image_map(space, &programs->interpreter, 0, &stack.interpreter_base);
        if (error < 0)
            return error;
        entry = stack.interpreter_base + programs->interpreter.elf.entry;
    }
    error = vdso_map(space);
    if (error < 0)
        return error;
    long sp = exec_stack_build(space, strings, elf, &stack);
    if (sp < 0)
        return (int)sp;
    memset(registers, 0, sizeof(*registers));
    registers->rip = entry;
    registers->rsp = (uintptr_t)sp;
    registers->rflags = 0x202;
    /* Nothing here is a call any more that could be repeated. */
    registers->number = UINT64_MAX;
    return 0;
}

static void forget_old_program(struct process *process)
{
    struct thread *thread = current;
    arch_vector_reset(&thread->arch);
    arch_set_fs_base(&thread->arch, 0);
    arch_set_gs_base(&thread->arch, 0);
    thread->rseq = 0;
    thread->rseq_length = 0;
    process->execed = true;
    process->dumpable = 1;
    process->exit_signal = SIGCHLD;
    file_table_exec(process->files);
    process_vfork_done(process);
}

static const char *exec_error(int error)
{
    switch (error) {
    case -ENOENT:
        return "it is not there, or the interpreter that it names is not";
    case -ENOEXEC:
    case -ELIBBAD:
        return "it is no ELF program for x86-64 and no script";
    case -EFAULT:
        return "its file is cut short";
    case -EACCES:
        return "it is no executable file";
    case -ENOMEM:
        return "too little memory is left in this node";
    default:
        return "its file cannot be read";
    }
}

/* From here on there is no way back: 0 or the process ends. */
static int replace_program(const struct programs *programs, const char *path,
                           struct exec_strings *strings, struct registers *registers)
{
    struct process *process = current->process;
    struct address_space *space = address_space_create();
    if (!space)
        return -ENOMEM;
    int error = end_other_threads(process);
    if (!error)
        error = process_files_own(process);
    if (!error)
        error = signal_exec(process);
    if (error < 0) {
        address_space_put(space);
        return error;
    }
    futex_thread_end(current);
    struct address_space *old = process->space;
    process->space = space;
    schedule_space(&space->arch);
    address_space_put(old);
    error = build_space(space, programs, path, strings, registers);
    if (error < 0) {
        log_line("pid %d: %s cannot be started: %s (error %d)", process->pid, path,
                 exec_error(error), -error);
        /* It ends on the way to ring 3; until then the callers give back what they hold. */
        process_end(process, SIGKILL, NULL);
        return error;
    }
    name_executable(process, programs->program.file, path);
    forget_old_program(process);
    return 0;
}

int exec_program(struct file *file, const char *path, struct exec_strings *strings,
                 struct registers *registers)
{
    struct programs *programs = HEAP_NEW(struct programs);
    int error = programs ? 0 : -ENOMEM;
    if (!error && strings->argument_count == 0) {
        /* A program that finds argv[0] missing takes its environment for arguments. */
        static const char *const empty[] = {"", NULL};
        error = exec_strings_replace_first(strings, empty);
    }
    if (!error)
        error = resolve_scripts(&file, path, strings);
    if (!error)
        error = exec_image_read(&programs->program, file);
    if (!error)
        error = read_interpreter(&programs->interpreter, &programs->program);
    if (!error) {
        struct programs local = *programs;
        heap_free(programs);
        programs = NULL;
        error = replace_program(&local, path, strings, registers);
        if (local.interpreter.file)
            file_put(local.interpreter.file);
    }
    heap_free(programs);
    file_put(file);
    return error;
}

/* ---- system calls ---- */

static int gather(struct exec_strings *strings, user_addr vector, unsigned *count)
{
    for (; vector; vector += sizeof(user_addr)) {
        user_addr text;
        if (copy_in(&text, vector) < 0)
            return -EFAULT;
        if (!text)
            break;
        int error = exec_strings_add_user(strings, text);
        if (error < 0)
            return error;
        (*count)++;
    }
    return 0;
}

static int gather_all(struct exec_strings *strings, user_addr arguments, user_addr environment)
{
    int error = gather(strings, arguments, &strings->argument_count);
    return error ? error : gather(strings, environment, &strings->environment_count);
}

long sys_execveat(int at, user_addr user_path, user_addr arguments, user_addr environment,
                  int flags)
{
    if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
        return -EINVAL;
    char *path = path_buffer_get();
    if (!path)
        return -ENOMEM;
    struct exec_strings strings = {0};
    struct file *file = NULL;
    long error = copy_in_string(path, user_path, PATH_BUFFER);
    if (error >= 0)
        error = exec_open(at, path,
                          (flags & AT_EMPTY_PATH ? PATH_EMPTY_OK : 0) |
                              (flags & AT_SYMLINK_NOFOLLOW ? PATH_NO_FOLLOW : 0),
                          &file);
    if (!error)
        error = gather_all(&strings, arguments, environment);
    if (!error && !*path)
        string_copy(path, file->entry ? file->entry->name : "fd", PATH_BUFFER);
    if (!error) {
        error = exec_program(file, path, &strings, arch_user_registers(&current->arch));
        file = NULL;
    }
    if (file)
        file_put(file);
    exec_strings_free(&strings);
    path_buffer_put(path);
    return error;
}

long sys_execve(user_addr path, user_addr arguments, user_addr environment)
{
    return sys_execveat(AT_FDCWD, path, arguments, environment, 0);
}

/* ---- pid 1 ---- */

struct init_start {
    char *path;
    struct exec_strings strings;
};

static int open_console(void)
{
    struct file *file;
    int error = path_open(AT_FDCWD, "/dev/console", O_RDWR, 0, &file);
    if (error < 0)
        return error;
    for (int fd = 0; fd < 3; fd++) {
        file_get(file);
        error = fd_install(file, fd, false);
        if (error < 0)
            break;
    }
    /* A console without a terminal behind it (none is set up) still takes output. */
    if (error >= 0 && file->ops->ioctl)
        (void)file->ops->ioctl(file, TIOCSCTTY, 0);
    file_put(file);
    return error < 0 ? error : 0;
}

static void init_enter(void *argument)
{
    struct init_start start = *(struct init_start *)argument;
    struct registers registers;
    struct file *file;
    heap_free(argument);
    int error = open_console();
    if (error < 0)
        log_line("cannot open /dev/console: error %d", -error);
    error = exec_open(AT_FDCWD, start.path, 0, &file);
    if (!error)
        error = exec_program(file, start.path, &start.strings, &registers);
    exec_strings_free(&start.strings);
    if (error < 0) {
        log_line("the first program %s cannot be started: %s (error %d); see option init=",
                 start.path, exec_error(error), -error);
        process_exit_group(127 << 8);
    }
    heap_free(start.path);
    arch_enter_user(&registers);
}

static void set_limits(struct process *process)
{
    static const struct {
        int resource;
        uint64_t soft, hard;
    } limits[] = {
        {RLIMIT_STACK, STACK_LIMIT_DEFAULT, RLIM_INFINITY},
        {RLIMIT_CORE, 0, RLIM_INFINITY},
        {RLIMIT_NOFILE, 65536, 65536},
        {RLIMIT_MEMLOCK, 0x4000000, 0x4000000},
        {RLIMIT_SIGPENDING, 8192, 8192},
        {RLIMIT_MSGQUEUE, 819200, 819200},
        {RLIMIT_NICE, 0, 0},
        {RLIMIT_RTPRIO, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(process->limits); i++)
        process->limits[i] = (struct linux_rlimit){RLIM_INFINITY, RLIM_INFINITY};
    for (size_t i = 0; i < COUNT_OF(limits); i++)
        process->limits[limits[i].resource] = (struct linux_rlimit){limits[i].soft, limits[i].hard};
}

static struct process *make_init(void)
{
    struct process *process = process_allocate();
    if (!process)
        return NULL;
    process->pid = process->group = process->session = process_pid_new();
    process->unkillable = true;
    set_limits(process);
    process->space = address_space_create();
    process->files = file_table_create();
    process->signals = signal_actions_copy(NULL);
    process->context = HEAP_NEW(struct file_context);
    if (!process->space || !process->files || !process->signals || !process->context) {
        process_release(process);
        return NULL;
    }
    entry_get(root_entry);
    entry_get(root_entry);
    *process->context = (struct file_context){
        .count = 1, .root = root_entry, .directory = root_entry, .umask = 022};
    return process;
}

static struct init_start *copy_start(const char *path, const char *const *arguments,
                                     const char *const *environment)
{
    struct init_start *start = HEAP_NEW(struct init_start);
    if (!start || !(start->path = heap_string(path)))
        return NULL;
    for (; *arguments; arguments++, start->strings.argument_count++) {
        if (exec_strings_add(&start->strings, *arguments) < 0)
            return NULL;
    }
    for (; *environment; environment++, start->strings.environment_count++) {
        if (exec_strings_add(&start->strings, *environment) < 0)
            return NULL;
    }
    return start;
}

int process_start_init(const char *path, const char *const *arguments,
                       const char *const *environment)
{
    thread_has_signal = signal_is_pending;
    struct init_start *start = copy_start(path, arguments, environment);
    struct process *process = start ? make_init() : NULL;
    struct thread *thread = process ? thread_create(process, init_enter, start) : NULL;
    if (!thread)
        return -ENOMEM; /* the node ends: nothing of the above matters any more */
    ASSERT(process->pid == 1);
    signal_thread_start(thread, NULL, false);
    string_copy(thread->name, "init", sizeof(thread->name));
    string_copy(process->name, "init", sizeof(process->name));
    thread->space = &process->space->arch;
    process_publish(process, NULL);
    process_attach(process, thread, process->pid);
    thread_start(thread);
    return 0;
}
