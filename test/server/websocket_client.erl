%% SPDX-License-Identifier: Apache-2.0
%% On the host: many websockets (RFC 6455) to echo servers. Prints pairs: how many connected, failed, time of a connect with its upgrade,
%% memory of the servers for each connection; then rounds, in each of which every connection sends at a steady rate: messages, lost ones,
%% latency, how many were slow, and in how many tenths of a second those were due: in few if something stood still, in most if
%% each message costs more. A message is sent when it is due, whether the last one's echo has come or not, and its latency counts from when
%% it was due: a server that stands still makes all of them late, not one.
-module(websocket_client).
-export([run/5, wait/1]).

-define(CONNECT_MS, 30000).
-define(LATE_MS, 10000). % what has not come so long after the end of a round is lost
-define(BORNE_US, 1000000). % 99 of 100 echoes of a round that the servers bear are faster; nothing is lost
-define(SLOW_US, 50000).
-define(AT_ONCE, 4). % QEMU's forwarding listens with a backlog of 1

-type place() :: inet:port_number() | {inet:ip_address(), inet:port_number()}. % a port alone: of this host

%% @doc Until each port answers.
-spec wait([place()]) -> ok.
wait(Ports) ->
    lists:foreach(fun(Port) -> wait_one(Port, 600) end, Ports).

wait_one(Port, Tries) when Tries > 0 ->
    try memory(Port) of
        _ -> ok
    catch
        _:_ -> timer:sleep(200), wait_one(Port, Tries - 1)
    end.

%% @doc Count connections spread over the ports; then rounds of so many seconds, in which each sends a message every so many milliseconds:
%% those of Pauses, one after the other, until the servers do not bear one. Nodes: where each node of the system tells its memory.
-spec run([place()], [place()], pos_integer(), [pos_integer()], pos_integer()) -> ok.
run(Ports, Nodes, Count, Pauses, Seconds) ->
    Before = [memory(Port) || Port <- Nodes],
    Begun = now_us(),
    {Connected, Failed} = connect_all(Ports, Count),
    Took = now_us() - Begun,
    Between = [memory(Port) || Port <- Nodes],
    Times = [Time || {_, Time} <- Connected],
    Spread = [Held || {_, _, Held} <- Between],
    N = max(1, length(Connected)),
    say("connected", length(Connected)),
    say("failed", Failed),
    say("fewest_on_a_node", lists:min(Spread)),
    say("most_on_a_node", lists:max(Spread)),
    say("connect_mean_us", lists:sum(Times) div N),
    say("connect_max_us", lists:max([0 | Times])),
    say("connects_per_second", length(Connected) * 1000000 div max(1, Took)),
    say("memory_each_bytes", used(1, Before, Between) div N),
    say("erlang_each_bytes", used(2, Before, Between) div N),
    Pids = [Pid || {Pid, _} <- Connected],
    Best = rounds(Pids, Pauses, Seconds, 0),
    After = [memory(Port) || Port <- Nodes],
    say("held", lists:sum([Held || {_, _, Held} <- After])),
    say("memory_after_bytes", used(1, Before, After) div N),
    say("borne_per_second", Best),
    [Pid ! stop || Pid <- Pids],
    ok.

used(Field, Before, After) ->
    1024 * lists:sum([element(Field, Now) - element(Field, Then) || {Then, Now} <- lists:zip(Before, After)]).

%% Gives the rate of the last round that was borne, messages a second of all.
rounds(_, [], _, Best) ->
    Best;
rounds(Pids, [PauseMs | Rest], Seconds, Best) ->
    Rate = length(Pids) * 1000 div PauseMs,
    [Pid ! {send, PauseMs, Seconds} || Pid <- Pids],
    {Lists, Losses, Slow} = lists:unzip3([receive {ended, All, Lost, Late} -> {All, Lost, Late} end || _ <- Pids]),
    Sorted = lists:sort(lists:append(Lists)),
    At = "at_" ++ integer_to_list(Rate),
    say(At ++ "_messages", length(Sorted)),
    say(At ++ "_lost", lists:sum(Losses)),
    say(At ++ "_mean_us", lists:sum(Sorted) div max(1, length(Sorted))),
    say(At ++ "_p99_us", part(Sorted, 0.99)),
    say(At ++ "_max_us", part(Sorted, 1.0)),
    say(At ++ "_slow", length(lists:append(Slow))),
    say(At ++ "_slow_tenths", length(lists:usort([Due div 100000 || Due <- lists:append(Slow)]))),
    case lists:sum(Losses) =:= 0 andalso part(Sorted, 0.99) =< ?BORNE_US of
        true -> rounds(Pids, Rest, Seconds, Rate);
        false -> Best
    end.

say(Name, Value) -> io:format("websocket ~s ~b~n", [Name, Value]).

part([], _) -> 0;
part(Sorted, Part) -> lists:nth(max(1, ceil(Part * length(Sorted))), Sorted).

now_us() -> erlang:monotonic_time(microsecond).

memory(Port) ->
    {ok, Socket} = open(Port, []),
    ok = gen_tcp:send(Socket, "GET /memory HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n"),
    Text = all(Socket, <<>>),
    Pattern = "used_kib ([0-9]+) erlang_kib ([0-9]+) connections ([0-9]+)",
    {match, Numbers} = re:run(Text, Pattern, [{capture, all_but_first, list}]),
    list_to_tuple([list_to_integer(Number) || Number <- Numbers]).

open({Address, Port}, Options) -> gen_tcp:connect(Address, Port, [binary, {active, false} | Options], ?CONNECT_MS);
open(Port, Options) -> open({{127, 0, 0, 1}, Port}, Options).

all(Socket, Read) ->
    case gen_tcp:recv(Socket, 0, ?CONNECT_MS) of
        {ok, Bytes} -> all(Socket, <<Read/binary, Bytes/binary>>);
        {error, closed} -> gen_tcp:close(Socket), Read
    end.

%% ---- connecting, a few at once ----
connect_all(Ports, Count) ->
    Self = self(),
    Places = [lists:nth(N rem length(Ports) + 1, Ports) || N <- lists:seq(1, Count)],
    {Now, Later} = lists:split(min(?AT_ONCE, Count), Places),
    [connector(Self, Port) || Port <- Now],
    connected(Self, Later, Count, [], 0).

connected(_, _, 0, Connected, Failed) ->
    {Connected, Failed};
connected(Self, Later, Count, Connected, Failed) ->
    Result = receive {connected, _, _} = Good -> Good; {failed, _} = Bad -> Bad end,
    Rest =
        case Later of
            [Port | More] -> connector(Self, Port), More;
            [] -> []
        end,
    case Result of
        {connected, Pid, Time} ->
            connected(Self, Rest, Count - 1, [{Pid, Time} | Connected], Failed);
        {failed, Reason} ->
            io:format("failed: ~p~n", [Reason]),
            connected(Self, Rest, Count - 1, Connected, Failed + 1)
    end.

connector(Self, Port) ->
    spawn_link(fun() ->
        Begun = now_us(),
        case upgrade(Port) of
            {ok, Socket} ->
                Self ! {connected, self(), now_us() - Begun},
                _ = inet:setopts(Socket, [{active, true}]), % when it is closed, sending will tell
                idle(Self, Socket);
            Reason ->
                Self ! {failed, Reason}
        end
    end).

upgrade(Port) ->
    case open(Port, [{nodelay, true}, {send_timeout, ?LATE_MS}]) of
        {ok, Socket} ->
            _ = gen_tcp:send(Socket, [
                "GET / HTTP/1.1\r\nhost: node\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ",
                base64:encode(rand:bytes(16)), "\r\n\r\n"
            ]),
            answer(Socket, <<>>);
        {error, Reason} ->
            {connect, Reason}
    end.

answer(Socket, Read) ->
    case {binary:match(Read, <<"\r\n\r\n">>), Read} of
        {{_, _}, <<"HTTP/1.1 101", _/binary>>} ->
            {ok, Socket};
        {{_, _}, _} ->
            {refused, Read};
        {nomatch, _} ->
            case gen_tcp:recv(Socket, 0, ?CONNECT_MS) of
                {ok, Bytes} -> answer(Socket, <<Read/binary, Bytes/binary>>);
                {error, Reason} -> {upgrade, Reason}
            end
    end.

%% ---- sending ----
-record(round, {
    socket,
    pause, % microseconds, as all times here
    due, % of the next message
    awaited, % of the message whose echo is the next to come
    ends, % of the first message that is not sent
    read = <<>>,
    latencies = [],
    slow = [] % when those were due that took over SLOW_US
}).

idle(Self, Socket) ->
    receive
        {send, PauseMs, Seconds} ->
            %% Not all at the same instant.
            First = now_us() + rand:uniform(PauseMs * 1000),
            Ends = First + max(1, Seconds * 1000 div PauseMs) * PauseMs * 1000,
            Self ! send(#round{socket = Socket, pause = PauseMs * 1000, due = First, awaited = First, ends = Ends}),
            idle(Self, Socket);
        stop ->
            gen_tcp:close(Socket)
    end.

send(#round{awaited = Ends, ends = Ends} = Round) ->
    ended(Round);
send(#round{due = Due, ends = Ends} = Round) ->
    Now = now_us(),
    case Due < Ends of
        true when Now >= Due ->
            case gen_tcp:send(Round#round.socket, frame(Due)) of
                ok -> send(Round#round{due = Due + Round#round.pause});
                {error, _} -> ended(Round)
            end;
        true ->
            listen(Round, (Due - Now) div 1000 + 1);
        false when Now < Ends + ?LATE_MS * 1000 ->
            listen(Round, (Ends - Now) div 1000 + ?LATE_MS + 1);
        false ->
            ended(Round)
    end.

listen(#round{socket = Socket} = Round, Patience) ->
    receive
        {tcp, Socket, Bytes} -> echo(Round#round{read = <<(Round#round.read)/binary, Bytes/binary>>});
        {tcp_closed, Socket} -> ended(Round);
        {tcp_error, Socket, _} -> ended(Round)
    after Patience ->
        send(Round)
    end.

echo(#round{read = Read, awaited = Awaited, due = Due} = Round) ->
    case Read of
        <<16#82, 32, Awaited:64/signed, 0:192, Rest/binary>> when Awaited < Due ->
            Took = now_us() - Awaited,
            Slow = [Awaited || Took > ?SLOW_US] ++ Round#round.slow,
            Latencies = [Took | Round#round.latencies],
            echo(Round#round{read = Rest, awaited = Awaited + Round#round.pause, latencies = Latencies, slow = Slow});
        _ when byte_size(Read) < 34 ->
            send(Round);
        _ ->
            ended(Round) % not what was sent
    end.

%% Lost is also what could not be sent.
ended(#round{awaited = Awaited, ends = Ends, pause = Pause, latencies = Latencies, slow = Slow}) ->
    {ended, Latencies, (Ends - Awaited) div Pause, Slow}.

%% 32 bytes: when it was due, which is a number below 0, and nothing.
frame(Due) ->
    Mask = rand:bytes(4),
    [16#82, 128 + 32, Mask, crypto:exor(<<Due:64/signed, 0:192>>, binary:copy(Mask, 8))].
