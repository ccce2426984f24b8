%% SPDX-License-Identifier: Apache-2.0
%% On the host: many websockets (RFC 6455) to echo servers, each of which sends at a steady rate. Prints pairs: how many connected, failed, mean time
%% of a connect with its upgrade, messages, lost ones, latency from send to echo, and memory of the servers for each connection.
-module(websocket_client).
-export([run/5, wait/1]).

-define(CONNECT_MS, 30000).
-define(LATE_MS, 10000). % an echo that takes longer is lost
-define(AT_ONCE, 4). % QEMU's forwarding listens with a backlog of 1

%% @doc Until each port answers.
-type place() :: inet:port_number() | {inet:ip_address(), inet:port_number()}. % a port alone: of this host
-spec wait([place()]) -> ok.
wait(Ports) ->
    lists:foreach(fun(Port) -> wait_one(Port, 600) end, Ports).

wait_one(Port, Tries) when Tries > 0 ->
    try memory(Port) of
        _ -> ok
    catch
        _:_ -> timer:sleep(200), wait_one(Port, Tries - 1)
    end.

%% @doc Count connections spread over the ports, each with a message every PauseMs, for Seconds after all are there. Nodes: where
%% each node of the system tells its memory.
-spec run([place()], [place()], pos_integer(), pos_integer(), pos_integer()) -> ok.
run(Ports, Nodes, Count, PauseMs, Seconds) ->
    Before = [memory(Port) || Port <- Nodes],
    Begun = now_us(),
    {Connected, Failed} = connect_all(Ports, Count),
    Took = now_us() - Begun,
    Between = [memory(Port) || Port <- Nodes],
    Pids = [Pid || {Pid, _} <- Connected],
    [Pid ! {send, PauseMs, Seconds} || Pid <- Pids],
    {Latencies, Lost} = lists:foldl(fun result/2, {[], 0}, Pids),
    Sorted = lists:sort(Latencies),
    Times = [Time || {_, Time} <- Connected],
    Used = lists:sum([Now - Then || {{Then, _, _}, {Now, _, _}} <- lists:zip(Before, Between)]),
    Erlang = lists:sum([Now - Then || {{_, Then, _}, {_, Now, _}} <- lists:zip(Before, Between)]),
    Spread = [Held || {_, _, Held} <- Between],
    N = max(1, length(Connected)),
    say("connected", length(Connected)),
    say("failed", Failed),
    say("fewest_on_a_node", lists:min(Spread)),
    say("most_on_a_node", lists:max(Spread)),
    say("connect_mean_us", lists:sum(Times) div N),
    say("connects_per_second", length(Connected) * 1000000 div max(1, Took)),
    say("messages", length(Sorted)),
    say("lost", Lost),
    say("latency_mean_us", lists:sum(Sorted) div max(1, length(Sorted))),
    say("latency_p99_us", part(Sorted, 0.99)),
    say("latency_max_us", part(Sorted, 1.0)),
    say("memory_each_bytes", Used * 1024 div N),
    say("erlang_each_bytes", Erlang * 1024 div N),
    [Pid ! stop || Pid <- Pids],
    ok.

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
    Result = receive {connected, Pid, Time} -> {Pid, Time}; {failed, Reason} -> Reason end,
    Rest =
        case Later of
            [Port | More] -> connector(Self, Port), More;
            [] -> []
        end,
    case Result of
        {_, _} ->
            connected(Self, Rest, Count - 1, [Result | Connected], Failed);
        _ ->
            io:format("failed: ~p~n", [Result]),
            connected(Self, Rest, Count - 1, Connected, Failed + 1)
    end.

connector(Self, Port) ->
    spawn_link(fun() ->
        Begun = now_us(),
        case upgrade(Port) of
            {ok, Socket} ->
                Self ! {connected, self(), now_us() - Begun},
                idle(Self, Socket);
            Reason ->
                Self ! {failed, Reason}
        end
    end).

upgrade(Port) ->
    case open(Port, [{nodelay, true}]) of
        {ok, Socket} ->
            ok = gen_tcp:send(Socket, [
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
idle(Self, Socket) ->
    receive
        {send, PauseMs, Seconds} ->
            %% Not all at the same instant.
            timer:sleep(rand:uniform(PauseMs)),
            Result = send(Socket, PauseMs, now_us() + Seconds * 1000000, []),
            Self ! {self(), Result},
            idle(Self, Socket);
        stop ->
            gen_tcp:close(Socket)
    end.

%% One frame of 32 bytes, then its echo; the pause is from send to send.
send(Socket, PauseMs, End, Latencies) ->
    Begun = now_us(),
    Payload = <<Begun:64, 0:192>>,
    Mask = rand:bytes(4),
    Masked = crypto:exor(Payload, binary:copy(Mask, 8)),
    Result =
        case gen_tcp:send(Socket, <<16#82, (128 + 32), Mask/binary, Masked/binary>>) of
            ok -> gen_tcp:recv(Socket, 34, ?LATE_MS);
            Error -> Error
        end,
    case Result of
        {ok, <<16#82, 32, Payload/binary>>} ->
            Latency = now_us() - Begun,
            case Begun + PauseMs * 1000 < End of
                true -> timer:sleep(max(0, PauseMs - Latency div 1000)), send(Socket, PauseMs, End, [Latency | Latencies]);
                false -> {[Latency | Latencies], 0}
            end;
        _ ->
            {Latencies, 1}
    end.

result(Pid, {Latencies, Lost}) ->
    receive {Pid, {More, New}} -> {More ++ Latencies, Lost + New} end.
