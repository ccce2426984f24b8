%% SPDX-License-Identifier: Apache-2.0
%% What nodes told of the counters of their channels (chaos_channels, on the nodes), in the present life of each: pure.
-module(chaos_counters).
-export([new/0, told/3, forget/2]).
-export_type([counters/0]).

-type node_number() :: non_neg_integer().
-type counters() :: #{{Reader :: node_number(), Peer :: node_number()} => #{string() => pos_integer()}}.

-spec new() -> counters().
new() -> #{}.

%% The words of a line, PEER {KEY VALUE}: each counter that is higher than before, and by how much. A line into which a dying
%% kernel wrote tells what can be read of it.
-spec told(node_number(), [string()], counters()) -> {[{counted, node_number(), node_number(), string(), pos_integer()}], counters()}.
told(Reader, [Peer | Words], Counters) ->
    case number(Peer) of
        none -> {[], Counters};
        Number -> counted({Reader, Number}, Words, [], Counters)
    end;
told(_, [], Counters) ->
    {[], Counters}.

counted({Reader, Peer} = Channel, [Key, Value | Rest], Events, Counters) ->
    Of = maps:get(Channel, Counters, #{}),
    Before = maps:get(Key, Of, 0),
    case number(Value) of
        Count when is_integer(Count), Count > Before ->
            counted(Channel, Rest, [{counted, Reader, Peer, Key, Count - Before} | Events], Counters#{Channel => Of#{Key => Count}});
        _ ->
            counted(Channel, Rest, Events, Counters)
    end;
counted(_, _, Events, Counters) ->
    {lists:reverse(Events), Counters}.

number(Text) ->
    try list_to_integer(Text) catch error:badarg -> none end.

%% A new life of the reader begins with all at 0.
-spec forget(node_number(), counters()) -> counters().
forget(Reader, Counters) ->
    maps:filter(fun({Of, _}, _) -> Of =/= Reader end, Counters).
