/* SPDX-License-Identifier: Apache-2.0 */
/* The line discipline: what keys leave for the reader, what they show, which signals they make. */
/* TEST-SOURCES: kernel/file/line_discipline.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file/line_discipline.h"

static struct discipline d;
static char shown[65536];
static size_t shown_size;
static int last_signal;

static void put(struct discipline *discipline, const char *bytes, size_t size)
{
    assert_true(shown_size + size < sizeof shown);
    memcpy(shown + shown_size, bytes, size);
    shown_size += size;
    shown[shown_size] = 0;
}

static void signal_made(struct discipline *discipline, int signal)
{
    last_signal = signal;
}

static int setup(void **state)
{
    memset(&d, 0, sizeof d);
    discipline_init(&d);
    d.put = put;
    d.signal = signal_made;
    shown_size = 0;
    shown[0] = 0;
    last_signal = 0;
    return 0;
}

static void keys(const char *text)
{
    for (; *text != 0; text++)
        discipline_key(&d, *text);
}

static const char *taken(size_t size)
{
    static char text[8192];
    bool ended;
    text[discipline_take(&d, text, size, &ended)] = 0;
    return text;
}

static void raw_mode(void)
{
    struct termios settings = d.settings;
    settings.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
    settings.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
    discipline_set(&d, &settings);
}

static void gives_whole_lines(void **state)
{
    keys("ab");
    assert_int_equal(discipline_ready(&d), 0);
    keys("c\rnext\rrest");
    assert_string_equal(taken(100), "abc\n");
    assert_string_equal(taken(2), "ne");
    assert_string_equal(taken(100), "xt\n");
    assert_int_equal(discipline_ready(&d), 0);
    assert_string_equal(shown, "abc\r\nnext\r\nrest");
}

static void erases(void **state)
{
    keys("ab\x7f"
         "c\x7f\x7f\x7f\x7fz\n");
    assert_string_equal(taken(100), "z\n");
    assert_string_equal(shown, "ab\b \bc\b \b\b \bz\r\n");
}

static void erases_utf8_as_one(void **state)
{
    keys("a\xc3\xa9\x7f"
         "b\xe2\x82\xac\x7f\n");
    assert_string_equal(taken(100), "ab\n");
    assert_string_equal(shown, "a\xc3\xa9\b \bb\xe2\x82\xac\b \b\r\n");
}

static void erases_controls_and_tabs(void **state)
{
    keys("a\x01\x7f\tb\x7f\x7f\n");
    assert_string_equal(taken(100), "a\n");
    assert_string_equal(shown, "a^A\b \b\b \b\tb\b \b\b\b\b\b\b\b\b\r\n");
}

static void erases_words_and_lines(void **state)
{
    keys("one two  \x17");
    assert_int_equal(d.head - d.lines, 4);
    keys("x\x15y\n");
    assert_string_equal(taken(100), "y\n");
}

static void takes_next_key_literally(void **state)
{
    keys("\x16\x03\n");
    assert_int_equal(last_signal, 0);
    assert_string_equal(taken(100), "\x03\n");
    assert_string_equal(shown, "^\b^C\r\n");
}

static void ends_files(void **state)
{
    bool ended;
    char text[8];
    keys("ab\x04");
    assert_string_equal(taken(2), "ab");
    /* The end of file belonged to those bytes: it does not answer the next read as well. */
    assert_int_equal(discipline_ready(&d), 0);
    keys("\x04");
    assert_int_equal(discipline_ready(&d), 1);
    assert_int_equal(discipline_take(&d, text, sizeof text, &ended), 0);
    assert_true(ended);
    assert_int_equal(discipline_ready(&d), 0);
}

static void makes_signals(void **state)
{
    keys("abc\x03");
    assert_int_equal(last_signal, 2);
    assert_string_equal(shown, "abc^C");
    keys("d\n");
    assert_string_equal(taken(100), "d\n");
    keys("\x1c");
    assert_int_equal(last_signal, 3);
    keys("\x1a");
    assert_int_equal(last_signal, 20);
}

static void is_raw(void **state)
{
    raw_mode();
    keys("a\x03\r\x04\x7f");
    assert_int_equal(discipline_ready(&d), 5);
    assert_string_equal(taken(100), "a\x03\r\x04\x7f");
    assert_string_equal(shown, "");
    assert_int_equal(last_signal, 0);
}

static void keeps_input_between_modes(void **state)
{
    keys("abc");
    raw_mode();
    assert_string_equal(taken(100), "abc");
    keys("def");
    struct termios settings = d.settings;
    settings.c_lflag |= ICANON;
    discipline_set(&d, &settings);
    assert_string_equal(taken(100), "def");
    keys("g\n");
    assert_string_equal(taken(100), "g\n");
}

static void stops_when_full(void **state)
{
    raw_mode();
    size_t count = 0;
    while (discipline_takes(&d)) {
        discipline_key(&d, 'x');
        count++;
    }
    assert_int_equal(count, DISCIPLINE_INPUT - 1);
    assert_int_equal(discipline_ready(&d), count);
    taken(10);
    assert_true(discipline_takes(&d));
}

static void cuts_long_lines(void **state)
{
    for (int i = 0; i < 5000; i++) {
        assert_true(discipline_takes(&d));
        discipline_key(&d, 'x');
    }
    discipline_key(&d, '\n');
    bool ended;
    char text[8192];
    assert_int_equal(discipline_take(&d, text, sizeof text, &ended), DISCIPLINE_INPUT);
    assert_true(ended);
    assert_int_equal(text[DISCIPLINE_INPUT - 1], '\n');
}

/* 4 KiB of lines pasted at once, read bit by bit: nothing is lost, because keys wait while it is
 * full. */
static void takes_a_paste(void **state)
{
    char pasted[4096], got[8192];
    size_t sent = 0, received = 0;
    for (size_t i = 0; i < sizeof pasted; i++)
        pasted[i] = (char)(i % 64 == 63 ? '\n' : 'a' + i % 26);
    while (received < sizeof pasted) {
        bool ended;
        while (sent < sizeof pasted && discipline_takes(&d))
            discipline_key(&d, pasted[sent++]);
        received += discipline_take(&d, got + received, 50, &ended);
    }
    assert_memory_equal(got, pasted, sizeof pasted);
}

static void processes_output(void **state)
{
    char out[128];
    size_t size = discipline_output(&d, "a\tb\nc", 5, out);
    assert_memory_equal(out, "a\tb\r\nc", 6);
    assert_int_equal(size, 6);
    d.settings.c_oflag |= XTABS;
    d.column = 0;
    size = discipline_output(&d, "abc\tx", 5, out);
    assert_int_equal(size, 9);
    assert_memory_equal(out, "abc     x", 9);
    d.settings.c_oflag = 0;
    size = discipline_output(&d, "a\tb\n", 4, out);
    assert_int_equal(size, 4);
}

static void flow_stops(void **state)
{
    keys("\x13");
    assert_true(d.stopped);
    keys("a\x11");
    assert_false(d.stopped);
    keys("\n");
    assert_string_equal(taken(100), "a\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(gives_whole_lines),
        TEST(erases),
        TEST(erases_utf8_as_one),
        TEST(erases_controls_and_tabs),
        TEST(erases_words_and_lines),
        TEST(takes_next_key_literally),
        TEST(ends_files),
        TEST(makes_signals),
        TEST(is_raw),
        TEST(keeps_input_between_modes),
        TEST(stops_when_full),
        TEST(cuts_long_lines),
        TEST(takes_a_paste),
        TEST(processes_output),
        TEST(flow_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
