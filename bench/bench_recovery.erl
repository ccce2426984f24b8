%% SPDX-License-Identifier: Apache-2.0
%% A node of two dies and comes back; the other one's clock says when it hears of it (nodedown), when it is connected
%% again (nodeup), and when the program that the node runs is there again (release). Each line is "recovery
%% <fault>_<what> <microseconds>", from the order to die on. Node 1 is the program: it says hello to node 0.
%%
%% On HydrOS the node is started again by its neighbour's kernel, on Linux by a loop of the shell (bench/run).
-module(bench_recovery).
-export([main/1]).

-define(SETTLE_MS, 1500).
-define(LIMIT_MS, 120000).

-spec main([atom()]) -> ok.
main(Faults) ->
    Number = list_to_integer(os:getenv("HYDROS_NODE", "0")),
    case is_alive() of
        true -> ok;
        false ->
            {ok, _} = net_kernel:start(name(Number), #{name_domain => shortnames, dist_listen => true}),
            true = erlang:set_cookie(bench)
    end,
    _ = spawn(fun() -> run(Number, Faults) end), % what is started after us must not wait
    ok.

name(Number) ->
    list_to_atom("n" ++ integer_to_list(Number) ++ "@hydros").

run(0, Faults) ->
    true = register(?MODULE, self()),
    ok = net_kernel:monitor_nodes(true),
    %% Nodes of HydrOS may be connected before we are here.
    case nodes() of
        [] -> receive {nodeup, _} -> ok after ?LIMIT_MS -> exit(no_nodeup) end;
        [Node] -> receive {nodeup, Node} -> ok after 0 -> ok end
    end,
    lists:foldl(fun die/2, hello(none), Faults),
    erlang:halt(0);
run(1, _) ->
    release().

%% Another life's than the one before, which on Linux may have had the same pid.
hello(Before) ->
    receive {hello, Pid, Life} when Life =/= Before -> Pid ! known, {Pid, Life} after ?LIMIT_MS -> exit(no_release) end.

die(Fault, {Pid, Life}) ->
    timer:sleep(?SETTLE_MS),
    Node = node(Pid),
    Start = now_us(),
    Pid ! {die, Fault},
    receive {nodedown, Node} -> ok after ?LIMIT_MS -> exit(no_nodedown) end,
    tell(Fault, nodedown, Start),
    case Fault of
        _ when Fault =:= hang; Fault =:= stop -> {Pid, Life}; % notice is all that is asked, and nothing follows
        _ ->
            receive {nodeup, Node} -> ok after ?LIMIT_MS -> exit(no_nodeup) end,
            tell(Fault, nodeup, Start),
            Back = hello(Life),
            tell(Fault, release, Start),
            Back
    end.

now_us() ->
    erlang:monotonic_time(microsecond).

tell(Fault, What, Start) ->
    io:format("recovery ~s_~s_us ~b~n", [Fault, What, now_us() - Start]).

%% What the node is there for. Who kills it is ready beforehand.
release() ->
    Shell = open_port({spawn_executable, "/bin/sh"}, [{args, ["-c", "read way; kill -$way " ++ os:getpid()]}]),
    connect(),
    greet(os:system_time()),
    receive {die, Fault} -> die(Fault, Shell, element(1, file:read_file_info("/dev/hydros")) =:= ok) end.

connect() ->
    case net_kernel:connect_node(name(0)) of
        true -> ok;
        _ -> timer:sleep(100), connect()
    end.

%% Who listens may not be there yet.
greet(Life) ->
    {?MODULE, name(0)} ! {hello, self(), Life},
    receive known -> ok after 100 -> greet(Life) end.

die(order, _, true) -> file:write_file("/dev/hydros", "kill 1");
die(Fault, _, true) when Fault =:= panic; Fault =:= hang -> file:write_file("/dev/hydros", ["fault ", atom_to_list(Fault)]);
die(Fault, Shell, _) when Fault =:= stop; Fault =:= hang -> port_command(Shell, "STOP\n");
die(_, Shell, _) -> port_command(Shell, "KILL\n").
