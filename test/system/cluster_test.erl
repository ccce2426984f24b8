%% SPDX-License-Identifier: Apache-2.0
%% What the cluster's tests do on the nodes of a machine: called on node 0 by its boot option `eval' (cluster_*.sh). A line
%% for each thing that held; anything else ends the expression with an error.
-module(cluster_test).
-export([connect/0, services/0, death/2, mnesia/1, placement/1, release/2]).
-export([watch/1, hosted/1, store_start/1, store_copy/0]).

-define(LIMIT_MS, 200000).
-define(SILENT_MS, 3000). % so long a living node is waited for that is not connected

others() -> hydros:nodes() -- [node()].
name(Number) -> lists:nth(Number + 1, [Name || #{name := Name} <- hydros:status()]).

held(Format, Arguments) ->
    io:format("held: " ++ Format ++ "~n", Arguments).

until(Fun) ->
    until(Fun, erlang:monotonic_time(millisecond)).

until(Fun, Start) ->
    Passed = erlang:monotonic_time(millisecond) - Start,
    case Fun() of
        true -> Passed;
        _ when Passed > ?LIMIT_MS -> error({too_late, Passed});
        _ -> timer:sleep(10), until(Fun, Start)
    end.

%% All nodes are in the cluster, each knows all, and the creation is the incarnation.
connect() ->
    ok = hydros:wait(?LIMIT_MS),
    Count = length(hydros:status()),
    until(fun() -> [Count] =:= lists:usort([length(erpc:call(Node, hydros, nodes, [])) || Node <- hydros:nodes()]) end),
    [1] = lists:usort([life(Node) || Node <- hydros:nodes()]),
    held("~b nodes are connected", [Count]).

%% What comes above tells apart programs that are not their node's own.
life(Node) ->
    erpc:call(Node, erts_internal, get_creation, []) band 16#ffffff.

services() ->
    connect(),
    Names = hydros:nodes(),
    Names = [list_to_atom("n" ++ integer_to_list(Number) ++ "@hydros") || Number <- lists:seq(0, length(Names) - 1)],
    [Last | _] = lists:reverse(Names),
    Names = [Node || {ok, Node} <- erpc:multicall(Names, erlang, node, [])],
    Pid = spawn(Last, fun() -> receive {From, Term} -> From ! {self(), Term} end end),
    Large = binary:copy(<<"0123456789abcdef">>, 1 bsl 22),
    Pid ! {self(), Large},
    receive {Pid, Large} -> held("a term of 64 MiB went to ~p and back", [Last]) end,
    services(Names, Last).

services(Names, Last) ->
    yes = global:register_name(cluster_test, self()),
    until(fun() -> [self()] =:= lists:usort([erpc:call(Node, global, whereis_name, [cluster_test]) || Node <- Names]) end),
    held("global: all know a name", []),
    [spawn(Node, ?MODULE, watch, [self()]) || Node <- Names],
    [receive joined -> ok end || _ <- Names],
    until(fun() -> length(pg:get_members(cluster_test)) =:= length(Names) end),
    held("pg: members on all nodes", []),
    {ok, carried, Code} = compile:forms([{attribute, 1, module, carried}, {attribute, 1, export, [{answer, 0}]},
        {function, 1, answer, 0, [{clause, 1, [], [], [{integer, 1, 42}]}]}]),
    {Loaded, []} = rpc:multicall(Names, code, load_binary, [carried, "carried", Code]),
    true = length(Loaded) =:= length(Names),
    42 = erpc:call(Last, carried, answer, []),
    held("code is loaded on all nodes", []).

watch(Parent) ->
    _ = pg:start(pg),
    ok = pg:join(cluster_test, self()),
    Parent ! joined,
    receive stop -> ok end.

%% A node dies of `Fault': links, monitors and nodedown at once, and it is back, in its next life.
death(Number, Fault) ->
    connect(),
    Victim = name(Number),
    process_flag(trap_exit, true),
    ok = net_kernel:monitor_nodes(true),
    Pid = spawn_link(Victim, timer, sleep, [infinity]),
    Monitor = monitor(process, Pid),
    Start = erlang:monotonic_time(millisecond),
    ok = hydros:kill(Number, Fault),
    receive {nodedown, Victim} -> ok end,
    Down = erlang:monotonic_time(millisecond) - Start,
    receive {'EXIT', Pid, noconnection} -> ok after ?LIMIT_MS -> error(no_exit) end,
    receive {'DOWN', Monitor, process, Pid, noconnection} -> ok after ?LIMIT_MS -> error(no_down) end,
    receive {nodeup, Victim} -> ok after ?LIMIT_MS -> error(no_nodeup) end,
    Up = erlang:monotonic_time(millisecond) - Start,
    2 = life(Victim),
    ok = hydros:wait(?LIMIT_MS),
    [#{node := Number, incarnation := 1, notice := Notice} | _] = hydros:crashes(),
    held("~p by ~p: nodedown after ~b ms (~p), nodeup after ~b ms", [Victim, Fault, Down, Notice, Up]).

%% On node 0 of a release, called by its own Erlang: a node that dies comes back with the release, and into the cluster.
release(Application, Number) ->
    connect(),
    [{error, no_debug_kernel} = hydros:kill(Number, Fault) || Fault <- [panic, 'panic@intent']],
    [{error, einval} = hydros:kill(Number, Fault) || Fault <- [typo, 'panic@typo', "x"]],
    death(Number, order),
    Victim = name(Number),
    Runs = fun() -> lists:keymember(Application, 1, erpc:call(Victim, application, which_applications, [])) end,
    until(Runs),
    Beats = fun() -> is_pid(erpc:call(Victim, erlang, whereis, [hydros_beat])) end,
    until(Beats),
    held("~p runs ~p again", [Victim, Application]).

%% Replicas in memory on all nodes, over a node's death and return.
mnesia(Number) ->
    connect(),
    Names = hydros:nodes(),
    Victim = name(Number),
    ok = mnesia:start(),
    {atomic, ok} = mnesia:create_table(kept, [{ram_copies, [node()]}]),
    [ok = erpc:call(Node, ?MODULE, store_start, [node()]) || Node <- others()],
    [ok = erpc:call(Node, ?MODULE, store_copy, []) || Node <- others()],
    {atomic, ok} = mnesia:transaction(fun() -> mnesia:write({kept, before, 1}) end),
    ok = net_kernel:monitor_nodes(true),
    ok = hydros:kill(Number, order),
    receive {nodedown, Victim} -> ok end,
    {Time, {atomic, ok}} = timer:tc(fun() -> mnesia:transaction(fun() -> mnesia:write({kept, while, 2}) end) end),
    receive {nodeup, Victim} -> ok after ?LIMIT_MS -> error(no_nodeup) end,
    %% It is connected before its applications run.
    until(fun() -> is_pid(erpc:call(Victim, erlang, whereis, [hydros_sup])) end),
    ok = erpc:call(Victim, ?MODULE, store_start, [node()]),
    ok = erpc:call(Victim, ?MODULE, store_copy, []),
    {atomic, ok} = erpc:call(Victim, mnesia, sync_transaction, [fun() -> mnesia:write({kept, later, 3}) end]),
    [[{kept, before, 1}], [{kept, later, 3}], [{kept, while, 2}]] =
        lists:usort([erpc:call(Node, mnesia, dirty_read, [kept, Key]) || Node <- Names, Key <- [before, while, later]]),
    held("mnesia: ~p has all; first write after its death took ~b ms", [Victim, Time div 1000]).

store_start(Node) ->
    ok = mnesia:start(),
    {ok, [_ | _]} = mnesia:change_config(extra_db_nodes, [Node]),
    ok.

store_copy() ->
    case mnesia:add_table_copy(kept, node(), ram_copies) of
        {atomic, ok} -> ok;
        {aborted, {already_exists, kept, _}} -> ok
    end,
    mnesia:wait_for_tables([kept], 20000).

%% A unique program moves within a second of its node's death, and goes back when that returns.
placement(Number) ->
    connect(),
    Victim = name(Number),
    ok = hydros_placement:start_child(#{id => hosted, start => {?MODULE, hosted, [self()]}, unique => true,
        nodes => [Number, 0], return => true}),
    receive {hosted, Victim} -> ok end,
    ok = net_kernel:monitor_nodes(true),
    ok = hydros:kill(Number, order),
    receive {nodedown, Victim} -> ok end,
    Start = erlang:monotonic_time(millisecond),
    receive {hosted, Node} when Node =:= node() -> ok after 1000 -> error(not_moved) end,
    Moved = erlang:monotonic_time(millisecond) - Start,
    receive {hosted, Victim} -> ok after ?LIMIT_MS -> error(not_back) end,
    until(fun() -> node(hydros:whereis(hosted)) =:= Victim end),
    held("a unique program moved ~b ms after nodedown, and went back", [Moved]),
    apart(Number, Victim, node(), hydros:nodes() -- [node(), Victim]).

%% The nodes live, and do not see each other: while another node sees the one where it runs, there is no second copy; when
%% nobody does, there is one, and of the two one is ended when their nodes meet.
apart(Number, Victim, Own, Others) ->
    cut(Own, Victim),
    receive {hosted, Second} -> error({twice, Second}) after 2 * ?SILENT_MS -> ok end,
    [Number] = [N || {hosted, Copies} <- erpc:call(hd(Others), hydros_placement, which_children, []), {N, _} <- Copies],
    held("no second copy while one node sees both", []),
    [cut(Other, Victim) || Other <- Others],
    receive {hosted, Own} -> ok after ?LIMIT_MS -> error(not_started) end,
    [join(Node, Victim) || Node <- [Own | Others]],
    {ok, Joined} = receive {hosted_ends, Own} -> {ok, now_ms()} after ?LIMIT_MS -> error(two_copies) end,
    Copies = fun(Node) -> [N || {hosted, At} <- erpc:call(Node, hydros_placement, which_children, []), {N, Pid} <- At, is_pid(Pid)] end,
    Settled = until(fun() -> lists:all(fun(Node) -> Copies(Node) =:= [Number] end, [Own, Victim | Others]) end, Joined),
    held("apart for long there were two; when they met, one; known to all ~b ms later", [Settled]).

cut(Node, From) ->
    true = erpc:call(Node, erlang, set_cookie, [From, nobodys]),
    _ = erpc:call(Node, erlang, disconnect_node, [From]),
    ok.

join(Node, With) ->
    true = erpc:call(Node, erlang, set_cookie, [With, erlang:get_cookie()]),
    until(fun() -> lists:member(With, erpc:call(Node, erlang, nodes, [])) end).

now_ms() ->
    erlang:monotonic_time(millisecond).

hosted(Parent) ->
    {ok, spawn_link(fun() ->
        process_flag(trap_exit, true),
        Parent ! {hosted, node()},
        receive {'EXIT', _, Reason} -> Parent ! {hosted_ends, node()}, exit(Reason) end
    end)}.
