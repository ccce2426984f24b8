%% SPDX-License-Identifier: Apache-2.0
%% The wire itself, on this host: Ethernet frames to and from the machine's card as datagrams of QEMU (-netdev dgram). It answers ARP
%% for whoever is asked for, and has a TCP client of its own that sends what is lost again, so that an attack can look like any host.
-module(attack_wire).
-export([start/2, frame/2, tcp/2, mac/1, ip/1, ip6/1, six/1, sum/1, payload/4, ip_frame/5, counts/1, answering/2, say/5]).
-export([connect/3, connect/4, told/1, send/2, recv/2, close/1, segment/4, segment/5, moved/3, flight/2]).

-record(connection, {wire, local, remote, node, next, acked, got = <<>>, told}).
-record(segment, {seq, ack, flags, window, options, data}).
-define(TICK_MS, 300).
-define(TRIES, 200).
-define(FIN, 1).
-define(SYN, 2).
-define(RST, 4).
-define(ACK, 16).
%% Of a SYN when nothing else is said: 1460 bytes a segment, windows in units of 128, SACK.
-define(OPTIONS, <<2, 4, 1460:16, 1, 3, 3, 7, 1, 1, 4, 2>>).

%% The card's address as QEMU gives it; nodes' are made of it, and of those their link-local ones (RFC 4291, appendix A).
mac(Node) -> <<2, 0, 16#12, 16#34, 16#56, Node>>.
ip(Node) -> <<10, 9, 0, (10 + Node)>>.
ip6(Node) -> <<16#fe80:16, 0:64, 16#12ff:16, 16#fe34:16, 16#56, Node>>.
ours() -> <<16#52, 16#55, 10, 9, 0, 1>>.
%% The link-local address of who has this one.
six(<<Ip:4/binary>>) -> <<16#fe80:16, 0:80, Ip/binary>>.

start(From, To) ->
    spawn_link(fun() ->
        {ok, Socket} = gen_udp:open(From, [binary, {ip, {127, 0, 0, 1}}, {active, true}, {recbuf, 4000000}, {sndbuf, 4000000}]),
        loop(Socket, To, #{count => #{}, answer => none})
    end).

frame(Wire, Bytes) -> Wire ! {out, Bytes}, ok.

%% What came for nobody since the last time: a map of counts. {syn_ack, Port}, {reset, Port}, {udp, Port}, {unreachable, Port} of
%% theirs, {answered, Local} and {said, Local} of ours, {pong, From, Data}, {datagram, From, Data}, {member, From, Group}, other.
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
        {say, Local, {Node, Port}, Numbers, Data} ->
            case State of
                #{{numbers, Local} := Ack} ->
                    Frame = tcp_frame(mac(Node), Local, {ip(Node), Port}, setelement(2, Numbers, Ack), <<>>, Data),
                    gen_udp:send(Socket, {127, 0, 0, 1}, To, Frame);
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
in(<<_:6/binary, From:6/binary, 16#0800:16, 4:4, 5:4, _, Size:16, _:18, 0:14, _, Protocol, _:16, Ip:4/binary, To:4/binary, Rest/binary>>, Out, State) ->
    packet(Protocol, binary:part(Rest, 0, Size - 20), {From, Ip, To}, Out, State);
in(<<_:6/binary, From:6/binary, 16#86dd:16, 6:4, _:28, Size:16, Protocol, _, Ip:16/binary, To:16/binary, Rest/binary>>, Out, State) ->
    case {Protocol, binary:part(Rest, 0, Size)} of
        {0, <<Next, 0, _:48, Data/binary>>} -> packet(Next, Data, {From, Ip, To}, Out, State); % for routers, too
        {_, Data} -> packet(Protocol, Data, {From, Ip, To}, Out, State)
    end;
in(_, _, State) ->
    State.

packet(6, <<Port:16, ToPort:16, Seq:32, Ack:32, Head:4, _:4, Flags, Window:16, _:32, Rest/binary>>, {From, Ip, To}, Out, State) ->
    {Options, Data} = split_binary(Rest, Head * 4 - 20),
    Local = {To, ToPort},
    case State of
        #{Local := Pid} ->
            Pid ! #segment{seq = Seq, ack = Ack, flags = Flags, window = Window, options = Options, data = Data},
            State;
        #{answer := Ours} when is_integer(Ours), Flags band (?SYN bor ?ACK) =:= ?SYN bor ?ACK ->
            Out(tcp_frame(From, Local, {Ip, Port}, {Ack, Seq + 1, ?ACK, Ours}, <<>>, <<>>)),
            count(State#{{numbers, Local} => Seq + 1}, {answered, Local});
        #{answer := Ours, {numbers, Local} := Seq} when is_integer(Ours), Ours > 0, Data =/= <<>> ->
            count(State, {said, Local});
        _ when Flags band (?SYN bor ?ACK) =:= ?SYN bor ?ACK -> count(State, {syn_ack, Port});
        _ when Flags band ?RST =/= 0 -> count(State, {reset, Port});
        _ -> count(State, other)
    end;
packet(17, <<Port:16, 53:16, _:32, Question/binary>>, {From, Ip, To}, Out, State) ->
    Answer = names(Question),
    Out(ip_frame(From, To, Ip, 17, <<53:16, Port:16, (8 + byte_size(Answer)):16, 0:16, Answer/binary>>)),
    State;
packet(17, <<Port:16, _:48, Data/binary>>, {_, Ip, _}, _, State) ->
    count(count(State, {udp, Port}), {datagram, Ip, Data});
packet(1, Whole, {_, Ip, _}, _, State) ->
    0 = sum(Whole),
    case Whole of
        <<0, 0, _:16, Data/binary>> -> count(State, {pong, Ip, Data});
        <<3, 3, _:48, 4:4, 5:4, _:64, 17, _:80, _:16, Port:16, _/binary>> -> count(State, {unreachable, Port});
        _ -> count(State, other)
    end;
packet(58, Whole, {From, Ip, To}, Out, State) ->
    0 = sum([pseudo(Ip, To, 58, Whole), Whole]),
    case Whole of
        <<129, 0, _:16, Data/binary>> -> count(State, {pong, Ip, Data});
        <<131, 0, _:48, Group:16/binary>> -> count(State, {member, Ip, Group});
        <<1, 4, _:48, 6:4, _:44, 17, _, _:256, _:16, Port:16, _/binary>> -> count(State, {unreachable, Port});
        <<135, 0, _:48, Asked:16/binary, _/binary>> -> neighbour(From, Ip, Asked, Out), State;
        _ -> count(State, other)
    end;
packet(_, _, _, _, State) ->
    State.

%% Where an IPv6 neighbour is. Who asks from nowhere wants to know whether an address is free.
neighbour(_, <<0:128>>, _, _) -> ok;
neighbour(From, Ip, Asked, Out) -> Out(ip_frame(From, Asked, Ip, 58, <<136, 0, 0:16, 16#60, 0:24, Asked/binary, 2, 1, (ours())/binary>>)).

%% A server of names (RFC 1035) that knows one.
names(<<Id:16, _:16, 1:16, 0:48, Question/binary>>) ->
    case Question of
        <<5, "there", 4, "test", 0, 1:16, 1:16, _/binary>> -> names(Id, Question, <<4:16, 10, 9, 7, 7>>);
        <<5, "there", 4, "test", 0, 28:16, 1:16, _/binary>> -> names(Id, Question, <<16:16, 16#fd00:16, 0:96, 7:16>>);
        _ -> <<Id:16, 16#8183:16, 1:16, 0:48, Question/binary>> % there is no such name
    end.

names(Id, <<Name:12/binary, Kind:16, Class:16, _/binary>>, Data) ->
    <<Id:16, 16#8180:16, 1:16, 1:16, 0:32, Name/binary, Kind:16, Class:16, 16#c00c:16, Kind:16, Class:16, 60:32, Data/binary>>.

count(#{count := Counts} = State, What) ->
    State#{count := maps:update_with(What, fun(N) -> N + 1 end, 1, Counts)}.

%% ---- frames ----

%% The Internet's sum (RFC 1071); of what has its right one in it: 0.
sum(Bytes) -> sum(iolist_to_binary(Bytes), 0).

sum(<<Word:16, Rest/binary>>, Sum) -> sum(Rest, Sum + Word);
sum(<<Byte>>, Sum) -> sum(<<>>, Sum + (Byte bsl 8));
sum(<<>>, Sum) when Sum > 16#ffff -> sum(<<>>, (Sum band 16#ffff) + (Sum bsr 16));
sum(<<>>, Sum) -> Sum bxor 16#ffff.

pseudo(From, To, Protocol, Payload) -> [From, To, <<Protocol:32, (iolist_size(Payload)):32>>].

tcp_frame(Mac, {FromIp, FromPort}, {ToIp, ToPort}, {Seq, Ack, Flags, Window}, Options, Data) ->
    Head = 5 + byte_size(Options) div 4,
    ip_frame(Mac, FromIp, ToIp, 6, <<FromPort:16, ToPort:16, Seq:32, Ack:32, Head:4, 0:4, Flags, Window:16, 0:32, Options/binary, Data/binary>>).

%% The payload's sum, where one stands in it, is put right.
ip_frame(Mac, From, To, Protocol, Payload) ->
    Whole = payload(Protocol, From, To, Payload),
    {Kind, Head} =
        case byte_size(From) of
            4 -> {16#0800, ip_head(Protocol, From, To, byte_size(Whole))};
            16 -> {16#86dd, <<6:4, 0:28, (byte_size(Whole)):16, Protocol, 255, From/binary, To/binary>>}
        end,
    <<Mac/binary, (ours())/binary, Kind:16, Head/binary, Whole/binary>>.

ip_head(Protocol, From, To, Size) ->
    Make = fun(Sum) -> <<4:4, 5:4, 0, (20 + Size):16, 0:16, 0:16, 64, Protocol, Sum:16, From/binary, To/binary>> end,
    Make(sum(Make(0))).

payload(1, _, _, <<Before:2/binary, _:16, Rest/binary>>) -> summed(Before, Rest, []);
payload(6, From, To, <<Before:16/binary, _:16, Rest/binary>> = All) -> summed(Before, Rest, pseudo(From, To, 6, All));
payload(17, From, To, <<Before:6/binary, _:16, Rest/binary>> = All) -> summed(Before, Rest, pseudo(From, To, 17, All));
payload(58, From, To, <<Before:2/binary, _:16, Rest/binary>> = All) -> summed(Before, Rest, pseudo(From, To, 58, All));
payload(_, _, _, All) -> All.

summed(Before, Rest, Pseudo) -> <<Before/binary, (sum([Pseudo, Before, 0, 0, Rest])):16, Rest/binary>>.

%% {FromIp, FromPort}, Node, Port, numbers and flags: a whole frame.
tcp({{Ip, _} = From, Node, Port}, {_, _, Flags, _} = Numbers) ->
    tcp_frame(mac(Node), From, {remote(Ip, Node), Port}, Numbers, case Flags of ?SYN -> ?OPTIONS; _ -> <<>> end, <<>>).

remote(<<_:4/binary>>, Node) -> ip(Node);
remote(_, Node) -> ip6(Node).

%% ---- a client ----

connect(Wire, Local, To) -> connect(Wire, Local, To, ?OPTIONS).

connect(Wire, {Ip, _} = Local, {Node, ToPort}, Options) ->
    Wire ! {join, Local, self()},
    First = rand:uniform(16#7fffffff),
    knock(#connection{wire = Wire, local = Local, remote = {remote(Ip, Node), ToPort}, node = Node, next = First, acked = 0}, Options, ?TRIES).

knock(C, _, 0) ->
    close(C),
    {error, timeout};
knock(C, Options, Tries) ->
    segment(C, ?SYN, Options, <<>>),
    receive
        #segment{seq = Seq, flags = Flags} = Answer when Flags band ?SYN =/= 0 ->
            Made = C#connection{next = C#connection.next + 1, acked = (Seq + 1) band 16#ffffffff, told = Answer},
            segment(Made, ?ACK, <<>>, <<>>),
            {ok, Made};
        #segment{flags = Flags} when Flags band ?RST =/= 0 -> close(C), {error, econnrefused}
    after ?TICK_MS -> knock(C, Options, Tries - 1)
    end.

%% The options of the other's last segment, and its window as it stands there.
told(#connection{told = #segment{options = Options, window = Window}}) -> {Options, Window}.

%% Once, whatever it is.
segment(C, Flags, Options, Data) -> segment(C, Flags, Options, Data, 65535).

segment(#connection{wire = Wire, local = Local, remote = Remote, node = Node, next = Next, acked = Acked}, Flags, Options, Data, Window) ->
    frame(Wire, tcp_frame(mac(Node), Local, Remote, {Next, Acked, Flags, Window}, Options, Data)).

%% The same with other numbers: of its own next byte, of what it acknowledges.
moved(#connection{next = Next, acked = Acked} = C, Seq, Ack) ->
    C#connection{next = (Next + Seq) band 16#ffffffff, acked = (Acked + Ack) band 16#ffffffff}.

%% What the other sends when nothing is acknowledged, until so many ms pass without more: bytes. They are, next time.
flight(C, Patience) -> flight(C, Patience, 0).

flight(#connection{acked = Acked} = C, Patience, Size) ->
    receive
        #segment{seq = Seq, data = Data} when Data =/= <<>> ->
            End = (Seq - Acked + byte_size(Data)) band 16#ffffffff, % one sent again ends before our place
            flight(C, Patience, case End < 16#80000000 of true -> max(Size, End); false -> Size end)
    after Patience -> {Size, C#connection{acked = (Acked + Size) band 16#ffffffff}}
    end.

%% At most a segment, until it is acknowledged.
send(C, Data) -> send(C, Data, ?TRIES).

send(_, _, 0) ->
    {error, timeout};
send(C, Data, Tries) ->
    End = (C#connection.next + byte_size(Data)) band 16#ffffffff,
    segment(C, ?ACK, <<>>, Data),
    case await(C, End, ?TICK_MS) of
        {ok, New} -> {ok, New#connection{next = End}};
        {again, New} -> send(New, Data, Tries - 1);
        Error -> Error
    end.

await(C, End, Patience) ->
    receive
        #segment{flags = Flags} when Flags band ?RST =/= 0 -> {error, reset};
        #segment{seq = Seq, ack = Ack, data = Data} = Segment ->
            New = take(C#connection{told = Segment}, Seq, Data, End),
            case Ack of
                End -> {ok, New};
                _ -> await(New, End, Patience)
            end
    after Patience -> {again, C}
    end.

take(#connection{acked = Seq, got = Got} = C, Seq, Data, Next) when Data =/= <<>> ->
    New = C#connection{acked = (Seq + byte_size(Data)) band 16#ffffffff, got = <<Got/binary, Data/binary>>},
    segment(New#connection{next = Next}, ?ACK, <<>>, <<>>),
    New;
take(C, _, <<>>, _) ->
    C;
take(C, _, _, Next) ->
    segment(C#connection{next = Next}, ?ACK, <<>>, <<>>),
    C.

recv(C, Size) -> recv(C, Size, ?TRIES).

recv(#connection{got = Got} = C, Size, _) when byte_size(Got) >= Size ->
    <<Data:Size/binary, Rest/binary>> = Got,
    {ok, Data, C#connection{got = Rest}};
recv(_, _, 0) ->
    {error, timeout};
recv(C, Size, Tries) ->
    receive
        #segment{flags = Flags} when Flags band ?RST =/= 0 -> {error, reset};
        #segment{seq = Seq, data = Data} -> recv(take(C, Seq, Data, C#connection.next), Size, Tries)
    after ?TICK_MS -> segment(C, ?ACK, <<>>, <<>>), recv(C, Size, Tries - 1)
    end.

%% By a reset: nothing is left on the other side.
close(#connection{wire = Wire, local = Local} = C) ->
    segment(C, ?RST bor ?ACK, <<>>, <<>>),
    Wire ! {leave, Local},
    ok.
