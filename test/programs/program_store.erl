%% SPDX-License-Identifier: Apache-2.0
%% Tables and logs of stdlib and kernel that live in files: dets, ets files, disk_log, and ets itself.
-module(program_store).
-export([cases/0]).

cases() ->
    [{dets, fun dets/0},
     {dets_repair, fun dets_repair/0},
     {dets_bag, fun dets_bag/0},
     {ets, fun ets/0},
     {ets_file, fun ets_file/0},
     {disk_log, fun disk_log/0},
     {disk_log_wrap, fun disk_log_wrap/0},
     {log_file, fun log_file/0},
     {persistent_term, fun persistent_term/0}].

dets() ->
    {ok, Table} = dets:open_file(table, [{file, "table.dets"}]),
    ok = dets:insert(Table, [{N, integer_to_list(N)} || N <- lists:seq(1, 3000)]),
    [ok = dets:delete(Table, N) || N <- lists:seq(1, 3000, 3)],
    [1 = dets:update_counter(Table, {counter, N}, 1) || N <- lists:seq(1, 10), ok =:= dets:insert(Table, {{counter, N}, 0})],
    ok = dets:sync(Table),
    ok = dets:close(Table),
    true = dets:is_dets_file("table.dets"),
    {ok, Again} = dets:open_file(table, [{file, "table.dets"}, {access, read}]),
    2010 = dets:info(Again, size),
    [{2, "2"}] = dets:lookup(Again, 2),
    [] = dets:lookup(Again, 1),
    10 = length(dets:match(Again, {{counter, '_'}, '$1'})),
    ok = dets:close(Again).

%% A table that was not closed is repaired.
dets_repair() ->
    {ok, Table} = dets:open_file(table, [{file, "broken.dets"}]),
    ok = dets:insert(Table, [{N, N} || N <- lists:seq(1, 500)]),
    ok = dets:sync(Table),
    {ok, _} = file:copy("broken.dets", "copy.dets"),
    ok = dets:close(Table),
    {ok, Copy} = dets:open_file(copy, [{file, "copy.dets"}, {repair, force}]),
    500 = dets:info(Copy, size),
    ok = dets:close(Copy).

dets_bag() ->
    {ok, Table} = dets:open_file(bag, [{file, "bag.dets"}, {type, duplicate_bag}]),
    [ok = dets:insert(Table, {N rem 7, N}) || N <- lists:seq(1, 700)],
    100 = length(dets:lookup(Table, 3)),
    700 = dets:foldl(fun(_, Count) -> Count + 1 end, 0, Table),
    ok = dets:close(Table).

ets() ->
    Table = ets:new(table, [public, {write_concurrency, true}]),
    Pids = [spawn_monitor(fun() -> [ets:update_counter(Table, N rem 10, 1, {N rem 10, 0}) || N <- lists:seq(1, 2000)] end)
            || _ <- lists:seq(1, 10)],
    [receive {'DOWN', Monitor, _, _, normal} -> ok end || {_, Monitor} <- Pids],
    20000 = lists:sum([N || {_, N} <- ets:tab2list(Table)]),
    Ordered = ets:new(table, [ordered_set]),
    ets:insert(Ordered, [{rand:uniform(), N} || N <- lists:seq(1, 20000)]),
    Keys = [K || {K, _} <- ets:tab2list(Ordered)],
    Keys = lists:sort(Keys),
    2 = length(element(1, ets:select(Ordered, [{{'$1', '_'}, [], ['$1']}], 2))).

ets_file() ->
    Table = ets:new(table, [bag]),
    ets:insert(Table, [{N rem 100, N, <<N:64>>} || N <- lists:seq(1, 5000)]),
    ok = ets:tab2file(Table, "table.ets", [{extended_info, [md5sum]}, {sync, true}]),
    Sorted = lists:sort(ets:tab2list(Table)),
    true = ets:delete(Table),
    {ok, Again} = ets:file2tab("table.ets", [{verify, true}]),
    Sorted = lists:sort(ets:tab2list(Again)).

disk_log() ->
    {ok, Log} = disk_log:open([{name, log}, {file, "log"}, {type, halt}]),
    [ok = disk_log:log(Log, {entry, N}) || N <- lists:seq(1, 1000)],
    ok = disk_log:sync(Log),
    ok = disk_log:close(Log),
    {ok, Log} = disk_log:open([{name, log}, {file, "log"}, {type, halt}, {mode, read_only}]),
    Entries = [{entry, N} || N <- lists:seq(1, 1000)],
    Entries = chunks(Log, start),
    ok = disk_log:close(Log).

chunks(Log, From) ->
    case disk_log:chunk(Log, From) of
        eof -> [];
        {Next, Terms} -> Terms ++ chunks(Log, Next)
    end.

disk_log_wrap() ->
    {ok, Log} = disk_log:open([{name, wrap}, {file, "wrap"}, {type, wrap}, {size, {2000, 3}}]),
    [ok = disk_log:log(Log, {entry, N}) || N <- lists:seq(1, 500)],
    Last = {entry, 500},
    Last = lists:last(chunks(Log, start)),
    ok = disk_log:close(Log),
    3 = length(filelib:wildcard("wrap.[0-9]")).

log_file() ->
    ok = logger:add_handler(to_file, logger_std_h, #{config => #{file => "events.log", max_no_bytes => 4000, max_no_files => 2}}),
    ok = logger:set_primary_config(level, notice),
    [logger:notice("event ~p ~ts", [N, lists:duplicate(30, $-)], #{}) || N <- lists:seq(1, 100)],
    ok = logger_std_h:filesync(to_file),
    true = length(filelib:wildcard("events.log*")) >= 2,
    Text = [begin {ok, T} = file:read_file(Name), T end || Name <- filelib:wildcard("events.log*")],
    true = string:find(Text, "event 100 ") =/= nomatch,
    ok = logger:remove_handler(to_file).

persistent_term() ->
    [persistent_term:put({?MODULE, N}, lists:seq(1, N)) || N <- lists:seq(1, 100)],
    Kept = persistent_term:get({?MODULE, 100}),
    [persistent_term:erase({?MODULE, N}) || N <- lists:seq(1, 100)],
    erlang:garbage_collect(),
    5050 = lists:sum(Kept).
