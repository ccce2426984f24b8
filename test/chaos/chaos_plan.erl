%% SPDX-License-Identifier: Apache-2.0
%% What is injected when: follows from a seed and a number alone, so that each injection of a
%% campaign can be made again by itself. Pure.
-module(chaos_plan).
-export([fixed/2, test/2, random/3, none/2, again/2, kinds/0, text/1]).
-export([awaited/1]).
-export_type([injection/0]).

-type expectation() :: dies   % the node must end and come back
                     | may    % it may, or nothing is seen
                     | lives  % it must not: the fault is borne
                     | lost.  % the whole machine is: nothing here can stop that
-type injection() :: #{index := pos_integer(), kind := atom(), faults := string(),
                       way := tuple(), expect := expectation(), target := non_neg_integer(),
                       more := [non_neg_integer()], delay_ms := non_neg_integer(), times := pos_integer(),
                       random := rand:state()}.

%% {Kind, numbers in the catalogue of faults, how (chaos_fault), expectation, weight at random}
-spec kinds() -> [{atom(), string(), tuple(), expectation(), non_neg_integer()}].
kinds() ->
    [{Name, Catalogue, {order, atom_to_list(Name)}, Expect, Weight}
     || {Name, Catalogue, Expect, Weight} <- ordered()] ++ outside().

%% By a program or the debug kernel of the node itself.
ordered() ->
    [
        {panic, "S01", dies, 2},
        {assert, "S01", dies, 1},
        {undefined, "S01", dies, 1},
        {null, "S02", dies, 1},
        {canonical, "S02", dies, 1},
        {jump, "S02", dies, 1},
        {nx, "S03", dies, 1},
        {invalid_instruction, "S03", dies, 1},
        {general_protection, "S03", dies, 1},
        {divide, "S03", dies, 1},
        {stack_overflow, "S04", dies, 2},
        {hang, "S05", dies, 2},
        {hang_irqs_off, "S06", dies, 2},
        {nmi_loop, "S07", dies, 2},
        {halt, "S08", dies, 2},
        {wild_write, "S14", may, 2},
        {text, "S14", dies, 1},
        {partition, "S15", dies, 2},
        {published, "S15", dies, 1},
        {foreign_ring, "S15", dies, 1},
        {store, "S15", dies, 1},
        {image, "S15", dies, 1},
        {heap_overrun, "S16", dies, 1},
        {off_by_one, "S16", may, 1},
        {double_free, "S16", dies, 1},
        {use_after_free, "S16", dies, 1},
        {memory_eat, "S18", may, 1},
        {erl_memory, "S18", dies, 1},
        {erl_files, "S19", lives, 1},
        {erl_processes, "S20", may, 1},
        {erl_atoms, "S20", dies, 1},
        {erl_storm, "S21", lives, 1},
        {ring_position, "S22", lives, 1},
        {ring_read_position, "S22", lives, 1},
        {ring_size, "S23", lives, 1},
        {ring_torn, "S23", lives, 1},
        {ring_sequence, "S23", lives, 1},
        {ring_duplicate, "S23", lives, 1},
        {ring_checksum, "S23", lives, 1},
        {ring_kind, "S23", lives, 1},
        {ring_noise, "S23", lives, 1},
        {stale_session, "S25", lives, 1},
        {flood, "S21", lives, 1},
        {quarrel, "S22", dies, 1},
        {outcast, "S22", dies, 1},
        {beam_segv, "S26", dies, 2},
        {beam_exit, "S27", dies, 1},
        {erl_exit, "S27", dies, 1},
        {erl_abort, "S27", dies, 1},
        {beam_hang, "S28", dies, 2},
        {beam_spin, "S28", dies, 1},
        {erl_nif_wild, "S29", dies, 1},
        {erl_nif_never, "S29", dies, 1},
        {erl_crashes, "S30", lives, 1},
        {erl_store, "S30", lives, 1},
        {erl_escalation, "S30", dies, 1},
        {clock_jump, "S34", lives, 1}
    ].

%% From outside the machine.
outside() ->
    [
        {zombie, "S25 H02", {core_stop, 8000}, dies, 3},
        {zombie_boot, "S25 H02", {boot_core_stop, 8000}, dies, 1},
        {core_pause, "H02", {core_stop, 250}, lives, 2},
        {machine_pause, "S34 H02", {machine_stop, 3000}, lives, 2},
        {slow_consumer, "S24", {core_stop, 700}, lives, 1},
        {rip_loop, "S05", {rip, loop, on}, dies, 3},
        {rip_loop_irqs_off, "S06", {rip, loop, off}, dies, 3},
        {rip_wild, "H14", {rip, wild, keep}, may, 3},
        {register_flip, "H14", {register_flip}, may, 10},
        {text_flip, "H13", {flip, text}, may, 10},
        {text_flip_hot, "H13", {flip, hot_text}, may, 10},
        {constants_flip, "H13", {flip, constants}, may, 3},
        {data_flip, "H14", {flip, data}, may, 10},
        {table_flip, "S12", {flip, tables}, may, 3},
        {memory_flip, "H14", {flip, memory}, may, 10},
        {value_flip, "H15", {flip, value}, may, 5},
        {ring_flip, "S23", {flip, ring}, may, 5},
        {position_flip, "S22", {flip, position}, may, 3},
        {store_flip_first, "S40", {broken_store, 0}, dies, 2},
        {store_flip_second, "S40", {broken_store, 1}, dies, 2},
        {trampoline_flip, "S41", {broken_trampoline}, dies, 2},
        {corrected_error, "H12", {machine_check, corrected}, lives, 1},
        {machine_check, "H06 S41", {machine_check, twice}, dies, 2},
        {interrupt_storm, "H24", {interrupts, 4, 500}, lives, 1},
        {two_at_once, "S38", {together, 2}, dies, 2},
        {all_but_one, "S38", {together, all_but_one}, dies, 2},
        {split_view, "S39", {split, "fence"}, dies, 2},
        {again_while_starting, "S36", {again}, dies, 2},
        {core_gone, "H01", {core_gone}, dies, 1},
        {published_flip, "S15 H14", {published_flip, alone}, may, 3},
        {published_flip_death, "S15 H14", {published_flip, death}, dies, 3},
        {guardian_dies_asking, "S37", {break_step, "claim_win"}, dies, 1},
        {guardian_dies_fencing, "S37", {break_step, "fence"}, dies, 2},
        {guardian_dies_burying, "S37", {break_step, "death_bury"}, dies, 2},
        {guardian_dies_loading, "S37", {break_step, "start_load"}, dies, 2},
        {guardian_dies_starting, "S37", {break_step, "start_core"}, dies, 2},
        {guardian_dies_leaving, "S37", {break_step, "claim_leave"}, dies, 1},
        {guardian_hangs_loading, "S37", {hang_step, "start_load"}, dies, 1},
        {guardian_hangs_starting, "S37", {hang_step, "start_core"}, dies, 1},
        {gates, "S10", {order, "gates"}, dies, 1},
        {triple_fault, "S09", {order, "triple_fault"}, lost, 0}
    ].

%% Each kind once, in the order of the table; the targets go round.
-spec fixed(term(), pos_integer()) -> [injection()].
fixed(Seed, Nodes) ->
    Kinds = kinds(),
    [injection(Seed, Index, Kind, Nodes, Index rem Nodes)
     || {Index, Kind} <- lists:zip(lists:seq(1, length(Kinds)), Kinds)].

%% The fixed set without what is nearly the same as something else, or takes long.
-spec test(term(), pos_integer()) -> [injection()].
test(Seed, Nodes) ->
    Left = [assert, undefined, canonical, jump, nx, general_protection, divide, text, published,
            foreign_ring, image, off_by_one, use_after_free, erl_memory, ring_read_position,
            ring_torn, ring_duplicate, ring_kind, ring_noise, erl_exit, erl_abort, beam_spin,
            core_gone, published_flip, published_flip_death, erl_crashes, core_pause, corrected_error, text_flip, constants_flip, store_flip_second, interrupt_storm,
            guardian_hangs_starting, erl_nif_never, triple_fault],
    [Injection || #{kind := Kind} = Injection <- fixed(Seed, Nodes), not lists:member(Kind, Left)].

%% A minute without any fault.
-spec none(pos_integer(), pos_integer()) -> injection().
none(Index, Nodes) ->
    Kind = {none, "-", {nothing, 60000}, lives, 1},
    (injection(none, Index, Kind, Nodes, Index rem Nodes))#{delay_ms => 0}.

%% The nodes of which one must end.
-spec awaited(injection()) -> [non_neg_integer()].
awaited(#{way := {order, Fault}, target := Target, more := More}) when Fault =:= "quarrel"; Fault =:= "outcast" ->
    [Target | More];
awaited(#{way := {published_flip, death}, more := More}) -> More;
awaited(#{target := Target}) -> [Target].

%% The same once more, with other numbers: the machine was not in the state that it needs.
-spec again(injection(), pos_integer()) -> injection().
again(#{random := Random} = Injection, Times) ->
    {_, Next} = rand:uniform_s(Random),
    Injection#{random => Next, times => Times}.

-spec random(term(), pos_integer(), pos_integer()) -> injection().
random(Seed, Index, Nodes) ->
    State = rand:seed_s(exsss, erlang:phash2({Seed, Index})),
    Kinds = kinds(),
    {At, State1} = rand:uniform_s(lists:sum([Weight || {_, _, _, _, Weight} <- Kinds]), State),
    {Target, _} = rand:uniform_s(Nodes, State1),
    injection(Seed, Index, weighted(At, Kinds), Nodes, Target - 1).

weighted(At, [{_, _, _, _, Weight} = Kind | _]) when At =< Weight -> Kind;
weighted(At, [{_, _, _, _, Weight} | Kinds]) -> weighted(At - Weight, Kinds).

injection(Seed, Index, {Kind, Faults, Way, Expect, _}, Nodes, Target) ->
    State = rand:seed_s(exsss, erlang:phash2({Seed, Index, Kind})),
    {Delay, State1} = rand:uniform_s(300, State),
    #{index => Index, kind => Kind, faults => Faults, way => Way, expect => Expect,
      target => target(Way, Target), more => more(Way, Target, Nodes), delay_ms => Delay, random => State1, times => 1}.

%% The boot core comes back in a way of its own, by the firmware's warm reset and its resume address.
target({boot_core_stop, _}, _) -> 0;
target({broken_trampoline}, _) -> 0;
target(_, Target) -> Target.

%% Nodes beside the target that this way hits.
more({together, all_but_one}, Target, Nodes) ->
    [(Target + I) rem Nodes || I <- lists:seq(1, Nodes - 2)];
more({together, Count}, Target, Nodes) ->
    [(Target + I) rem Nodes || I <- lists:seq(1, min(Count, Nodes) - 1)];
more({published_flip, death}, Target, Nodes) ->
    [(Target + 1) rem Nodes];
%% Which of two is to blame cannot be known.
more({order, Fault}, Target, Nodes) when Fault =:= "quarrel"; Fault =:= "outcast", Nodes =:= 2 ->
    [(Target + 1) rem Nodes];
more(_, _, _) ->
    [].

text(#{index := Index, kind := Kind, faults := Faults, target := Target, more := More}) ->
    io_lib:format("~4b ~-24s ~-8s n~s",
                  [Index, Kind, Faults, lists:join(",n", [integer_to_list(N) || N <- [Target | More]])]).
