%% SPDX-License-Identifier: Apache-2.0
%% Decisions of placement, over random wishes and random things seen.
-module(hydros_place_tests).
-include_lib("proper/include/proper.hrl").
-include_lib("eunit/include/eunit.hrl").

-define(NODES, 5).

id() -> range(1, 6).
at() -> range(0, ?NODES - 1).

wish(Id) ->
    ?LET({Nodes, Copies, Unique, Return},
         {oneof([all, ?LET(L, non_empty(list(at())), unique(L))]), oneof([all, range(1, 3)]), boolean(), boolean()},
         #{id => Id, nodes => Nodes, copies => Copies, unique => Unique, return => Return}).

wishes() ->
    ?LET(Ids, list(id()), [wish(Id) || Id <- lists:usort(Ids)]).

view() ->
    ?LET(Nodes, non_empty(list(at())),
         ?LET({Running, Busy, Agreed}, {[{N, list(id())} || N <- lists:usort(Nodes)], list(id()), boolean()},
              #{nodes => lists:usort(Nodes), running => maps:from_list([{N, lists:usort(I)} || {N, I} <- Running]),
                busy => lists:usort(Busy), agreed => Agreed})).

unique(List) -> lists:foldr(fun(X, L) -> [X | lists:delete(X, L)] end, [], List).

where(Id, #{running := Running}) ->
    [Node || {Node, Ids} <- maps:to_list(Running), lists:member(Id, Ids)].

%% At most one step for each program, none for a busy one, only on nodes that are there; starts where it may run and
%% does not yet, stops where it runs.
prop_steps_are_possible() ->
    ?FORALL({Wishes, View}, {wishes(), view()},
        begin
            Steps = hydros_place:plan(Wishes, View),
            Known = [Id || #{id := Id} <- Wishes],
            lists:all(
                fun({What, Id, Node}) ->
                    lists:member(Node, maps:get(nodes, View)) andalso not lists:member(Id, maps:get(busy, View)) andalso
                        (not lists:member(Id, Known) orelse length([I || {_, I, _} <- Steps, I =:= Id]) =:= 1) andalso
                        case What of
                            start -> lists:member(Id, Known) andalso not lists:member(Node, where(Id, View));
                            stop -> lists:member(Node, where(Id, View))
                        end
                end,
                Steps
            )
        end).

%% A unique one is started only where none runs, and only when all agree.
prop_unique_is_not_doubled() ->
    ?FORALL({Wishes, View}, {wishes(), view()},
        begin
            Steps = hydros_place:plan(Wishes, View),
            Unique = [Id || #{id := Id, unique := true} <- Wishes],
            lists:all(
                fun ({start, Id, _}) ->
                        not lists:member(Id, Unique) orelse (where(Id, View) =:= [] andalso maps:get(agreed, View));
                    (_) -> true
                end,
                Steps
            )
        end).

%% Steps that are made lead to a state in which nothing is left to do and each program runs as often as it should,
%% and no unique one was ever doubled on the way.
prop_settles() ->
    ?FORALL({Wishes, View}, {wishes(), view()},
        begin
            Settled = settle(Wishes, View#{busy := [], agreed := true}, 60),
            Settled =/= never andalso
                lists:all(fun(#{id := Id} = Wish) -> length(where(Id, Settled)) =:= wanted(Wish, Settled) end, Wishes)
        end).

%% After a node's death everything that can run runs again, and what ran elsewhere was not touched.
prop_death_moves_only_what_died() ->
    ?FORALL({Wishes, View, Victim}, {wishes(), view(), at()},
        begin
            Settled = settle(Wishes, View#{busy := [], agreed := true}, 60),
            Nodes = lists:delete(Victim, maps:get(nodes, Settled)),
            After = Settled#{nodes := Nodes, running := maps:with(Nodes, maps:get(running, Settled))},
            Steps = hydros_place:plan(Wishes, After),
            Nodes =:= [] orelse
                (lists:all(fun({What, _, _}) -> What =:= start end, Steps) andalso settle(Wishes, After, 60) =/= never)
        end).

settle(_, _, 0) ->
    never;
settle(Wishes, View, Rounds) ->
    case hydros_place:plan(Wishes, View) of
        [] -> View;
        Steps -> settle(Wishes, lists:foldl(fun make/2, View, Steps), Rounds - 1)
    end.

make({start, Id, Node}, #{running := Running} = View) ->
    View#{running := Running#{Node => [Id | maps:get(Node, Running, [])]}};
make({stop, Id, Node}, #{running := Running} = View) ->
    View#{running := Running#{Node => lists:delete(Id, maps:get(Node, Running))}}.

wanted(#{unique := true} = Wish, View) -> min(1, length(hydros_place:candidates(Wish, View)));
wanted(#{copies := all} = Wish, View) -> length(hydros_place:candidates(Wish, View));
wanted(#{copies := Copies} = Wish, View) -> min(Copies, length(hydros_place:candidates(Wish, View))).

return_test() ->
    Wish = #{id => a, nodes => [2, 1], copies => 1, unique => true, return => true},
    View = #{nodes => [0, 1], running => #{}, busy => [], agreed => true},
    ?assertEqual([{start, a, 1}], hydros_place:plan([Wish], View)),
    Back = View#{nodes := [0, 1, 2], running := #{1 => [a]}},
    ?assertEqual([{stop, a, 1}], hydros_place:plan([Wish], Back)),
    ?assertEqual([], hydros_place:plan([Wish#{return := false}], Back)),
    ?assertEqual([{start, a, 2}], hydros_place:plan([Wish#{unique := false}], Back)),
    ?assertEqual([{stop, a, 1}], hydros_place:plan([Wish#{unique := false}], Back#{running := #{1 => [a], 2 => [a]}})).

spread_test() ->
    Wishes = [#{id => Id, nodes => all, copies => 1, unique => false, return => false} || Id <- [a, b, c]],
    View = #{nodes => [0, 1, 2], running => #{}, busy => [], agreed => false},
    ?assertEqual([0, 1, 2], lists:sort([Node || {start, _, Node} <- hydros_place:plan(Wishes, View)])).

least_loaded_test() ->
    ?assertEqual(b, hydros_place:least_loaded([{a, 2, 900}, {b, 0, 100}, {c, 0, 50}])).

properties_test_() ->
    {timeout, 120, ?_assertEqual([], proper:module(?MODULE, [{numtests, 500}, {to_file, user}]))}.
