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

-spec run(non_neg_integer(), pos_integer()) -> no_return().
run(Self, Nodes) ->
    _ = (catch net_kernel:monitor_nodes(true)),
    next(Self, Nodes, begin_after(Self)).

%% What an earlier life wrote last may have reached some only: it is written again.
begin_after(Self) ->
    case chaos_store:last(Self) of
        {ok, Last} ->
            max(Last - 1, 0);
        not_synced ->
            timer:sleep(100),
            begin_after(Self)
    end.

next(Self, Nodes, Acked) ->
    Number = Acked + 1,
    write(Self, Nodes, Number, chaos_value:make(Self, Number), Acked),
    timer:sleep(?PAUSE_MS),
    next(Self, Nodes, Number).

write(Self, Nodes, Number, Value, Acked) ->
    Replicas = [node() | nodes()],
    _ = [{chaos_store, Replica} ! {write, self(), Self, Number, Value, Acked} || Replica <- Replicas],
    case collect(Number, Replicas, 0) of
        Count when is_integer(Count), 2 * Count > Nodes ->
            ok;
        _ ->
            timer:sleep(?PAUSE_MS),
            write(Self, Nodes, Number, Value, Acked)
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
