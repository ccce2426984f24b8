%% SPDX-License-Identifier: Apache-2.0
%% Makes one injection. {injected | {skipped, Why}, Traces, Scene}; traces: `flips`, what was
%% changed in memory from outside, `more`, nodes that were hit besides the planned ones, `stood`, whose core stood still,
%% `refusal`, which byte of which session with which writer the target must not take.
-module(chaos_fault).
-export([inject/2, taken/3]).

-type trace() :: #{flips => [{Address :: non_neg_integer(), Old :: binary(), New :: binary()}], more => [non_neg_integer()],
                   stood => [non_neg_integer()], text => iodata(),
                   refusal => {Writer :: non_neg_integer(), Session :: non_neg_integer(), Position :: non_neg_integer()}}.

-define(STEP_MS, 60000).
-define(UNREAD_MS, 1000). % a core may stand still so long
-define(RESUME_ADDRESS, 16#467). % of the firmware, 40:67h
%% Functions that each node runs all the time.
-define(HOT, ["syscall_entry", "syscall_dispatch", "trap_common", "trap_enter", "schedule_block",
              "timer_enter", "user_return", "futex_wait", "sys_futex", "arch_clock", "wake_all",
              "timer_set", "sys_epoll_wait", "schedule", "thread_switch", "watch_look"]).

-spec inject(chaos_plan:injection(), chaos_scene:scene()) ->
    {injected | {skipped, string()}, trace(), chaos_scene:scene()}.
inject(#{way := Way, delay_ms := Delay} = Injection, Scene) ->
    inject(Way, Injection, chaos_scene:pause(Scene, Delay)).

inject({order, Name}, #{target := Target, index := Index}, Scene0) ->
    {Taken, Scene} = chaos_scene:order(via(Name, Target, Index, Scene0), Target, Name, Scene0),
    {ordered(Taken), #{}, Scene};
inject({nothing, Ms}, _, Scene0) ->
    Mark = chaos_scene:mark(Scene0),
    Scene = chaos_scene:pause(Scene0, Ms),
    Suspected = [Node || {_, {suspects, Node, Mask}} <- chaos_scene:since(Mark, Scene), Mask =/= 0],
    {injected, #{text => io_lib:format("~b suspicions", [length(Suspected)])}, Scene};
inject({boot_core_stop, Ms}, Injection, Scene) ->
    inject({core_stop, Ms}, Injection, Scene);
inject({core_stop, Ms}, #{target := Target, expect := Expect}, Scene0) ->
    Mark = chaos_scene:mark(Scene0),
    {Stood, Scene} = chaos_core:hold(Target, Scene0, fun(S0) ->
        {Still, S1} = stand([Target], Ms, S0),
        {Still, until_buried(Expect, Target, Mark, S1)}
    end),
    {injected, #{stood => Stood}, Scene};
inject({machine_stop, Ms}, _, Scene0) ->
    #{qmp := Qmp} = chaos_scene:machine(Scene0),
    {ok, _} = chaos_qmp:command(Qmp, "stop"),
    {Stood, Scene} = stand(chaos_scene:nodes(Scene0), Ms, Scene0),
    {ok, _} = chaos_qmp:command(Qmp, "cont"),
    {injected, #{stood => Stood}, Scene};
inject({rip, Where, Interrupts}, #{target := Target}, Scene) ->
    Outcome = chaos_core:send_away(Target, Where, Interrupts, Scene),
    %% It may have taken long until that core was met in the kernel.
    {Outcome, #{}, chaos_scene:note({sent_away, Target}, Scene)};
inject({register_flip}, #{target := Target, random := Random0}, Scene) ->
    {Register, Random1} = rand:uniform_s(17, Random0),
    {Bit, _} = rand:uniform_s(64, Random1),
    Name = case Register of 17 -> rip; _ -> Register - 1 end,
    Rip = chaos_core:flip_register(Target, Name, Bit - 1, Scene),
    {injected, #{text => io_lib:format("register ~p bit ~b at ~.16b", [Name, Bit - 1, Rip])}, Scene};
inject({flip, What}, #{target := Target, random := Random}, Scene) ->
    flip(What, Target, Random, Scene);
inject({broken_store, Copy}, #{random := Random} = Injection, Scene) ->
    Memory = chaos_scene:memory(Scene),
    {Base, Size} = chaos_memory:store_kernel(Memory, Copy),
    {At, _} = rand:uniform_s(Size, Random),
    with_death(Injection, flip_at(Base + At - 1, 3, Scene), Scene);
inject({broken_trampoline}, Injection, Scene) ->
    Memory = chaos_scene:memory(Scene),
    Trampoline = chaos_memory:trampoline(Memory),
    %% Where cores begin, and where the firmware sends the boot core to.
    Addresses = [Trampoline + At || At <- [0, 1, 2, 16, 64]] ++ [?RESUME_ADDRESS + At || At <- [0, 1, 2, 3]],
    Flips = [F || Address <- Addresses, F <- maps:get(flips, flip_at(Address, 6, Scene))],
    with_death(Injection, #{flips => Flips}, Scene);
inject({machine_check, corrected}, #{target := Target}, Scene) ->
    chaos_recovery:machine_check(8, corrected, Target, Scene),
    {injected, #{}, Scene};
inject({machine_check, twice}, Injection, Scene) ->
    chaos_recovery:machine_check_twice(Injection, Scene);
inject({split, Function}, Injection, Scene) ->
    chaos_recovery:split_view(Function, Injection, Scene);
inject({core_gone}, Injection, Scene) ->
    chaos_recovery:core_gone(Injection, Scene);
inject({published_flip, alone}, Injection, Scene) ->
    {Trace, Text} = flip_published(Injection, Scene),
    {injected, Trace#{text => Text}, Scene};
inject({published_flip, death}, #{more := [Other]} = Injection, Scene0) ->
    {Trace, Text} = flip_published(Injection, Scene0),
    {Taken, Scene} = chaos_scene:order(Other, Other, "panic", Scene0),
    {ordered(Taken), Trace#{text => Text}, Scene};
inject({interrupts, Line, Count}, _, Scene) ->
    [chaos_qtest:interrupt(qtest(Scene), Line, Level) || _ <- lists:seq(1, Count), Level <- [1, 0]],
    {injected, #{}, Scene};
inject({together, _}, #{target := Target, more := More}, Scene) ->
    chaos_core:send_all_away([Target | More], Scene),
    {injected, #{}, Scene};
inject({again}, #{target := Target}, Scene0) ->
    #{Target := Life} = chaos_scene:incarnations(Scene0),
    {_, Scene1} = chaos_scene:order(Target, Target, "panic", Scene0),
    {Starts, Scene2} = chaos_scene:wait(Scene1, fun(S) ->
        maps:get(Target, chaos_scene:incarnations(S)) > Life
    end, ?STEP_MS),
    case Starts of
        true ->
            chaos_core:send_all_away([Target], Scene2),
            {injected, #{}, Scene2};
        false ->
            {{skipped, "it did not start again"}, #{}, Scene2}
    end;
inject({break_step, Function}, Injection, Scene) ->
    at_step(Function, wild, Injection, Scene);
inject({hang_step, Function}, Injection, Scene) ->
    at_step(Function, loop, Injection, Scene).

%% On a busy host the others take longer to be sure: one that is let go before that is no zombie.
until_buried(dies, Target, Mark, Scene0) ->
    {_, Scene} = chaos_scene:wait(Scene0, fun(S) ->
        [] =/= [x || {_, {buried, Node, _, _, _}} <- chaos_scene:since(Mark, S), Node =:= Target]
    end, ?STEP_MS),
    Scene;
until_buried(_, _, _, Scene) ->
    Scene.

%% Every second fault of the kernel is asked for on another node, with hydros:kill/2.
via("erl_" ++ _, Target, _, _) ->
    Target;
via("clock_jump", Target, _, _) ->
    Target;
via(_, Target, Index, Scene) ->
    case chaos_scene:has_cluster(Scene) andalso Index rem 2 =:= 1 of
        true -> (Target + 1) rem length(chaos_scene:nodes(Scene));
        false -> Target
    end.

at_step(Function, Where, #{target := Target}, Scene0) ->
    Kill = fun(S) -> chaos_scene:ask(Target, "panic", S) end,
    case chaos_layout:symbol(chaos_scene:layout(Scene0), Function) of
        undefined ->
            {{skipped, "the kernel has no function " ++ Function}, #{}, Scene0};
        _ ->
            case chaos_core:at_function(Function, Where, Kill, ?STEP_MS, Scene0) of
                {none, Scene} ->
                    {{skipped, "no guardian came to " ++ Function}, #{more => []}, Scene};
                {Guardian, Scene} ->
                    {injected, #{more => [Guardian],
                                 text => io_lib:format("guardian n~b in ~s", [Guardian, Function])},
                     Scene}
            end
    end.

with_death(#{target := Target}, Trace, Scene0) ->
    {Taken, Scene} = chaos_scene:order(Target, Target, "panic", Scene0),
    {ordered(Taken), Trace, Scene}.

ordered(true) -> injected;
ordered(false) -> {skipped, "the order was not taken"}.

qtest(Scene) ->
    maps:get(qtest, chaos_scene:machine(Scene)).

flip_at(Address, Bit, Scene) ->
    flip_at(Address, 1, Bit, Scene).

%% In a value of Size bytes: it is the whole that may be overwritten, also by one that has the same byte there.
flip_at(Address, Size, Bit, Scene) ->
    Memory = chaos_scene:memory(Scene),
    Old = chaos_memory:read(Memory, Address, Size),
    ok = chaos_qtest:flip(qtest(Scene), Memory, Address + Bit div 8, Bit rem 8),
    New = <<(binary:decode_unsigned(Old, little) bxor (1 bsl Bit)):Size/little-unit:8>>,
    #{flips => [{Address, Old, New}], text => io_lib:format("at ~.16b", [Address])}.

%% ---- flips of one bit, by what is hit ----

flip(ring, Target, Random, Scene) ->
    flip_unread(Target, Random, Scene);
flip(value, Target, Random, Scene) ->
    %% Garbage and copies under way have the same look: some of many.
    case chaos_memory:find(chaos_scene:memory(Scene), Target, chaos_value:marker()) of
        [] ->
            {{skipped, "no value found"}, #{}, Scene};
        Found ->
            {Chosen, _} = lists:mapfoldl(fun(_, R0) ->
                {I, R1} = rand:uniform_s(length(Found), R0),
                {lists:nth(I, Found), R1}
            end, Random, lists:seq(1, 64)),
            Flips = [F || A <- lists:usort(Chosen),
                          F <- maps:get(flips, flip_at(A + 40, 2, Scene))],
            {injected, #{flips => Flips, text => io_lib:format("~b of ~b copies",
                                                               [length(Flips), length(Found)])},
             Scene}
    end;
flip(What, Target, Random0, Scene) ->
    {Bit, Random1} = rand:uniform_s(8, Random0),
    case address(What, Target, Random1, Scene) of
        none -> {{skipped, "nothing there"}, #{}, Scene};
        {Address, Text} ->
            Trace = flip_at(Address, Bit - 1, Scene),
            {injected, Trace#{text => io_lib:format("~.16b ~s bit ~b", [Address, Text, Bit - 1])},
             Scene}
    end.

address(text, Target, Random, Scene) ->
    in_function(chaos_layout:functions(chaos_scene:layout(Scene)), Target, Random, Scene);
address(hot_text, Target, Random, Scene) ->
    in_function([F || {Name, _, _} = F <- chaos_layout:functions(chaos_scene:layout(Scene)),
                      lists:member(Name, ?HOT)], Target, Random, Scene);
address(constants, Target, Random, Scene) ->
    in_section(".rodata", Target, Random, Scene);
address(data, Target, Random, Scene) ->
    {Section, Random1} = rand:uniform_s(2, Random),
    in_section(element(Section, {".data", ".bss"}), Target, Random1, Scene);
address(tables, Target, Random, Scene) ->
    Memory = chaos_scene:memory(Scene),
    {_, End} = section_end(Scene),
    used_byte(chaos_memory:physical(Memory, Target, (End + 4095) band bnot 4095),
              chaos_memory:start_info(Memory, Target, free_base), Random, 4000, "page table", Memory);
address(memory, Target, Random, Scene) ->
    Memory = chaos_scene:memory(Scene),
    [{Base, Size} | _] = chaos_memory:extents(Memory, Target),
    used_byte(chaos_memory:start_info(Memory, Target, free_base), Base + Size, Random, 4000,
              "memory", Memory);
address(position, Target, Random, Scene) ->
    Memory = chaos_scene:memory(Scene),
    Peers = chaos_scene:nodes(Scene) -- [Target],
    {I, Random1} = rand:uniform_s(length(Peers), Random),
    {Byte, _} = rand:uniform_s(4, Random1),
    {chaos_memory:channel_address(Memory, Target, lists:nth(I, Peers), out_written) + Byte - 1,
     "out_written"}.

in_function(Functions, Target, Random0, Scene) ->
    {I, Random1} = rand:uniform_s(length(Functions), Random0),
    {Name, Address, Size} = lists:nth(I, Functions),
    {At, _} = rand:uniform_s(Size, Random1),
    {chaos_memory:physical(chaos_scene:memory(Scene), Target, Address + At - 1),
     io_lib:format("~s+~b", [Name, At - 1])}.

in_section(Section, Target, Random, Scene) ->
    {Address, Size} = chaos_layout:section(chaos_scene:layout(Scene), Section),
    {At, _} = rand:uniform_s(Size, Random),
    {chaos_memory:physical(chaos_scene:memory(Scene), Target, Address + At - 1), Section}.

section_end(Scene) ->
    {Address, Size} = chaos_layout:section(chaos_scene:layout(Scene), ".bss"),
    {Address, Address + Size}.

%% A byte in a word that is not 0, so that it is probably in use.
used_byte(_, _, _, 0, _, _) ->
    none;
used_byte(From, To, Random0, Tries, Text, Memory) ->
    {At, Random} = rand:uniform_s(To - From, Random0),
    Address = From + At - 1,
    case chaos_memory:word(Memory, Address band bnot 7, 8) of
        0 -> used_byte(From, To, Random, Tries - 1, Text, Memory);
        _ -> {Address, Text}
    end.

%% The reader's core is held until something unread stands in a ring to it.
flip_unread(Target, Random0, Scene0) ->
    Memory = chaos_scene:memory(Scene0),
    Writers = chaos_scene:nodes(Scene0) -- [Target],
    Unread = fun() -> [W || W <- Writers, unread(Memory, W, Target) > 0] end,
    {Flipped, Scene} = chaos_core:hold(Target, Scene0, fun(S0) ->
        {_, S} = chaos_scene:wait(chaos_scene:pause(S0, 120), fun(_) -> Unread() =/= [] end, ?UNREAD_MS),
        {flip_in(Unread(), Target, Random0, Memory, S), S}
    end),
    case Flipped of
        none -> {{skipped, "no ring to it held anything unread"}, #{}, Scene};
        Trace -> {injected, Trace, Scene}
    end.

flip_in([], _, _, _, _) ->
    none;
flip_in([Writer | Writers], Reader, Random0, Memory, Scene) ->
    Session = chaos_memory:channel(Memory, Reader, Writer, in_session),
    Read = chaos_memory:channel(Memory, Reader, Writer, in_read),
    case unread(Memory, Writer, Reader) of
        Unread when Unread > 0 ->
            {At, Random1} = rand:uniform_s(Unread, Random0),
            {Bit, _} = rand:uniform_s(8, Random1),
            Address = chaos_memory:ring(Memory, Writer, Reader) +
                (Read + At - 1) rem chaos_memory:ring_size(Memory),
            Layout = chaos_scene:layout(Scene),
            MustRefuse = chaos_memory:channel(Memory, Writer, Reader, out_session) =:= Session andalso
                chaos_ring:must_refuse(chaos_memory:ring_bytes(Memory, Writer, Reader, Read, Unread), At - 1,
                                       chaos_layout:number(Layout, frame_header), chaos_layout:number(Layout, frame_align)),
            Trace = flip_at(Address, Bit - 1, Scene),
            maps:merge(case MustRefuse of true -> #{refusal => {Writer, Session, Read + At - 1}}; false -> #{} end,
                       Trace#{more => [Writer], text => io_lib:format("ring n~b to n~b, byte ~b of ~b unread",
                                                                      [Writer, Reader, At - 1, Unread])});
        _ ->
            flip_in(Writers, Reader, Random0, Memory, Scene)
    end.

%% What was altered and is read nevertheless, in the same session.
-spec taken(trace(), chaos_plan:injection(), chaos_scene:scene()) -> [string()].
taken(#{refusal := {Writer, Session, Position}}, #{target := Reader}, Scene) ->
    Memory = chaos_scene:memory(Scene),
    %% In that order: the first position of a session that comes is not this one's.
    Read = chaos_memory:channel(Memory, Reader, Writer, in_read),
    [lists:flatten(io_lib:format("n~b took an altered frame of n~b", [Reader, Writer]))
     || Read > Position, chaos_memory:channel(Memory, Reader, Writer, in_session) =:= Session];
taken(_, _, _) ->
    [].

%% Bytes; 0 also if one of the two positions is of another session.
unread(Memory, Writer, Reader) ->
    Bytes = chaos_memory:channel(Memory, Writer, Reader, out_written) - chaos_memory:channel(Memory, Reader, Writer, in_read),
    case Bytes > 0 andalso Bytes =< chaos_memory:ring_size(Memory) of
        true -> Bytes;
        false -> 0
    end.

%% ---- words that a node publishes, and that all others read ----

%% {Field, bytes of one of its values, how many: one, or one for each node}
-define(PUBLISHED, [{state, 4, one}, {incarnation, 4, one}, {beat, 8, one}, {sleeping, 4, one}, {epitaph_valid, 4, one},
                    {bell_armed, 8, one}, {wakeful, 4, one}, {nmi_answers, 4, one}, {suspects, 8, one}, {started_ns, 8, one},
                    {guardian_step, 4, one}, {guardian_target, 4, one}, {guardian_incarnation, 4, one},
                    {guardian_claim, 4, one}, {fenced, 8, nodes}, {deaths_in_row, 8, nodes}, {offline, 8, nodes},
                    {card, 8, one}, {address, 4, one}, {console_owner, 4, one}, {console_selected, 4, one},
                    {{burial, number}, 8, one}, {{burial, node}, 4, one}, {{burial, incarnation}, 4, one},
                    {{burial, guardian}, 4, one}, {{burial, notice}, 4, one}, {{burial, noticed_ns}, 8, one}]).

flip_published(#{target := Target, random := Random0}, Scene) ->
    Memory = chaos_scene:memory(Scene),
    {Which, Random1} = rand:uniform_s(length(?PUBLISHED), Random0),
    {Field, Size, Many} = lists:nth(Which, ?PUBLISHED),
    {Index, Random2} = case Many of
        one -> {1, Random1};
        nodes -> rand:uniform_s(length(chaos_scene:nodes(Scene)), Random1)
    end,
    %% As often one of the low bits, which mean most.
    {Low, Random3} = rand:uniform_s(2, Random2),
    {Bit, _} = rand:uniform_s(case Low of 1 -> 6; 2 -> 8 * Size end, Random3),
    Base = case Field of
        %% In the first place for burials.
        {burial, Of} ->
            chaos_memory:published_address(Memory, Target, burials) +
                chaos_layout:offset(chaos_scene:layout(Scene), burial, Of);
        _ -> chaos_memory:published_address(Memory, Target, Field)
    end,
    Trace = flip_at(Base + (Index - 1) * Size, Size, Bit - 1, Scene),
    {Trace, io_lib:format("~0p~s bit ~b", [Field, ["[" ++ integer_to_list(Index - 1) ++ "]" || Many =:= nodes], Bit - 1])}.

%% Those of the nodes whose beat stands still for so long.
stand(Nodes, Ms, Scene0) ->
    Beats = fun() -> [{Node, chaos_memory:published(chaos_scene:memory(Scene0), Node, beat)} || Node <- Nodes] end,
    Before = Beats(),
    Scene = chaos_scene:pause(Scene0, Ms),
    {[Node || {Node, _} = Beat <- Beats(), lists:member(Beat, Before)], Scene}.
