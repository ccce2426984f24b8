%% SPDX-License-Identifier: Apache-2.0
%% Servers on a node, and on this host the client that measures them over the machine's card. The same file on both, and on HydrOS
%% and Linux. The client prints "network <name> <nanoseconds>": for one byte of a stream, one round trip, one connection made and
%% closed, one page of OTP's httpd on a connection that stays.
-module(bench_network).
-export([serve/0, client/1, stop/1, connections/1]).

-define(SECONDS, 3).
-define(CHUNK, 65536).
-define(CLIENTS, 8).
-define(OPTIONS, [binary, {active, false}, {nodelay, true}, {buffer, ?CHUNK}]).

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
    Last = listen(8006),
    io:format("network: listening~n"),
    {ok, _} = gen_tcp:accept(Last),
    ok.

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
            {page, fun pages/1}
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
