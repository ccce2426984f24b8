%% SPDX-License-Identifier: Apache-2.0
%% The machine as the driver sees it: state and incarnation of each node, burials, what the load
%% says, damage, and events with their time. step/2 looks once; wait/3 looks until something is so.
-module(chaos_scene).
-export([open/1, close/1, step/1, wait/3, pause/2, order/4, ask/3, mark/1, since/2, incarnations/1,
         is_well/1, has_cluster/1, machine/1, memory/1, nodes/1, history/1, layout/1, is_lost/1,
         parts_changed/1, note/2, tainted/1, taint/3, why_not_well/1, why_not_well/2]).
-export_type([scene/0]).
-compile({no_auto_import, [nodes/1]}).

-define(LOOK_MS, 15).
-define(RUNNING, 3).
-define(ORDER_MS, 5000).
-define(ORDERS, 6).

-record(scene, {
    machine :: chaos_machine:machine(),
    memory :: chaos_memory:memory(),
    log :: file:fd(),
    load :: yes | alone | no,
    nodes = #{} :: #{integer() => {integer(), integer()}}, % node => {state, incarnation}
    lines = chaos_lines:new() :: chaos_lines:lines(),
    lives = chaos_lives:new() :: chaos_lives:lives(),
    counters = chaos_counters:new() :: chaos_counters:counters(),
    burials = #{} :: #{integer() => integer()},            % node => number of its last one
    buried = #{} :: #{{By :: integer(), Node :: integer(), Life :: integer()} => told},
    suspects = #{} :: #{integer() => integer()},           % node => bits of those it suspects
    history = chaos_history:new() :: chaos_history:history(),
    events = [] :: [{integer(), term()}],                  % newest first
    orders = [] :: [string()],                             % confirmed
    next_order = 1 :: pos_integer(),
    sums = #{} :: #{term() => integer()},
    taints = #{} :: #{{integer(), integer()} => integer()}, % {node, incarnation} => injection
    lost = false :: false | term()
}).
-type scene() :: #scene{}.

%% Starts a machine and waits until its plan is known.
open(#{layout := Layout} = Options) ->
    Machine = chaos_machine:start(Options),
    {ok, Log} = file:open(maps:get(directory, Machine) ++ "/console.log",
                          [append, raw, {delayed_write, 65536, 500}]),
    {ok, Memory} = plan(maps:get(memory_file, Machine), Layout, 600),
    step(#scene{machine = Machine, memory = Memory, log = Log, load = maps:get(load, Options)}).

plan(File, Layout, Tries) ->
    case chaos_memory:open(File, Layout) of
        {error, no_plan} when Tries > 0 -> timer:sleep(200), plan(File, Layout, Tries - 1);
        Result -> Result
    end.

close(#scene{machine = Machine, log = Log}) ->
    chaos_machine:stop(Machine),
    file:close(Log).

machine(#scene{machine = Machine}) -> Machine.
memory(#scene{memory = Memory}) -> Memory.
history(#scene{history = History}) -> History.
has_cluster(#scene{load = Load}) -> Load =:= yes.
is_lost(#scene{lost = Lost}) -> Lost.
layout(#scene{memory = Memory}) -> chaos_memory:layout(Memory).
nodes(#scene{memory = Memory}) -> chaos_memory:nodes(Memory).
incarnations(#scene{nodes = Nodes}) -> maps:map(fun(_, {_, Incarnation}) -> Incarnation end, Nodes).
tainted(#scene{taints = Taints}) -> Taints.
%% An injection that may show later in this life of the node.
taint(Node, Index, #scene{taints = Taints} = Scene) ->
    Scene#scene{taints = Taints#{{Node, maps:get(Node, incarnations(Scene))} => Index}}.

%% ---- looking ----

step(Scene0) ->
    Scene1 = lines(Scene0, ?LOOK_MS),
    Scene2 = lists:foldl(fun look_at/2, Scene1, chaos_memory:nodes(Scene1#scene.memory)),
    machine_events(Scene2).

wait(Scene0, Is, Ms) ->
    wait_until(Scene0, Is, chaos_machine:now_ms() + Ms).

wait_until(Scene0, Is, Until) ->
    Scene = step(Scene0),
    case Is(Scene) of
        true -> {true, Scene};
        false ->
            case Scene#scene.lost =/= false orelse chaos_machine:now_ms() > Until of
                true -> {false, Scene};
                false -> wait_until(Scene, Is, Until)
            end
    end.

pause(Scene0, Ms) ->
    {_, Scene} = wait(Scene0, fun(_) -> false end, Ms),
    Scene.

note(Event, #scene{log = Log} = Scene) ->
    ok = file:write(Log, io_lib:format("== ~b ~0p~n", [chaos_machine:now_ms(), Event])),
    happened(Event, Scene).

happened(Event, #scene{events = Events} = Scene) ->
    Scene#scene{events = [{chaos_machine:now_ms(), Event} | Events]}.

mark(#scene{}) -> chaos_machine:now_ms().
%% Oldest first.
since(Mark, #scene{events = Events}) ->
    lists:reverse(lists:takewhile(fun({Ms, _}) -> Ms >= Mark end, Events)).

lines(#scene{machine = #{port := Port}} = Scene, Ms) ->
    receive
        {Port, {data, {_, Line}}} -> lines(line(Line, Scene), 0);
        {Port, {exit_status, Status}} -> lost({ended, Status}, Scene)
    after Ms ->
        Scene
    end.

line(Bytes, #scene{log = Log} = Scene) ->
    ok = file:write(Log, [Bytes, $\n]),
    case chaos_lines:parse(Bytes) of
        {Node, Us, Text} ->
            case chaos_lines:hear(Node, Us, Text, Scene#scene.lines) of
                {new, Lines} -> heard(Node, Us, Text, Scene#scene{lines = Lines});
                {again, _} -> Scene
            end;
        none ->
            Scene
    end.

heard(Node, Us, "chaos " ++ Text, Scene) ->
    told(is_of_present_life(Node, Us, Scene), Node, Text, Scene);
heard(Node, _, Text, Scene) ->
    happened({kernel, Node, Text}, Scene).

is_of_present_life(Node, Us, #scene{nodes = Nodes, lives = Lives}) ->
    {_, Life} = maps:get(Node, Nodes, {0, 0}),
    chaos_lives:wrote(Node, Life, Us, Lives).

%% What an earlier life told of the writes is so still; how it stood itself, and what it had counted, is over.
told(true, Node, Text, Scene) ->
    told(Node, Text, Scene);
told(false, _, "channels " ++ _, Scene) ->
    Scene;
told(false, Node, Text, Scene0) ->
    #scene{history = History} = Scene = told(Node, Text, Scene0),
    Scene#scene{history = chaos_history:forget(Node, History)}.

told(Node, "state " ++ _ = Text, #scene{history = History} = Scene) ->
    Scene#scene{history = chaos_history:line(chaos_machine:now_ms(), Node, Text, History)};
told(Node, "order " ++ Text, #scene{orders = Orders} = Scene) ->
    [Id | _] = string:lexemes(Text, " "),
    note({order, Node, Id}, Scene#scene{orders = [Id | Orders]});
told(Node, "channels " ++ Text, #scene{counters = Before} = Scene) ->
    {Events, Counters} = chaos_counters:told(Node, string:lexemes(Text, " "), Before),
    lists:foldl(fun note/2, Scene#scene{counters = Counters}, Events);
told(Node, "lost " ++ _ = Text, #scene{history = History} = Scene) ->
    note({said, Node, Text}, Scene#scene{history = chaos_history:lost(Node, Text, History)});
told(Node, Text, Scene) ->
    note({said, Node, Text}, Scene).

look_at(Node, #scene{memory = Memory, nodes = Nodes, history = History, counters = Counters} = Scene) ->
    New = {chaos_memory:published(Memory, Node, state),
           chaos_memory:published(Memory, Node, incarnation)},
    Old = maps:get(Node, Nodes, {0, 0}),
    Changed = case {Old, New} of
        {Same, Same} -> Scene;
        %% A page that is just being made anew.
        {_, {_, 0}} -> Scene;
        {_, {State, Incarnation}} ->
            Present = case element(2, Old) of
                Incarnation -> Scene;
                _ -> Scene#scene{history = chaos_history:forget(Node, History), counters = chaos_counters:forget(Node, Counters)}
            end,
            note({node, Node, state(State), Incarnation}, begun(Node, State, Incarnation, Present#scene{nodes = Nodes#{Node => New}}))
    end,
    suspects(Node, burial(Node, Changed)).

begun(Node, ?RUNNING, Life, #scene{memory = Memory, lives = Lives} = Scene) ->
    Scene#scene{lives = chaos_lives:runs(Node, Life, chaos_memory:published(Memory, Node, started_ns), Lives)};
begun(_, _, _, Scene) ->
    Scene.

state(0) -> absent;
state(1) -> starting;
state(2) -> kernel;
state(3) -> running;
state(4) -> stopped;
state(5) -> dead;
state(Other) -> {unknown, Other}.

burial(Node, #scene{memory = Memory, burials = Burials} = Scene) ->
    Known = maps:get(Node, Burials, 0),
    case chaos_memory:burial(Memory, Node) of
        being_written -> Scene;
        {ok, #{number := Known}} -> Scene;
        {ok, #{number := 0}} -> Scene#scene{burials = Burials#{Node => 0}};
        %% A place that holds none, and whose number an injection altered.
        {ok, #{incarnation := 0}} -> Scene;
        {ok, #{number := Number, node := Dead, incarnation := Life, notice := Notice}} ->
            buried(Dead, Life, Node, notice(Notice), Scene#scene{burials = Burials#{Node => Number}})
    end.

%% An earlier one, whose number an injection altered, is no news; nor is the last one when that is put right.
buried(Dead, Life, By, Notice, #scene{buried = Buried} = Scene) ->
    case Buried of
        #{{By, Dead, Life} := told} -> Scene;
        _ -> note({buried, Dead, Life, By, Notice}, Scene#scene{buried = Buried#{{By, Dead, Life} => told}})
    end.

suspects(Node, #scene{memory = Memory, suspects = Suspects} = Scene) ->
    Old = maps:get(Node, Suspects, 0),
    case chaos_memory:published(Memory, Node, suspects) of
        Old -> Scene;
        New -> note({suspects, Node, New}, Scene#scene{suspects = Suspects#{Node => New}})
    end.

notice(1) -> last_words;
notice(2) -> hang;
notice(3) -> silence;
notice(4) -> order;
notice(5) -> no_start;
notice(Other) -> {notice, Other}.

machine_events(#scene{machine = #{qmp := Qmp}, lost = false} = Scene) ->
    Bad = [Event || Event <- chaos_qmp:events(Qmp),
                    lists:member(Event, ["SHUTDOWN", "RESET", "POWERDOWN", "GUEST_PANICKED",
                                         "CLOSED"])],
    case Bad of
        [] -> Scene;
        _ -> lost(Bad, Scene)
    end;
machine_events(Scene) ->
    Scene.

lost(Why, #scene{lost = false} = Scene) ->
    note({machine, Why}, Scene#scene{lost = Why});
lost(_, Scene) ->
    Scene.

%% ---- is all as it should be ----

is_well(Scene) ->
    why_not_well(Scene) =:= [].

%% The machine's end, or the nodes that do not run, or whose load does not see all others.
why_not_well(Scene) ->
    why_not_well([], Scene).

%% Of all but these nodes, which the others need not see.
why_not_well(_, #scene{lost = Lost}) when Lost =/= false ->
    [{machine, Lost}];
why_not_well(But, #scene{nodes = Nodes, history = History, load = Load} = Scene) ->
    All = nodes(Scene) -- But,
    States = chaos_history:states(History),
    Now = chaos_machine:now_ms(),
    Seen = case Load of yes -> length(All); alone -> 1; no -> 0 end,
    [{Node, not_running} || Node <- All, element(1, maps:get(Node, Nodes, {0, 0})) =/= ?RUNNING] ++
    [{Node, Why} || Seen > 0, Node <- All, Why <- [load(maps:get(Node, States, none), Now, Seen)],
                    Why =/= well].

load(none, _, _) -> no_word;
load({Ms, _, _, _}, Now, _) when Now - Ms > 4000 -> no_word_for_long;
load({_, false, _, _}, _, _) -> not_synced;
load({_, _, Nodes, _}, _, All) when Nodes < All -> {sees, Nodes};
load(_, _, _) -> well.

%% Parts of memory that nobody may write and that are not as at the last look.
parts_changed(#scene{memory = Memory, sums = Sums} = Scene) ->
    New = maps:from_list([{{Name, Owner}, erlang:crc32(chaos_memory:read(Memory, Base, Size))}
                          || {Name, Owner, Base, Size} <- chaos_memory:parts(Memory)]),
    Changed = [Part || {Part, Sum} <- maps:to_list(New), maps:get(Part, Sums, Sum) =/= Sum],
    {Changed, Scene#scene{sums = New}}.

%% ---- orders to the load inside ----

%% Through the console of node Via; again when it is not confirmed, since keys may be lost when the
%% console changes hands. Not to another life than was asked: the word of the one that took it may be late.
order(Via, Node, Fault, #scene{next_order = Next} = Scene) ->
    order([Via, Node], order_keys(Via, Node, Fault, Next), integer_to_list(Next), ?ORDERS,
          Scene#scene{next_order = Next + 1}).

%% The same without waiting for the answer, once.
ask(Node, Fault, #scene{next_order = Next, machine = Machine} = Scene) ->
    chaos_machine:keys(Machine, order_keys(Node, Node, Fault, Next)),
    Scene#scene{next_order = Next + 1}.

order_keys(Via, Node, Fault, Id) ->
    [16#1d, io_lib:format("~border ~b ~b ~s~n", [Via, Id, Node, Fault])].

order(_, _, _, 0, Scene) ->
    {false, Scene};
order(Asked, Keys, Id, Tries, #scene{machine = Machine, nodes = Lives} = Scene0) ->
    chaos_machine:keys(Machine, Keys),
    {Taken, Scene} = wait(Scene0, fun(#scene{orders = Orders, nodes = Nodes}) ->
        lists:member(Id, Orders) orelse maps:with(Asked, Nodes) =/= maps:with(Asked, Lives)
    end, ?ORDER_MS),
    case Taken of
        true -> {true, Scene};
        false -> order(Asked, Keys, Id, Tries - 1, Scene)
    end.
