%% SPDX-License-Identifier: Apache-2.0
%% What the chaos driver injects follows from the seed and a number alone; the fixed set has each class of the catalogue.
-module(chaos_plan_tests).
-include_lib("proper/include/proper.hrl").
-include_lib("eunit/include/eunit.hrl").

nodes_count() -> range(2, 64).

%% Made again by itself, an injection is the same.
prop_repeatable() ->
    ?FORALL({Seed, Index, Nodes}, {string(), range(1, 5000), nodes_count()},
            chaos_plan:random(Seed, Index, Nodes) =:= chaos_plan:random(Seed, Index, Nodes)).

prop_well_formed() ->
    ?FORALL({Seed, Index, Nodes}, {string(), range(1, 5000), nodes_count()},
            is_well_formed(chaos_plan:random(Seed, Index, Nodes), Nodes)).

prop_fixed_well_formed() ->
    ?FORALL({Seed, Nodes}, {string(), nodes_count()},
            lists:all(fun(Injection) -> is_well_formed(Injection, Nodes) end, chaos_plan:fixed(Seed, Nodes))).

%% The next try is another one, of the same kind at the same node.
prop_again() ->
    ?FORALL({Seed, Index}, {string(), range(1, 1000)},
            begin
                #{random := Random} = First = chaos_plan:random(Seed, Index, 4),
                #{random := Other, times := 2} = Second = chaos_plan:again(First, 2),
                Random =/= Other andalso maps:without([random, times], First) =:= maps:without([random, times], Second)
            end).

is_well_formed(#{target := Target, more := More, delay_ms := Delay} = Injection, Nodes) ->
    Hit = [Target | More],
    lists:all(fun(Node) -> Node >= 0 andalso Node < Nodes end, Hit) andalso lists:usort(Hit) =:= lists:sort(Hit)
        andalso length(Hit) =< Nodes andalso Delay >= 0 andalso Delay =< 300
        andalso chaos_plan:awaited(Injection) -- Hit =:= [] andalso iolist_size(chaos_plan:text(Injection)) > 0.

properties_test_() ->
    [{atom_to_list(Property),
      {timeout, 120, fun() -> ?assert(proper:quickcheck(?MODULE:Property(), [{numtests, 200}, {to_file, user}])) end}}
     || Property <- [prop_repeatable, prop_well_formed, prop_fixed_well_formed, prop_again]].

%% All of them come, and as often as their weights say: none is forgotten, none but those of weight 0 is left out.
all_kinds_come_test() ->
    Known = [Kind || {Kind, _, _, _, Weight} <- chaos_plan:kinds(), Weight > 0],
    Seen = lists:usort([Kind || Index <- lists:seq(1, 5000), #{kind := Kind} <- [chaos_plan:random("1", Index, 4)]]),
    ?assertEqual(lists:usort(Known), Seen).

%% Faults of software that do not have to end the whole machine (docs/chaos.md has the table).
catalogue_test() ->
    Fixed = chaos_plan:fixed("1", 4),
    ?assert(length(Fixed) >= 40),
    Has = lists:append([string:lexemes(Faults, " ") || #{faults := Faults} <- Fixed]),
    Wanted = [lists:flatten(io_lib:format("S~2..0b", [N])) || N <- [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16, 18, 19, 20, 21, 22,
        23, 24, 25, 26, 27, 28, 29, 30, 34, 36, 37, 38, 39, 40, 41]],
    ?assertEqual([], Wanted -- Has),
    %% `make test` has them all but the one that takes the machine.
    ?assertEqual(["S09"], Wanted -- lists:append([string:lexemes(Faults, " ") || #{faults := Faults} <- chaos_plan:test("1", 4)])).

%% The guardian is killed at each step, and one that only hangs is replaced, too.
every_step_of_recovery_is_broken_test() ->
    Broken = [Function || #{way := {break_step, Function}} <- chaos_plan:fixed("1", 4)],
    ?assertEqual(["claim_leave", "claim_win", "death_bury", "fence", "start_core", "start_load"], lists:sort(Broken)).
