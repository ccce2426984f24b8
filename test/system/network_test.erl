%% SPDX-License-Identifier: Apache-2.0
%% What stands on a node when a test of the network runs: an echo server, and a client that checks what comes back.
-module(network_test).
-export([serve/0, orders/0, wait/2, echo/3, crowd/4, resets/3, killing/4, greet/1, out/1]).

%% For ever: every byte comes back; a client that ends its side gets the rest and then our end.
serve() ->
    {ok, Listener} = gen_tcp:listen(8080, [binary, {active, false}, {reuseaddr, true}, {backlog, 128}, {exit_on_close, false}]),
    io:format("echo: listening~n"),
    accept(Listener).

%% Whoever connects here ends the node that drives the card and is told so: done; or, when that is this node, mine.
orders() ->
    {ok, Listener} = gen_tcp:listen(8079, [binary, {active, false}, {reuseaddr, true}]),
    orders(Listener).

orders(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    {ok, <<"card ", Rest/binary>>} = file:read_file("/proc/hydros/network"),
    [Owner | _] = binary:split(Rest, <<" ">>),
    Mine = os:getenv("HYDROS_NODE") =:= binary_to_list(Owner),
    ok = gen_tcp:send(Socket, case Mine of true -> "mine"; false -> "done" end),
    gen_tcp:close(Socket),
    Mine orelse begin
        {ok, Device} = file:open("/dev/hydros", [write, raw]),
        ok = file:write(Device, [<<"kill ">>, Owner]),
        ok = file:close(Device)
    end,
    orders(Listener).

accept(Listener) ->
    case gen_tcp:accept(Listener) of
        {ok, Socket} ->
            Pid = spawn(fun() -> receive go -> return(Socket) end end),
            _ = gen_tcp:controlling_process(Socket, Pid),
            Pid ! go;
        {error, econnaborted} -> % reset before it was accepted
            ok
    end,
    accept(Listener).

return(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Bytes} ->
            _ = gen_tcp:send(Socket, Bytes),
            return(Socket);
        {error, closed} ->
            gen_tcp:close(Socket);
        {error, Reason} ->
            io:format("echo: ~p~n", [Reason])
    end.

%% Count random bytes there and back: `ok` and the milliseconds that took.
echo(Address, Port, Count) ->
    {ok, Socket} = gen_tcp:connect(Address, Port, [binary, {active, false}], 10000),
    Bytes = rand:bytes(Count),
    Begun = erlang:monotonic_time(millisecond),
    Writer = spawn_link(fun() -> receive go -> ok = gen_tcp:send(Socket, Bytes), ok = gen_tcp:shutdown(Socket, write) end end),
    Writer ! go,
    Back = fetch(Socket, 60000, []),
    Time = erlang:monotonic_time(millisecond) - Begun,
    gen_tcp:close(Socket),
    {case Back of Bytes -> ok; _ -> {differs, byte_size(Back)} end, Time}.

fetch(Socket, Patience, Read) ->
    case gen_tcp:recv(Socket, 0, Patience) of
        {ok, Bytes} -> fetch(Socket, Patience, [Read, Bytes]);
        {error, closed} -> iolist_to_binary(Read);
        {error, Reason} -> exit(Reason)
    end.

%% Until somebody echoes there: QEMU accepts before the node does.
wait(Address, Port) ->
    case catch echo(Address, Port, 1) of
        {ok, _} -> true;
        _ -> timer:sleep(500), wait(Address, Port)
    end.

%% Many connections at the same time, each with its own bytes; QEMU takes them one by one.
crowd(Address, Port, Count, Size) ->
    Self = self(),
    Pids = [begin timer:sleep(30), spawn_link(fun() -> Self ! {self(), echo(Address, Port, Size)} end) end || _ <- lists:seq(1, Count)],
    lists:all(fun(Pid) -> receive {Pid, {Result, _}} -> Result =:= ok end end, Pids).

%% Connections that are given up without an end in order, some in the midst of what they send.
resets(Address, Port, Count) ->
    lists:foreach(
        fun(N) ->
            {ok, Socket} = gen_tcp:connect(Address, Port, [binary, {active, false}, {linger, {true, 0}}], 10000),
            ok = gen_tcp:send(Socket, rand:bytes(N * 5000)),
            ok = gen_tcp:close(Socket)
        end,
        lists:seq(1, Count)
    ),
    true.

%% So many bytes there and back while the card's owner is killed, again and again: one connection each time.
killing(_, _, 0, _) ->
    true;
killing(Address, Port, Times, Size) ->
    Self = self(),
    Pid = spawn_link(fun() -> Self ! {self(), echo(Address, Port, Size)} end),
    timer:sleep(300),
    done = order(Address, [Port + 1, Port + 2], 100),
    receive {Pid, {ok, Time}} -> io:format("~p bytes in ~p ms~n", [Size, Time]) end,
    killing(Address, Port, Times - 1, Size).

%% One of two nodes is not the owner, and does it; the one that was killed before may not be up yet.
order(_, _, 0) ->
    nobody;
order(Address, [Port | Ports], Tries) ->
    Answer =
        case gen_tcp:connect(Address, Port, [binary, {active, false}], 3000) of
            {ok, Socket} -> gen_tcp:recv(Socket, 4, 3000);
            Error -> Error
        end,
    case Answer of
        {ok, <<"done">>} -> done;
        _ -> timer:sleep(300), order(Address, Ports ++ [Port], Tries - 1)
    end.

%% On the host: a greeting for whoever connects.
greet(Port) ->
    {ok, Listener} = gen_tcp:listen(Port, [binary, {ip, {127, 0, 0, 1}}, {reuseaddr, true}]),
    {ok, Socket} = gen_tcp:accept(Listener),
    ok = gen_tcp:send(Socket, "welcome"),
    gen_tcp:close(Socket).

%% On a node: what a client meets. 10.0.2.2 is the host, 10.0.2.3 answers names.
out(Port) ->
    address_wait(100),
    {ok, <<"nameserver 10.0.2.3\n">>} = file:read_file("/etc/resolv.conf"),
    {ok, Udp} = gen_udp:open(0, [binary, {active, false}]),
    Question = <<7:16, 1:8, 0:8, 1:16, 0:48, 9, "localhost", 0, 1:16, 1:16>>,
    ok = gen_udp:send(Udp, {10, 0, 2, 3}, 53, Question),
    {ok, {{10, 0, 2, 3}, 53, <<7:16, _/binary>>}} = gen_udp:recv(Udp, 0, 10000),
    {error, econnrefused} = gen_tcp:connect({10, 0, 2, 2}, 9, [], 10000),
    {error, timeout} = gen_tcp:connect({10, 0, 2, 77}, 9, [], 1500),
    {ok, Socket} = gen_tcp:connect({10, 0, 2, 2}, Port, [binary, {active, false}], 10000),
    {ok, {{10, 0, 2, 15}, _}} = inet:sockname(Socket),
    {ok, {{10, 0, 2, 2}, Port}} = inet:peername(Socket),
    <<"welcome">> = fetch(Socket, 10000, []),
    own_address(),
    io:format("out: done~n").

own_address() ->
    {ok, Listener} = gen_tcp:listen(0, [binary, {active, false}]),
    {ok, Port} = inet:port(Listener),
    {ok, Socket} = gen_tcp:connect({10, 0, 2, 15}, Port, [binary, {active, false}]),
    {ok, Accepted} = gen_tcp:accept(Listener),
    {ok, {{10, 0, 2, 15}, _}} = inet:peername(Accepted),
    ok = gen_tcp:send(Socket, "to myself"),
    {ok, <<"to myself">>} = gen_tcp:recv(Accepted, 9, 5000).

address_wait(0) ->
    exit(no_address);
address_wait(Tries) ->
    case gen_tcp:connect({10, 0, 2, 2}, 9, [], 5000) of
        {error, enetunreach} -> timer:sleep(100), address_wait(Tries - 1);
        _ -> ok
    end.
