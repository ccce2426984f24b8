%% SPDX-License-Identifier: Apache-2.0
%% What a user asks of `hydros', on a played machine of two nodes, and on Erlangs whose name is none of the machine's.
-module(hydros_tests).
-include_lib("eunit/include/eunit.hrl").
-export([loaded/0, table/0]).

-import(played_machine, [call/5, name/1, wait_until/2]).

played_test_() ->
    Tests = [fun asked/1, fun safe/1, fun refused/1, fun strained/1, fun ended/1],
    {setup, fun start/0, fun played_machine:stop/1, fun(Machine) ->
        {inorder, [{timeout, 60, {atom_to_list(element(2, erlang:fun_info(Test, name))), fun() -> Test(Machine) end}} || Test <- Tests]}
    end}.

start() ->
    Machine = played_machine:start(2),
    [ok = call(N, hydros, wait, [5000], Machine) || N <- [0, 1]],
    Machine.

asked(Machine) ->
    ?assertMatch([#{node := 0, name := n0@hydros, run_queue := _}, #{node := 1, name := n1@hydros, messages := _}],
                 call(0, hydros, status, [], Machine)),
    [?assertEqual(ok, call(0, hydros, Function, Arguments, Machine)) || {Function, Arguments} <- [{i, []}, {log, []}, {log, [1]}]],
    [?assertEqual(true, is_pid(call(0, hydros, spawn, [Node, fun erlang:node/0], Machine))) || Node <- [least_loaded, 1, n1@hydros]],
    ?assertEqual(undefined, call(0, hydros, whereis, [nobody], Machine)).

%% Only a node's own Erlang knows that it is in safe mode, and an operator sees it in the table.
safe(Machine) ->
    ?assertMatch([#{safe := 0}, #{safe := 0}], call(0, hydros, status, [], Machine)),
    true = call(1, os, putenv, ["HYDROS_SAFE", "1"], Machine),
    [?assertMatch([#{safe := 0}, #{safe := 1}], call(N, hydros, status, [], Machine)) || N <- [0, 1]],
    [_, Zero, One] = call(0, ?MODULE, table, [], Machine),
    ?assertMatch({match, _}, re:run(Zero, "^ +0 n0@hydros +running +1 ")),
    ?assertMatch({match, _}, re:run(One, "^ +1 n1@hydros running, safe +1 ")),
    true = call(1, os, unsetenv, ["HYDROS_SAFE"], Machine).

%% The lines that i/0 prints.
table() ->
    Name = filename:join(hydros_self:prefix(), "table"),
    {ok, File} = file:open(Name, [write]),
    Leader = group_leader(),
    true = group_leader(File, self()),
    ok = hydros:i(),
    true = group_leader(Leader, self()),
    ok = file:close(File),
    {ok, Text} = file:read_file(Name),
    string:split(string:trim(Text, trailing, "\n"), "\n", all).

%% What cannot be done is said, not called done.
refused(Machine) ->
    Calls = [{restart, []}, {stop, []}, {kill, [order]}, {kill, [panic]}, {kill, [erl_exit]}, {kill, [boot_loop]}, {crash_dump, []}, {log, []}],
    [?assertEqual({Function, {error, no_such_node}}, {Function, call(0, hydros, Function, [Node | More], Machine)})
     || {Function, More} <- Calls, Node <- [2, -1, 'n7@hydros', nobody]],
    ?assertError({no_such_node, 2}, call(0, hydros, spawn, [2, fun erlang:node/0], Machine)),
    ?assertEqual({error, not_kept}, call(0, hydros, crash_dump, [1], Machine)),
    [?assertEqual({error, enoent}, call(0, hydros, kill, [1, Fault], Machine)) || Fault <- [panic, 'panic@intent']],
    [?assertEqual({Fault, {error, einval}}, {Fault, call(0, hydros, kill, [1, Fault], Machine)})
     || Fault <- [typo, 'panic@typo', 'typo@intent', '@', 'panic@', [955], "x", 7, list_to_atom([955])]],
    ?assertEqual({error, own_node}, call(0, hydros, kill, [0, boot_loop], Machine)).

%% What a release kernel cannot say of a name is known as the debug kernel has it.
kernel_faults_test() ->
    Read = fun(Path) -> {ok, Text} = file:read_file(Path), Text end,
    Found = fun(Text, Pattern) ->
        {match, All} = re:run(Text, Pattern, [global, {capture, all_but_first, list}]),
        lists:sort([list_to_atom(Name) || [Name] <- All])
    end,
    Tables = [Read(Path) || Path <- filelib:wildcard("kernel/debug/fault_*.c")],
    ?assertEqual(Found(Tables, "\\{\"([a-z_]+)\", fault_"), lists:sort(hydros_fault:kernel_names())),
    {match, [Steps]} = re:run(Read("kernel/debug/fault.c"), "names\\[\\] = (\\{.*?\\});", [dotall, {capture, all_but_first, list}]),
    ?assertEqual(Found(Steps, "\"([a-z]+)\""), lists:sort(hydros_fault:kernel_steps())).

%% Faults that a node outlives: it answers afterwards, has no more atoms, processes and ports than before, and is connected.
strained(Machine) ->
    Faults = [erl_processes, erl_files, erl_ports, erl_storm, erl_crashes, erl_partition],
    ?assertEqual([], Faults -- call(1, hydros_fault, names, [], Machine)),
    [begin
        Before = call(1, ?MODULE, loaded, [], Machine),
        ?assertEqual(ok, call(0, hydros, kill, [1, Fault], Machine)),
        timer:sleep(100),
        wait_until(fun() -> lists:all(fun({Now, Then}) -> Now =< Then + 20 end, lists:zip(call(1, ?MODULE, loaded, [], Machine), Before)) end, 10000),
        wait_until(fun() -> call(0, hydros, nodes, [], Machine) =:= [name(0), name(1)] end, 5000)
     end || Fault <- Faults].

loaded() ->
    [erlang:system_info(process_count), erlang:system_info(port_count)].

%% A node that ends by its fault: ok; of one that is not connected nobody can say so.
ended(Machine) ->
    ?assertEqual(ok, call(0, hydros, kill, [name(1), erl_escalate], Machine)),
    wait_until(fun() -> call(0, erlang, nodes, [], Machine) =:= [] end, 10000),
    ?assertEqual({error, noconnection}, call(0, hydros, kill, [1, panic], Machine)),
    ?assertEqual({error, noconnection}, call(0, hydros, kill, [1, erl_exit], Machine)),
    %% What it does not say is left out, and a dash.
    [_, Absent] = call(0, hydros, status, [], Machine),
    ?assertEqual([], [Key || Key <- [safe, run_queue, erlang_memory], is_map_key(Key, Absent)]),
    ?assertMatch({match, _}, re:run(lists:last(call(0, ?MODULE, table, [], Machine)), "^ +1 +n1@hydros +absent +0 +- +- +- +- +- +- +-")).

%% Where `h(hydros)' looks: every function that a user may call says what it does, and the shell can show it.
documented_test_() ->
    [?_test(documented(Module)) || Module <- [hydros, hydros_placement, hydros_fault]].

documented(Module) ->
    %% It asks for the encoding of the output, which EUnit's does not tell.
    true = group_leader(whereis(user), self()),
    {ok, {docs_v1, _, erlang, _, #{<<"en">> := [_ | _]}, _, Entries} = Docs} = code:get_doc(Module),
    Shown = [{Name, Arity} || {{function, Name, Arity}, _, _, #{<<"en">> := _}, _} <- Entries],
    Hidden = [{Name, Arity} || {{function, Name, Arity}, _, _, hidden, _} <- Entries],
    ?assertEqual([], Module:module_info(exports) -- [{module_info, 0}, {module_info, 1} | Shown ++ Hidden]),
    ?assert(length(Shown) > length(Hidden) orelse Module =/= hydros),
    [?assertNotEqual(nomatch, string:find(shell_docs:render(Module, Name, Arity, Docs), atom_to_list(Name))) || {Name, Arity} <- Shown],
    ?assertNotEqual(nomatch, string:find(shell_docs:render(Module, Docs), atom_to_list(Module))).

%% On a machine of two, an Erlang with a foreign name, and one with none at all.
foreign_test_() ->
    [{timeout, 60, fun() -> foreign(Options) end} || Options <- [#{name => foreign, host => "elsewhere"}, #{}]].

foreign(Options) ->
    Path = filename:dirname(code:which(hydros)),
    {ok, Peer, _} = peer:start(Options#{
        connection => standard_io,
        env => [{"HYDROS_NODE", "1"}, {"HYDROS_NODES", "2"}, {"HYDROS_PREFIX", "/nowhere"}],
        args => ["-pa", Path, "-start_epmd", "false", "-epmd_module", "hydros_epmd", "-dist_listen", "false"]
    }),
    Ask = fun(Function, Arguments) -> peer:call(Peer, hydros, Function, Arguments) end,
    Own = peer:call(Peer, erlang, node, []),
    ?assertMatch([#{node := 0, state := absent}, #{node := 1, state := running, name := Own, processes := _}], Ask(status, [])),
    [?assertEqual(ok, Ask(Function, Arguments)) || {Function, Arguments} <- [{i, []}, {log, []}, {log, [0]}]],
    ?assertEqual([Own], Ask(nodes, [])),
    ?assertEqual(Own, node_of(Peer, Ask(spawn, [fun erlang:node/0]))),
    ?assertEqual({error, noconnection}, Ask(kill, [0, panic])),
    ?assertEqual(undefined, Ask(whereis, [nobody])),
    peer:stop(Peer).

node_of(Peer, Pid) ->
    peer:call(Peer, erlang, node, [Pid]).
