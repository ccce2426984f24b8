%% SPDX-License-Identifier: Apache-2.0
%% @doc What the web console shows, from what kernels and Erlangs say. Pure.
-module(hydros_web_view).
-export([nodes/3, deaths/1, summary/1, recoveries/2, lives/1]).
-export_type([sample/0, lives/0]).

%% What a node's Erlang says of itself: since its start, messages from and to other nodes; the time, in milliseconds of
%% its own clock; the lives it knows.
-type sample() :: #{
    incarnation := pos_integer(), time := integer(), in := non_neg_integer(), out := non_neg_integer(),
    status := hydros:status(), lives := lives()
}.
%% When the Erlang of a life was in the cluster, in milliseconds of the clock that all nodes share.
-type lives() :: #{{Node :: hydros_address:node_number(), Incarnation :: pos_integer()} => integer()}.

-define(KEPT, 64).

%% @doc One map for each node: what its kernel publishes, what its Erlang says, and, when there is an earlier sample of
%% the same life, messages per second.
-spec nodes([hydros_text:pairs()], Now :: #{hydros_address:node_number() => sample()},
    Before :: #{hydros_address:node_number() => sample()}) -> [map()].
nodes(Kernels, Now, Before) ->
    [node(Pairs, maps:get(Number, Now, none), maps:get(Number, Before, none)) || #{node := Number} = Pairs <- Kernels].

node(Pairs, none, _) ->
    Pairs#{answers => false};
node(Pairs, #{status := Status} = Sample, Before) ->
    maps:merge(maps:merge(Pairs, Status), (rates(Sample, Before))#{answers => true}).

rates(#{incarnation := Life, time := T1} = Now, #{incarnation := Life, time := T0} = Before) when T1 > T0 ->
    #{in_s => rate(in, Now, Before, T1 - T0), out_s => rate(out, Now, Before, T1 - T0)};
rates(_, _) ->
    #{}.

%% A connection that ended takes its count with it.
rate(Key, Now, Before, Milliseconds) ->
    max(0, maps:get(Key, Now) - maps:get(Key, Before)) * 1000 / Milliseconds.

%% @doc What several nodes know of deaths, each once, newest first.
-spec deaths([[hydros_text:death()]]) -> [hydros_text:death()].
deaths(Known) ->
    Each = maps:from_list([{key(Death), Death} || Deaths <- Known, #{node := _, incarnation := _} = Death <- Deaths]),
    Newest = fun(A, B) -> {noticed(A), key(A)} >= {noticed(B), key(B)} end,
    lists:sublist(lists:sort(Newest, maps:values(Each)), ?KEPT).

key(#{node := Node, incarnation := Life}) -> {Node, Life}.
noticed(Death) -> maps:get(noticed_ms, Death, 0).

%% @doc A death in one line: without text and log, but with the cause, which is the text's first line.
-spec summary(hydros_text:death()) -> map().
summary(Death) ->
    Cause =
        case maps:get(text, Death, []) of
            [First | _] -> First;
            [] -> <<"no last words">>
        end,
    Kept = [node, incarnation, guardian, notice, noticed_ms, wall_ms, exit_status],
    (maps:with(Kept, Death))#{cause => Cause}.

%% @doc How long it took from a death to the next life's being in the cluster, oldest first.
-spec recoveries([hydros_text:death()], lives()) -> [map()].
recoveries(Deaths, Lives) ->
    lists:reverse([
        #{node => Node, incarnation => Life + 1, took_ms => max(0, maps:get({Node, Life + 1}, Lives) - ended(Death))}
     || #{node := Node, incarnation := Life} = Death <- Deaths, is_map_key({Node, Life + 1}, Lives)
    ]).

%% A node that left no last words ended when it was noticed, as far as anybody knows.
ended(#{ended_ms := Ended} = Death) when Ended > 0 -> min(Ended, noticed(Death));
ended(Death) -> noticed(Death).

%% @doc The newest of several nodes' lives.
-spec lives([lives()]) -> lives().
lives(Known) ->
    Each = lists:foldl(fun maps:merge/2, #{}, Known),
    Newest = lists:sublist(lists:reverse(lists:keysort(2, maps:to_list(Each))), ?KEPT),
    maps:from_list(Newest).
