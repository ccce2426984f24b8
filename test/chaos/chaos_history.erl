%% SPDX-License-Identifier: Apache-2.0
%% What the nodes told about the load: the writes that were acknowledged, in which life of their writer, what each replica
%% holds. Every chain, counter and set of keys is computed here once more; a life that began at or before a write which an
%% earlier life had acknowledged has lost it, also when it then wrote that number again.
-module(chaos_history).
-export([new/0, line/4, lost/3, forget/2, states/1, missing/3, acknowledged/1, total/1, wrong/1]).
-export_type([history/0]).

-type writer() :: non_neg_integer().
-type life() :: non_neg_integer().
-record(history, {
    %% First number of each life, and the last one acknowledged in it (0: none).
    lives = #{} :: #{writer() => #{life() => {pos_integer(), non_neg_integer()}}},
    %% The newest state of each node: {Ms, Synced, Nodes, #{Writer => {Last, newest life}}}
    states = #{} :: #{integer() => {integer(), boolean(), integer(), map()}},
    %% Chain, sum and the key's part of the sum over all keys, up to this write of this life.
    known = #{} :: #{{writer(), life(), pos_integer()} => {integer(), integer(), integer()}},
    wrong = [] :: [string()]
}).
-type history() :: #history{}.

new() -> #history{}.

%% A line `state ...` of node Node (chaos_replica:lines/4). One into which a dying kernel
%% wrote, or another node that took the terminal at that moment, says nothing: its last word is a checksum of the others.
-spec line(integer(), integer(), string(), history()) -> history().
line(Ms, Node, Line, History) ->
    try parse(whole(Line)) of
        {Synced, Nodes, Counter, Keys, Logs} -> told(Ms, Node, Synced, Nodes, Counter, Keys, Logs, History);
        none -> History
    catch error:_ -> History
    end.

whole(Line) ->
    [Text, Sum] = string:split(Line, " ", trailing),
    true = number(Sum) =:= erlang:crc32(Text),
    string:lexemes(Text, " ").

parse(["state", Synced, "nodes", Nodes, "repairs", _, "counter", Counter, "keys", Keys, "writers" | Words])
    when Synced =:= "true"; Synced =:= "false" ->
    {Synced =:= "true", list_to_integer(Nodes), list_to_integer(Counter), list_to_integer(Keys),
     [begin
         [Writer, Last, Chain, Lives] = string:split(Word, ":", all),
         {number(Writer), number(Last), number(Chain), [life(Life) || Life <- string:split(Lives, ".", all)]}
     end || Word <- Words]};
parse(_) ->
    none.

life(Text) ->
    [Life, Rest] = string:split(Text, "@"),
    [First, Acked] = string:split(Rest, "-"),
    {number(Life), number(First), number(Acked)}.

number(Text) -> list_to_integer(Text, 36).

told(Ms, Node, Synced, Nodes, Counter, Keys, Logs, #history{states = States} = History0) ->
    %% A node with many writers tells them in several lines.
    Before = case States of
        #{Node := {_, _, _, Map}} -> Map;
        _ -> #{}
    end,
    Lasts = maps:from_list([{Writer, {Last, Life}} || {Writer, Last, _, [{Life, _, _} | _]} <- Logs]),
    Stated = History0#history{states = States#{Node => {Ms, Synced, Nodes, maps:merge(Before, Lasts)}}},
    {Views, Lived} = lists:mapfoldl(fun view/2, Stated, Logs),
    %% Lives that came and went before anybody told of them: what they wrote is not known here.
    Whole = lists:all(fun({_, _, _, Lives}) -> element(2, lists:last(Lives)) =:= 1 end, Views),
    judge(Whole, Node, Counter, Keys, Views, Lived).

judge(false, _, _, _, _, History) ->
    History;
judge(true, Node, Counter, Keys, Views, History0) ->
    {Sum, KeySum, History} = lists:foldl(fun(View, Sums) -> writer(Node, View, Sums) end, {0, 0, History0}, Views),
    bad([{Sum =/= Counter, "node ~b counts ~b, not ~b", [Node, Counter, Sum]},
         {KeySum band 16#ffffffff =/= Keys, "node ~b holds wrong keys of writers ~0p",
          [Node, [Writer || {Writer, _, _, _} <- Views]]}], History).

bad(Cases, #history{wrong = Wrong} = History) ->
    History#history{wrong = [lists:flatten(io_lib:format(Format, Arguments))
                             || {true, Format, Arguments} <- Cases] ++ Wrong}.

%% A replica saw it itself: a number that was acknowledged is written again.
-spec lost(integer(), string(), history()) -> history().
lost(Node, Text, History) ->
    bad([{true, "node ~b: ~s", [Node, Text]}], History).

%% What this node told is of an earlier life.
forget(Node, #history{states = States} = History) ->
    History#history{states = maps:remove(Node, States)}.

%% The same with all lives that are known of it, newest first.
view({Writer, Last, Chain, Told}, History0) ->
    {Order, History} = lives(Writer, Told, History0),
    %% What this line tells of its last lives, and of those before them what was told earlier.
    {Oldest, _, _} = lists:last(Told),
    Earlier = [{Life, First} || {Life, First, _} <- Order, Life < Oldest],
    Lives = [{Life, First} || {Life, First, _} <- Told] ++ lists:reverse(Earlier),
    {{Writer, Last, Chain, Lives}, History}.

writer(Node, {Writer, Last, Chain, Lives}, {Sum, KeySum, History0}) ->
    History = extend(Writer, Last, Lives, History0),
    {Right, Added, _} = known(Writer, Last, Lives, History),
    Keys = lists:sum([element(3, known(Writer, Number, Lives, History))
                      || Number <- lists:seq(max(1, Last - chaos_value:keys() + 1), Last)]),
    {Sum + Added, KeySum + Keys,
     bad([{Right =/= Chain, "node ~b holds another history of writer ~b up to ~b", [Node, Writer, Last]}], History)}.

%% What is new of this writer's lives; oldest first. None begins where an earlier one had something acknowledged.
lives(Writer, Told, #history{lives = All} = History) ->
    Known = maps:get(Writer, All, #{}),
    Merged = lists:foldl(fun({Life, First, Acked}, Map) ->
        {Begin, Before} = maps:get(Life, Map, {First, 0}),
        Map#{Life => {min(First, Begin), max(Acked, Before)}}
    end, Known, Told),
    Order = [{Life, First, Acked} || {Life, {First, Acked}} <- lists:sort(maps:to_list(Merged))],
    {Order, case Merged of
        Known -> History;
        _ -> in_order(Writer, Order, 0, 0, History#history{lives = All#{Writer => Merged}})
    end}.

in_order(_, [], _, _, History) -> History;
in_order(Writer, [{Life, First, Acked} | Lives], Highest, In, History0) ->
    History = bad([{First =< Highest,
                    "writes ~b to ~b of writer ~b are lost: acknowledged to its life ~b, but its life ~b began at ~b",
                    [First, Highest, Writer, In, Life, First]}], History0),
    case Acked >= Highest of
        true -> in_order(Writer, Lives, Acked, Life, History);
        false -> in_order(Writer, Lives, Highest, In, History)
    end.

life_of(Number, [{Life, First} | _]) when First =< Number -> Life;
life_of(Number, [_ | Lives]) -> life_of(Number, Lives);
life_of(_, []) -> 0.

known(_, 0, _, _) -> {0, 0, 0};
known(Writer, Number, Lives, #history{known = Known}) ->
    maps:get({Writer, life_of(Number, Lives), Number}, Known).

%% Each number of each life is computed once: back to the first that is known, then on from there.
extend(_, 0, _, History) -> History;
extend(Writer, Number, Lives, #history{known = Known} = History0) ->
    Life = life_of(Number, Lives),
    case Known of
        #{{Writer, Life, Number} := _} -> History0;
        _ ->
            #history{known = Below} = History = extend(Writer, Number - 1, Lives, History0),
            {Chain, Sum, _} = known(Writer, Number - 1, Lives, History),
            Value = chaos_value:make(Writer, Life, Number),
            History#history{known = Below#{{Writer, Life, Number} =>
                {chaos_value:chain(Chain, Number, Value), Sum + chaos_value:amount(Value),
                 chaos_value:key_sum(Writer, Life, Number, Value)}}}
    end.

states(#history{states = States}) -> States.
wrong(#history{wrong = Wrong}) -> lists:usort(Wrong).

%% By writer: the last write that was acknowledged, and the life that wrote it.
-spec acknowledged(history()) -> #{writer() => {pos_integer(), life()}}.
acknowledged(#history{lives = All}) ->
    maps:from_list([{Writer, lists:max(Acks)} || {Writer, Lives} <- maps:to_list(All),
                    Acks <- [[{Acked, Life} || {Life, {_, Acked}} <- maps:to_list(Lives), Acked > 0]], Acks =/= []]).

total(History) ->
    lists:sum([Number || {Number, _} <- maps:values(acknowledged(History))]).

%% Which of these acknowledged writes are not in the newest states of these nodes.
-spec missing(#{writer() => {pos_integer(), life()}}, [integer()], history()) -> [string()].
missing(Acked, Nodes, #history{states = States}) ->
    [lists:flatten(io_lib:format("node ~b has ~b writes of writer ~b, the last one of its life ~b, but write ~b of life ~b was acknowledged",
                                 [Node, Has, Writer, In, Number, Life]))
     || Node <- Nodes,
        {Writer, {Number, Life}} <- maps:to_list(Acked),
        {Has, In} <- [case States of
                          #{Node := {_, _, _, #{Writer := Last}}} -> Last;
                          _ -> {0, 0}
                      end],
        Has < Number orelse In < Life].
