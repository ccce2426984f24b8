%% SPDX-License-Identifier: Apache-2.0
%% Writes one value after the other, each to all replicas; a write is acknowledged when all that are
%% connected and a majority of all have it. Only then it counts, and only then the next one begins.
-module(chaos_writer).
-export([start_link/2, run/2]).

-define(AGAIN_MS, 500).
-define(PAUSE_MS, 50).

-spec start_link(non_neg_integer(), pos_integer()) -> {ok, pid()}.
start_link(Self, Nodes) ->
    {ok, spawn_link(?MODULE, run, [Self, Nodes])}.

%% Each life of the writer has a number of its own: the machine's clock since power-on, which nothing sets back.
-spec run(non_neg_integer(), pos_integer()) -> no_return().
run(Self, Nodes) ->
    _ = (catch net_kernel:monitor_nodes(true)),
    Life = os:perf_counter(millisecond),
    case last(Self) of
        none ->
            next(Self, Nodes, Life, 1);
        {Last, Before} when Before < Life ->
            %% What an earlier life wrote last may have reached some only: the same value to all. What comes
            %% after it is this life's own: a write that was acknowledged and is forgotten would not look the same.
            write(Self, Nodes, Life, Before, Last),
            next(Self, Nodes, Life, Last + 1)
    end.

last(Self) ->
    case chaos_store:last(Self) of
        not_synced -> timer:sleep(100), last(Self);
        Last -> Last
    end.

next(Self, Nodes, Life, Number) ->
    write(Self, Nodes, Life, Life, Number),
    timer:sleep(?PAUSE_MS),
    next(Self, Nodes, Life, Number + 1).

write(Self, Nodes, By, Life, Number) ->
    Value = chaos_value:make(Self, Life, Number),
    Replicas = [node() | nodes()],
    _ = [{chaos_store, Replica} ! {write, self(), Self, By, Life, Number, Value} || Replica <- Replicas],
    case collect(Number, Replicas, 0) of
        Count when is_integer(Count), 2 * Count > Nodes ->
            _ = [{chaos_store, Replica} ! {acked, Self, Life, Number} || Replica <- Replicas],
            ok;
        _ ->
            timer:sleep(?PAUSE_MS),
            write(Self, Nodes, By, Life, Number)
    end.

collect(_, [], Count) ->
    Count;
collect(Number, Missing, Count) ->
    receive
        {stored, Node, Number} ->
            case lists:member(Node, Missing) of
                true -> collect(Number, lists:delete(Node, Missing), Count + 1);
                false -> collect(Number, Missing, Count)
            end;
        {stored, _, _} ->
            collect(Number, Missing, Count);
        {nodedown, Node} ->
            collect(Number, lists:delete(Node, Missing), Count);
        {nodeup, _} ->
            collect(Number, Missing, Count)
    after ?AGAIN_MS ->
        again
    end.
