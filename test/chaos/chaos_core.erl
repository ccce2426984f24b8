%% SPDX-License-Identifier: Apache-2.0
%% What is done to cores through the gdb stub: held still and let go later, sent elsewhere, one bit
%% of a register inverted, stopped at a function of the kernel.
-module(chaos_core).
-export([hold/3, turns/5, send_away/4, send_all_away/2, flip_register/4, at_function/5, loop_address/1]).

-define(NOWHERE, 16#1234).
-define(INTERRUPTS_ON, 16#200).

%% Only this core stands still while Meanwhile(Scene), {Result, Scene}, runs; then it goes on.
hold(Node, Scene0, Meanwhile) ->
    {Cores, Core, Gdb0} = connect(Node, Scene0),
    Gdb1 = chaos_gdb:continue_but(Gdb0, [Core], Cores),
    {Result, Scene} = Meanwhile(Scene0),
    chaos_gdb:detach(chaos_gdb:stop(Gdb1)),
    {Result, Scene}.

connect(Node, Scene) ->
    #{gdb := Path} = chaos_scene:machine(Scene),
    Memory = chaos_scene:memory(Scene),
    Cores = [chaos_memory:core(Memory, N) || N <- chaos_scene:nodes(Scene)],
    {Cores, chaos_memory:core(Memory, Node), chaos_gdb:connect(Path)}.

%% In the kernel, with interrupts on or off, to an endless loop or to where nothing is.
send_away(Node, Where, Interrupts, Scene) ->
    {_, Core, Gdb0} = connect(Node, Scene),
    case in_kernel(Gdb0, Core, 300) of
        {true, Gdb1} ->
            Gdb2 = chaos_gdb:set_register(Gdb1, Core, rip, address(Where, Scene)),
            {Flags, Gdb3} = chaos_gdb:register(Gdb2, Core, flags),
            Gdb4 = case Interrupts of
                on -> chaos_gdb:set_register(Gdb3, Core, flags, Flags bor ?INTERRUPTS_ON);
                off -> chaos_gdb:set_register(Gdb3, Core, flags, Flags band bnot ?INTERRUPTS_ON);
                keep -> Gdb3
            end,
            chaos_gdb:detach(Gdb4),
            injected;
        {false, Gdb1} ->
            chaos_gdb:detach(Gdb1),
            {skipped, "its core was never seen in the kernel"}
    end.

%% Cores are stopped again and again until this one is in ring 0.
in_kernel(Gdb, _, 0) ->
    {false, Gdb};
in_kernel(Gdb0, Core, Tries) ->
    {Segment, Gdb1} = chaos_gdb:register(Gdb0, Core, cs),
    case Segment band 3 of
        0 -> {true, Gdb1};
        _ ->
            Gdb2 = chaos_gdb:continue(Gdb1),
            timer:sleep(1 + Tries rem 4),
            in_kernel(chaos_gdb:stop(Gdb2), Core, Tries - 1)
    end.

address(wild, _) -> ?NOWHERE;
address(loop, Scene) -> loop_address(Scene).

%% A jump to itself in the kernel's text, wherever one stands.
loop_address(Scene) ->
    {Text, Size} = chaos_layout:section(chaos_scene:layout(Scene), ".text"),
    Memory = chaos_scene:memory(Scene),
    Bytes = chaos_memory:read(Memory, chaos_memory:physical(Memory, 0, Text), Size),
    {Position, _} = binary:match(Bytes, <<16#eb, 16#fe>>),
    Text + Position.

%% All at the same moment, in whatever ring they are.
send_all_away(Nodes, Scene) ->
    {_, _, Gdb0} = connect(hd(Nodes), Scene),
    Memory = chaos_scene:memory(Scene),
    Gdb = lists:foldl(
        fun(Node, G) -> chaos_gdb:set_register(G, chaos_memory:core(Memory, Node), rip, ?NOWHERE) end,
        Gdb0, Nodes),
    chaos_gdb:detach(Gdb).

flip_register(Node, Register, Bit, Scene) ->
    {_, Core, Gdb0} = connect(Node, Scene),
    {Value, Gdb1} = chaos_gdb:register(Gdb0, Core, Register),
    Gdb2 = chaos_gdb:set_register(Gdb1, Core, Register, Value bxor (1 bsl Bit)),
    {Rip, Gdb3} = chaos_gdb:register(Gdb2, Core, rip),
    chaos_gdb:detach(Gdb3),
    Rip.

%% Trigger(Scene) makes a core come to this function; the first one that does is sent where
%% Where says. {Node, Scene}, or {none, Scene} when none came in time.
at_function(Name, Where, Trigger, Ms, Scene0) ->
    {Address, _} = chaos_layout:symbol(chaos_scene:layout(Scene0), Name),
    {_, _, Gdb0} = connect(0, Scene0),
    Gdb1 = chaos_gdb:continue(chaos_gdb:break(Gdb0, Address)),
    Scene1 = Trigger(Scene0),
    {Stopped, Gdb2, Scene2} = until_stopped(Gdb1, chaos_machine:now_ms() + Ms, Scene1),
    case Stopped of
        none ->
            chaos_gdb:detach(chaos_gdb:unbreak(chaos_gdb:stop(Gdb2), Address)),
            {none, Scene2};
        Core ->
            Gdb3 = chaos_gdb:unbreak(Gdb2, Address),
            Gdb4 = case Where of
                wild -> chaos_gdb:set_register(Gdb3, Core, rip, ?NOWHERE);
                loop ->
                    {Flags, Gdb5} = chaos_gdb:register(Gdb3, Core, flags),
                    chaos_gdb:set_register(
                        chaos_gdb:set_register(Gdb5, Core, rip, loop_address(Scene2)), Core, flags,
                        Flags band bnot ?INTERRUPTS_ON)
            end,
            chaos_gdb:detach(Gdb4),
            {node_of(Core, Scene2), Scene2}
    end.

until_stopped(Gdb0, Until, Scene0) ->
    case chaos_gdb:stopped(Gdb0, 5) of
        {none, Gdb} ->
            case chaos_machine:now_ms() > Until of
                true -> {none, Gdb, Scene0};
                false -> until_stopped(Gdb, Until, chaos_scene:step(Scene0))
            end;
        {Core, Gdb} ->
            {Core, Gdb, Scene0}
    end.

%% One core stands still until another one comes to this function because of it; from that moment that other one stands still and
%% the first goes on, while Meanwhile(Other, Scene) runs; then all do. {Other, Scene}, or {none, Scene} when none came in time.
turns(Name, Node, Ms, Meanwhile, Scene0) ->
    {Address, _} = chaos_layout:symbol(chaos_scene:layout(Scene0), Name),
    {Cores, Core, Gdb0} = connect(Node, Scene0),
    Gdb1 = chaos_gdb:continue_but(chaos_gdb:break(Gdb0, Address), [Core], Cores),
    {Stopped, Gdb2, Scene1} = until_stopped(Gdb1, chaos_machine:now_ms() + Ms, Scene0),
    case Stopped of
        none ->
            chaos_gdb:detach(chaos_gdb:unbreak(chaos_gdb:stop(Gdb2), Address)),
            {none, Scene1};
        Other ->
            Gdb3 = chaos_gdb:continue_but(chaos_gdb:unbreak(Gdb2, Address), [Other], Cores),
            Scene2 = Meanwhile(node_of(Other, Scene1), Scene1),
            chaos_gdb:detach(chaos_gdb:stop(Gdb3)),
            {node_of(Other, Scene1), Scene2}
    end.

node_of(Core, Scene) ->
    [Node] = [N || N <- chaos_scene:nodes(Scene), chaos_memory:core(chaos_scene:memory(Scene), N) =:= Core],
    Node.
