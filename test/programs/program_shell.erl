%% SPDX-License-Identifier: Apache-2.0
%% The Erlang shell fed from a pipe, and programs without a shell: each a virtual machine of its own.
-module(program_shell).
-export([cases/0]).

cases() ->
    [{shell_on_pipe, fun shell_on_pipe/0},
     {eval, fun eval/0},
     {status, fun status/0},
     {input, fun input/0},
     {boot_error, fun boot_error/0},
     {escript, fun escript/0},
     {erlc, fun erlc/0},
     {environment, fun environment/0},
     {much_output, fun much_output/0},
     {stop_by_init, fun stop_by_init/0},
     {stop_by_signal, fun stop_by_signal/0},
     {two_at_once, fun two_at_once/0}].

shell_on_pipe() ->
    Input = "X = 6 * 7.\nlists:reverse([X, a, \"b\"]).\nerror(oops).\n1/0.\nspawn(fun() -> exit(x) end), ok.\nhalt(4).\n",
    {4, Output} = program_run:run(program_run:erl_program(), [], [], Input),
    has(Output, "42"),
    has(Output, "[\"b\",a,42]"),
    has(Output, "exception error: oops"),
    has(Output, "arithmetic expression").

has(Output, Text) ->
    {true, Text, _} = {string:find(Output, Text) =/= nomatch, Text, Output}.

eval() ->
    {0, <<"{1,2} hello\n">>} = program_run:erl(["-noshell", "-eval", "io:format(\"~p ~s~n\", [{1,2}, hello]), halt()."]),
    {0, <<"[\"a\",\"b c\"]\n">>} =
        program_run:erl(["-noshell", "-eval", "io:format(\"~p~n\", [init:get_plain_arguments()]), halt().", "-extra", "a", "b c"]).

status() ->
    {7, <<>>} = program_run:erl(["-noshell", "-eval", "halt(7)."]),
    {0, <<>>} = program_run:erl(["-noshell", "-s", "init", "stop"]),
    {1, Output} = program_run:erl(["-noshell", "-eval", "error(wrong)."], [{env, [{"ERL_CRASH_DUMP_SECONDS", "0"}]}]),
    has(Output, "wrong").

input() ->
    Program = "{ok, [A, B]} = io:fread(\"\", \"~d ~d\"), L = io:get_line(\"\"), "
              "io:format(\"~p ~p~n\", [A + B, L]), halt().",
    {0, <<"7 \"third\\n\"\n">>} =
        program_run:run(program_run:erl_program(), ["-noshell", "-eval", Program], [], "3 4\nthird\n"),
    %% The end of the input is an end for those who read it.
    Ends = "eof = io:get_line(\"\"), io:format(\"end~n\"), halt().",
    {0, <<"end\n">>} = program_run:run("/bin/sh", ["-c", "exec \"$0\" -noshell -eval \"$1\" < /dev/null", program_run:erl_program(), Ends]).

boot_error() ->
    {1, Output} = program_run:erl(["-noshell", "-boot", "/nowhere/boot"], [{env, [{"ERL_CRASH_DUMP_SECONDS", "0"}]}]),
    has(Output, "/nowhere/boot").

escript() ->
    ok = file:write_file("add", "#!/usr/bin/env escript\n%%! +A 1\nmain(Words) -> io:format(\"~p~n\", "
                                "[lists:sum([list_to_integer(W) || W <- Words])]), halt(length(Words)).\n"),
    ok = file:change_mode("add", 8#755),
    {3, <<"6\n">>} = program_run:run(filename:absname("add"), ["1", "2", "3"]).

erlc() ->
    ok = file:write_file("small.erl", "-module(small).\n-export([f/0]).\nf() -> {small, ?LINE}.\n"),
    {0, <<>>} = program_run:run(filename:join([code:root_dir(), "bin", "erlc"]), ["-Werror", "small.erl"]),
    {0, <<"{small,3}\n">>} = program_run:erl(["-noshell", "-eval", "io:format(\"~p~n\", [small:f()]), halt()."]),
    ok = file:write_file("small.erl", "-module(small).\n-export([f/0]).\nf() -> X.\n"),
    {1, Output} = program_run:run(filename:join([code:root_dir(), "bin", "erlc"]), ["small.erl"]),
    has(Output, "unbound").

environment() ->
    {0, <<"\"caf\x{c3}\x{a9}\" false\n">>} =
        program_run:erl(["-noshell", "+pc", "unicode", "-eval",
                         "io:setopts([{encoding,unicode}]), io:format(\"~tp ~p~n\", [os:getenv(\"WORD\"), os:getenv(\"NOT_THERE\")]), halt()."],
                        [{env, [{"WORD", "caf\x{e9}"}, {"NOT_THERE", false}]}]).

much_output() ->
    {0, Output} = program_run:erl(["-noshell", "-eval",
                                   "[io:put_chars([integer_to_list(N), lists:duplicate(80, $.), 10]) || N <- lists:seq(1, 5000)], halt()."]),
    Lines = binary:split(Output, <<"\n">>, [global, trim]),
    5000 = length(Lines),
    <<"5000", _/binary>> = lists:last(Lines).

stop_by_init() ->
    {3, <<"start stop\n">>} =
        program_run:erl(["-noshell", "-eval", "io:format(\"start \"), spawn(fun() -> io:format(\"stop~n\"), init:stop(3) end)."]).

%% SIGTERM is an orderly stop.
stop_by_signal() ->
    Port = open_port({spawn_executable, program_run:erl_program()},
                     [{args, ["-noshell", "-eval", "io:format(\"up~n\")."]}, exit_status, binary, stderr_to_stdout]),
    receive {Port, {data, <<"up\n">>}} -> ok end,
    {os_pid, Pid} = erlang:port_info(Port, os_pid),
    [] = os:cmd("kill " ++ integer_to_list(Pid)),
    receive {Port, {exit_status, 0}} -> ok end.

two_at_once() ->
    Self = self(),
    [spawn_link(fun() -> Self ! program_run:erl(["-noshell", "-eval", "timer:sleep(500), io:format(\"me\"), halt()."]) end)
     || _ <- [1, 2]],
    [receive {0, <<"me">>} -> ok; Other -> error(Other) end || _ <- [1, 2]].
