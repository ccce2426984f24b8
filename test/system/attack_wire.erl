%% SPDX-License-Identifier: Apache-2.0
%% The wire itself, on this host: Ethernet frames to and from the machine's card as datagrams of QEMU (-netdev dgram). It answers ARP
%% for whoever is asked for, and has a TCP client of its own that sends what is lost again, so that an attack can look like any host.
-module(attack_wire).
-export([start/2, frame/2, tcp/2, mac/1, ip/1, ip_frame/5, connect/3, send/2, recv/2, close/1, counts/1, answering/2, say/5]).

-record(connection, {wire, local, remote, node, next, acked, got = <<>>}).
-define(TICK_MS, 300).
-define(TRIES, 200).
-define(FIN, 1).
-define(SYN, 2).
-define(RST, 4).
-define(ACK, 16).

%% The card's address as QEMU gives it; nodes' are made of it.
mac(Node) -> <<2, 0, 16#12, 16#34, 16#56, Node>>.
ip(Node) -> <<10, 9, 0, (10 + Node)>>.
ours() -> <<16#52, 16#55, 10, 9, 0, 1>>.

start(From, To) ->
    spawn_link(fun() ->
        {ok, Socket} = gen_udp:open(From, [binary, {ip, {127, 0, 0, 1}}, {active, true}, {recbuf, 4000000}, {sndbuf, 4000000}]),
        loop(Socket, To, #{count => #{}, answer => none})
    end).

frame(Wire, Bytes) -> Wire ! {out, Bytes}, ok.

%% What came for nobody since the last time: a map of counts. {syn_ack, Port}, {reset, Port}, {udp, Port} of theirs, {answered, Local}
%% and {said, Local} of ours, other.
counts(Wire) ->
    Wire ! {counts, self()},
    receive
        {counts, Counts} -> Counts
    end.

%% Whether each SYN|ACK for nobody is answered, by a window of so many bytes; or none.
answering(Wire, Window) -> Wire ! {answer, Window}, ok.

%% A segment of who was answered for; the number of what it acknowledges is known.
say(Wire, Local, To, Numbers, Data) -> Wire ! {say, Local, To, Numbers, Data}, ok.

loop(Socket, To, State) ->
    receive
        {udp, Socket, _, _, Frame} ->
            loop(Socket, To, in(Frame, fun(Out) -> gen_udp:send(Socket, {127, 0, 0, 1}, To, Out) end, State));
        {out, Frame} ->
            _ = gen_udp:send(Socket, {127, 0, 0, 1}, To, Frame),
            loop(Socket, To, State);
        {join, Key, Pid} ->
            loop(Socket, To, State#{Key => Pid});
        {leave, Key} ->
            loop(Socket, To, maps:remove(Key, State));
        {answer, Window} ->
            loop(Socket, To, State#{answer := Window});
        {say, {Ip, _} = Local, {Node, Port}, Numbers, Data} ->
            case State of
                #{{numbers, Local} := Ack} ->
                    Segment = tcp_segment(Local, {ip(Node), Port}, setelement(2, Numbers, Ack), Data),
                    gen_udp:send(Socket, {127, 0, 0, 1}, To, tcp_frame(mac(Node), Ip, ip(Node), Segment));
                _ ->
                    ok
            end,
            loop(Socket, To, State);
        {counts, Pid} ->
            Pid ! {counts, maps:get(count, State)},
            loop(Socket, To, State#{count := #{}})
    end.

in(<<_:6/binary, From:6/binary, 16#0806:16, 1:16, 16#0800:16, 6, 4, 1:16, Sender:6/binary, Ip:4/binary, _:6/binary, Asked:4/binary, _/binary>>, Out, State) ->
    case Asked of
        <<10, 9, 0, N>> when N >= 10, N < 20 -> ok;
        _ -> Out(<<From/binary, (ours())/binary, 16#0806:16, 1:16, 16#0800:16, 6, 4, 2:16, (ours())/binary, Asked/binary, Sender/binary, Ip/binary, 0:144>>)
    end,
    State;
in(<<_:6/binary, From:6/binary, 16#0800:16, 4:4, 5:4, _, Size:16, _:40, 6, _:16, Ip:4/binary, To:4/binary, Rest/binary>>, Out, State) ->
    <<Segment:(Size - 20)/binary, _/binary>> = Rest,
    <<Port:16, ToPort:16, Seq:32, Ack:32, Head:4, _:4, Flags, _Window:16, _:32, _/binary>> = Segment,
    <<_:Head/unit:32, Data/binary>> = Segment,
    case State of
        #{{To, ToPort} := Pid} ->
            Pid ! {segment, Seq, Ack, Flags, Data},
            State;
        #{answer := Window} when is_integer(Window), Flags band (?SYN bor ?ACK) =:= ?SYN bor ?ACK ->
            Out(tcp_frame(From, To, Ip, tcp_segment({To, ToPort}, {Ip, Port}, {Ack, Seq + 1, ?ACK, Window}, <<>>))),
            Local = {To, ToPort},
            count(State#{{numbers, Local} => Seq + 1}, {answered, Local});
        #{answer := Window, {numbers, {To, ToPort}} := Seq} when is_integer(Window), Window > 0, Data =/= <<>> ->
            count(State, {said, {To, ToPort}});
        _ when Flags band (?SYN bor ?ACK) =:= ?SYN bor ?ACK -> count(State, {syn_ack, Port});
        _ when Flags band ?RST =/= 0 -> count(State, {reset, Port});
        _ -> count(State, other)
    end;
in(<<_:12/binary, 16#0800:16, 4:4, 5:4, _:64, 17, _:16, _:64, Port:16, _/binary>>, _, State) ->
    count(State, {udp, Port});
in(_, _, State) ->
    State.

count(#{count := Counts} = State, What) ->
    State#{count := maps:update_with(What, fun(N) -> N + 1 end, 1, Counts)}.

%% ---- frames ----

checksum(Bytes) -> checksum(Bytes, 0).

checksum(<<Word:16, Rest/binary>>, Sum) -> checksum(Rest, Sum + Word);
checksum(<<Byte>>, Sum) -> checksum(<<>>, Sum + (Byte bsl 8));
checksum(<<>>, Sum) when Sum > 16#ffff -> checksum(<<>>, (Sum band 16#ffff) + (Sum bsr 16));
checksum(<<>>, Sum) -> Sum bxor 16#ffff.

tcp_segment({FromIp, FromPort}, {ToIp, ToPort}, {Seq, Ack, Flags, Window}, Data) ->
    Options =
        case Flags of
            ?SYN -> <<2, 4, 1460:16, 1, 3, 3, 7, 1, 1, 4, 2>>;
            _ -> <<>>
        end,
    Head = (20 + byte_size(Options)) div 4,
    Make = fun(Sum) -> <<FromPort:16, ToPort:16, Seq:32, Ack:32, Head:4, 0:4, Flags, Window:16, Sum:16, 0:16, Options/binary, Data/binary>> end,
    Plain = Make(0),
    Make(checksum(<<FromIp/binary, ToIp/binary, 6:16, (byte_size(Plain)):16, Plain/binary>>)).

tcp_frame(Mac, FromIp, ToIp, Segment) -> ip_frame(Mac, FromIp, ToIp, 6, Segment).

ip_frame(Mac, FromIp, ToIp, Protocol, Segment) ->
    Make = fun(Sum) -> <<4:4, 5:4, 0, (20 + byte_size(Segment)):16, 0:16, 0:16, 64, Protocol, Sum:16, FromIp/binary, ToIp/binary>> end,
    Head = Make(checksum(Make(0))),
    <<Mac/binary, (ours())/binary, 16#0800:16, Head/binary, Segment/binary>>.

%% {FromIp, FromPort}, Node, Port, numbers and flags: a whole frame.
tcp({{FromIp, _} = From, Node, Port}, Numbers) ->
    tcp_frame(mac(Node), FromIp, ip(Node), tcp_segment(From, {ip(Node), Port}, Numbers, <<>>)).

%% ---- a client ----

connect(Wire, Local, {Node, ToPort}) ->
    Wire ! {join, Local, self()},
    First = rand:uniform(16#7fffffff),
    knock(#connection{wire = Wire, local = Local, remote = {ip(Node), ToPort}, node = Node, next = First, acked = 0}, ?TRIES).

knock(C, 0) ->
    close(C),
    {error, timeout};
knock(C, Tries) ->
    out(C, ?SYN, <<>>),
    receive
        {segment, Seq, _, Flags, _} when Flags band ?SYN =/= 0 ->
            Made = C#connection{next = C#connection.next + 1, acked = (Seq + 1) band 16#ffffffff},
            out(Made, ?ACK, <<>>),
            {ok, Made};
        {segment, _, _, Flags, _} when Flags band ?RST =/= 0 -> close(C), {error, econnrefused}
    after ?TICK_MS -> knock(C, Tries - 1)
    end.

out(#connection{wire = Wire, local = {Ip, _} = Local, remote = Remote, node = Node, next = Next, acked = Acked}, Flags, Data) ->
    Ack = case Flags of ?SYN -> 0; _ -> Acked end,
    frame(Wire, tcp_frame(mac(Node), Ip, element(1, Remote), tcp_segment(Local, Remote, {Next, Ack, Flags, 65535}, Data))).

%% At most a segment, until it is acknowledged.
send(C, Data) -> send(C, Data, ?TRIES).

send(_, _, 0) ->
    {error, timeout};
send(C, Data, Tries) ->
    End = (C#connection.next + byte_size(Data)) band 16#ffffffff,
    out(C, ?ACK, Data),
    case await(C, End, ?TICK_MS) of
        {ok, New} -> {ok, New#connection{next = End}};
        {again, New} -> send(New, Data, Tries - 1);
        Error -> Error
    end.

await(C, End, Patience) ->
    receive
        {segment, _, _, Flags, _} when Flags band ?RST =/= 0 -> {error, reset};
        {segment, Seq, Ack, _, Data} ->
            New = take(C, Seq, Data, End),
            case Ack of
                End -> {ok, New};
                _ -> await(New, End, Patience)
            end
    after Patience -> {again, C}
    end.

take(#connection{acked = Seq, got = Got} = C, Seq, Data, Next) when Data =/= <<>> ->
    New = C#connection{acked = (Seq + byte_size(Data)) band 16#ffffffff, got = <<Got/binary, Data/binary>>},
    out(New#connection{next = Next}, ?ACK, <<>>),
    New;
take(C, _, <<>>, _) ->
    C;
take(C, _, _, Next) ->
    out(C#connection{next = Next}, ?ACK, <<>>),
    C.

recv(C, Size) -> recv(C, Size, ?TRIES).

recv(#connection{got = Got} = C, Size, _) when byte_size(Got) >= Size ->
    <<Data:Size/binary, Rest/binary>> = Got,
    {ok, Data, C#connection{got = Rest}};
recv(_, _, 0) ->
    {error, timeout};
recv(C, Size, Tries) ->
    receive
        {segment, _, _, Flags, _} when Flags band ?RST =/= 0 -> {error, reset};
        {segment, Seq, _, _, Data} -> recv(take(C, Seq, Data, C#connection.next), Size, Tries)
    after ?TICK_MS -> out(C, ?ACK, <<>>), recv(C, Size, Tries - 1)
    end.

%% By a reset: nothing is left on the other side.
close(#connection{wire = Wire, local = Local} = C) ->
    out(C, ?RST bor ?ACK, <<>>),
    Wire ! {leave, Local},
    ok.
