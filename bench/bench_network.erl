%% SPDX-License-Identifier: Apache-2.0
%% Servers on a node, and on this host the client that measures them over the machine's card. The same file on both, and on HydrOS
%% and Linux. The client prints "network <name> <nanoseconds>": for one byte of a stream, one round trip, one connection made and
%% closed, one page of OTP's httpd on a connection that stays, one page of Yaws as wrk asks for it. With three nodes of HydrOS it prints
%% "gap <name> <nanoseconds>": how long nothing comes when the card's owner dies, and when a node behind the shared address does.
-module(bench_network).
-export([serve/0, client/1, gaps/0, stop/1, connections/1]).

-define(SECONDS, 3).
-define(CHUNK, 65536).
-define(CLIENTS, 8).
-define(OPTIONS, [binary, {active, false}, {nodelay, true}, {buffer, ?CHUNK}]).
-define(YAWS, "/bench/yaws").
-define(NODES, [0, 1, 2]).
-define(SHARED, {10, 0, 2, 100}).
-define(DEATHS, 3).
-define(WATCH_NS, 4000000000).

%% ---- the node ----

-spec serve() -> ok.
serve() ->
    {ok, _} = application:ensure_all_started(inets),
    ok = file:write_file("/tmp/page.html", binary:copy(<<"a page of 1 KiB\n">>, 64)),
    {ok, _} = inets:start(httpd, [
        {port, 8005}, {server_name, "n"}, {server_root, "/tmp"}, {document_root, "/tmp"}, {max_keep_alive_request, 1000000}, {bind_address, any}
    ]),
    [spawn_link(fun() -> accept(listen(Port), Serve) end) || {Port, Serve} <- [{8001, fun sink/1}, {8002, fun source/1}, {8003, fun echo/1}]],
    spawn_link(fun() -> close_all(listen(8004)) end),
    spawn_link(fun() -> accept(listen(8008), fun orders/1) end),
    spawn_link(fun() -> accept(listen(8009), fun names/1) end),
    ok = yaws(filelib:is_dir(?YAWS)),
    Last = listen(8006),
    io:format("network: listening~n"),
    {ok, _} = gen_tcp:accept(Last),
    ok.

%% The page of examples/yaws, which Yaws makes anew for each who asks.
yaws(false) ->
    ok;
yaws(true) ->
    [Lib] = filelib:wildcard(?YAWS ++ "/lib/yaws-*"),
    true = code:add_pathz(Lib ++ "/ebin"),
    Lines = [
        "logdir = /tmp", "max_connections = nolimit", "include_dir = " ++ Lib ++ "/include",
        "<server node>", "port = 8007", "listen = 0.0.0.0", "docroot = " ++ ?YAWS ++ "/pages", "access_log = false", "</server>"
    ],
    ok = file:write_file("/tmp/yaws.conf", lists:join("\n", Lines)),
    ok = application:load(yaws),
    ok = application:set_env(yaws, conf, "/tmp/yaws.conf"),
    {ok, _} = application:ensure_all_started(yaws),
    ok.

%% Says who drives the card, and kills the node that it is told.
orders(Socket) ->
    {ok, <<"card ", Rest/binary>>} = file:read_file("/proc/hydros/network"),
    [Owner | _] = binary:split(Rest, <<" ">>),
    ok = gen_tcp:send(Socket, <<(binary_to_integer(Owner))>>),
    case gen_tcp:recv(Socket, 1) of
        {ok, <<Node>>} -> ok = file:write_file("/dev/hydros", ["kill ", integer_to_list(Node)], [raw]);
        _ -> gen_tcp:close(Socket)
    end.

%% Each byte is answered with this node's number.
names(Socket) ->
    case gen_tcp:recv(Socket, 1) of
        {ok, _} -> _ = gen_tcp:send(Socket, <<(list_to_integer(os:getenv("HYDROS_NODE", "0")))>>), names(Socket);
        _ -> gen_tcp:close(Socket)
    end.

listen(Port) ->
    {ok, Listener} = gen_tcp:listen(Port, [{reuseaddr, true}, {backlog, 128}, {exit_on_close, false} | ?OPTIONS]),
    Listener.

accept(Listener, Serve) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Pid = spawn(fun() ->
        receive
            go -> Serve(Socket)
        end
    end),
    _ = gen_tcp:controlling_process(Socket, Pid),
    Pid ! go,
    accept(Listener, Serve).

close_all(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    gen_tcp:close(Socket),
    close_all(Listener).

sink(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, _} -> sink(Socket);
        _ -> gen_tcp:send(Socket, "all")
    end.

source(Socket) ->
    Chunk = binary:copy(<<1>>, ?CHUNK),
    source(Socket, Chunk).

source(Socket, Chunk) ->
    case gen_tcp:send(Socket, Chunk) of
        ok -> source(Socket, Chunk);
        _ -> gen_tcp:close(Socket)
    end.

echo(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Bytes} -> gen_tcp:send(Socket, Bytes), echo(Socket);
        _ -> gen_tcp:close(Socket)
    end.

%% ---- this host ----

-spec client(string()) -> ok.
client(Text) ->
    {ok, Address} = inet:parse_address(Text),
    await(Address, 600),
    lists:foreach(
        fun({Name, Measure}) -> io:format("network ~s ~.2f~n", [Name, Measure(Address)]) end,
        [
            {in_byte, fun in/1},
            {out_byte, fun out/1},
            {round_trip, fun round_trip/1},
            {connection, fun connections/1},
            {page, fun pages/1},
            {yaws_page, fun yaws_pages/1}
        ]
    ).

%% The machine ends with its node 0.
-spec stop(string()) -> ok.
stop(Text) ->
    {ok, Address} = inet:parse_address(Text),
    _ = connect(Address, 8006),
    ok.

%% Until all its servers listen.
await(Address, Left) when Left > 0 ->
    case gen_tcp:connect(Address, 8003, ?OPTIONS, 1000) of
        {ok, Socket} -> gen_tcp:close(Socket), timer:sleep(1000);
        _ -> timer:sleep(100), await(Address, Left - 1)
    end.

connect(Address, Port) ->
    {ok, Socket} = gen_tcp:connect(Address, Port, ?OPTIONS, 10000),
    Socket.

in(Address) ->
    Socket = connect(Address, 8001),
    Chunk = binary:copy(<<1>>, ?CHUNK),
    {Count, _} = per(fun() -> ok = gen_tcp:send(Socket, Chunk) end),
    Begun = erlang:monotonic_time(nanosecond),
    ok = gen_tcp:shutdown(Socket, write),
    {ok, <<"all">>} = gen_tcp:recv(Socket, 3, 30000),
    Rest = erlang:monotonic_time(nanosecond) - Begun,
    (?SECONDS * 1.0e9 + Rest) / (Count * ?CHUNK).

out(Address) ->
    Socket = connect(Address, 8002),
    {_, Time} = per(fun() -> {ok, _} = gen_tcp:recv(Socket, ?CHUNK, 10000) end),
    gen_tcp:close(Socket),
    Time / ?CHUNK.

round_trip(Address) ->
    Socket = connect(Address, 8003),
    {_, Time} = per(fun() ->
        ok = gen_tcp:send(Socket, <<0:256>>),
        {ok, _} = gen_tcp:recv(Socket, 32, 10000)
    end),
    gen_tcp:close(Socket),
    Time.

connections(Address) ->
    crowd(fun() ->
        fun() ->
            Socket = connect(Address, 8004),
            {error, closed} = gen_tcp:recv(Socket, 0, 10000),
            gen_tcp:close(Socket)
        end
    end).

pages(Address) ->
    crowd(fun() ->
        Socket = connect(Address, 8005),
        fun() ->
            ok = gen_tcp:send(Socket, <<"GET /page.html HTTP/1.1\r\nHost: n\r\n\r\n">>),
            page(Socket, <<>>)
        end
    end).

%% Once before it counts: Yaws compiles the page.
yaws_pages(Address) ->
    Url = "http://" ++ inet:ntoa(Address) ++ ":8007/",
    Wrk = fun(Seconds) -> os:cmd(lists:flatten(io_lib:format("wrk -t1 -c~b -d~bs --timeout 10s ~s 2>&1", [?CLIENTS, Seconds, Url]))) end,
    _ = Wrk(1),
    Text = Wrk(?SECONDS),
    nomatch = re:run(Text, "Non-2xx|Socket errors"),
    {match, [Rate]} = re:run(Text, "Requests/sec: +([0-9.]+)", [{capture, all_but_first, list}]),
    1.0e9 / list_to_float(Rate).

page(Socket, Read) ->
    {ok, More} = gen_tcp:recv(Socket, 0, 10000),
    Answer = <<Read/binary, More/binary>>,
    case binary:split(Answer, <<"\r\n\r\n">>) of
        [<<"HTTP/1.1 200", _/binary>>, Body] when byte_size(Body) =:= 1024 -> ok;
        [<<"HTTP/1.1 200", _/binary>> | _] -> page(Socket, Answer)
    end.

%% Some clients at the same time, each doing what Begin gives: the mean time between two that are done.
crowd(Begin) ->
    Self = self(),
    Pids = [spawn_monitor(fun() -> Self ! {self(), per(Begin())} end) || _ <- lists:seq(1, ?CLIENTS)],
    Count = lists:sum([
        receive
            {Pid, {Done, _}} -> Done;
            {'DOWN', Monitor, process, Pid, Reason} when Reason =/= normal -> exit(Reason)
        end
     || {Pid, Monitor} <- Pids
    ]),
    ?SECONDS * 1.0e9 / Count.

per(Fun) ->
    Fun(),
    Start = erlang:monotonic_time(nanosecond),
    per(Fun, Start, Start + ?SECONDS * 1000000000, 0).

per(Fun, Start, End, Count) ->
    Fun(),
    case erlang:monotonic_time(nanosecond) of
        Now when Now < End -> per(Fun, Start, End, Count + 1);
        Now -> {Count + 1, (Now - Start) / (Count + 1)}
    end.

%% ---- deaths ----

-spec gaps() -> ok.
gaps() ->
    lists:foreach(
        fun(_) ->
            io:format("gap owner_dies ~b~n", [owner_gap()]),
            io:format("gap shared_node_dies ~b~n", [shared_gap()])
        end,
        lists:seq(1, ?DEATHS)
    ),
    all_await().

address(Node) ->
    {10, 0, 2, 15 + Node}.

all_await() ->
    lists:foreach(fun(Node) -> await(address(Node), 600) end, ?NODES).

%% Node `By` kills `Node`, or nobody. Who drives the card.
order(By, Node) ->
    Socket = connect(address(By), 8008),
    {ok, <<Owner>>} = gen_tcp:recv(Socket, 1, 10000),
    ok = gen_tcp:send(Socket, [<<Node>> || Node =/= nobody]),
    ok = gen_tcp:close(Socket),
    Owner.

%% A stream from another node than the one that dies.
owner_gap() ->
    ok = all_await(),
    Owner = order(hd(?NODES), nobody),
    [From, By] = ?NODES -- [Owner],
    Socket = connect(address(From), 8002),
    Take = fun(S) -> {ok, _} = gen_tcp:recv(S, 0, 30000), S end,
    _ = longest(Take, Socket, 1000000000),
    _ = order(By, Owner),
    {Gap, Last} = longest(Take, Socket, ?WATCH_NS),
    gen_tcp:close(Last),
    Gap.

%% One request after the other at the shared address; who is cut off comes again.
shared_gap() ->
    ok = all_await(),
    Owner = order(hd(?NODES), nobody),
    {Node, Socket} = behind(Owner),
    [By | _] = ?NODES -- [Owner, Node],
    _ = longest(fun asked/1, Socket, 1000000000),
    _ = order(By, Node),
    {Gap, Last} = longest(fun asked/1, Socket, ?WATCH_NS),
    gen_tcp:close(Last),
    Gap.

%% A connection that the owner of the card does not have.
behind(Owner) ->
    Socket = connect(?SHARED, 8009),
    ok = gen_tcp:send(Socket, "?"),
    case gen_tcp:recv(Socket, 1, 10000) of
        {ok, <<Owner>>} -> gen_tcp:close(Socket), behind(Owner);
        {ok, <<Node>>} -> {Node, Socket}
    end.

asked(Socket) ->
    _ = gen_tcp:send(Socket, "?"),
    case gen_tcp:recv(Socket, 1, 5000) of
        {ok, _} -> Socket;
        _ -> gen_tcp:close(Socket), asked(again())
    end.

again() ->
    case gen_tcp:connect(?SHARED, 8009, ?OPTIONS, 1000) of
        {ok, Socket} -> Socket;
        _ -> again()
    end.

%% The longest that Do took, done again and again for so long.
longest(Do, Socket, Time) ->
    Now = erlang:monotonic_time(nanosecond),
    longest(Do, Socket, Now, Now + Time, 0).

longest(Do, Socket, Last, End, Longest) ->
    Next = Do(Socket),
    case erlang:monotonic_time(nanosecond) of
        Now when Now < End -> longest(Do, Next, Now, End, max(Longest, Now - Last));
        Now -> {max(Longest, Now - Last), Next}
    end.
