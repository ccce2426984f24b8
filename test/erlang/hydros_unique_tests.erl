%% SPDX-License-Identifier: Apache-2.0
%% Whatever is cut, joined or killed among living nodes: a unique program is never started where a node sees another copy,
%% and when all see each other again there is one. On a played machine of four nodes, over random stories.
-module(hydros_unique_tests).
-include_lib("proper/include/proper.hrl").
-include_lib("eunit/include/eunit.hrl").
-export([start_link/2, cut/1, join/1, stray/0, agent_kill/0, forget/0]).

-import(played_machine, [call/5, name/1, wait_until/2]).

-define(COUNT, 4).
-define(IDS, [a, b]).
-define(WAIT_MS, 300). % for a node that is silent without being dead
-define(MARGIN_MS, 400). % agents of nodes that were just connected or cut may not know it yet
-define(END_MS, 100). % a program takes so long to end

unique_test_() ->
    {setup, fun start/0, fun played_machine:stop/1, fun(Machine) ->
        {inorder, [
            {"agent_is_replaced", {timeout, 60, fun() -> agent_is_replaced(Machine) end}},
            {"removed_is_forgotten", {timeout, 60, fun() -> removed_is_forgotten(Machine) end}},
            {"seen_by_some", {timeout, 60, fun() -> seen_by_some(Machine) end}},
            {"prop_never_two", {timeout, 200, fun() ->
                ?assert(proper:quickcheck(prop_never_two(Machine), [{numtests, 12}, {max_size, 8}, noshrink, {to_file, user}]))
            end}}
        ]}
    end}.

start() ->
    Machine = played_machine:start(?COUNT),
    [ok = call(N, hydros, wait, [5000], Machine) || N <- all()],
    [ok = call(N, application, set_env, [hydros, placement_wait_ms, ?WAIT_MS], Machine) || N <- all()],
    Machine.

all() -> lists:seq(0, ?COUNT - 1).

%% ---- a program that tells when it starts and when it has ended ----

start_link(Id, File) ->
    Parent = self(),
    Pid = spawn_link(fun() ->
        process_flag(trap_exit, true),
        note(File, start, Id),
        Parent ! {self(), ready},
        receive {'EXIT', _, Reason} -> timer:sleep(?END_MS), note(File, stop, Id), exit(Reason) end
    end),
    receive {Pid, ready} -> {ok, Pid} end.

note(File, What, Id) ->
    ok = file:write_file(File, io_lib:format("~p.~n", [{now_ms(), What, Id, hydros_self:number()}]), [append]).

now_ms() -> os:system_time(millisecond).

file(Machine) ->
    filename:join(call(0, os, getenv, ["HYDROS_PREFIX"], Machine), "unique").

place(Id, Machine) ->
    Child = #{id => Id, start => {?MODULE, start_link, [Id, file(Machine)]}, unique => true},
    call(1, hydros_placement, start_child, [Child], Machine).

%% ---- on a node ----

cut(Node) ->
    true = erlang:set_cookie(Node, nobodys),
    _ = erlang:disconnect_node(Node),
    ok.

join(Node) ->
    true = erlang:set_cookie(Node, erlang:get_cookie()),
    net_kernel:connect_node(Node).

%% What no agent sends.
stray() ->
    To = hydros_placement,
    [To ! Message || Message <- [hello, {nodeup, 7}, {timeout, make_ref(), tick}, {'DOWN', make_ref(), process, self(), x}, {again, a, 9}, {forget, a, {1, 0}}]],
    [gen_server:cast(To, Cast) || Cast <- [
        stop, {hello, true, self()}, {hello, true, x, self(), 1, #{}, #{}}, {hello, false, 9, x, 1, #{}, []}, {wishes, x},
        {wishes, #{a => {9999, gone}, b => {{9999, 0}, #{id => b}}}}, {lead, x}, {granted, 9, self(), #{}}, {running, 9, self(), #{}, x},
        {do, self(), {stop, a}}, {do, x, y}, {started, a, self(), self()}, {sees, 9, self(), x}
    ]],
    [{error, unknown_call} = gen_server:call(To, Call) || Call <- [stop, {start_child, x}, {which_children, 1}]],
    ok.

agent_kill() ->
    case whereis(hydros_placement) of
        undefined ->
            timer:sleep(1),
            agent_kill();
        Agent ->
            Monitor = monitor(process, Agent),
            exit(Agent, kill),
            receive {'DOWN', Monitor, process, Agent, _} -> true end
    end.

%% As after ten minutes.
forget() ->
    State = sys:get_state(hydros_placement),
    [hydros_placement ! {forget, Id, Version} || {Id, {Version, deleted}} <- maps:to_list(element(4, State))],
    map_size(element(4, sys:get_state(hydros_placement))).

%% ---- the state of things ----

where(Id, Node, Machine) ->
    case lists:keyfind(Id, 1, call(Node, hydros_placement, which_children, [], Machine)) of
        {_, Copies} -> [Number || {Number, Pid} <- Copies, is_pid(Pid)];
        false -> gone
    end.

%% All agents tell the same: one copy.
is_settled(Id, Machine) ->
    try lists:usort([where(Id, N, Machine) || N <- all()]) of
        [[_]] -> true;
        _ -> false
    catch
        exit:_ -> false % an agent is being replaced
    end.

settled(Machine) ->
    [wait_until(fun() -> is_settled(Id, Machine) end, 20000) || Id <- ?IDS],
    [{Id, hd(where(Id, 0, Machine))} || Id <- ?IDS].

heal(Machine) ->
    [call(A, ?MODULE, join, [name(B)], Machine) || A <- all(), B <- all(), A < B],
    [wait_until(fun() -> length(call(N, erlang, nodes, [], Machine)) =:= ?COUNT - 1 end, 20000) || N <- all()].

remove(Machine) ->
    _ = [call(0, hydros_placement, stop_child, [Id], Machine) || Id <- ?IDS],
    [wait_until(fun() -> where(Id, N, Machine) =:= gone end, 20000) || Id <- ?IDS, N <- all()],
    ended(Machine).

%% A removed program is told of no more while it ends.
ended(Machine) ->
    wait_until(fun() -> {Starts, Stops} = lists:partition(fun({_, What, _, _}) -> What =:= start end, notes(Machine)), length(Starts) =:= length(Stops) end, 20000).

notes(Machine) ->
    case file:consult(file(Machine)) of
        {ok, Notes} -> lists:keysort(1, Notes);
        {error, enoent} -> []
    end.

%% ---- stories ----

node_number() -> range(0, ?COUNT - 1).

%% A cut between two nodes, of one from all others, between halves; an agent that dies; messages from nowhere; a wait.
step() ->
    frequency([
        {3, {cut, ?LET(A, node_number(), [{A, B} || B <- all(), B =/= A])}},
        {2, {cut, [{0, 2}, {0, 3}, {1, 2}, {1, 3}]}},
        {3, {cut, ?SUCHTHAT([{A, B}], [{node_number(), node_number()}], A =/= B)}},
        {2, heal},
        {2, {agent, node_number()}},
        {1, {stray, node_number()}},
        {4, {pause, oneof([10, 100, ?WAIT_MS + 300])}}
    ]).

prop_never_two(Machine) ->
    ?FORALL(Steps, ?LET(Any, resize(8, non_empty(list(step()))), agents_once(Any)), try
        _ = file:delete(file(Machine)),
        [ok = place(Id, Machine) || Id <- ?IDS],
        _ = settled(Machine),
        Apart = lists:foldl(fun(Step, Cuts) -> act(Step, Cuts, Machine) end, [], Steps ++ [heal]),
        Where = settled(Machine),
        timer:sleep(2 * ?END_MS),
        Notes = notes(Machine),
        Left = [{Id, left(Id, Notes)} || Id <- ?IDS],
        Doubled = [Found || Id <- ?IDS, Found <- doubled([Note || {_, _, I, _} = Note <- Notes, I =:= Id], #{}, Apart)],
        remove(Machine),
        ?WHENFAIL(
            io:format("steps ~p~nnotes ~p~napart ~p~n", [Steps, Notes, Apart]),
            conjunction([
                {not_doubled, equals([], Doubled)},
                {what_is_told_is_so, equals([{Id, [N]} || {Id, N} <- Where], Left)}
            ])
        )
    catch
        %% PropEr cannot show it: it asks for the stack in a way that is gone.
        Class:Reason:Stack -> ?debugFmt("~p~n~p", [Steps, {Class, Reason, Stack}]), false
    end).

%% A supervisor that has to start one too often gives up, and its node with it.
agents_once([{agent, N} = Step | Steps]) -> [Step | agents_once([S || S <- Steps, S =/= {agent, N}])];
agents_once([Step | Steps]) -> [Step | agents_once(Steps)];
agents_once([]) -> [].

%% The times in which two nodes did not see each other: {{A, B}, From, To}, the latest first.
act({cut, Pairs}, Apart, Machine) ->
    New = [{{min(A, B), max(A, B)}, now_ms(), never} || {A, B} <- Pairs],
    [ok = call(A, ?MODULE, cut, [name(B)], Machine) || {{A, B}, _, _} <- New],
    [Cut || {Pair, _, _} = Cut <- New, not lists:any(fun({P, _, To}) -> P =:= Pair andalso To =:= never end, Apart)] ++ Apart;
act(heal, Apart, Machine) ->
    heal(Machine),
    [case Cut of {Pair, From, never} -> {Pair, From, now_ms()}; _ -> Cut end || Cut <- Apart];
act({agent, N}, Apart, Machine) ->
    true = call(N, ?MODULE, agent_kill, [], Machine),
    wait_until(fun() -> is_pid(call(N, erlang, whereis, [hydros_placement], Machine)) end, 20000),
    Apart;
act({stray, N}, Apart, Machine) ->
    ok = call(N, ?MODULE, stray, [], Machine),
    Apart;
act({pause, Ms}, Apart, _) ->
    timer:sleep(Ms),
    Apart.

left(Id, Notes) ->
    Nodes = [N || {_, start, I, N} <- Notes, I =:= Id],
    Count = fun(What, N) -> length([x || {_, W, I, At} <- Notes, W =:= What, I =:= Id, At =:= N]) end,
    [N || N <- lists:usort(Nodes), Count(start, N) > Count(stop, N)].

%% A start on a node while one runs on another that it sees, or on itself.
doubled([], _, _) ->
    [];
doubled([{Time, start, Id, N} | Notes], Running, Apart) ->
    Seen = [Other || {Other, Count} <- maps:to_list(Running), Count > 0, Other =:= N orelse sees(N, Other, Time, Apart)],
    [{Id, started, N, runs, Seen, Time} || Seen =/= []] ++ doubled(Notes, maps:update_with(N, fun(C) -> C + 1 end, 1, Running), Apart);
doubled([{_, stop, _, N} | Notes], Running, Apart) ->
    doubled(Notes, maps:update_with(N, fun(C) -> C - 1 end, 0, Running), Apart).

sees(A, B, Time, Apart) ->
    Pair = {min(A, B), max(A, B)},
    not lists:any(fun({P, From, To}) -> P =:= Pair andalso Time >= From - ?MARGIN_MS andalso (To =:= never orelse Time =< To + ?MARGIN_MS) end, Apart).

%% ---- single things ----

%% The agents die, one after the other and all at once, and messages from nowhere come: what runs is not touched.
agent_is_replaced(Machine) ->
    _ = file:delete(file(Machine)),
    [ok = place(Id, Machine) || Id <- ?IDS],
    Before = settled(Machine),
    [ok = call(N, ?MODULE, stray, [], Machine) || N <- all()],
    [act({agent, N}, [], Machine) || N <- all()],
    [true = call(N, ?MODULE, agent_kill, [], Machine) || N <- all()],
    timer:sleep(500),
    ?assertEqual(Before, settled(Machine)),
    ?assertEqual(length(?IDS), length(notes(Machine))),
    remove(Machine),
    ?assertEqual(2 * length(?IDS), length(notes(Machine))).

%% What was removed does not stay in memory, and a new one of the same name is not taken for it.
removed_is_forgotten(Machine) ->
    _ = file:delete(file(Machine)),
    [ok = place({many, I}, Machine) || I <- lists:seq(1, 50)],
    [ok = call(I rem ?COUNT, hydros_placement, stop_child, [{many, I}], Machine) || I <- lists:seq(1, 50)],
    wait_until(fun() -> lists:all(fun(N) -> call(N, hydros_placement, which_children, [], Machine) =:= [] end, all()) end, 20000),
    %% One of them still knows.
    ?assertEqual([0, 0, 0], [call(N, ?MODULE, forget, [], Machine) || N <- [0, 1, 2]]),
    ok = place({many, 1}, Machine),
    wait_until(fun() -> is_settled({many, 1}, Machine) end, 20000),
    ok = call(0, hydros_placement, stop_child, [{many, 1}], Machine),
    wait_until(fun() -> lists:all(fun(N) -> call(N, hydros_placement, which_children, [], Machine) =:= [] end, all()) end, 20000),
    ?assertEqual([0, 0, 0, 0], [call(N, ?MODULE, forget, [], Machine) || N <- all()]),
    ended(Machine).

%% The node that leads does not see the one where it runs, but others see that.
seen_by_some(Machine) ->
    _ = file:delete(file(Machine)),
    ok = call(0, hydros_placement, start_child, [#{id => a, start => {?MODULE, start_link, [a, file(Machine)]}, unique => true, nodes => [3, 1]}], Machine),
    wait_until(fun() -> is_settled(a, Machine) end, 20000),
    act({cut, [{0, 3}]}, [], Machine),
    timer:sleep(3 * ?WAIT_MS),
    ?assertMatch([{_, start, a, 3}], notes(Machine)),
    act({cut, [{1, 3}, {2, 3}]}, [], Machine),
    wait_until(fun() -> where(a, 0, Machine) =:= [1] end, 20000),
    heal(Machine),
    Joined = wait_until(fun() -> is_settled(a, Machine) end, 20000),
    ?debugFmt("one of two copies was ended ~b ms after their nodes met", [Joined]),
    ?assertEqual([1], where(a, 0, Machine)),
    ok = call(0, hydros_placement, stop_child, [a], Machine),
    ended(Machine).
