%% SPDX-License-Identifier: Apache-2.0
%% Injections in several steps, each of which waits for what the one before it led to: machine checks of two lives, two nodes that
%% take each other for dead, a core that does not come back.
-module(chaos_recovery).
-export([machine_check_twice/2, split_view/3, core_gone/2, machine_check/4]).

-define(STEP_MS, 60000).
-define(WELL_MS, 180000).
-define(GONE_MS, 120000). % it is silent, then does not come three times, 10 s each

%% By QEMU's monitor, on the core of this node. An uncorrected one (UC, in progress) is an exception; of a corrected
%% one only its bank tells.
machine_check(Bank, Kind, Node, Scene) ->
    #{qmp := Qmp} = chaos_scene:machine(Scene),
    Core = chaos_memory:core(chaos_scene:memory(Scene), Node),
    {Status, Global} = case Kind of
        corrected -> {"0x9c000000000000c0", "0x0"};
        uncorrected -> {"0xbd000000000000c0", "0x5"}
    end,
    {ok, _} = chaos_qmp:monitor(Qmp, io_lib:format("mce ~b ~b ~s ~s 0x4321000 0x8c", [Core, Bank, Status, Global])),
    ok.

%% The first life hangs in the handler, so that nobody says to the processor that it is over; a check in the next life
%% would reset the machine if the way into it had not done so.
machine_check_twice(#{target := Target}, Scene0) ->
    Trigger = fun(S) -> machine_check(9, uncorrected, Target, S), S end,
    #{Target := Life} = chaos_scene:incarnations(Scene0),
    case chaos_core:at_function("machine_check", loop, Trigger, ?STEP_MS, Scene0) of
        {none, Scene} ->
            {{skipped, "no core took the machine check"}, #{}, Scene};
        {Node, Scene1} ->
            {_, Scene2} = chaos_scene:wait(Scene1, fun(S) -> chaos_scene:is_well(S) andalso life(Target, S) > Life end, ?WELL_MS),
            Next = life(Target, Scene2),
            machine_check(8, corrected, Target, Scene2),
            machine_check(9, uncorrected, Target, Scene2),
            {Again, Scene} = chaos_scene:wait(Scene2, fun(S) -> life(Target, S) > Next end, ?STEP_MS),
            {injected, #{more => [Node], text => [io_lib:format("in lives ~b and ~b", [Life, Next]) | ["; the second one did nothing" || not Again]]},
             Scene}
    end.

life(Node, Scene) ->
    maps:get(Node, chaos_scene:incarnations(Scene)).

%% A core stands still until another node is about to fence its node; then that one stands still and the first goes on,
%% until that other node was taken for dead, too. Both have a claim by then, and both have been slow only.
split_view(Function, #{target := Target}, Scene0) ->
    Buried = fun(Node, Scene1) ->
        Mark = chaos_scene:mark(Scene1),
        {_, Scene} = chaos_scene:wait(Scene1, fun(S) ->
            [] =/= [x || {_, {buried, N, _, _, _}} <- chaos_scene:since(Mark, S), N =:= Node]
        end, ?STEP_MS),
        Scene
    end,
    case chaos_core:turns(Function, Target, ?STEP_MS, Buried, Scene0) of
        {none, Scene} ->
            {{skipped, "no guardian came to " ++ Function}, #{}, Scene};
        {Other, Scene} ->
            {injected, #{more => [Other], text => io_lib:format("n~b went on when n~b was about to fence it", [Target, Other])}, Scene}
    end.

%% Its node is given up, the others go on; when the core is let go, and somebody asks for the node, it comes back.
core_gone(#{target := Target}, Scene0) ->
    Others = chaos_scene:nodes(Scene0) -- [Target],
    Life = life(Target, Scene0),
    {Gone, Scene1} = chaos_core:hold(Target, chaos_scene:note({sent_away, Target}, Scene0), fun(S) ->
        chaos_scene:wait(S, fun(Now) ->
            is_offline(Target, Life, Others, Now) andalso chaos_scene:why_not_well([Target], Now) =:= []
        end, ?GONE_MS)
    end),
    Scene2 = chaos_scene:pause(Scene1, 1000),
    {_, Scene} = chaos_scene:order(hd(Others), Target, "restart", Scene2),
    {injected, #{text => ["was never given up" || not Gone]}, Scene}.

%% Given up in this life or a later one: the word of an earlier one still stands.
is_offline(Node, Life, Others, Scene) ->
    Memory = chaos_scene:memory(Scene),
    %% The word is sealed: its value, the life and two bits, then the complement.
    lists:any(fun(Other) ->
        chaos_memory:word(Memory, chaos_memory:published_address(Memory, Other, offline) + 8 * Node, 4) bsr 2 >= Life
    end, Others).
