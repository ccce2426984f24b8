/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys to lines, as Linux's N_TTY does it. Positions run freely; index is position %
 * DISCIPLINE_INPUT. In canonical mode [tail, lines) holds finished lines and [lines, head) the one
 * being edited; in raw mode all of [tail, head) is readable.
 */
#include "file/line_discipline.h"

#include <asm/signal.h>

#include "lib/string.h"

#define DELETE    0x7f
#define TAB_WIDTH 8U

void discipline_init(struct discipline *d)
{
    static const struct termios standard = {
        .c_iflag = ICRNL | IXON | IUTF8,
        .c_oflag = OPOST | ONLCR,
        .c_cflag = B38400 | CS8 | CREAD | HUPCL,
        .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
        .c_cc = {[VINTR] = 'C' - 64,
                 [VQUIT] = '\\' - 64,
                 [VERASE] = DELETE,
                 [VKILL] = 'U' - 64,
                 [VEOF] = 'D' - 64,
                 [VMIN] = 1,
                 [VSTART] = 'Q' - 64,
                 [VSTOP] = 'S' - 64,
                 [VSUSP] = 'Z' - 64,
                 [VREPRINT] = 'R' - 64,
                 [VDISCARD] = 'O' - 64,
                 [VWERASE] = 'W' - 64,
                 [VLNEXT] = 'V' - 64},
    };
    d->settings = standard;
}

static bool local(const struct discipline *d, tcflag_t flag)
{
    return (d->settings.c_lflag & flag) != 0;
}

/* Is the key this special character? 0 in c_cc means: there is none. */
static bool is_key(const struct discipline *d, unsigned index, char key)
{
    return d->settings.c_cc[index] != 0 && d->settings.c_cc[index] == (unsigned char)key;
}

static char at(const struct discipline *d, uint32_t position)
{
    return d->input[position % DISCIPLINE_INPUT];
}

static bool ends_at(const struct discipline *d, uint32_t position)
{
    uint32_t index = position % DISCIPLINE_INPUT;
    return (d->ends[index / 64] >> (index % 64) & 1) != 0;
}

static void add(struct discipline *d, char byte, bool end)
{
    uint32_t index = d->head++ % DISCIPLINE_INPUT;
    d->input[index] = byte;
    d->ends[index / 64] &= ~(1UL << (index % 64));
    if (end)
        d->ends[index / 64] |= 1UL << (index % 64);
}

/* ---- output ---- */

static bool is_control(char byte)
{
    return (unsigned char)byte < ' ' || byte == DELETE;
}

static bool is_continuation(const struct discipline *d, char byte)
{
    return (d->settings.c_iflag & IUTF8) != 0 && ((unsigned char)byte & 0xc0) == 0x80;
}

static size_t output_tab(struct discipline *d, char *to)
{
    uint32_t spaces = TAB_WIDTH - d->column % TAB_WIDTH;
    d->column += spaces;
    if ((d->settings.c_oflag & TABDLY) != XTABS) {
        *to = '\t';
        return 1;
    }
    for (uint32_t i = 0; i < spaces; i++)
        to[i] = ' ';
    return spaces;
}

static size_t output_byte(struct discipline *d, char byte, char *to)
{
    tcflag_t flags = d->settings.c_oflag;
    size_t size = 0;
    if (byte == '\n') {
        if (flags & ONLCR)
            to[size++] = '\r';
        if (flags & (ONLCR | ONLRET))
            d->column = d->line_column = 0;
    } else if (byte == '\r') {
        if ((flags & ONOCR) && d->column == 0)
            return 0;
        if (flags & OCRNL)
            byte = '\n';
        d->column = d->line_column = 0;
    } else if (byte == '\t') {
        return output_tab(d, to);
    } else if (byte == '\b') {
        if (d->column > 0)
            d->column--;
    } else {
        if ((flags & OLCUC) && byte >= 'a' && byte <= 'z')
            byte = (char)(byte - 'a' + 'A');
        if (!is_control(byte) && !is_continuation(d, byte))
            d->column++;
    }
    to[size++] = byte;
    return size;
}

size_t discipline_output(struct discipline *d, const char *from, size_t size, char *to)
{
    size_t done = 0;
    if (!(d->settings.c_oflag & OPOST)) {
        memcpy(to, from, size);
        return size;
    }
    for (size_t i = 0; i < size; i++) {
        /* Printable ones need no thought. */
        if (from[i] >= ' ' && from[i] < DELETE && !(d->settings.c_oflag & OLCUC)) {
            d->column++;
            to[done++] = from[i];
        } else {
            done += output_byte(d, from[i], to + done);
        }
    }
    return done;
}

static void echo_bytes(struct discipline *d, const char *bytes, size_t size)
{
    char out[DISCIPLINE_EXPANDS * 4];
    while (size > 0) {
        size_t part = size < 4 ? size : 4;
        d->put(d, out, discipline_output(d, bytes, part, out));
        bytes += part;
        size -= part;
    }
}

/* A key as the person sees it: ^C for a control character. */
static void echo_key(struct discipline *d, char key)
{
    if (!local(d, ECHO))
        return;
    if (is_control(key) && key != '\t' && key != '\n' && local(d, ECHOCTL)) {
        char text[2] = {'^', (char)(key ^ 64)};
        echo_bytes(d, text, 2);
    } else {
        echo_bytes(d, &key, 1);
    }
}

/* ---- editing ---- */

/* Takes the last character's picture away. It was at `position`, the line's end is there now. */
static void erase_picture(struct discipline *d, uint32_t position, char byte)
{
    if (!local(d, ECHO))
        return;
    if (!local(d, ECHOE)) {
        echo_key(d, (char)d->settings.c_cc[VERASE]);
        return;
    }
    if (byte == '\t') {
        /* How wide it was follows from all before it in the line. */
        uint32_t column = d->line_column;
        for (uint32_t i = d->lines; i != position; i++) {
            char c = at(d, i);
            if (c == '\t')
                column += TAB_WIDTH - column % TAB_WIDTH;
            else if (is_control(c))
                column += local(d, ECHOCTL) ? 2 : 0;
            else if (!is_continuation(d, c))
                column++;
        }
        while (d->column > column)
            echo_bytes(d, "\b", 1);
        return;
    }
    if (is_control(byte) && !local(d, ECHOCTL))
        return;
    echo_bytes(d, is_control(byte) ? "\b \b\b \b" : "\b \b", is_control(byte) ? 6 : 3);
}

/* Takes one character, with all of its UTF-8 bytes, off the line being edited. */
static void erase_character(struct discipline *d)
{
    uint32_t position = d->head - 1;
    while (position != d->lines && is_continuation(d, at(d, position)))
        position--;
    char byte = at(d, position);
    d->head = position;
    erase_picture(d, position, byte);
}

static bool is_word(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || (unsigned char)byte >= 0x80;
}

static void erase_word(struct discipline *d)
{
    while (d->head != d->lines && !is_word(at(d, d->head - 1)))
        erase_character(d);
    while (d->head != d->lines && is_word(at(d, d->head - 1)))
        erase_character(d);
}

static void kill_line(struct discipline *d)
{
    if (local(d, ECHO) && local(d, ECHOK) && local(d, ECHOKE) && local(d, ECHOE)) {
        while (d->head != d->lines)
            erase_character(d);
        return;
    }
    d->head = d->lines;
    echo_key(d, (char)d->settings.c_cc[VKILL]);
    if (local(d, ECHOK))
        echo_bytes(d, "\n", 1);
}

static void reprint(struct discipline *d)
{
    echo_key(d, (char)d->settings.c_cc[VREPRINT]);
    echo_bytes(d, "\n", 1);
    for (uint32_t i = d->lines; i != d->head; i++)
        echo_key(d, at(d, i));
}

/* An ordinary character. The last place is for the end of the line. */
static void insert(struct discipline *d, char key)
{
    if (d->head - d->tail >= DISCIPLINE_INPUT - 1) {
        if (local(d, ECHO))
            echo_bytes(d, "\a", 1);
        return;
    }
    if (d->head == d->lines)
        d->line_column = d->column;
    add(d, key, false);
    echo_key(d, key);
}

static void finish_line(struct discipline *d, char byte)
{
    if (d->head - d->tail < DISCIPLINE_INPUT)
        add(d, byte, true);
    d->lines = d->head;
}

/* Editing keys of canonical mode. False: an ordinary character. */
static bool canonical_key(struct discipline *d, char key)
{
    bool extended = local(d, IEXTEN);
    if (is_key(d, VERASE, key)) {
        if (d->head != d->lines)
            erase_character(d);
    } else if (is_key(d, VKILL, key)) {
        kill_line(d);
    } else if (extended && is_key(d, VWERASE, key)) {
        erase_word(d);
    } else if (extended && local(d, ECHO) && is_key(d, VREPRINT, key)) {
        reprint(d);
    } else if (key == '\n') {
        if (local(d, ECHO) || local(d, ECHONL))
            echo_bytes(d, "\n", 1);
        finish_line(d, key);
    } else if (is_key(d, VEOF, key)) {
        finish_line(d, 0);
    } else if (is_key(d, VEOL, key) || (extended && is_key(d, VEOL2, key))) {
        echo_key(d, key);
        finish_line(d, key);
    } else {
        return false;
    }
    return true;
}

static bool signal_key(struct discipline *d, char key)
{
    int signal = is_key(d, VINTR, key)   ? SIGINT
                 : is_key(d, VQUIT, key) ? SIGQUIT
                 : is_key(d, VSUSP, key) ? SIGTSTP
                                         : 0;
    if (signal == 0)
        return false;
    if (!local(d, NOFLSH))
        discipline_forget_input(d);
    d->stopped = false;
    d->signal(d, signal); /* which may drop output that waits, so the echo comes after it */
    echo_key(d, key);
    return true;
}

/* Ctrl-S and Ctrl-Q. */
static bool flow_key(struct discipline *d, char key)
{
    if (is_key(d, VSTART, key))
        d->stopped = false;
    else if (is_key(d, VSTOP, key))
        d->stopped = true;
    else
        return false;
    return true;
}

void discipline_key(struct discipline *d, char key)
{
    tcflag_t flags = d->settings.c_iflag;
    if (flags & ISTRIP)
        key &= 0x7f;
    if (d->literal) {
        d->literal = false;
        insert(d, key);
        return;
    }
    if (key == '\r' && (flags & IGNCR))
        return;
    if (key == '\r' && (flags & ICRNL))
        key = '\n';
    else if (key == '\n' && (flags & INLCR))
        key = '\r';
    if ((flags & IXON) && flow_key(d, key))
        return;
    if (d->stopped && (flags & IXANY))
        d->stopped = false;
    if (local(d, ISIG) && signal_key(d, key))
        return;
    if (!discipline_is_canonical(d)) {
        insert(d, key);
        d->lines = d->head;
        return;
    }
    if (local(d, IEXTEN) && is_key(d, VLNEXT, key)) {
        d->literal = true;
        if (local(d, ECHO) && local(d, ECHOCTL))
            echo_bytes(d, "^\b", 2);
    } else if (!canonical_key(d, key)) {
        insert(d, key);
    }
}

/* ---- the reader's side ---- */

bool discipline_takes(const struct discipline *d)
{
    uint32_t used = d->head - d->tail;
    if (used < DISCIPLINE_INPUT - 1)
        return true;
    /* A line that is too long goes on, its tail is lost as on Linux: or its end could never come.
     */
    return discipline_is_canonical(d) && d->lines == d->tail;
}

size_t discipline_ready(const struct discipline *d)
{
    return (discipline_is_canonical(d) ? d->lines : d->head) - d->tail;
}

size_t discipline_take(struct discipline *d, char *to, size_t size, bool *ended)
{
    size_t ready = discipline_ready(d), done = 0;
    bool canonical = discipline_is_canonical(d);
    *ended = false;
    while (ready > 0 && !*ended) {
        bool end = canonical && ends_at(d, d->tail);
        char byte = at(d, d->tail);
        bool is_eof = end && byte == 0;
        if (done == size && !(is_eof && done > 0))
            break;
        d->tail++;
        ready--;
        if (!is_eof)
            to[done++] = byte;
        *ended = end;
    }
    return done;
}

void discipline_forget_input(struct discipline *d)
{
    d->tail = d->lines = d->head;
}

void discipline_set(struct discipline *d, const struct termios *settings)
{
    bool was = discipline_is_canonical(d);
    d->settings = *settings;
    bool is = discipline_is_canonical(d);
    if (was == is)
        return;
    d->literal = false;
    if (is) {
        memset(d->ends, 0, sizeof(d->ends));
        /* What came in raw mode is a line now. */
        if (d->head != d->tail) {
            uint32_t last = (d->head - 1) % DISCIPLINE_INPUT;
            d->ends[last / 64] |= 1UL << (last % 64);
        }
    }
    d->lines = d->head;
}
