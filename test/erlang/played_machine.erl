%% SPDX-License-Identifier: Apache-2.0
%% A machine of several nodes, played by virtual machines on this system whose channels are local sockets below a
%% temporary directory. The tests' own virtual machine is none of them and speaks with them over their standard input.
-module(played_machine).
-export([start/1, stop/1, node_start/3, node_kill/2, call/5, name/1, wait_until/2]).
-export_type([machine/0]).

%% In the table: {Number, its controlling process here, its process on this system}.
-record(machine, {prefix :: string(), count :: pos_integer(), nodes :: ets:table()}).
-type machine() :: #machine{}.

start(Count) ->
    Prefix = string:trim(os:cmd("mktemp -d /tmp/hydros-node.XXXXXX")),
    [ok = file:make_dir(filename:join(Prefix, integer_to_list(Number))) || Number <- lists:seq(0, Count - 1)],
    %% EUnit tears down in another process than it sets up.
    Owner = spawn(fun() -> receive stop -> ok end end),
    Nodes = ets:new(?MODULE, [public, {heir, Owner, none}]),
    Machine = #machine{prefix = Prefix, count = Count, nodes = Nodes},
    [ok = node_start(Number, 1, Machine) || Number <- lists:seq(0, Count - 1)],
    Machine.

stop(#machine{prefix = Prefix, nodes = Nodes} = Machine) ->
    [node_kill(Number, Machine) || {Number, _, _} <- ets:tab2list(Nodes)],
    os:cmd("rm -rf " ++ Prefix),
    ok.

%% Starts a node's life; the application runs when this returns.
node_start(Number, Incarnation, #machine{prefix = Prefix, count = Count, nodes = Nodes} = Machine) ->
    Path = filename:dirname(code:which(hydros)),
    Tests = filename:dirname(code:which(?MODULE)),
    {ok, Peer, _} = peer:start(#{
        name => list_to_atom("n" ++ integer_to_list(Number)),
        host => "hydros",
        connection => standard_io,
        wait_boot => 20000,
        env => [
            {"HYDROS_NODE", integer_to_list(Number)},
            {"HYDROS_NODES", integer_to_list(Count)},
            {"HYDROS_INCARNATION", integer_to_list(Incarnation)},
            {"HYDROS_PREFIX", Prefix}
        ],
        args => [
            "+S", "1:1", "-proto_dist", "hydros", "inet_tcp", "-epmd_module", "hydros_epmd", "-start_epmd", "false",
            "-setcookie", "played", "-pa", Path, Tests, "-kernel", "prevent_overlapping_partitions", "false",
            "-kernel", "logger_level", "critical", "-s", "hydros"
        ]
    }),
    unlink(Peer),
    %% It may be on its way already.
    ok = peer:call(Peer, hydros, start, []),
    true = ets:insert(Nodes, {Number, Peer, peer:call(Peer, os, getpid, [])}),
    ok.

%% As a power cut would.
node_kill(Number, #machine{nodes = Nodes}) ->
    [{_, Peer, Pid}] = ets:take(Nodes, Number),
    os:cmd("kill -9 " ++ Pid),
    catch peer:stop(Peer),
    ok.

call(Number, Module, Function, Arguments, #machine{nodes = Nodes}) ->
    peer:call(ets:lookup_element(Nodes, Number, 2), Module, Function, Arguments, 20000).

name(Number) ->
    list_to_atom("n" ++ integer_to_list(Number) ++ "@hydros").

%% Milliseconds until it is true.
wait_until(Fun, Limit) ->
    wait_until(Fun, erlang:monotonic_time(millisecond), Limit).

wait_until(Fun, Start, Limit) ->
    Passed = erlang:monotonic_time(millisecond) - Start,
    case Fun() of
        true -> Passed;
        _ when Passed > Limit -> error({too_late, Passed});
        _ -> timer:sleep(5), wait_until(Fun, Start, Limit)
    end.
