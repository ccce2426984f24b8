%% SPDX-License-Identifier: Apache-2.0
%% What the virtual machine's own work costs: fib, sort, binaries, ets, message ring, spawn. Each line is
%% "erlang <name> <microseconds>", the best of several rounds. Runs unchanged on HydrOS and on Linux.
-module(bench_erlang).
-export([main/0, work/0]).

-define(ROUNDS, 7).

-spec main() -> ok.
main() ->
    lists:foreach(fun measure/1, measures()).

%% All of them once.
-spec work() -> ok.
work() ->
    lists:foreach(fun({_, Fun}) -> Fun() end, measures()).

measures() ->
    [
        {fib, fun() -> fib(25) end},
        {sort, fun() -> sort(50000) end},
        {binaries, fun() -> binaries(30000) end},
        {ets, fun() -> ets(50000) end},
        {message_ring, fun() -> ring(100, 20000) end},
        {spawn, fun() -> spawns(10000) end}
    ].

measure({Name, Fun}) ->
    Times = [element(1, timer:tc(Fun)) || _ <- lists:seq(1, ?ROUNDS)],
    io:format("erlang ~s ~b~n", [Name, lists:min(Times)]).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).

sort(N) ->
    length(lists:sort([erlang:phash2({I, salt}) || I <- lists:seq(1, N)])).

binaries(N) ->
    Binary = lists:foldl(fun(I, Acc) -> <<Acc/binary, I:32>> end, <<>>, lists:seq(1, N)),
    lists:sum([I || <<I:32>> <= Binary]) + byte_size(binary:replace(Binary, <<0, 0>>, <<1>>, [global])).

ets(N) ->
    Table = ets:new(bench, [set]),
    [ets:insert(Table, {I, I * I}) || I <- lists:seq(1, N)],
    Sum = lists:sum([ets:lookup_element(Table, I, 2) || I <- lists:seq(1, N)]),
    ets:delete(Table),
    Sum.

ring(Members, Hops) ->
    Self = self(),
    First = lists:foldl(fun(_, Next) -> spawn_link(fun() -> member(Next) end) end, Self, lists:seq(2, Members)),
    First ! {hop, Hops},
    around(First).

around(First) ->
    receive
        {hop, Left} when Left =< 0 ->
            First ! stop,
            receive
                stop -> ok
            end;
        {hop, Left} ->
            First ! {hop, Left - 1},
            around(First)
    end.

member(Next) ->
    receive
        {hop, Left} ->
            Next ! {hop, Left - 1},
            member(Next);
        stop ->
            Next ! stop
    end.

spawns(N) ->
    Self = self(),
    [spawn(fun() -> Self ! done end) || _ <- lists:seq(1, N)],
    [
        receive
            done -> ok
        end
     || _ <- lists:seq(1, N)
    ],
    ok.
