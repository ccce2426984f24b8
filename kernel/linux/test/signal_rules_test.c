/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/linux/signal_rules.c */
/* The rules against what man 7 signal says, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "linux/signal_rules.h"

static void default_actions(void **state)
{
    static const struct {
        int signal;
        enum signal_default action;
    } rows[] = {
        {SIGHUP, SIGNAL_TERMINATE},  {SIGINT, SIGNAL_TERMINATE},  {SIGQUIT, SIGNAL_CORE},
        {SIGILL, SIGNAL_CORE},       {SIGTRAP, SIGNAL_CORE},      {SIGABRT, SIGNAL_CORE},
        {SIGBUS, SIGNAL_CORE},       {SIGFPE, SIGNAL_CORE},       {SIGKILL, SIGNAL_TERMINATE},
        {SIGUSR1, SIGNAL_TERMINATE}, {SIGSEGV, SIGNAL_CORE},      {SIGPIPE, SIGNAL_TERMINATE},
        {SIGALRM, SIGNAL_TERMINATE}, {SIGTERM, SIGNAL_TERMINATE}, {SIGCHLD, SIGNAL_IGNORE},
        {SIGCONT, SIGNAL_IGNORE},    {SIGSTOP, SIGNAL_STOP},      {SIGTSTP, SIGNAL_STOP},
        {SIGTTIN, SIGNAL_STOP},      {SIGTTOU, SIGNAL_STOP},      {SIGURG, SIGNAL_IGNORE},
        {SIGXCPU, SIGNAL_CORE},      {SIGXFSZ, SIGNAL_CORE},      {SIGWINCH, SIGNAL_IGNORE},
        {SIGIO, SIGNAL_TERMINATE},   {SIGSYS, SIGNAL_CORE},       {32, SIGNAL_TERMINATE},
        {64, SIGNAL_TERMINATE},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(signal_default_of(rows[i].signal), rows[i].action);
}

static void faults_come_first(void **state)
{
    assert_int_equal(signal_first(0), 0);
    assert_int_equal(signal_first(1), SIGHUP);
    assert_int_equal(signal_first(1UL << 63), 64);
    assert_int_equal(signal_first(1UL << (SIGHUP - 1) | 1UL << (SIGSEGV - 1)), SIGSEGV);
    assert_int_equal(signal_first(1UL << (SIGBUS - 1) | 1UL << (SIGSEGV - 1)), SIGBUS);
    assert_int_equal(signal_first(1UL << 40 | 1UL << 33), 34);
}

static void restart_table(void **state)
{
    static const struct {
        int result;
        bool handler, restarts;
        enum call_outcome outcome;
    } rows[] = {
        {ERESTARTSYS, false, false, CALL_REPEAT},
        {ERESTARTSYS, true, false, CALL_EINTR},
        {ERESTARTSYS, true, true, CALL_REPEAT},
        {513, true, false, CALL_REPEAT},
        {ERESTARTNOHAND, false, false, CALL_REPEAT},
        {ERESTARTNOHAND, true, false, CALL_EINTR},
        {ERESTARTNOHAND, true, true, CALL_EINTR},
        {ERESTART_RESTARTBLOCK, false, false, CALL_RESTART_BLOCK},
        {ERESTART_RESTARTBLOCK, true, false, CALL_EINTR},
        {ERESTART_RESTARTBLOCK, true, true, CALL_EINTR},
        {EINTR, true, true, CALL_KEEP},
        {0, false, false, CALL_KEEP},
        {515, false, false, CALL_KEEP},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(signal_call_outcome(-rows[i].result, rows[i].handler, rows[i].restarts),
                         rows[i].outcome);
    assert_int_equal(signal_call_outcome(INT64_MIN, true, true), CALL_KEEP);
    assert_int_equal(signal_call_outcome(ERESTARTSYS, true, true), CALL_KEEP);
}

static void names(void **state)
{
    assert_string_equal(signal_name(SIGSEGV), "SEGV");
    assert_string_equal(signal_name(SIGSYS), "SYS");
    assert_string_equal(signal_name(64), "RT");
    assert_string_equal(signal_name(-1), "RT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_actions),
        cmocka_unit_test(faults_come_first),
        cmocka_unit_test(restart_table),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
