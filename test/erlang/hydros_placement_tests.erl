%% SPDX-License-Identifier: Apache-2.0
%% Hosted programs on a played machine of four nodes: where they run, that they move when their node dies, and that
%% a unique one never runs twice.
-module(hydros_placement_tests).
-include_lib("eunit/include/eunit.hrl").
-export([start_link/2, start_once/1]).

-import(played_machine, [call/5, wait_until/2]).

-define(COUNT, 4).

placement_test_() ->
    Tests = [
        fun refused/1, fun runs_and_moves/1, fun goes_back/1, fun everywhere/1, fun failing/1, fun finished/1,
        fun leader_dies/1, fun unique_stays_unique/1
    ],
    {setup, fun start/0, fun played_machine:stop/1, fun(Machine) ->
        {inorder, [{timeout, 60, {atom_to_list(element(2, erlang:fun_info(Test, name))), fun() -> Test(Machine) end}} || Test <- Tests]}
    end}.

start() ->
    Machine = played_machine:start(?COUNT),
    [ok = call(N, hydros, wait, [5000], Machine) || N <- all()],
    Machine.

all() -> lists:seq(0, ?COUNT - 1).

%% A program that writes a line at its start and at its end into a file that all nodes share; when killed, none.
start_link(Id, File) ->
    Parent = self(),
    Pid = spawn_link(fun() ->
        process_flag(trap_exit, true),
        note(File, start, Id),
        Parent ! {self(), ready},
        receive {'EXIT', _, Reason} -> note(File, stop, Id), exit(Reason) end
    end),
    receive {Pid, ready} -> {ok, Pid} end.

note(File, What, Id) ->
    ok = file:write_file(File, io_lib:format("~p.~n", [{What, Id, hydros_self:number(), hydros_self:incarnation()}]), [append]).

start_once(Reason) ->
    {ok, spawn_link(fun() -> timer:sleep(10), exit(Reason) end)}.

file(Machine) ->
    File = filename:join(call(0, os, getenv, ["HYDROS_PREFIX"], Machine), "notes"),
    _ = file:write_file(File, ""),
    File.

child(Id, File) -> #{id => Id, start => {?MODULE, start_link, [Id, File]}}.

place(Child, Machine) -> call(0, hydros_placement, start_child, [Child], Machine).

%% As this node sees it.
where(Id, Node, Machine) ->
    case lists:keyfind(Id, 1, call(Node, hydros_placement, which_children, [], Machine)) of
        {_, Copies} -> [Number || {Number, Pid} <- Copies, Pid =/= starting];
        false -> gone
    end.

settled(Id, Where, Limit, Machine) ->
    Nodes = [N || N <- all(), is_up(N, Machine)],
    wait_until(fun() -> lists:all(fun(N) -> where(Id, N, Machine) =:= Where end, Nodes) end, Limit).

is_up(N, Machine) ->
    try call(N, erlang, node, [], Machine) of _ -> true catch _:_ -> false end.

remove(Id, Machine) ->
    ok = call(1, hydros_placement, stop_child, [Id], Machine),
    settled(Id, gone, 2000, Machine).

back(N, Incarnation, Machine) ->
    played_machine:node_start(N, Incarnation, Machine),
    [ok = call(K, hydros, wait, [5000], Machine) || K <- all()].

refused(Machine) ->
    ?assertEqual({error, {bad_child, start}}, place(#{id => a}, Machine)),
    ?assertEqual({error, {bad_child, nodes}}, place((child(a, ""))#{nodes => []}, Machine)),
    ?assertEqual({error, {bad_child, colour}}, place((child(a, ""))#{colour => red}, Machine)),
    ?assertEqual({error, not_found}, call(0, hydros_placement, stop_child, [a], Machine)).

runs_and_moves(Machine) ->
    Child = (child(mover, file(Machine)))#{unique => true, nodes => [2, 3]},
    ok = place(Child, Machine),
    ok = call(3, hydros_placement, start_child, [Child], Machine),
    ?assertEqual({error, already_present}, place(Child#{nodes => [1]}, Machine)),
    settled(mover, [2], 2000, Machine),
    Pid = call(1, hydros, whereis, [mover], Machine),
    ?assertEqual(played_machine:name(2), call(1, erlang, node, [Pid], Machine)),
    played_machine:node_kill(2, Machine),
    Moved = settled(mover, [3], 1000, Machine),
    ?debugFmt("moved ~b ms after its node's death", [Moved]),
    back(2, 2, Machine),
    timer:sleep(300),
    settled(mover, [3], 1000, Machine),
    remove(mover, Machine).

goes_back(Machine) ->
    File = file(Machine),
    ok = place((child(homing, File))#{unique => true, nodes => [3, 1], return => true}, Machine),
    settled(homing, [3], 2000, Machine),
    played_machine:node_kill(3, Machine),
    settled(homing, [1], 1000, Machine),
    back(3, 2, Machine),
    settled(homing, [3], 2000, Machine),
    {ok, Notes} = file:consult(File),
    ?assertEqual([{start, homing, 3, 1}, {start, homing, 1, 1}, {stop, homing, 1, 1}, {start, homing, 3, 2}], Notes),
    remove(homing, Machine).

everywhere(Machine) ->
    File = file(Machine),
    ok = place((child(each, File))#{copies => all}, Machine),
    ok = place((child(pair, File))#{copies => 2}, Machine),
    settled(each, all(), 2000, Machine),
    wait_until(fun() -> length(where(pair, 1, Machine)) =:= 2 end, 2000),
    played_machine:node_kill(1, Machine),
    settled(each, [0, 2, 3], 1000, Machine),
    wait_until(fun() -> length(where(pair, 0, Machine)) =:= 2 end, 1000),
    back(1, 2, Machine),
    settled(each, all(), 2000, Machine),
    ?assertEqual(2, length(where(pair, 0, Machine))),
    remove(each, Machine),
    remove(pair, Machine).

%% One that cannot live does not take anything else with it, and can be removed.
failing(Machine) ->
    ok = place(#{id => bad, start => {?MODULE, start_once, [bad]}}, Machine),
    ok = place((child(good, file(Machine)))#{nodes => [1]}, Machine),
    timer:sleep(1500),
    settled(good, [1], 1000, Machine),
    remove(bad, Machine),
    remove(good, Machine).

finished(Machine) ->
    ok = place(#{id => done, start => {?MODULE, start_once, [normal]}, restart => transient}, Machine),
    settled(done, gone, 2000, Machine).

%% The node that decides dies together with what it placed on itself.
leader_dies(Machine) ->
    ?assertEqual(played_machine:name(0), call(3, hydros_placement, leader, [], Machine)),
    ok = place((child(led, file(Machine)))#{unique => true, nodes => [0, 2]}, Machine),
    settled(led, [0], 2000, Machine),
    played_machine:node_kill(0, Machine),
    Moved = settled(led, [2], 1000, Machine),
    ?debugFmt("moved ~b ms after the leader's death", [Moved]),
    ?assertEqual(played_machine:name(1), call(3, hydros_placement, leader, [], Machine)),
    back(0, 2, Machine),
    wait_until(fun() -> call(3, hydros_placement, leader, [], Machine) =:= played_machine:name(0) end, 2000),
    settled(led, [2], 1000, Machine),
    remove(led, Machine).

%% Nodes die and return in turn while unique programs run; of each, no two starts without an end between them.
unique_stays_unique(Machine) ->
    File = file(Machine),
    Ids = [u1, u2, u3],
    [ok = place((child(Id, File))#{unique => true, return => true}, Machine) || Id <- Ids],
    wait_until(fun() -> lists:all(fun(Id) -> length(where(Id, 0, Machine)) =:= 1 end, Ids) end, 2000),
    Killed = lists:foldl(
        fun(Round, Done) ->
            Victim = (Round * 7) rem ?COUNT,
            played_machine:node_kill(Victim, Machine),
            timer:sleep(50),
            ok = file:write_file(File, io_lib:format("~p.~n", [{dead, all, Victim, 0}]), [append]),
            timer:sleep(200),
            back(Victim, 10 + Round, Machine),
            [Victim | Done]
        end,
        [],
        lists:seq(1, 6)
    ),
    ?assertEqual(6, length(Killed)),
    wait_until(fun() -> lists:all(fun(Id) -> length(where(Id, 0, Machine)) =:= 1 end, Ids) end, 3000),
    {ok, Notes} = file:consult(File),
    [check(Id, Notes) || Id <- Ids].

%% A program's start when another node has it that lives: that would be two. Deaths are noted 50 ms late, so one that is
%% not in the notes yet shows as the next note of that node being `dead'.
check(Id, Notes) ->
    check(Id, none, Notes).

check(_, _, []) ->
    ok;
check(Id, Where, [{dead, all, Where, _} | Rest]) ->
    check(Id, none, Rest);
check(Id, none, [{start, Id, Number, _} | Rest]) ->
    check(Id, Number, Rest);
check(Id, Where, [{start, Id, Number, _} | Rest]) ->
    ?assertMatch([{dead, all, Where, _} | _], [Note || {_, _, N, _} = Note <- Rest, N =:= Where]),
    check(Id, Number, lists:delete({dead, all, Where, 0}, Rest));
check(Id, Where, [{stop, Id, Number, _} | Rest]) ->
    ?assertEqual(Where, Number),
    check(Id, none, Rest);
check(Id, Where, [_ | Rest]) ->
    check(Id, Where, Rest).
