%% SPDX-License-Identifier: Apache-2.0
%% The client: counts in the store, one number after another, as fast as it can. It reads back what it wrote; a number
%% that is missing or older would be a lost write. It is hosted as a unique program, so when its node dies it goes on
%% elsewhere, from what the store says.
-module(demo_client).
-export([start_link/0, look/0]).

start_link() ->
    {ok, spawn_link(fun() -> register(?MODULE, self()), begin_counting() end)}.

%% What the client has seen: {Life, Count, Lost, Writes, Failures, LongestPauseMs}, the last three since the last look, whose
%% answer may have come too late to be heard; Lost since it began. Life: number and incarnation of its node. none: it runs
%% nowhere that is known, or did not answer in time.
look() ->
    case hydros_placement:whereis(demo_client) of
        undefined -> none;
        Pid ->
            Monitor = monitor(process, Pid),
            Pid ! {look, self(), Monitor},
            receive
                {Monitor, Seen} -> demonitor(Monitor, [flush]), Seen;
                {'DOWN', Monitor, process, _, _} -> none
            after 900 -> demonitor(Monitor, [flush]), none
            end
    end.

begin_counting() ->
    case demo_store:read(count) of
        {ok, none} -> count(0, fresh(0));
        {ok, Count} -> count(Count, fresh(0));
        {error, _} -> timer:sleep(10), begin_counting()
    end.

fresh(Lost) ->
    #{writes => 0, failures => 0, lost => Lost, pause => 0, last => erlang:monotonic_time(millisecond)}.

count(Count, Seen) ->
    receive
        {look, From, Tag} ->
            #{writes := Writes, failures := Failures, lost := Lost, pause := Pause, last := Last} = Seen,
            From ! {Tag, {{hydros_self:number(), hydros_self:incarnation()}, Count, Lost, Writes, Failures, Pause}},
            count(Count, (fresh(Lost))#{last := Last})
    after 0 ->
        step(Count, Seen)
    end.

step(Count, Seen) ->
    case demo_store:write(count, Count + 1) of
        ok -> written(Count + 1, Seen);
        {error, _} -> timer:sleep(10), count(Count, add(failures, Seen))
    end.

written(Count, #{last := Last, pause := Pause} = Seen) ->
    Now = erlang:monotonic_time(millisecond),
    Counted = (add(writes, Seen))#{last := Now, pause := max(Pause, Now - Last)},
    case demo_store:read(count) of
        {ok, Value} when is_integer(Value), Value >= Count -> count(Count, Counted);
        {error, _} -> count(Count, add(failures, Counted));
        {ok, _} -> count(Count, add(lost, Counted))
    end.

add(Key, Seen) ->
    maps:update_with(Key, fun(N) -> N + 1 end, Seen).
