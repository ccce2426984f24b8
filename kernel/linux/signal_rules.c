/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Linux prescribes about signals, without any state: default actions, order, restart of calls
 * (man 7 signal). Compiled on the host for its tests.
 */
#include "linux/signal_rules.h"

#define BIT(signal) (1UL << ((signal)-1))
/* Repeat always; nobody here returns it, programs may see it from a tracer. */
#define ERESTARTNOINTR 513

static const uint64_t core_set = BIT(SIGQUIT) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGABRT) |
                                 BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGSEGV) | BIT(SIGXCPU) |
                                 BIT(SIGXFSZ) | BIT(SIGSYS);
static const uint64_t ignore_set = BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH);
static const uint64_t fault_set =
    BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGFPE) | BIT(SIGSYS);

enum signal_default signal_default_of(int signal)
{
    uint64_t bit = BIT(signal);
    if (bit & ignore_set)
        return SIGNAL_IGNORE;
    if (bit & SIGNAL_SET_STOP)
        return SIGNAL_STOP;
    return bit & core_set ? SIGNAL_CORE : SIGNAL_TERMINATE;
}

int signal_first(uint64_t set)
{
    if (set == 0)
        return 0;
    if (set & fault_set)
        set &= fault_set;
    return __builtin_ctzl(set) + 1;
}

enum call_outcome signal_call_outcome(int64_t result, bool handler, bool handler_restarts)
{
    switch (result) {
    case -ERESTARTSYS:
        return handler && !handler_restarts ? CALL_EINTR : CALL_REPEAT;
    case -ERESTARTNOINTR:
        return CALL_REPEAT;
    case -ERESTARTNOHAND:
        return handler ? CALL_EINTR : CALL_REPEAT;
    case -ERESTART_RESTARTBLOCK:
        return handler ? CALL_EINTR : CALL_RESTART_BLOCK;
    default:
        return CALL_KEEP;
    }
}

const char *signal_name(int signal)
{
    static const char names[][5] = {
        "?",    "HUP",  "INT",  "QUIT", "ILL",  "TRAP", "ABRT", "BUS",  "FPE",  "KILL", "USR1",
        "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKF", "CHLD", "CONT", "STOP", "TSTP", "TTIN",
        "TTOU", "URG",  "XCPU", "XFSZ", "VTAL", "PROF", "WNCH", "IO",   "PWR",  "SYS",
    };
    return signal > 0 && signal < (int)COUNT_OF(names) ? names[signal] : "RT";
}
