%% SPDX-License-Identifier: Apache-2.0
%% Runs OTP test suites on whatever this virtual machine stands on: erl -run conformance_run main DIRECTORY SUITE...
%% where DIRECTORY holds <suite>_SUITE.beam and its data. Prints a CASE line each
%% (conformance_events) and at the end "SUITES DONE". LEFT_OUT: the file of cases that are not run, PART: K/N, the Kth of
%% N parts of them (conformance_hook), VERBOSITY: 100 where cases look at what was printed.
-module(conformance_run).
-export([main/1]).

-spec main([string()]) -> no_return().
main([Directory | Suites]) ->
    Log = "/tmp/ct_log",
    ok = filelib:ensure_path(Log),
    lists:foreach(fun(Suite) -> run(Directory, Log, Suite) end, Suites),
    io:format("SUITES DONE~n"),
    %% Without waiting for sockets that a case left behind full, to another Erlang that does not read: it would be for ever.
    timer:sleep(1000),
    halt(0, [{flush, false}]).

run(Directory, Log, Suite) ->
    Name = list_to_atom(Suite ++ "_SUITE"),
    erlang:display_string("SUITE " ++ Suite ++ "\n"),
    Result = ct:run_test([
        {dir, Directory},
        {suite, Name},
        {auto_compile, false},
        {logdir, Log},
        {verbosity, list_to_integer(os:getenv("VERBOSITY", "0"))},
        {basic_html, true},
        {event_handler, conformance_events},
        %% After the suites' own hooks, some of which do not take a skipped case.
        {ct_hooks, [{conformance_hook, [os:getenv("LEFT_OUT", ""), os:getenv("PART", "1/1")], 1000}]},
        {multiply_timetraps, list_to_integer(os:getenv("TIMETRAPS", "2"))},
        {abort_if_missing_suites, true}
    ]),
    io:format("SUITE ~s ~0p~n", [Suite, Result]).
