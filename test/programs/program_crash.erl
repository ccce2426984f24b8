%% SPDX-License-Identifier: Apache-2.0
%% How a virtual machine ends badly: crash dumps, aborts, signals, not enough memory. Each is a child.
-module(program_crash).
-export([cases/0]).

cases() ->
    [{slogan, fun slogan/0},
     {abort, fun abort/0},
     {user_signal, fun user_signal/0},
     {init_dies, fun init_dies/0},
     {no_dump, fun no_dump/0},
     {no_memory, fun no_memory/0},
     {killed, fun killed/0},
     {segment_fault, fun segment_fault/0},
     {dump_descriptor_limit, fun dump_descriptor_limit/0},
     {too_many_processes, fun too_many_processes/0}].

child(Program) ->
    child(Program, []).

child(Program, Environment) ->
    file:delete("dump"),
    program_run:erl(["-noshell", "-eval", Program], [{env, [{"ERL_CRASH_DUMP", filename:absname("dump")} | Environment]}]).

dump(Slogan) ->
    {ok, Dump} = file:read_file("dump"),
    <<"=erl_crash_dump:0.5\n", _/binary>> = Dump,
    {true, Slogan} = {string:find(Dump, ["Slogan: ", Slogan]) =/= nomatch, Slogan},
    %% Complete, with the parts that a reader needs.
    [{true, Part} = {string:find(Dump, Part) =/= nomatch, Part} ||
        Part <- ["\n=memory\n", "\n=proc:<0.0.0>\n", "\n=scheduler:1\n", "\n=atoms\n", "\n=loaded_modules\n", "\n=end\n"]],
    true = byte_size(Dump) > 50000.

slogan() ->
    {1, Output} = child("erlang:halt(\"out of ideas\")."),
    true = string:find(Output, "Crash dump is being written to") =/= nomatch,
    dump("out of ideas").

abort() ->
    {134, _} = child("erlang:halt(abort)."),
    false = filelib:is_file("dump").

user_signal() ->
    {1, _} = child("os:cmd(\"kill -USR1 \" ++ os:getpid()), receive after infinity -> ok end."),
    dump("Received SIGUSR1").

init_dies() ->
    {1, _} = child("exit(whereis(init), kill), receive after infinity -> ok end."),
    ok.

no_dump() ->
    {1, _} = child("erlang:halt(\"x\").", [{"ERL_CRASH_DUMP_SECONDS", "0"}]),
    false = filelib:is_file("dump"),
    {1, _} = child("erlang:halt(\"x\").", [{"ERL_CRASH_DUMP_BYTES", "20000"}]),
    true = filelib:file_size("dump") =< 21000.

%% With a limit on its addresses the machine cannot grow its heap: it says so and leaves a dump.
no_memory() ->
    file:delete("dump"),
    {Status, Output} = program_run:run("/bin/sh", ["-c", "ulimit -v 650000; ERL_CRASH_DUMP=$PWD/dump exec \"$0\" +S 1:1 +SDcpu 1:1 +SDio 1 +MIscs 32 -noshell -eval \"$1\"",
                                                   program_run:erl_program(), "(fun F(L) -> F([L, L | lists:duplicate(100000, L)]) end)([])."]),
    {true, Status} = {Status =/= 0, Status},
    {true, Output} = {string:find(Output, "Cannot allocate") =/= nomatch, Output},
    dump("eheap_alloc: Cannot allocate").

killed() ->
    {137, <<>>} = child("os:cmd(\"kill -KILL \" ++ os:getpid()), receive after infinity -> ok end.").

segment_fault() ->
    {139, _} = child("os:cmd(\"kill -SEGV \" ++ os:getpid()), receive after infinity -> ok end.").

%% Every descriptor is taken: opening fails with an error, not a crash.
dump_descriptor_limit() ->
    {0, <<"emfile", _/binary>>} =
        program_run:run("/bin/sh", ["-c", "ulimit -n 100; exec \"$0\" -noshell -eval \"$1\"", program_run:erl_program(),
                                    "F = fun F(N) -> case file:open(\"/dev/null\", [raw]) of {ok, _} -> F(N + 1); {error, E} -> E end end, "
                                    "Says = F(0), "
                                    "erlang:display(Says), halt()."]).

too_many_processes() ->
    {0, <<"system_limit\n", _/binary>>} =
        program_run:erl(["+P", "1024", "-noshell", "-eval",
                         "R = try [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, 40000)], none "
                         "catch error:E -> E end, io:format(\"~p~n\", [R]), halt()."]).
