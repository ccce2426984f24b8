%% SPDX-License-Identifier: Apache-2.0
%% Mnesia with copies on disc: in this virtual machine, and across the end of another, orderly or not.
-module(program_mnesia).
-export([cases/0, write/2, read/1]).

cases() ->
    [{restart, fun restart/0},
     {kinds, fun kinds/0},
     {another_machine, fun another_machine/0},
     {killed_machine, fun killed_machine/0},
     {backup, fun backup/0}].

start(Directory) ->
    Path = filename:absname(Directory),
    application:set_env(mnesia, dir, Path),
    case filelib:is_dir(Path) of
        true -> ok;
        false -> ok = mnesia:create_schema([node()])
    end,
    ok = mnesia:start().

stop() ->
    stopped = mnesia:stop().

restart() ->
    start("one"),
    {atomic, ok} = mnesia:create_table(thing, [{disc_copies, [node()]}, {attributes, [key, value]}, {index, [value]}]),
    {atomic, ok} = mnesia:transaction(fun() -> [ok = mnesia:write({thing, N, N * N}) || N <- lists:seq(1, 1000)], ok end),
    {aborted, no} = mnesia:transaction(fun() -> mnesia:write({thing, 1, changed}), mnesia:abort(no) end),
    {atomic, ok} = mnesia:transaction(fun() -> mnesia:delete({thing, 500}) end),
    stop(),
    start("one"),
    ok = mnesia:wait_for_tables([thing], 20000),
    999 = mnesia:table_info(thing, size),
    [{thing, 1, 1}] = mnesia:dirty_read(thing, 1),
    [] = mnesia:dirty_read(thing, 500),
    [{thing, 999, 998001}] = mnesia:dirty_index_read(thing, 998001, value),
    stop().

kinds() ->
    start("two"),
    [{atomic, ok} = mnesia:create_table(Name, [{Kind, [node()]}, {type, Type}]) ||
        {Name, Kind, Type} <- [{a, disc_only_copies, set}, {b, disc_copies, bag}, {c, disc_copies, ordered_set}, {d, ram_copies, set}]],
    [ok = mnesia:dirty_write({Name, N rem 50, N}) || Name <- [a, b, c, d], N <- lists:seq(1, 200)],
    {atomic, ok} = mnesia:change_table_copy_type(d, node(), disc_copies),
    stop(),
    start("two"),
    ok = mnesia:wait_for_tables([a, b, c, d], 20000),
    [50, 200, 50, 50] = [mnesia:table_info(Name, size) || Name <- [a, b, c, d]],
    Keys = lists:seq(0, 49),
    Keys = mnesia:dirty_all_keys(c),
    stop().

arguments(Function, Words) ->
    %% Without reports: one of mnesia's stop would stand among what is printed, or not.
    ["-noshell", "-kernel", "logger_level", "error", "-pa", filename:dirname(code:which(?MODULE)), "-eval",
     lists:flatten(io_lib:format("program_mnesia:~s(~s)", [Function, lists:join(", ", [io_lib:format("~p", [W]) || W <- Words])])) ++ "."].

another_machine() ->
    {0, <<"written\n">>} = program_run:erl(arguments(write, ["three", stop])),
    {0, <<"read 300\n">>} = program_run:erl(arguments(read, ["three"])).

%% What a transaction with sync promised is there although its machine was killed.
killed_machine() ->
    {137, <<"written\n">>} = program_run:erl(arguments(write, ["four", kill])),
    {0, <<"read 300\n">>} = program_run:erl(arguments(read, ["four"])).

write(Directory, End) ->
    start(Directory),
    {atomic, ok} = mnesia:create_table(thing, [{disc_copies, [node()]}]),
    {atomic, ok} = mnesia:sync_transaction(fun() -> [ok = mnesia:write({thing, N, "text"}) || N <- lists:seq(1, 300)], ok end),
    ok = mnesia:sync_log(),
    io:format("written~n"),
    case End of
        stop -> init:stop();
        kill -> timer:sleep(200), os:cmd("kill -9 " ++ os:getpid())
    end.

read(Directory) ->
    start(Directory),
    ok = mnesia:wait_for_tables([thing], 20000),
    io:format("read ~p~n", [mnesia:table_info(thing, size)]),
    stop(),
    halt().

backup() ->
    start("five"),
    {atomic, ok} = mnesia:create_table(thing, [{disc_copies, [node()]}]),
    [ok = mnesia:dirty_write({thing, N, N}) || N <- lists:seq(1, 100)],
    ok = mnesia:backup("backup"),
    {atomic, ok} = mnesia:clear_table(thing),
    {atomic, [thing]} = mnesia:restore("backup", []),
    100 = mnesia:table_info(thing, size),
    ok = mnesia:dump_to_textfile("text"),
    true = filelib:file_size("text") > 1000,
    stop().
