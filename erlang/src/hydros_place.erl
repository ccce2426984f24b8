%% SPDX-License-Identifier: Apache-2.0
%% @doc Decides where programs run. Pure: from what is wanted and what is seen to the next steps.
%%
%% Steps are made one at a time for each program, and each plan starts from what is then seen; after a few rounds
%% nothing is left to do. A `unique' program is started only where none runs, and when it moves it is stopped first.
-module(hydros_place).
-export([plan/2, candidates/2, least_loaded/1]).
-export_type([wish/0, view/0, step/0]).

-type node_number() :: hydros_address:node_number().
-type wish() :: #{
    id := term(),
    nodes := all | [node_number()],
    copies := all | pos_integer(),
    unique := boolean(),
    return := boolean()
}.
%% What is wanted. `nodes': where it may run; a list is in the order of preference. `copies': on how many of them.
%% `return': it goes back to a node that is preferred when that returns.
-type view() :: #{
    nodes := [node_number()],
    running := #{node_number() => [term()]},
    busy := [term()],
    agreed := boolean()
}.
%% What is seen: the nodes where something can run, what runs where (what is being started or stopped counts as
%% running), programs that a step is under way for, and whether all nodes agree on who decides.
-type step() :: {start | stop, Id :: term(), node_number()}.

%% @doc The next steps.
-spec plan([wish()], view()) -> [step()].
plan(Wishes, #{busy := Busy} = View) ->
    {Steps, _} = lists:foldl(fun decide/2, {[], View}, [Wish || #{id := Id} = Wish <- Wishes, not lists:member(Id, Busy)]),
    lists:reverse(Steps) ++ strangers(Wishes, View).

%% What runs and is not wanted (any more).
strangers(Wishes, #{nodes := Nodes, running := Running, busy := Busy}) ->
    Known = Busy ++ [Id || #{id := Id} <- Wishes],
    [{stop, Id, Node} || Node <- Nodes, Id <- maps:get(Node, Running, []) -- Known].

decide(#{id := Id} = Wish, {Steps, #{nodes := Nodes, running := Running} = View}) ->
    Where = [Node || Node <- Nodes, lists:member(Id, maps:get(Node, Running, []))],
    case step(Wish, Where, candidates(Wish, View), View) of
        none ->
            {Steps, View};
        {start, Node} ->
            %% Counted at once, so that the next program goes elsewhere.
            Ids = maps:get(Node, Running, []),
            {[{start, Id, Node} | Steps], View#{running := Running#{Node => [Id | Ids]}}};
        {stop, Node} ->
            {[{stop, Id, Node} | Steps], View}
    end.

step(Wish, Where, Candidates, View) ->
    Wanted = lists:sublist(Candidates, count(Wish, Candidates)),
    Good = [Node || Node <- Where, lists:member(Node, Candidates)],
    Strays = Where -- Candidates,
    Better = better(Wish, Where, Wanted),
    if
        Strays =/= [] -> {stop, hd(Strays)};
        length(Good) > length(Wanted) -> {stop, extra(Wish, Good, Candidates)};
        length(Good) < length(Wanted) -> start(Wish, Where, hd(Candidates -- Where), View);
        Better =/= none -> move(Wish, Better);
        true -> none
    end.

count(#{unique := true}, _) -> 1;
count(#{copies := all}, Candidates) -> length(Candidates);
count(#{copies := Copies}, _) -> Copies.

%% Of too many copies: with `return' the least preferred goes, else the one on the highest node.
extra(#{return := true}, Good, Candidates) ->
    lists:last([Node || Node <- Candidates, lists:member(Node, Good)]);
extra(_, Good, _) ->
    lists:max(Good).

start(#{unique := true}, _, _, #{agreed := false}) -> none;
start(_, _, Node, _) -> {start, Node}.

%% {Where it should not be, where it should}
better(#{return := true}, Where, Wanted) ->
    case {Where -- Wanted, Wanted -- Where} of
        {[From | _], [To | _]} -> {From, To};
        _ -> none
    end;
better(_, _, _) ->
    none.

%% One that may run twice is first started there, and stopped here in a later plan.
move(#{unique := true}, {From, _}) -> {stop, From};
move(_, {_, To}) -> {start, To}.

%% @doc The nodes where a program can run now, the best one first.
-spec candidates(wish(), view()) -> [node_number()].
candidates(#{nodes := all, return := true, id := Id}, #{nodes := Nodes}) ->
    %% Its own order of all nodes, which does not change when nodes come and go.
    [Node || {_, Node} <- lists:sort([{erlang:phash2({Id, Node}), Node} || Node <- Nodes])];
candidates(#{nodes := all}, #{nodes := Nodes, running := Running}) ->
    [Node || {_, Node} <- lists:sort([{length(maps:get(Node, Running, [])), Node} || Node <- Nodes])];
candidates(#{nodes := Preferred}, #{nodes := Nodes}) ->
    [Node || Node <- Preferred, lists:member(Node, Nodes)].

%% @doc The node with the fewest processes that wait to run; of several, the one with the most free memory.
-spec least_loaded([{Node, RunQueue :: non_neg_integer(), FreeMemory :: integer()}, ...]) -> Node.
least_loaded(Loads) ->
    {_, _, Node} = lists:min([{Queue, -Free, Node} || {Node, Queue, Free} <- Loads]),
    Node.
