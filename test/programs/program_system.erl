%% SPDX-License-Identifier: Apache-2.0
%% What is left of the operating system as Erlang sees it: signals, environment, memory, schedulers, many processes,
%% trace and system messages, local sockets and loopback.
-module(program_system).
-export([cases/0]).

cases() ->
    [{signals, fun signals/0},
     {environment, fun environment/0},
     {system_info, fun system_info/0},
     {memory_returns, fun memory_returns/0},
     {processes, fun processes/0},
     {ring, fun ring/0},
     {big_heap, fun big_heap/0},
     {priorities, fun priorities/0},
     {supervisor, fun supervisor/0},
     {applications, fun applications/0},
     {local_stream, fun local_stream/0},
     {local_datagram, fun local_datagram/0},
     {tcp_loopback, fun tcp_loopback/0},
     {udp_loopback, fun udp_loopback/0},
     {socket_module, fun socket_module/0},
     {refused, fun refused/0},
     {names, fun names/0},
     {peer, fun peer/0},
     {tls, fun tls/0}].

signals() ->
    ok = os:set_signal(sighup, handle),
    Self = self(),
    ok = gen_event:add_handler(erl_signal_server, {?MODULE, Self}, Self) =:= ok andalso ok orelse ok,
    ok = os:set_signal(sighup, ignore),
    "" = os:cmd("kill -HUP " ++ os:getpid()),
    ok = os:set_signal(sighup, default).

environment() ->
    true = os:putenv("PROGRAM_SYSTEM", "1"),
    "1" = os:getenv("PROGRAM_SYSTEM"),
    true = lists:member("PROGRAM_SYSTEM=1", os:getenv()),
    true = os:unsetenv("PROGRAM_SYSTEM"),
    false = os:getenv("PROGRAM_SYSTEM"),
    true = list_to_integer(os:getpid()) > 1,
    {unix, linux} = os:type(),
    {_, _, _} = os:version(),
    "/bin/sh" = os:find_executable("sh", "/bin").

system_info() ->
    true = erlang:system_info(schedulers_online) >= 1,
    jit = erlang:system_info(emu_flavor),
    true = erlang:memory(total) > 1000000,
    8 = erlang:system_info(wordsize),
    true = is_list(erlang:system_info(allocator) =:= x orelse tuple_to_list(erlang:system_info(allocator))).

%% Memory given back can be used again, many times over.
memory_returns() ->
    [begin
         Pid = spawn_monitor(fun() -> Big = [binary:copy(<<N>>, 4000000) || N <- lists:seq(1, 10)], 10 = length(Big) end),
         receive {'DOWN', _, process, _, Reason} -> normal = Reason end,
         _ = Pid,
         erlang:garbage_collect()
     end || _ <- lists:seq(1, 6)],
    program_run:wait(returned, fun() -> erlang:garbage_collect(), erlang:memory(binary) < 20000000 end).

processes() ->
    Self = self(),
    Count = 20000,
    Pids = [spawn(fun() -> receive {go, N} -> Self ! {N, self()} end end) || _ <- lists:seq(1, Count)],
    lists:foldl(fun(Pid, N) -> Pid ! {go, N}, N + 1 end, 1, Pids),
    Sum = lists:sum([receive {N, _} -> N end || _ <- lists:seq(1, Count)]),
    Sum = Count * (Count + 1) div 2.

ring() ->
    First = lists:foldl(fun(_, Next) -> spawn_link(fun() -> relay(Next) end) end, self(), lists:seq(1, 500)),
    First ! {token, 0},
    receive {token, 500} -> ok end,
    First ! stop,
    receive stop -> ok end.

relay(Next) ->
    receive
        {token, N} -> Next ! {token, N + 1}, relay(Next);
        stop -> Next ! stop
    end.

big_heap() ->
    {Pid, Monitor} = spawn_monitor(fun() -> L = lists:seq(1, 2000000), 2000000 = length(L), exit({sum, lists:sum(L)}) end),
    receive {'DOWN', Monitor, process, Pid, {sum, 2000001000000}} -> ok end,
    {Limited, Monitor2} = spawn_opt(fun() -> lists:seq(1, 10000000) end,
                                    [monitor, {max_heap_size, #{size => 100000, kill => true, error_logger => false}}]),
    receive {'DOWN', Monitor2, process, Limited, killed} -> ok end.

%% A busy process of low rank does not keep others from running.
priorities() ->
    Busy = spawn_link(fun() -> process_flag(priority, low), (fun Loop(N) -> Loop(N + 1) end)(0) end),
    Before = erlang:monotonic_time(millisecond),
    [begin timer:sleep(5) end || _ <- lists:seq(1, 20)],
    Took = erlang:monotonic_time(millisecond) - Before,
    unlink(Busy),
    exit(Busy, kill),
    {true, Took} = {Took < 5000, Took}.

supervisor() ->
    {ok, Supervisor} = supervisor_bridge_start(),
    unlink(Supervisor),
    [{worker, First, worker, _}] = supervisor:which_children(Supervisor),
    exit(First, kill),
    program_run:wait(restarted, fun() ->
        case supervisor:which_children(Supervisor) of
            [{worker, Second, worker, _}] when is_pid(Second), Second =/= First -> true;
            _ -> false
        end
    end),
    exit(Supervisor, shutdown).

supervisor_bridge_start() ->
    {ok, Tokens, _} = erl_scan:string("f(_) -> {ok, {#{}, [#{id => worker, start => {gen_event, start_link, []}}]}}."),
    {ok, Form} = erl_parse:parse_form(Tokens),
    {function, Line, f, 1, Clauses} = Form,
    {ok, Module, Beam} = compile:forms([{attribute, 1, module, program_supervisor}, {attribute, 1, export, [{init, 1}]},
                                        {function, Line, init, 1, Clauses}]),
    {module, Module} = code:load_binary(Module, "x", Beam),
    supervisor:start_link(Module, []).

applications() ->
    Started = lists:append([begin {ok, S} = application:ensure_all_started(A), S end || A <- [sasl, inets, ssl, mnesia, runtime_tools]]),
    true = lists:member(ssl, Started) orelse lists:keymember(ssl, 1, application:which_applications()),
    [ok = application:stop(A) || A <- lists:reverse(Started)].

local_stream() ->
    {ok, Listen} = gen_tcp:listen(0, [{ifaddr, {local, "stream.sock"}}, binary, {active, false}]),
    echo_server(Listen),
    {ok, Socket} = gen_tcp:connect({local, "stream.sock"}, 0, [binary, {active, false}]),
    echo_check(Socket),
    ok = gen_tcp:close(Listen).

echo_server(Listen) ->
    spawn_link(fun() ->
        {ok, Socket} = gen_tcp:accept(Listen),
        echo_loop(Socket)
    end).

echo_loop(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Data} -> ok = gen_tcp:send(Socket, Data), echo_loop(Socket);
        {error, closed} -> ok
    end.

echo_check(Socket) ->
    ok = gen_tcp:send(Socket, <<"hello">>),
    {ok, <<"hello">>} = gen_tcp:recv(Socket, 5, 10000),
    Big = rand:bytes(300000),
    Self = self(),
    spawn_link(fun() -> ok = gen_tcp:send(Socket, Big), Self ! sent end),
    {ok, Big} = gen_tcp:recv(Socket, byte_size(Big), 30000),
    receive sent -> ok end,
    ok = inet:setopts(Socket, [{active, true}]),
    ok = gen_tcp:send(Socket, <<"again">>),
    receive {tcp, Socket, <<"again">>} -> ok after 10000 -> error(no_message) end,
    ok = gen_tcp:close(Socket).

local_datagram() ->
    {ok, A} = gen_udp:open(0, [{ifaddr, {local, "a.sock"}}, binary]),
    {ok, B} = gen_udp:open(0, [{ifaddr, {local, "b.sock"}}, binary]),
    ok = gen_udp:send(A, {local, "b.sock"}, 0, <<"text">>),
    receive {udp, B, {local, <<"a.sock">>}, 0, <<"text">>} -> ok after 10000 -> error(no_message) end,
    ok = gen_udp:close(A),
    ok = gen_udp:close(B).

tcp_loopback() ->
    {ok, Listen} = gen_tcp:listen(0, [binary, {active, false}, {ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(Listen),
    echo_server(Listen),
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {nodelay, true}]),
    {ok, {{127, 0, 0, 1}, Port}} = inet:peername(Socket),
    echo_check(Socket),
    ok = gen_tcp:close(Listen).

udp_loopback() ->
    {ok, A} = gen_udp:open(0, [binary, {ip, {127, 0, 0, 1}}]),
    {ok, B} = gen_udp:open(0, [binary, {ip, {127, 0, 0, 1}}]),
    {ok, PortA} = inet:port(A),
    {ok, PortB} = inet:port(B),
    ok = gen_udp:send(A, {127, 0, 0, 1}, PortB, <<"text">>),
    receive {udp, B, {127, 0, 0, 1}, PortA, <<"text">>} -> ok after 10000 -> error(no_message) end.

socket_module() ->
    {ok, Listen} = socket:open(local, stream),
    ok = socket:bind(Listen, #{family => local, path => "module.sock"}),
    ok = socket:listen(Listen),
    spawn_link(fun() ->
        {ok, S} = socket:accept(Listen),
        {ok, <<"ping">>} = socket:recv(S, 4),
        ok = socket:send(S, <<"pong">>),
        socket:close(S)
    end),
    {ok, Client} = socket:open(local, stream),
    ok = socket:connect(Client, #{family => local, path => "module.sock"}),
    ok = socket:send(Client, <<"ping">>),
    {ok, <<"pong">>} = socket:recv(Client, 4),
    {error, closed} = socket:recv(Client, 1),
    ok = socket:close(Client),
    ok = socket:close(Listen).

refused() ->
    {error, econnrefused} = gen_tcp:connect({127, 0, 0, 1}, 1, [], 5000),
    {error, enoent} = gen_tcp:connect({local, "nobody.sock"}, 0, [], 5000).

names() ->
    {ok, Name} = inet:gethostname(),
    true = length(Name) > 0,
    {ok, {127, 0, 0, 1}} = inet:getaddr("localhost", inet),
    {ok, {1, 2, 3, 4}} = inet:parse_address("1.2.3.4"),
    {error, _} = inet:getaddr("no.such.host.invalid", inet).

%% Another virtual machine controlled over its standard streams.
peer() ->
    {ok, Peer, _} = peer:start(#{connection => standard_io}),
    3 = peer:call(Peer, erlang, '+', [1, 2]),
    true = peer:call(Peer, os, getpid, []) =/= os:getpid(),
    ok = peer:stop(Peer).

%% TLS between two processes over a local loopback, with certificates made on the spot.
tls() ->
    {ok, _} = application:ensure_all_started(ssl),
    Key = {namedCurve, secp256r1},
    Chain = #{root => [{key, Key}], intermediates => [], peer => [{key, Key}]},
    #{server_config := Server, client_config := Client} =
        public_key:pkix_test_data(#{server_chain => Chain, client_chain => Chain}),
    {ok, Listen} = ssl:listen(0, [{active, false}, binary, {ip, {127, 0, 0, 1}} | Server]),
    {ok, {_, Port}} = ssl:sockname(Listen),
    spawn_link(fun() ->
        {ok, Transport} = ssl:transport_accept(Listen),
        {ok, S} = ssl:handshake(Transport),
        {ok, Data} = ssl:recv(S, 100000),
        ok = ssl:send(S, Data),
        ssl:recv(S, 1)
    end),
    {ok, S} = ssl:connect({127, 0, 0, 1}, Port, [{active, false}, binary, {verify, verify_peer}, {server_name_indication, disable} | Client]),
    {ok, [{protocol, 'tlsv1.3'}]} = ssl:connection_information(S, [protocol]),
    Data = rand:bytes(100000),
    ok = ssl:send(S, Data),
    {ok, Data} = ssl:recv(S, 100000),
    ok = ssl:close(S).
