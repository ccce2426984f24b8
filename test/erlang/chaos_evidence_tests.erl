%% SPDX-License-Identifier: Apache-2.0
%% Whether an injection was made at all: an order that never came to its node was none, whatever it was for.
-module(chaos_evidence_tests).
-include_lib("eunit/include/eunit.hrl").

%% At node 1; by node 2, if not at home.
outcome(Kind, Events) -> outcome(Kind, injected, Events).
outcome(Kind, Outcome, Events) ->
    [Injection] = [I || #{kind := K} = I <- chaos_plan:fixed("1", 4), K =:= Kind],
    chaos_evidence:outcome(Injection#{target := 1}, Outcome, [{100, Event} || Event <- Events]).

taken(By) -> {order, By, "7"}.
begun(Node, Kind) -> {kernel, Node, "fault " ++ atom_to_list(Kind)}.

%% Every kind that a kernel is asked for, whatever is expected of it.
lost_on_the_way_test() ->
    Kinds = [Kind || #{kind := Kind, way := {order, _}} <- chaos_plan:fixed("1", 4), not is_home(Kind)],
    ?assert(length([x || #{expect := may, kind := Kind} <- chaos_plan:fixed("1", 4), lists:member(Kind, Kinds)]) > 2),
    [begin
        ?assertMatch({Kind, {skipped, _}}, {Kind, outcome(Kind, [])}),
        ?assertMatch({Kind, {skipped, _}}, {Kind, outcome(Kind, [taken(2)])}),
        %% Another node than the one that was asked for, another fault of that node.
        ?assertMatch({Kind, {skipped, _}}, {Kind, outcome(Kind, [taken(2), begun(3, Kind)])}),
        ?assertMatch({Kind, {skipped, _}}, {Kind, outcome(Kind, [taken(2), begun(1, other)])}),
        ?assertMatch({Kind, {skipped, _}}, {Kind, outcome(Kind, [taken(2), {buried, 2, 1, 3, last_words}])}),
        ?assertEqual({Kind, injected}, {Kind, outcome(Kind, [taken(2), begun(1, Kind)])})
     end || Kind <- Kinds].

%% Its last word may be lost, not its death; a death before the order was taken is another matter.
died_of_it_test() ->
    ?assertEqual(injected, outcome(wild_write, [taken(2), {buried, 1, 1, 3, last_words}])),
    ?assertEqual(injected, outcome(panic, [{node, 1, dead, 1}, taken(2)])),
    ?assertMatch({skipped, _}, outcome(wild_write, [{buried, 1, 1, 3, last_words}, {node, 1, running, 2}])),
    ?assertEqual(injected, outcome(triple_fault, [{machine, ["RESET"]}])).

is_home(Kind) ->
    Kind =:= clock_jump orelse lists:prefix("erl_", atom_to_list(Kind)).

%% What Erlang does it does where the order was taken.
at_home_test() ->
    [begin
        ?assertEqual({Kind, injected}, {Kind, outcome(Kind, [taken(1)])}),
        ?assertMatch({Kind, {skipped, _}}, {Kind, outcome(Kind, [])})
     end || #{kind := Kind, way := {order, _}} <- chaos_plan:fixed("1", 4), is_home(Kind)].

refused_test() ->
    Refused = {said, 2, "fault wild_write refused: {not_connected,1}"},
    ?assertEqual({skipped, "wild_write refused: {not_connected,1}"}, outcome(wild_write, [taken(2), Refused])),
    %% The late word about the injection before.
    ?assertEqual(injected, outcome(ring_size, [taken(2), Refused, begun(1, ring_size)])),
    ?assertMatch({skipped, _}, outcome(ring_size, [taken(2), begun(1, ring_size), {kernel, 1, "fault: there is no session with node 2"}])),
    ?assertMatch({skipped, _}, outcome(ring_size, [taken(2), begun(1, ring_size), {kernel, 1, "fault: there is no look of node 2 at it"}])),
    ?assertEqual({skipped, "the order was not taken"}, outcome(wild_write, {skipped, "the order was not taken"}, [begun(1, wild_write)])).

%% What is done from outside was done when it was done.
from_outside_test() ->
    [?assertEqual({Kind, injected}, {Kind, outcome(Kind, [])})
     || #{kind := Kind, way := Way} <- chaos_plan:fixed("1", 4), element(1, Way) =/= order].
