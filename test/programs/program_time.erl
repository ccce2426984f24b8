%% SPDX-License-Identifier: Apache-2.0
%% Timers and clocks: never early, not absurdly late, in order, cancelled for good; the clocks agree.
-module(program_time).
-export([cases/0]).

cases() ->
    [{sleep, fun sleep/0},
     {order, fun order/0},
     {intervals, fun intervals/0},
     {cancel, fun cancel/0},
     {many, fun many/0},
     {receive_after, fun receive_after/0},
     {clocks, fun clocks/0},
     {monotonic, fun monotonic/0},
     {wall_clock, fun wall_clock/0},
     {cpu_time, fun cpu_time/0},
     {calendar, fun calendar/0},
     {zones, fun zones/0},
     {idle_then_timer, fun idle_then_timer/0}].

now_ms() ->
    erlang:monotonic_time(millisecond).

%% The machine of the test may stand still for a while, hence the generous upper bounds.
sleep() ->
    [begin
         Before = erlang:monotonic_time(microsecond),
         timer:sleep(N),
         Took = erlang:monotonic_time(microsecond) - Before,
         {true, N, Took} = {Took >= N * 1000 andalso Took < N * 1000 + 3000000, N, Took}
     end || N <- [0, 1, 2, 3, 5, 10, 17, 50, 100, 250, 1000]].

order() ->
    Times = [rand:uniform(400) || _ <- lists:seq(1, 300)],
    [erlang:send_after(T, self(), {tick, T}) || T <- Times],
    Got = [receive {tick, T} -> T end || _ <- Times],
    {Sorted, Sorted} = {lists:sort(Times), lists:sort(Got)},
    %% Those that lie far enough apart come in order.
    [] = [{A, B} || {A, B} <- lists:zip(lists:droplast(Got), tl(Got)), A > B + 50].

intervals() ->
    Before = now_ms(),
    {ok, Reference} = timer:send_interval(20, tick),
    [receive tick -> ok end || _ <- lists:seq(1, 25)],
    Took = now_ms() - Before,
    {ok, cancel} = timer:cancel(Reference),
    {true, Took} = {Took >= 24 * 20 andalso Took < 6000, Took},
    Self = self(),
    {ok, _} = timer:apply_after(30, erlang, send, [Self, applied]),
    receive applied -> ok end.

cancel() ->
    Reference = erlang:start_timer(100, self(), never),
    true = is_integer(erlang:cancel_timer(Reference)),
    false = erlang:cancel_timer(Reference),
    receive {timeout, Reference, never} -> error(came) after 300 -> ok end.

many() ->
    Self = self(),
    Count = 3000,
    [spawn(fun() -> timer:sleep(rand:uniform(800)), Self ! done end) || _ <- lists:seq(1, Count)],
    [receive done -> ok end || _ <- lists:seq(1, Count)].

receive_after() ->
    Before = now_ms(),
    receive nothing -> ok after 150 -> ok end,
    true = now_ms() - Before >= 150,
    receive nothing -> ok after 0 -> ok end,
    Pid = spawn(fun() -> receive wake -> ok after infinity -> ok end end),
    Monitor = monitor(process, Pid),
    Pid ! wake,
    receive {'DOWN', Monitor, _, _, normal} -> ok end.

clocks() ->
    {Mega, Seconds, _} = os:timestamp(),
    Shell = list_to_integer(string:trim(os:cmd("date +%s"))),
    true = abs(Mega * 1000000 + Seconds - Shell) =< 10,
    true = abs(erlang:system_time(second) - os:system_time(second)) =< 2,
    Before = {erlang:monotonic_time(millisecond), os:system_time(millisecond)},
    timer:sleep(1000),
    After = {erlang:monotonic_time(millisecond), os:system_time(millisecond)},
    Difference = (element(1, After) - element(1, Before)) - (element(2, After) - element(2, Before)),
    {true, Difference} = {abs(Difference) < 100, Difference}.

monotonic() ->
    Self = self(),
    [spawn_link(fun() -> Self ! go_up(50000, erlang:monotonic_time()) end) || _ <- [1, 2, 3, 4]],
    [receive ok -> ok end || _ <- [1, 2, 3, 4]],
    [begin A = os:perf_counter(), true = os:perf_counter() >= A end || _ <- lists:seq(1, 10000)].

go_up(0, _) -> ok;
go_up(N, Last) ->
    Now = erlang:monotonic_time(),
    true = Now >= Last,
    go_up(N - 1, Now).

wall_clock() ->
    {{Year, _, _}, _} = calendar:universal_time(),
    true = Year >= 2023,
    {_, _} = erlang:statistics(wall_clock),
    ok = file:write_file("stamp", ""),
    Modified = filelib:last_modified("stamp"),
    Age = calendar:datetime_to_gregorian_seconds(calendar:local_time()) - calendar:datetime_to_gregorian_seconds(Modified),
    {true, Age} = {Age >= -1 andalso Age < 20, Age}.

cpu_time() ->
    {_, _} = erlang:statistics(runtime),
    lists:foldl(fun(N, S) -> N * S rem 1000003 end, 1, lists:seq(1, 1000000)),
    {_, Busy} = erlang:statistics(runtime),
    {true, Busy} = {Busy >= 1, Busy},
    timer:sleep(1000),
    {_, Idle} = erlang:statistics(runtime),
    {true, Idle} = {Idle < 900, Idle}.

calendar() ->
    {{2000, 2, 29}, {12, 0, 0}} = calendar:system_time_to_universal_time(951825600, second),
    "2000-02-29T12:00:00Z" = calendar:system_time_to_rfc3339(951825600, [{offset, "Z"}]),
    4 = calendar:day_of_the_week(1970, 1, 1).

%% The C library's rules; a child, since this machine has read its own zone already.
zones() ->
    {0, <<"{{2023,7,1},{14,0,0}}\n">>} =
        program_run:erl(["-noshell", "-eval", "io:format(\"~p~n\", [calendar:universal_time_to_local_time({{2023,7,1},{12,0,0}})]), halt()."],
                        [{env, [{"TZ", "CET-1CEST,M3.5.0,M10.5.0/3"}]}]).

%% Nothing else runs: the core sleeps and must wake by its timer alone.
idle_then_timer() ->
    [begin
         Before = now_ms(),
         timer:sleep(400),
         Took = now_ms() - Before,
         {true, Took} = {Took >= 400 andalso Took < 3000, Took}
     end || _ <- lists:seq(1, 4)].
