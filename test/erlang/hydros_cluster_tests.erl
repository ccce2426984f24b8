%% SPDX-License-Identifier: Apache-2.0
%% Distribution and cluster on a played machine of four nodes: what works between connected nodes, what happens when one
%% dies and returns, and who is not let in.
-module(hydros_cluster_tests).
-include_lib("eunit/include/eunit.hrl").
-export([watch/1, linked/2, store_start/0, store_join/1, store_copy/0, store_write/2, store_read/1, flood/2]).

-import(played_machine, [call/5, name/1, wait_until/2]).

-define(COUNT, 4).

cluster_test_() ->
    Tests = [
        fun connected/1, fun calls/1, fun code_loading/1, fun large_terms/1, fun groups/1, fun death_and_return/1,
        fun mnesia_replicas/1, fun duplicate_name/1, fun false_name/1, fun wrong_cookie/1
    ],
    {setup, fun() -> played_machine:start(?COUNT) end, fun played_machine:stop/1, fun(Machine) ->
        %% Each test gives back a machine with all nodes.
        {inorder, [{timeout, 60, {atom_to_list(element(2, erlang:fun_info(Test, name))), fun() -> Test(Machine) end}} || Test <- Tests]}
    end}.

all() -> lists:seq(0, ?COUNT - 1).
others(Number) -> lists:delete(Number, all()).

see_all(Machine) ->
    lists:all(fun(N) -> length(call(N, erlang, nodes, [], Machine)) =:= ?COUNT - 1 end, all()).

connected(Machine) ->
    Passed = wait_until(fun() -> see_all(Machine) end, 2000),
    ?debugFmt("connected ~b ms after the last start", [Passed]),
    [?assertEqual(ok, call(N, hydros, wait, [100], Machine)) || N <- all()],
    ?assertEqual([name(N) || N <- all()], call(1, hydros, nodes, [], Machine)),
    [?assertEqual(1, call(N, erts_internal, get_creation, [], Machine)) || N <- all()].

calls(Machine) ->
    ?assertEqual([{ok, name(N)} || N <- all()],
                 call(0, erpc, multicall, [[name(N) || N <- all()], erlang, node, []], Machine)),
    Pid = call(0, hydros, spawn, [2, fun erlang:node/0], Machine),
    ?assertEqual(name(2), call(0, erlang, node, [Pid], Machine)).

code_loading(Machine) ->
    Forms = [{attribute, 1, module, carried}, {attribute, 1, export, [{answer, 0}]},
             {function, 1, answer, 0, [{clause, 1, [], [], [{integer, 1, 42}]}]}],
    {ok, carried, Binary} = compile:forms(Forms),
    Names = [name(N) || N <- all()],
    ?assertMatch({[{module, carried}, {module, carried}, {module, carried}, {module, carried}], []},
                 call(0, rpc, multicall, [Names, code, load_binary, [carried, "carried.erl", Binary]], Machine)),
    ?assertEqual(42, call(0, erpc, call, [name(3), carried, answer, []], Machine)).

%% A term of 64 MiB passes, and small messages between others meanwhile.
large_terms(Machine) ->
    Self = self(),
    spawn_link(fun() -> Self ! {large, timer:tc(fun() -> call(0, ?MODULE, flood, [name(1), 64 bsl 20], Machine) end)} end),
    {Small, _} = timer:tc(fun() -> [call(2, erpc, call, [name(3), erlang, node, []], Machine) || _ <- lists:seq(1, 100)] end),
    receive {large, {Time, Size}} -> ?assertEqual(64 bsl 20, Size), ?debugFmt("64 MiB in ~b ms, 100 small calls in ~b ms", [Time div 1000, Small div 1000]) end.

flood(Node, Size) ->
    Term = [binary:copy(<<N>>, Size div 64) || N <- lists:seq(1, 64)],
    iolist_size(erpc:call(Node, lists, reverse, [Term])).

groups(Machine) ->
    [{ok, _} = call(N, hydros_cluster_tests, watch, [pg], Machine) || N <- all()],
    Seen = fun(N) -> length(call(N, pg, get_members, [everyone], Machine)) =:= ?COUNT end,
    wait_until(fun() -> lists:all(Seen, all()) end, 2000),
    {ok, Pid} = call(2, hydros_cluster_tests, watch, [global], Machine),
    [?assertEqual(Pid, call(N, global, whereis_name, [the_one], Machine)) || N <- all()].

%% Runs on a node: a process that is in a group, has a global name, or keeps what it hears of nodes.
watch(What) ->
    Self = self(),
    {Pid, _} = spawn_monitor(fun() -> become(What, Self) end),
    receive {Pid, ready} -> {ok, Pid} end.

become(pg, Parent) ->
    case pg:start(pg) of {ok, _} -> ok; {error, {already_started, _}} -> ok end,
    ok = pg:join(everyone, self()),
    Parent ! {self(), ready},
    receive stop -> ok end;
become(global, Parent) ->
    yes = global:register_name(the_one, self()),
    Parent ! {self(), ready},
    receive stop -> ok end;
become(nodes, Parent) ->
    process_flag(trap_exit, true),
    ok = net_kernel:monitor_nodes(true),
    register(nodes_watch, self()),
    Parent ! {self(), ready},
    heard([]).

heard(Heard) ->
    receive
        {heard, From} -> From ! {heard, lists:reverse(Heard)}, heard(Heard);
        {link, From, Pid} -> link(Pid), monitor(process, Pid), From ! linked, heard(Heard);
        {'DOWN', _, process, _, Reason} -> heard([{down, Reason} | Heard]);
        {'EXIT', _, Reason} -> heard([{exit, Reason} | Heard]);
        Other -> heard([{Other, erlang:monotonic_time(millisecond)} | Heard])
    end.

linked(Watch, Pid) when is_pid(Pid) ->
    Watch ! {link, self(), Pid},
    receive linked -> ok end;
linked(Watch, heard) ->
    Watch ! {heard, self()},
    receive {heard, Heard} -> Heard end.

death_and_return(Machine) ->
    Watches = [{N, element(2, call(N, ?MODULE, watch, [nodes], Machine))} || N <- others(2)],
    Old = call(2, erlang, spawn, [timer, sleep, [infinity]], Machine),
    [ok = call(N, ?MODULE, linked, [Watch, Old], Machine) || {N, Watch} <- Watches],
    Before = erlang:monotonic_time(millisecond),
    played_machine:node_kill(2, Machine),
    Down = wait_until(fun() -> lists:all(fun(N) -> length(call(N, erlang, nodes, [], Machine)) =:= 2 end, others(2)) end, 2000),
    ?debugFmt("a death was known to all within ~b ms", [erlang:monotonic_time(millisecond) - Before]),
    ?assert(Down < 500),
    %% A fault is asked of a node's own kernel: nobody is there to commit it. Of one that is there it gets an answer.
    ?assertEqual([{error, noconnection}, {error, enoent}], [call(0, hydros, kill, [N, panic], Machine) || N <- [2, 3]]),
    ?assertEqual([undefined], lists:usort([call(N, global, whereis_name, [the_one], Machine) || N <- others(2)])),
    wait_until(fun() -> length(call(0, pg, get_members, [everyone], Machine)) =:= ?COUNT - 1 end, 1000),
    played_machine:node_start(2, 2, Machine),
    Up = wait_until(fun() -> see_all(Machine) end, 2000),
    ?debugFmt("connected again ~b ms after its start", [Up]),
    ?assertEqual(2, call(2, erts_internal, get_creation, [], Machine)),
    [begin
        Heard = call(N, ?MODULE, linked, [Watch, heard], Machine),
        ?assertMatch([_], [x || {down, noconnection} <- Heard]),
        ?assertMatch([_], [x || {exit, noconnection} <- Heard]),
        ?assertEqual([{nodedown, name(2)}, {nodeup, name(2)}], [What || {{_, _} = What, _} <- Heard])
     end || {N, Watch} <- Watches],
    %% A process of the earlier life is none of this one, even with the same numbers.
    ?assertEqual(false, call(2, lists, member, [Old, call(2, erlang, processes, [], Machine)], Machine)).

store_start() ->
    application:set_env(mnesia, dir, filename:join(os:getenv("HYDROS_PREFIX"), "mnesia" ++ os:getenv("HYDROS_NODE"))),
    mnesia:start().
store_join(Node) ->
    ok = store_start(),
    {ok, _} = mnesia:change_config(extra_db_nodes, [Node]),
    ok.
store_copy() ->
    case mnesia:add_table_copy(kept, node(), ram_copies) of
        {atomic, ok} -> ok;
        {aborted, {already_exists, kept, _}} -> ok
    end,
    mnesia:wait_for_tables([kept], 5000).
store_write(Key, Value) -> mnesia:transaction(fun() -> mnesia:write({kept, Key, Value}) end).
store_read(Key) -> mnesia:dirty_read(kept, Key).

%% Replicas in memory on all nodes: writes go on while one is dead, and it has all of them when it returns.
mnesia_replicas(Machine) ->
    ok = call(0, ?MODULE, store_start, [], Machine),
    {atomic, ok} = call(0, mnesia, create_table, [kept, [{ram_copies, [name(0)]}]], Machine),
    [ok = call(N, ?MODULE, store_join, [name(0)], Machine) || N <- others(0)],
    [ok = call(N, ?MODULE, store_copy, [], Machine) || N <- others(0)],
    {atomic, ok} = call(3, ?MODULE, store_write, [before, 1], Machine),
    played_machine:node_kill(2, Machine),
    Written = timer:tc(fun() -> {atomic, ok} = call(3, ?MODULE, store_write, [while, 2], Machine) end),
    ?debugFmt("first write after a death: ~b ms", [element(1, Written) div 1000]),
    played_machine:node_start(2, 3, Machine),
    wait_until(fun() -> see_all(Machine) end, 2000),
    ok = call(2, ?MODULE, store_join, [name(0)], Machine),
    ok = call(2, ?MODULE, store_copy, [], Machine),
    ?assertEqual([[{kept, before, 1}], [{kept, while, 2}]], [call(2, ?MODULE, store_read, [Key], Machine) || Key <- [before, while]]),
    {atomic, ok} = call(2, ?MODULE, store_write, [later, 3], Machine),
    ?assertEqual([[{kept, later, 3}]], lists:usort([call(N, ?MODULE, store_read, [later], Machine) || N <- all()])).

%% Two programs cannot be the same node.
duplicate_name(Machine) ->
    ?assertEqual({error, duplicate_name},
                 call(0, hydros_dist, listen, [n0, "hydros"], Machine)),
    ?assertEqual({error, not_a_name_of_this_node}, call(0, hydros_dist, listen, [n1, "hydros"], Machine)),
    ?assertEqual({error, not_a_name_of_this_node}, call(0, hydros_dist, listen, [n0, "elsewhere"], Machine)).

%% A connection that comes from node 3 cannot be node 1.
false_name(Machine) ->
    Prefix = call(0, os, getenv, ["HYDROS_PREFIX"], Machine),
    Ask = fun(From, Name) ->
        Path = filename:join([Prefix, integer_to_list(From), "liar." ++ Name]),
        {ok, Socket} = local_tcp:connect({local, filename:join(Prefix, "0/dist")}, 0, [{packet, 2}, {active, false}, {ifaddr, {local, Path}}]),
        Node = list_to_binary(Name ++ "@hydros"),
        ok = local_tcp:send(Socket, [$N, <<(element(2, erts_internal:get_dflags())):64, 7:32, (byte_size(Node)):16>>, Node]),
        Answer = local_tcp:recv(Socket, 0, 1000),
        local_tcp:close(Socket),
        Answer
    end,
    %% It is connected already; this is asked only of one who may be it.
    ?assertEqual({ok, "salive"}, Ask(2, "n2")),
    ?assertEqual({ok, "snot_allowed"}, Ask(3, "n2")),
    ?assertEqual({ok, "snot_allowed"}, Ask(2, "n22")).

wrong_cookie(Machine) ->
    true = call(2, erlang, set_cookie, [other], Machine),
    true = call(2, erlang, disconnect_node, [name(0)], Machine),
    ?assertEqual(pang, call(0, net_adm, ping, [name(2)], Machine)).
