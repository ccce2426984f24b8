/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal of this node. Keys are taken from the console only while there is room for them and
 * for their echo, so nothing typed or pasted is lost: it waits on the other side. All output, echo
 * too, passes one buffer, which keeps its order; programs wait until it is empty.
 */
#include "file/terminal.h"

#include <asm/ioctls.h>

#include "device/console.h"
#include "file/event_files.h"
#include "file/inode.h"
#include "file/line_discipline.h"
#include "lib/string.h"
#include "linux/abi.h"

#define OUT_SIZE 4096U
/* Of a program at a time, so that echo finds room too. */
#define WRITE_PART     (OUT_SIZE / 2 / DISCIPLINE_EXPANDS)
#define WAKE_PART      1024U
#define TERMIOS2_EXTRA 8U /* struct termios2: two speeds more */

struct window { /* struct winsize of asm/termios.h, which fights with termbits.h */
    uint16_t rows, columns, x_pixels, y_pixels;
};
struct terminal {
    struct discipline discipline;
    struct wait_queue waits;
    struct window window;
    int session, foreground; /* 0: none */
    char out[OUT_SIZE];
    size_t out_size, out_done; /* [out_done, out_size) is on its way to the console */
};
static struct terminal terminal; /* one a node */
static const struct file_ops terminal_ops;

/* ---- output ---- */

static bool out_is_empty(void)
{
    return terminal.out_done == terminal.out_size;
}

static void keys_take(void);
static bool sending;   /* the console reads `out`: nobody may move it */
static bool keys_wait; /* they came meanwhile */

static void out_flush(void)
{
    if (sending || terminal.discipline.stopped || out_is_empty())
        return;
    sending = true;
    terminal.out_done +=
        console_write(terminal.out + terminal.out_done, terminal.out_size - terminal.out_done);
    sending = false;
    if (out_is_empty()) {
        terminal.out_done = terminal.out_size = 0;
        wake_watchers(&terminal.waits, EVENT_OUT | EVENT_WRNORM);
    }
    if (keys_wait)
        keys_take();
}

static size_t out_room(void)
{
    if (terminal.out_done > 0) {
        memmove(terminal.out, terminal.out + terminal.out_done,
                terminal.out_size - terminal.out_done);
        terminal.out_size -= terminal.out_done;
        terminal.out_done = 0;
    }
    return OUT_SIZE - terminal.out_size;
}

/* Echo. Keys are taken only when there is room; the rest of a very long picture (kill of a whole
 * line) may be cut. */
static void echo_put(struct discipline *discipline, const char *bytes, size_t size)
{
    size_t room = out_room();
    if (size > room)
        size = room;
    memcpy(terminal.out + terminal.out_size, bytes, size);
    terminal.out_size += size;
    if (out_room() < DISCIPLINE_ECHO_MAX)
        out_flush();
}

/* ---- keys ---- */

static void key_signal(struct discipline *discipline, int signal)
{
    if (!(discipline->settings.c_lflag & NOFLSH))
        terminal.out_done = terminal.out_size = 0;
    if (terminal.foreground)
        group_signal(terminal.foreground, signal);
}

static bool has_input(void)
{
    struct discipline *discipline = &terminal.discipline;
    size_t wanted = 1;
    if (!discipline_is_canonical(discipline) && discipline->settings.c_cc[VTIME] == 0 &&
        discipline->settings.c_cc[VMIN] > 0)
        wanted = discipline->settings.c_cc[VMIN];
    return discipline_ready(discipline) >= wanted;
}

static void keys_take(void)
{
    static bool taking;
    bool came = false;
    char key;
    /* Taking keys makes room for others, which are announced at once: whoever takes already goes on
     * with them. */
    if (taking)
        return;
    keys_wait = sending;
    if (sending)
        return;
    taking = true;
    while (discipline_takes(&terminal.discipline) && out_room() >= DISCIPLINE_ECHO_MAX &&
           console_read(&key, 1) == 1) {
        discipline_key(&terminal.discipline, key);
        came = true;
    }
    taking = false;
    if (!came)
        return;
    out_flush();
    if (has_input())
        wake_watchers(&terminal.waits, EVENT_IN | EVENT_RDNORM);
}

static void window_set(uint32_t rows, uint32_t columns)
{
    if (terminal.window.rows == rows && terminal.window.columns == columns)
        return;
    terminal.window.rows = (uint16_t)rows;
    terminal.window.columns = (uint16_t)columns;
    if (terminal.foreground)
        group_signal(terminal.foreground, SIGWINCH);
}

/* The console takes more: echo and programs go on, and with room for echo come further keys. */
static void room_woken(struct waiter *waiter, unsigned events)
{
    out_flush();
    keys_take();
}

/* ---- job control ---- */

/* A background process may not do this: 0, or what the call answers after the signal was sent. */
static int background_check(int signal)
{
    if (caller_terminal() != &terminal || caller_group() == terminal.foreground ||
        !terminal.foreground)
        return 0;
    if (caller_refuses_signal(signal))
        return signal == SIGTTIN ? -EIO : 0;
    if (caller_is_orphan())
        return -EIO;
    group_signal(caller_group(), signal);
    return -RESTART_CALL;
}

void terminal_session_ended(struct terminal *of, int session)
{
    if (of->session != session)
        return;
    if (of->foreground) {
        group_signal(of->foreground, SIGHUP);
        group_signal(of->foreground, SIGCONT);
    }
    of->session = of->foreground = 0;
    session_leave_terminal(session, of);
}

static int session_take(bool steal)
{
    if (caller_terminal() == &terminal && terminal.session == caller_session())
        return 0;
    if (!caller_is_leader() || caller_terminal())
        return -EPERM;
    if (terminal.session) {
        if (!steal)
            return -EPERM;
        session_leave_terminal(terminal.session, &terminal);
    }
    terminal.session = caller_session();
    terminal.foreground = caller_group();
    caller_terminal_set(&terminal);
    return 0;
}

static int session_leave(void)
{
    if (caller_terminal() != &terminal)
        return -ENOTTY;
    if (caller_is_leader())
        terminal_session_ended(&terminal, terminal.session);
    else
        caller_terminal_set(NULL);
    return 0;
}

static int foreground_set(user_addr argument)
{
    int group, error = background_check(SIGTTOU);
    if (error)
        return error;
    if (caller_terminal() != &terminal || terminal.session != caller_session())
        return -ENOTTY;
    if (copy_in(&group, argument))
        return -EFAULT;
    if (group < 0)
        return -EINVAL;
    int session = session_of_group(group);
    if (session < 0)
        return -ESRCH;
    if (session != caller_session())
        return -EPERM;
    terminal.foreground = group;
    return 0;
}

/* ---- read and write ---- */

/* Until when a raw read waits for its next byte; false: it does not wait. */
static bool raw_deadline(size_t done, nanoseconds *deadline)
{
    const cc_t *keys = terminal.discipline.settings.c_cc;
    *deadline = NO_DEADLINE;
    if (keys[VTIME] != 0 && (keys[VMIN] == 0 || done > 0))
        *deadline = arch_clock() + keys[VTIME] * 100000000UL;
    else if (keys[VMIN] == 0)
        return false;
    return true;
}

/* Moves what is there; true: the read is complete. */
static bool read_part(struct io *io, long *done, int *error)
{
    char part[256];
    bool ended = false;
    while (io->remaining > 0 && discipline_ready(&terminal.discipline) > 0 && !ended) {
        size_t size = io->remaining < sizeof(part) ? io->remaining : sizeof(part);
        size_t taken = discipline_take(&terminal.discipline, part, size, &ended);
        long moved = taken > 0 ? io_put(io, part, taken) : 0;
        if (moved < 0) {
            *error = (int)moved;
            return true;
        }
        *done += moved;
    }
    keys_take();
    if (discipline_is_canonical(&terminal.discipline))
        return ended || *done > 0;
    return *done > 0 && (size_t)*done >= terminal.discipline.settings.c_cc[VMIN];
}

static long terminal_read(struct file *file, struct io *io, int64_t *position)
{
    long done = 0;
    int error = background_check(SIGTTIN);
    if (error)
        return error;
    if (io->remaining == 0)
        return 0;
    keys_take();
    for (;;) {
        nanoseconds deadline = NO_DEADLINE;
        if (read_part(io, &done, &error) || io->remaining == 0)
            break;
        if (!discipline_is_canonical(&terminal.discipline) &&
            !raw_deadline((size_t)done, &deadline))
            break;
        if (file_nonblocking(file)) {
            error = -EAGAIN;
            break;
        }
        error = wait_on(&terminal.waits, deadline);
        if (error == -ETIMEDOUT) {
            error = 0;
            break;
        }
        if (error == -EINTR)
            error = -RESTART_CALL;
        if (!error)
            error = background_check(SIGTTIN);
        if (error)
            break;
    }
    return done > 0 ? done : error;
}

static long terminal_write(struct file *file, struct io *io, int64_t *position)
{
    char part[WRITE_PART];
    long done = 0;
    int error = terminal.discipline.settings.c_lflag & TOSTOP ? background_check(SIGTTOU) : 0;
    while (io->remaining > 0 && !error) {
        out_flush();
        if (out_is_empty() && !terminal.discipline.stopped) {
            size_t size = io->remaining < sizeof(part) ? io->remaining : sizeof(part);
            long moved = io_get(io, part, size);
            if (moved < 0)
                return done > 0 ? done : moved;
            size_t room = out_room();
            ASSERT(room >= (size_t)moved * DISCIPLINE_EXPANDS);
            terminal.out_size += discipline_output(&terminal.discipline, part, (size_t)moved,
                                                   terminal.out + terminal.out_size);
            done += moved;
            out_flush();
        } else if (file_nonblocking(file)) {
            error = -EAGAIN;
        } else {
            error = wait_restartable(&terminal.waits, NO_DEADLINE);
        }
    }
    return done > 0 ? done : error;
}

static unsigned terminal_poll(struct file *file, struct waiter *waiter)
{
    unsigned events = 0;
    if (waiter)
        wait_add(&terminal.waits, waiter);
    keys_take();
    if (has_input())
        events |= EVENT_IN | EVENT_RDNORM;
    if (out_is_empty() && !terminal.discipline.stopped)
        events |= EVENT_OUT | EVENT_WRNORM;
    return events;
}

/* ---- ioctl ---- */

static int drain(void)
{
    out_flush();
    while (!out_is_empty()) {
        int error = wait_restartable(&terminal.waits, NO_DEADLINE);
        if (error)
            return error;
    }
    return 0;
}

static void flush(unsigned what)
{
    if (what == TCIFLUSH || what == TCIOFLUSH) {
        discipline_forget_input(&terminal.discipline);
        keys_take();
    }
    if (what == TCOFLUSH || what == TCIOFLUSH) {
        terminal.out_done = terminal.out_size = 0;
        wake_watchers(&terminal.waits, EVENT_OUT | EVENT_WRNORM);
    }
}

static int settings_set(unsigned command, user_addr argument)
{
    struct termios settings;
    int error = background_check(SIGTTOU);
    if (error)
        return error;
    if (copy_in(&settings, argument))
        return -EFAULT;
    if (command != TCSETS && (error = drain()) != 0)
        return error;
    if (command == TCSETSF)
        flush(TCIFLUSH);
    discipline_set(&terminal.discipline, &settings);
    out_flush();
    if (has_input())
        wake_watchers(&terminal.waits, EVENT_IN | EVENT_RDNORM);
    return 0;
}

static int window_ioctl(user_addr argument)
{
    struct window window;
    if (copy_in(&window, argument))
        return -EFAULT;
    bool changed = memcmp(&window, &terminal.window, sizeof(window)) != 0;
    terminal.window = window;
    if (changed && terminal.foreground)
        group_signal(terminal.foreground, SIGWINCH);
    return 0;
}

static int flow(unsigned what)
{
    if (what == TCOOFF || what == TCOON)
        terminal.discipline.stopped = what == TCOOFF;
    else if (what != TCIOFF && what != TCION)
        return -EINVAL;
    out_flush();
    wake_watchers(&terminal.waits, EVENT_OUT | EVENT_WRNORM);
    return 0;
}

static int number_out(user_addr argument, int number)
{
    return copy_out(argument, &number);
}

static long terminal_ioctl(struct file *file, unsigned command, uintptr_t argument)
{
    switch (command) {
    case TCGETS:
        return copy_out(argument, &terminal.discipline.settings);
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return settings_set(command, argument);
    case TIOCGWINSZ:
        return copy_out(argument, &terminal.window);
    case TIOCSWINSZ:
        return window_ioctl(argument);
    case TIOCSCTTY:
        return session_take(argument == 1);
    case TIOCNOTTY:
        return session_leave();
    case TIOCGPGRP:
        return caller_terminal() == &terminal ? number_out(argument, terminal.foreground) : -ENOTTY;
    case TIOCSPGRP:
        return foreground_set(argument);
    case TIOCGSID:
        return caller_terminal() == &terminal ? number_out(argument, terminal.session) : -ENOTTY;
    case FIONREAD:
        keys_take();
        return number_out(argument, (int)discipline_ready(&terminal.discipline));
    case TIOCOUTQ:
        return number_out(argument, (int)(terminal.out_size - terminal.out_done));
    case TCFLSH:
        if (argument > TCIOFLUSH)
            return -EINVAL;
        flush((unsigned)argument);
        return 0;
    case TCXONC:
        return flow((unsigned)argument);
    case TCSBRK:
    case TCSBRKP:
        return drain();
    default:
        return -ENOTTY;
    }
}

static int terminal_stat(struct file *file, struct linux_stat *stat)
{
    return inode_stat(file->inode, stat);
}

static const struct file_ops terminal_ops = {
    .kind = "terminal",
    .read = terminal_read,
    .write = terminal_write,
    .poll = terminal_poll,
    .ioctl = terminal_ioctl,
    .stat = terminal_stat,
};

/* ---- names ---- */

static int open_console(struct inode *inode, struct file *file)
{
    file->ops = &terminal_ops;
    return 0;
}

/* A leader without a terminal gets the one it opens. */
static int open_terminal(struct inode *inode, struct file *file)
{
    file->ops = &terminal_ops;
    if (!(file->flags & O_NOCTTY) && caller_is_leader() && !caller_terminal() && !terminal.session)
        (void)session_take(false);
    return 0;
}

static int open_controlling(struct inode *inode, struct file *file)
{
    if (caller_terminal() != &terminal)
        return -ENXIO;
    file->ops = &terminal_ops;
    return 0;
}

void terminal_init(void)
{
    static struct waiter waiter = {.wake = room_woken};
    static const struct {
        const char *name;
        uint32_t mode;
        uint64_t device;
        int (*open)(struct inode *inode, struct file *file);
    } names[] = {
        {"console", 0600, 5 << 8 | 1, open_console},
        {"tty", 0666, 5 << 8 | 0, open_controlling},
        {"tty0", 0620, 4 << 8 | 0, open_terminal},
        {"ttyS0", 0660, 4 << 8 | 64, open_terminal},
    };
    discipline_init(&terminal.discipline);
    terminal.discipline.put = echo_put;
    terminal.discipline.signal = key_signal;
    wait_queue_init(&terminal.waits);
    list_init(&waiter.link);
    wait_add(console_room, &waiter);
    console_keys_arrived = keys_take;
    console_window_changed = window_set;
    console_report_window();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (device_register(names[i].name, names[i].mode, names[i].device, names[i].open) != 0)
            panic("no memory for /dev/%s", names[i].name);
    }
}
