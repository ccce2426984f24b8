%% SPDX-License-Identifier: Apache-2.0
%% What stands on a node when a test of the network runs: an echo server, and a client that checks what comes back.
-module(network_test).
-export([six_serve/0, six/0, wire_serve/0, wire/0, serve/0, orders/0, both/0, give/0, take/4, shared/0, all_shared/0, spread/0, router/1, cards/2, wait/2, echo/3, crowd/4]).
-export([static_serve/0, static/1, resets/3, killing/3, card_serve/0, card/1, greet/1, out/1]).

%% For ever: every byte comes back; a client that ends its side gets the rest and then our end.
serve() ->
    {ok, Listener} = gen_tcp:listen(8080, [binary, {active, false}, {reuseaddr, true}, {backlog, 128}, {exit_on_close, false}]),
    io:format("echo: listening~n"),
    accept(Listener).

%% Whoever connects here is told mine when this node drives the card, else will. He answers how the card's owner is to end: kill, which
%% another node does, or a fault of the kernel's, which the owner itself makes. Somebody whose patience ended long ago, and whose
%% connection comes late, does not answer.
orders() ->
    {ok, Listener} = gen_tcp:listen(8079, [binary, {packet, 1}, {active, false}, {reuseaddr, true}]),
    orders(Listener).

both() ->
    spawn_link(fun serve/0),
    orders().

orders(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    {ok, <<"card ", Rest/binary>>} = file:read_file("/proc/hydros/network"),
    [Owner | _] = binary:split(Rest, <<" ">>),
    Mine = os:getenv("HYDROS_NODE") =:= binary_to_list(Owner),
    ok = gen_tcp:send(Socket, case Mine of true -> "mine"; false -> "will" end),
    Answer = gen_tcp:recv(Socket, 0, 3000),
    gen_tcp:close(Socket),
    case Answer of
        {ok, <<"kill">>} when not Mine -> kernel([<<"kill ">>, Owner]);
        {ok, Fault} when Mine -> kernel([<<"fault ">>, Fault]);
        _ -> ok
    end,
    orders(Listener).

kernel(Order) ->
    {ok, Device} = file:open("/dev/hydros", [write, raw]),
    ok = file:write(Device, Order),
    ok = file:close(Device).

accept(Listener) ->
    accept(Listener, fun return/1).

accept(Listener, Serve) ->
    case gen_tcp:accept(Listener) of
        {ok, Socket} ->
            Pid = spawn(fun() -> receive go -> Serve(Socket) end end),
            _ = gen_tcp:controlling_process(Socket, Pid),
            Pid ! go;
        {error, econnaborted} -> % reset before it was accepted
            ok
    end,
    accept(Listener, Serve).

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
    {ok, Socket} = connect(Address, Port, [binary, {active, false}]),
    Bytes = rand:bytes(Count),
    Begun = erlang:monotonic_time(millisecond),
    Writer = spawn_link(fun() -> receive go -> ok = gen_tcp:send(Socket, Bytes), ok = gen_tcp:shutdown(Socket, write) end end),
    Writer ! go,
    Back = fetch(Socket, 60000, []),
    Time = erlang:monotonic_time(millisecond) - Begun,
    gen_tcp:close(Socket),
    {case Back of Bytes -> ok; _ -> {differs, byte_size(Back)} end, Time}.

connect({Address, Scope}, Port, Options) ->
    gen_tcp:connect(#{family => inet6, addr => Address, port => Port, scope_id => Scope}, [inet6 | Options], 10000);
connect(Address, Port, Options) ->
    gen_tcp:connect(Address, Port, [family(Address) | Options], 10000).

family(Address) when tuple_size(Address) =:= 8 -> inet6;
family(_) -> inet.

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

%% Bytes there and back while the card's owner ends, in each of these ways: one connection each time, which is in use when the order
%% is given, and for so many bytes after it. Within Patience something comes again.
-define(BLOCK, 16#10000).
-define(AFTER, 16#800000).

killing(Address, Port, Endings) ->
    killing(Address, Port, [{Address, Port + 1}, {Address, Port + 2}], Endings).

killing(_, _, _, []) ->
    true;
killing(Address, Port, Orders, [{Ending, Patience} | Later]) ->
    {ok, Socket} = gen_tcp:connect(Address, Port, [binary, {active, false}], 10000),
    Self = self(),
    Writer = spawn_link(fun() -> write(Socket, Self, 0, erlang:md5_init(), rand:bytes(?BLOCK - 8)) end),
    Reader = spawn_link(fun() -> Self ! {self(), back(Socket, Self, 0, 0, erlang:md5_init())} end),
    receive {Reader, flows} -> ok end,
    done = order(Orders, Ending, 100),
    Writer ! last,
    {Sent, Sum} = receive {Writer, S} -> S end,
    {Sent, Gap, Sum} = receive {Reader, R} -> R end,
    io:format("~s: ~b bytes there and back; the longest time without any ~b ms~n", [Ending, Sent, Gap]),
    true = Gap < Patience,
    killing(Address, Port, Orders, Later).

%% Until he is told, and ?AFTER bytes more.
write(Socket, Pid, Sent, Sum, Bytes) ->
    Left = receive last -> ?AFTER after 0 -> more end,
    write(Socket, Pid, Sent, Sum, Bytes, Left).

write(Socket, Pid, Sent, Sum, _, 0) ->
    ok = gen_tcp:shutdown(Socket, write),
    Pid ! {self(), {Sent, erlang:md5_final(Sum)}};
write(Socket, Pid, Sent, Sum, Bytes, Left) ->
    Block = <<Sent:64, Bytes/binary>>,
    ok = gen_tcp:send(Socket, Block),
    New = erlang:md5_update(Sum, Block),
    case Left of
        more -> write(Socket, Pid, Sent + ?BLOCK, New, Bytes);
        _ -> write(Socket, Pid, Sent + ?BLOCK, New, Bytes, Left - ?BLOCK)
    end.

back(Socket, Pid, Count, Gap, Sum) ->
    Begun = erlang:monotonic_time(millisecond),
    case gen_tcp:recv(Socket, 0, 60000) of
        {ok, Bytes} ->
            New = Count + byte_size(Bytes),
            Count < ?BLOCK * 16 andalso New >= ?BLOCK * 16 andalso (Pid ! {self(), flows}),
            back(Socket, Pid, New, max(Gap, erlang:monotonic_time(millisecond) - Begun), erlang:md5_update(Sum, Bytes));
        {error, closed} ->
            {Count, Gap, erlang:md5_final(Sum)}
    end.

%% On each of three nodes whose card is a tap of this host, with the addresses 10.0.2.15 and so on, 10.0.2.100 together.
card_serve() ->
    {ok, Both} = gen_tcp:listen(8080, [inet6, binary, {active, false}, {reuseaddr, true}, {buffer, 16#10000}, {exit_on_close, false}]),
    spawn_link(fun orders/0),
    accept(Both).

%% The other end; the tap is interface Scope. Then node 1 kills node 0, which drives the card, under a transfer of node 2's.
card(Scope) ->
    Addresses = [{10, 0, 2, 15 + Node} || Node <- [0, 1, 2]],
    true = lists:all(fun(Address) -> wait(Address, 8080) end, Addresses),
    Links = [{{16#fe80, 0, 0, 0, 0, 16#12ff, 16#fe34, 16#5600 + Node}, Scope} || Node <- [0, 1]],
    [{ok, _} = echo(Address, 8080, 3000000) || Address <- Addresses ++ Links],
    [{ok, _} = echo({10, 0, 2, 100}, 8080, Size) || Size <- [1, 100, 200000, 200001, 200002, 200003]],
    killing({10, 0, 2, 17}, 8080, [{{10, 0, 2, 16}, 8079}], [{kill, 5000}]).

%% To whoever connects, 64 MiB and then their checksum, over one connection; more than that until a byte comes back.
-define(SIZE, 16#4000000).

give() ->
    {ok, Listener} = gen_tcp:listen(8078, [binary, {active, false}, {reuseaddr, true}]),
    {ok, Socket} = gen_tcp:accept(Listener),
    give(Socket, 0, erlang:md5_init(), rand:bytes(?BLOCK - 8)).

give(Socket, Sent, Sum, Bytes) ->
    case Sent >= ?SIZE andalso gen_tcp:recv(Socket, 1, 0) of
        {ok, _} ->
            ok = gen_tcp:send(Socket, erlang:md5_final(Sum)),
            gen_tcp:close(Socket),
            tell_faults(2);
        _ ->
            Block = <<Sent:64, Bytes/binary>>,
            ok = gen_tcp:send(Socket, Block),
            give(Socket, Sent + ?BLOCK, erlang:md5_update(Sum, Block), Bytes)
    end.

%% When each of so many that ended by a fault was told to, as its log says.
tell_faults(Count) ->
    {ok, Deaths} = file:read_file("/proc/hydros/deaths"),
    Pattern = "^log \\[n[0-9]+ ([0-9.]+)\\] (fault [a-z_]+)$",
    case re:run(Deaths, Pattern, [global, multiline, {capture, all_but_first, binary}]) of
        {match, Faults} when length(Faults) =:= Count ->
            [ok = file:write_file("/dev/kmsg", [Fault, " at ", Time]) || [Time, Fault] <- Faults];
        _ -> % the last one is not buried yet
            timer:sleep(100),
            tell_faults(Count)
    end.

%% The other end of it: checks them, and tells how long nothing came, the longest times first. After each quarter the node that
%% drives the card ends, in the next of these ways; orders are given behind these ports.
take(Address, Port, Orders, Endings) ->
    {ok, Socket} = gen_tcp:connect(Address, Port, [binary, {active, false}, {recbuf, 16#40000}], 10000),
    case gen_tcp:recv(Socket, 0, 60000) of
        {ok, First} ->
            Killer = spawn_link(fun() -> kills(Socket, [{Address, Order} || Order <- Orders], Endings, ?SIZE div 4) end),
            Begun = erlang:monotonic_time(millisecond),
            {Size, Gaps} = take(Socket, Killer, Begun, 0, [], erlang:md5_init(), First),
            io:format("~p bytes in ~p ms; the longest times without any, in ms: ~w~n",
                      [Size, erlang:monotonic_time(millisecond) - Begun, Gaps]),
            Size >= ?SIZE andalso hd(Gaps) < 5000;
        {error, _} -> % nobody listens yet
            timer:sleep(500),
            take(Address, Port, Orders, Endings)
    end.

kills(Socket, _, [], _) ->
    ok = gen_tcp:send(Socket, <<"!">>);
kills(Socket, Orders, [Ending | Later], Due) ->
    receive {taken, Size} when Size >= Due -> ok end,
    done = order(Orders, Ending, 100),
    kills(Socket, Orders, Later, Due + ?SIZE div 4).

take(Socket, Killer, Last, Size, Gaps, Sum, Rest) ->
    Killer ! {taken, Size},
    case gen_tcp:recv(Socket, 0, 60000) of
        {ok, Bytes} ->
            Now = erlang:monotonic_time(millisecond),
            All = <<Rest/binary, Bytes/binary>>, % the last 16 are perhaps the checksum
            Here = max(0, byte_size(All) - 16),
            <<Counted:Here/binary, Held/binary>> = All,
            Longest = lists:sublist(lists:reverse(lists:sort([Now - Last | Gaps])), 6),
            take(Socket, Killer, Now, Size + Here, Longest, erlang:md5_update(Sum, Counted), Held);
        {error, closed} ->
            Rest = erlang:md5_final(Sum),
            {Size, Gaps}
    end.

%% The same server on all nodes of one address: says which node it is, then returns what comes. And on a port of its own: kills
%% the node that it is told.
shared() ->
    {ok, Orders} = gen_tcp:listen(8079, [binary, {active, false}, {reuseaddr, true}]),
    spawn_link(fun() -> accept(Orders, fun told/1) end),
    {ok, Listener} = gen_tcp:listen(8080, [inet6, binary, {active, false}, {reuseaddr, true}, {backlog, 128}]),
    accept(Listener, fun(Socket) ->
        _ = gen_tcp:send(Socket, <<(list_to_integer(os:getenv("HYDROS_NODE")))>>),
        return(Socket)
    end).

%% And datagrams to the shared addresses, which are bound: an answer comes from where the question went.
-define(SHARED, {10, 0, 2, 100}).
-define(SHARED_SIX, {16#fec0, 0, 0, 0, 0, 0, 0, 16#100}).

all_shared() ->
    Node = list_to_integer(os:getenv("HYDROS_NODE")),
    spawn_link(fun() -> datagrams(inet, ?SHARED, <<Node>>) end),
    spawn_link(fun() -> datagrams(inet6, ?SHARED_SIX, <<Node>>) end),
    shared().

datagrams(Family, Address, Answer) ->
    case gen_udp:open(8081, [Family, binary, {active, false}, {ip, Address}]) of
        {ok, Socket} ->
            answers(Socket, Answer);
        {error, eaddrnotavail} -> % the card is not there yet
            timer:sleep(100),
            datagrams(Family, Address, Answer)
    end.

answers(Socket, Answer) ->
    {ok, {From, Port, _}} = gen_udp:recv(Socket, 0),
    ok = gen_udp:send(Socket, From, Port, Answer),
    answers(Socket, Answer).

%% Who answers datagrams, to either address, each from a port of its own. One may be lost.
asked() ->
    lists:usort([asked(Family, Address, 5) || {Family, Address} <- [{inet, ?SHARED}, {inet6, ?SHARED_SIX}], _ <- lists:seq(1, 30)]).

asked(Family, Address, Tries) when Tries > 0 ->
    {ok, Socket} = gen_udp:open(0, [Family, binary, {active, false}]),
    ok = gen_udp:send(Socket, Address, 8081, "who?"),
    Answer = gen_udp:recv(Socket, 0, 1000),
    ok = gen_udp:close(Socket),
    case Answer of
        {ok, {Address, 8081, <<Node>>}} -> Node;
        {error, timeout} -> asked(Family, Address, Tries - 1)
    end.

told(Socket) ->
    {ok, <<Node>>} = gen_tcp:recv(Socket, 1),
    kill(Node),
    gen_tcp:send(Socket, <<"done">>),
    gen_tcp:close(Socket).

%% The other end, on a node with a card of its own on the same wire: 120 connections to the shared address of IPv4 of four nodes, 60 to
%% that of IPv6, and datagrams. Node 2 is killed, then node 0, which drives the card (then this node does): of each only its own
%% connections die, also when it is back and listens again.
spread() ->
    own_address_v6(300),
    [returned(Address, 8080, [0, 1, 2, 3], 300) || Address <- [?SHARED, ?SHARED_SIX]],
    Crowd = [{_, _} = greeted(Address, 8080) || {Address, Count} <- [{?SHARED, 120}, {?SHARED_SIX, 60}], _ <- lists:seq(1, Count)],
    Counts = [length([N || {N, _} <- Crowd, N =:= Node]) || Node <- [0, 1, 2, 3]],
    said("connections of nodes 0 to 3: ~w", [Counts]),
    true = lists:min(Counts) >= 20,
    Crowd = living(Crowd),
    [0, 1, 2, 3] = asked(),
    Left = without(2, Crowd),
    _ = asked(),
    Last = without(0, Left),
    _ = asked(),
    [returned(Address, 8080, [0, 2], 300) || Address <- [?SHARED, ?SHARED_SIX]],
    Last = living(Last),
    said("done", []).

%% Node 0's console is the one that is shown; what all kernels say is shown, too.
said(Format, Values) ->
    ok = file:write_file("/dev/kmsg", io_lib:format("spread: " ++ Format ++ "~n", Values)).

%% On the host, the router of the wire that QEMU leads to this port: says which network of IPv6 it is, again and again.
router(Port) ->
    {ok, Socket} = gen_udp:open(Port + 1, [binary, {ip, {127, 0, 0, 1}}, {active, false}]),
    From = <<16#fe80:16, 0:96, 1:16>>,
    All = <<16#ff02:16, 0:96, 1:16>>,
    Prefix = <<3, 4, 64, 16#c0, 86400:32, 14400:32, 0:32, 16#fec0:16, 0:112>>,
    Body = fun(Sum) -> <<134, 0, Sum:16, 64, 0, 1800:16, 0:64, Prefix/binary>> end,
    Sum = sum(<<From/binary, All/binary, 48:32, 58:32, (Body(0))/binary>>, 0),
    Frame = <<16#333300000001:48, 16#020000000001:48, 16#86dd:16, 6:4, 0:28, 48:16, 58, 255, From/binary, All/binary, (Body(Sum))/binary>>,
    router(Socket, Port, Frame).

router(Socket, Port, Frame) ->
    ok = gen_udp:send(Socket, {127, 0, 0, 1}, Port, Frame),
    timer:sleep(500),
    router(Socket, Port, Frame).

sum(<<Word:16, Rest/binary>>, Sum) -> sum(Rest, Sum + Word);
sum(<<>>, Sum) when Sum > 16#ffff -> sum(<<>>, Sum band 16#ffff + (Sum bsr 16));
sum(<<>>, Sum) -> Sum bxor 16#ffff.

kill(Node) ->
    kernel([<<"kill ">>, integer_to_list(Node)]).

kill(Node, Address, Killer) ->
    {ok, Socket} = gen_tcp:connect(Address, Killer, [binary, {active, false}], 10000),
    ok = gen_tcp:send(Socket, <<Node>>),
    {ok, <<"done">>} = gen_tcp:recv(Socket, 4, 10000).

%% Three nodes, reached by a port each, of which node 1 has a card of its own; two more ports lead to those of nodes 1 and 2 that
%% kill. Who kills the owner of the shared card drives it, so node 1 drives both until it dies, too.
cards(Address, Port) ->
    [returned(Address, Port + N, [N], 300) || N <- [0, 1, 2]],
    Own = {1, _} = greeted(Address, Port + 1),
    Shared = {2, _} = greeted(Address, Port + 2),
    kill(0, Address, Port + 3),
    [Own, Shared] = living([Own, Shared]),
    returned(Address, Port, [0], 300),
    [Own, Shared] = living([Own, Shared]),
    kill(1, Address, Port + 4),
    [Shared] = living([Shared]),
    returned(Address, Port + 1, [1], 300),
    [Shared] = living([Own, Shared]),
    [returned(Address, Port + N, [N], 300) || N <- [0, 1, 2]],
    true.

without(Node, Crowd) ->
    kill(Node),
    Begun = erlang:monotonic_time(millisecond),
    Others = [Connection || {N, _} = Connection <- Crowd, N =/= Node],
    Others = living(Others),
    said("without node ~p, its ~p and no others died; all of these answered after ~p ms",
              [Node, length(Crowd) - length(Others), erlang:monotonic_time(millisecond) - Begun]),
    Others = living(Crowd).

greeted(Address, Port) ->
    timer:sleep(30),
    case gen_tcp:connect(Address, Port, [family(Address), binary, {active, false}], 10000) of
        {ok, Socket} ->
            case gen_tcp:recv(Socket, 1, 10000) of
                {ok, <<Node>>} -> {Node, Socket};
                Error -> Error
            end;
        Error ->
            Error
    end.

%% Those on which a byte comes back. All are asked before the first is waited for.
living(Crowd) ->
    Sent = [{Connection, gen_tcp:send(Socket, <<"?">>)} || {_, Socket} = Connection <- Crowd],
    [Connection || {{_, Socket} = Connection, ok} <- Sent, gen_tcp:recv(Socket, 1, 20000) =:= {ok, <<"?">>}].

%% Until each of these was met.
returned(_, _, [], _) ->
    ok;
returned(Address, Port, Nodes, Tries) when Tries > 0 ->
    case greeted(Address, Port) of
        {error, _} -> % nobody listens yet
            timer:sleep(200),
            returned(Address, Port, Nodes, Tries - 1);
        {Node, Socket} ->
            ok = gen_tcp:close(Socket),
            timer:sleep(100),
            returned(Address, Port, Nodes -- [Node], Tries - 1)
    end.

%% The owner is told how to end, or one that is not the owner to kill it; the one that ended before may not be up yet.
order(_, _, 0) ->
    nobody;
order([{Address, Port} = First | Others], Ending, Tries) ->
    case ask(gen_tcp:connect(Address, Port, [binary, {packet, 1}, {active, false}], 3000), Ending) of
        done -> done;
        _ -> timer:sleep(300), order(Others ++ [First], Ending, Tries - 1)
    end.

ask({ok, Socket}, Ending) ->
    Wanted = case Ending of kill -> <<"will">>; _ -> <<"mine">> end,
    case gen_tcp:recv(Socket, 0, 3000) of
        {ok, Wanted} -> ok = gen_tcp:send(Socket, atom_to_list(Ending)), done;
        _ -> gen_tcp:close(Socket)
    end;
ask(Error, _) ->
    Error.

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
    {ok, <<"box.example\n">>} = file:read_file("/proc/sys/kernel/hostname"),
    [{ok, {10, 0, 2, 15}} = inet:getaddr(Name, inet) || Name <- ["box.example", "n0", "n0.hydros"]],
    {ok, Udp} = gen_udp:open(0, [binary, {active, false}]),
    Question = <<7:16, 1:8, 0:8, 1:16, 0:48, 9, "localhost", 0, 1:16, 1:16>>,
    ok = gen_udp:send(Udp, {10, 0, 2, 3}, 53, Question),
    {ok, {{10, 0, 2, 3}, 53, <<7:16, _/binary>>}} = gen_udp:recv(Udp, 0, 10000),
    {error, econnrefused} = gen_tcp:connect({10, 0, 2, 2}, 9, [], 10000),
    {error, timeout} = gen_tcp:connect({10, 0, 2, 77}, 9, [], 1500),
    interfaces(),
    own_address_v6(100),
    {error, econnrefused} = gen_tcp:connect({16#fec0, 0, 0, 0, 0, 0, 0, 2}, 9, [inet6], 10000),
    {'EXIT', badarg} = catch gen_tcp:connect({16#fe80, 0, 0, 0, 0, 0, 0, 2}, 9, [inet6], 10000), % no scope
    {error, enodev} = connect_scope({16#fe80, 0, 0, 0, 0, 0, 0, 2}, 9, 3),
    {error, enetunreach} = connect_scope({16#fe80, 0, 0, 0, 0, 0, 0, 2}, 9, 2), % so says the ICMP of QEMU's router
    {error, ehostunreach} = gen_tcp:connect({10, 0, 2, 77}, 9, [], 10000),
    {error, econnrefused} = no_receiver(),
    {ok, Socket} = gen_tcp:connect({10, 0, 2, 2}, Port, [binary, {active, false}], 10000),
    {ok, {{10, 0, 2, 15}, _}} = inet:sockname(Socket),
    {ok, {{10, 0, 2, 2}, Port}} = inet:peername(Socket),
    <<"welcome">> = fetch(Socket, 10000, []),
    own_address(),
    io:format("out: done~n").

connect_scope(Address, Port, Scope) ->
    {ok, Socket} = socket:open(inet6, stream, tcp),
    Result = socket:connect(Socket, #{family => inet6, addr => Address, port => Port, scope_id => Scope}, 10000),
    ok = socket:close(Socket),
    Result.

%% A datagram that nobody waits for: the host's ICMP comes back.
no_receiver() ->
    {ok, Socket} = gen_udp:open(0, [{active, false}]),
    ok = gen_udp:connect(Socket, {10, 0, 2, 2}, 9),
    ok = gen_udp:send(Socket, "hello?"),
    gen_udp:recv(Socket, 0, 10000).

%% The card as every program may ask for it.
interfaces() ->
    {ok, ["lo", "eth0"]} = inet:getiflist(),
    {ok, [{addr, {10, 0, 2, 15}}, {netmask, {255, 255, 255, 0}}, {mtu, 1500}]} = inet:ifget("eth0", [addr, netmask, mtu]),
    {ok, All} = inet:getifaddrs(),
    {"eth0", Card} = lists:keyfind("eth0", 1, All),
    true = lists:member({broadaddr, {10, 0, 2, 255}}, Card),
    true = lists:member({netmask, {16#ffff, 16#ffff, 16#ffff, 16#ffff, 0, 0, 0, 0}}, Card),
    "default via 10.0.2.2 dev eth0 \n10.0.2.0/24 dev eth0" ++ _ = os:cmd("busybox ip route"),
    {match, _} = re:run(os:cmd("busybox ifconfig eth0"), "inet addr:10.0.2.15  Bcast:10.0.2.255  Mask:255.255.255.0").

%% What QEMU's router advertises; an own address leads to this node itself.
own_address_v6(0) ->
    exit(no_address);
own_address_v6(Tries) ->
    {ok, All} = inet:getifaddrs(),
    {"eth0", Card} = lists:keyfind("eth0", 1, All),
    case [Address || {addr, {16#fec0, 0, 0, 0, _, _, _, _} = Address} <- Card] of
        [] ->
            timer:sleep(100),
            own_address_v6(Tries - 1);
        [Own] ->
            {ok, Listener} = gen_tcp:listen(0, [inet6, {active, false}]),
            {ok, Port} = inet:port(Listener),
            {ok, Socket} = gen_tcp:connect(Own, Port, [inet6, {active, false}]),
            {ok, {Own, _}} = inet:sockname(Socket)
    end.

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

%% Programs of test/linux, with this node as the other end of one on another node. `wire` says what they say.
wire_serve() ->
    open_port({spawn, "/t/socket_ends serve 8091"}, [in]),
    open_port({spawn, "/t/openssl s_server -accept 8443 -nocert -psk 1a2b3c4d5e6f -rev"}, [in]),
    six_serve().

%% And OpenSSL's own programs talk TLS 1.3: the server turns each line round.
wire() ->
    six(),
    Client = "printf 'sockets\\nCLOSE\\n' | /t/openssl s_client -connect 10.0.2.16:8443 -psk 1a2b3c4d5e6f -brief -ign_eof 2>&1",
    {match, _} = re:run(os:cmd(Client), "Protocol version: TLSv1.3\n(.*\n)*stekcos\n"),
    lists:foreach(
        fun(Program) ->
            Said = os:cmd("/t/" ++ Program ++ " 10.0.2.16 8091"),
            [io:format("~s: ~s~n", [Program, Line]) || Line <- string:lexemes(Said, "\n")]
        end,
        ["socket_ends", "socket_edges", "socket_flags", "socket_ports"]
    ),
    io:format("wire: done~n").

%% On node 1: an echo at the address that an option gives it.
static_serve() ->
    {ok, Listener} = listen_at({16#fec0, 0, 0, 0, 0, 0, 0, 16#78}, 100),
    accept(Listener).

%% The node has the address when its card is up.
listen_at(Address, Tries) ->
    case gen_tcp:listen(8080, [inet6, binary, {ip, Address}, {active, false}, {reuseaddr, true}]) of
        {error, eaddrnotavail} when Tries > 0 ->
            timer:sleep(100),
            listen_at(Address, Tries - 1);
        Listening ->
            Listening
    end.

%% Node 0 has its own, none of the router's net, and speaks from it. Port: where the host answers behind its router; 0: nowhere.
static(Port) ->
    Own = {16#fec0, 0, 0, 0, 0, 0, 0, 16#77},
    Peer = setelement(8, Own, 16#78),
    ok = echoes(Peer, 8080, Own, 100),
    {ok, Interfaces} = inet:getifaddrs(),
    [Own] = [A || {"eth0", Properties} <- Interfaces, {addr, A} <- Properties, size(A) =:= 8, element(1, A) =/= 16#fe80],
    {ok, Resolvers} = file:read_file("/etc/resolv.conf"),
    {match, _} = re:run(Resolvers, "^nameserver fec0::3$", [multiline, caseless]),
    Port =:= 0 orelse (ok = echoes(setelement(8, Own, 2), Port, Own, 1)),
    io:format("static: done~n").

echoes(To, Port, From, Tries) ->
    case gen_tcp:connect(To, Port, [inet6, binary, {active, false}], 5000) of
        {ok, Socket} ->
            {ok, {From, _}} = inet:sockname(Socket),
            ok = gen_tcp:send(Socket, <<"by option">>),
            {ok, <<"by option">>} = gen_tcp:recv(Socket, 9, 20000),
            gen_tcp:close(Socket);
        {error, _} when Tries > 1 ->
            timer:sleep(200),
            echoes(To, Port, From, Tries - 1)
    end.

%% On node 1: one echo for IPv6 and IPv4, one for IPv6 alone, one for datagrams, which also tells the group of each.
six_serve() ->
    {ok, Both} = gen_tcp:listen(8080, [inet6, binary, {active, false}, {reuseaddr, true}]),
    {ok, Six} = gen_tcp:listen(8081, [inet6, binary, {active, false}, {reuseaddr, true}, {ipv6_v6only, true}]),
    spawn_link(fun() -> accept(Both) end),
    spawn_link(fun() -> accept(Six) end),
    {ok, Udp} = gen_udp:open(8082, [inet6, binary, {active, false}, {recbuf, 65536}]),
    {ok, Group} = gen_udp:open(8083, [binary, {active, false}, {ip, {239, 1, 2, 3}}, {add_membership, {{239, 1, 2, 3}, {0, 0, 0, 0}}}]),
    {ok, Group6} = gen_udp:open(8084, [inet6, binary, {active, false}, group_six()]),
    spawn_link(fun() -> datagrams(Group) end),
    spawn_link(fun() -> datagrams(Group6) end),
    datagrams(Udp).

%% ff15::1:2, by interface 2: struct ipv6_mreq for IPV6_JOIN_GROUP. gen_udp itself joins groups of IPv4 only.
group_six() ->
    {raw, 41, 20, <<16#ff15:16, 0:80, 1:16, 2:16, 2:32/native>>}.

datagrams(Socket) ->
    {ok, {Address, Port, Bytes}} = gen_udp:recv(Socket, 0),
    ok = gen_udp:send(Socket, Address, Port, Bytes),
    datagrams(Socket).

%% On node 0. The other's IPv6 addresses are ours but for the last byte, which is the node's number.
six() ->
    own_address_v6(100),
    other_wait(100),
    {ok, All} = inet:getifaddrs(),
    {"eth0", Card} = lists:keyfind("eth0", 1, All),
    [Link, Site] = [setelement(8, A, element(8, A) bor 1) || Prefix <- [16#fe80, 16#fec0], {addr, A} <- Card, element(1, A) =:= Prefix],
    {ok, _} = echo("n1", 8080, 100000),
    {ok, _} = echo(Site, 8080, 300000),
    {ok, _} = echo(Site, 8081, 1000),
    {error, econnrefused} = gen_tcp:connect("n1", 8081, [inet], 10000),
    {error, econnrefused} = gen_tcp:connect(Site, 9, [inet6], 10000),
    ok = scoped(Link),
    {ok, Udp} = gen_udp:open(0, [inet6, binary, {active, false}]),
    ok = datagram(Udp, Site, 8082),
    {ok, {127, 0, 0, 1}} = inet:getaddr("localhost", inet),
    {ok, Four} = gen_udp:open(0, [binary, {active, false}, {multicast_ttl, 2}]),
    ok = gen_udp:send(Four, {239, 1, 2, 3}, 8083, "to all"),
    {ok, {{10, 0, 2, 16}, 8083, <<"to all">>}} = gen_udp:recv(Four, 0, 10000),
    ok = gen_udp:send(Udp, {16#ff15, 0, 0, 0, 0, 0, 1, 2}, 8084, "to all six"),
    {ok, {_, 8084, <<"to all six">>}} = gen_udp:recv(Udp, 0, 10000),
    io:format("six: done~n").

other_wait(0) ->
    exit(node_1_is_not_there);
other_wait(Tries) ->
    case catch gen_tcp:connect("n1", 8080, [{active, false}], 2000) of
        {ok, Socket} ->
            {ok, {{10, 0, 2, 16}, 8080}} = inet:peername(Socket),
            gen_tcp:close(Socket);
        _ ->
            timer:sleep(300),
            other_wait(Tries - 1)
    end.

datagram(Socket, Address, Port) ->
    ok = gen_udp:send(Socket, Address, Port, "by datagram"),
    {ok, {Address, Port, <<"by datagram">>}} = gen_udp:recv(Socket, 0, 10000),
    ok.

scoped(Address) ->
    {ok, Socket} = socket:open(inet6, stream, tcp),
    ok = socket:connect(Socket, #{family => inet6, addr => Address, port => 8080, scope_id => 2}, 10000),
    {ok, #{addr := Address, scope_id := 2}} = socket:peername(Socket),
    {ok, #{scope_id := 2}} = socket:sockname(Socket),
    ok = socket:send(Socket, <<"scoped">>),
    {ok, <<"scoped">>} = socket:recv(Socket, 6, 10000),
    socket:close(Socket).
