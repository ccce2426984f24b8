%% SPDX-License-Identifier: Apache-2.0
%% Malformed frames with right sums, so that what lies behind the sums is reached: heads, options and pieces that are none. They are
%% put on the wire of attack_wire.erl, and are the seeds of kernel/network/test/frame_fuzz.c: same addresses, same form of a file.
-module(attack_frames).
-export([all/0, options/0, right/1, right_head/1, write/1, read/1]).

-define(ECHO, 8080).
-define(SYN, 2).
-define(TCP, 6).
-define(UDP, 17).
-define(ICMP6, 58).

%% By what is wrong with them.
all() ->
    [{"ethernet", [right(F) || F <- ethernet()]}, {"arp", arp()}, {"ip4_head", [right(F) || F <- ip4_heads()]},
     {"ip4_options", [right(ip4(#{options => pad(O)}, syn(#{}))) || O <- ip4_options()]}, {"ip4_pieces", [right(F) || F <- ip4_pieces()]},
     {"icmp4", [right(ip4(#{protocol => 1}, M)) || M <- icmp4()]}, {"udp", [right(F) || F <- udp()]},
     {"tcp_options", [right(ip4(#{}, syn(#{options => O}))) || O <- options()] ++ [right(ip6(#{}, syn(#{options => O}))) || O <- options()]},
     {"tcp_head", [right(F) || F <- tcp_heads()]}, {"ip6_head", [right(F) || F <- ip6_heads()]},
     {"ip6_options", [right(ip6(#{next => Next}, <<?TCP, (ip6_option(O))/binary, (syn(#{}))/binary>>)) || Next <- [0, 60], O <- ip6_options()]},
     {"ip6_extensions", [right(F) || F <- ip6_extensions()]}, {"icmp6", [right(ip6(#{next => ?ICMP6}, M)) || M <- icmp6()]}].

%% Files of the fuzzer, as read/1 takes them; it does better with small ones.
write(Directory) ->
    lists:foreach(fun({Name, Frames}) -> write(filename:join(Directory, Name), 0, Frames) end, all()).

write(_, _, []) ->
    ok;
write(Path, Number, Frames) ->
    {Some, Later} = lists:split(min(8, length(Frames)), Frames),
    ok = file:write_file(io_lib:format("~s_~b", [Path, Number]), [<<(byte_size(F)):16/little, F/binary>> || F <- Some]),
    write(Path, Number + 1, Later).

read(File) ->
    {ok, Bytes} = file:read_file(File),
    frames(Bytes).

frames(<<Size:16/little, Rest/binary>>) ->
    {Frame, Left} = split_binary(Rest, min(Size, byte_size(Rest))),
    [Frame || byte_size(Frame) >= 14, byte_size(Frame) =< 1514] ++ frames(Left);
frames(_) ->
    [].

%% IPv4's alone.
right_head(<<Before:24/binary, _:16, Rest/binary>>) ->
    <<_:14/binary, Head/binary>> = Before,
    <<Addresses:8/binary, _/binary>> = Rest,
    <<Before/binary, (attack_wire:sum([Head, 0, 0, Addresses])):16, Rest/binary>>.

%% As far as lengths let it: the sums of IP, and of TCP, UDP and ICMP.
right(<<Ethernet:12/binary, 16#0800:16, Before:10/binary, _:16, From:4/binary, To:4/binary, Rest/binary>> = Frame) ->
    <<_:4, Words:4, _, Size:16, _:40, Protocol>> = Before,
    case Rest of
        <<Options:(Words * 4 - 20)/binary, Data:(Size - Words * 4)/binary, Tail/binary>> ->
            Sum = attack_wire:sum([Before, 0, 0, From, To, Options]),
            Payload = attack_wire:payload(Protocol, From, To, Data),
            <<Ethernet/binary, 16#0800:16, Before/binary, Sum:16, From/binary, To/binary, Options/binary, Payload/binary, Tail/binary>>;
        _ ->
            Frame
    end;
right(<<Ethernet:12/binary, 16#86dd:16, First:4/binary, Size:16, Next, Hops, From:16/binary, To:16/binary, Data:Size/binary, Tail/binary>>) ->
    Payload = attack_wire:payload(Next, From, To, Data),
    <<Ethernet/binary, 16#86dd:16, First/binary, Size:16, Next, Hops, From/binary, To/binary, Payload/binary, Tail/binary>>;
right(Frame) ->
    Frame.

%% ---- Ethernet, ARP ----

ethernet(Kind, Data) -> <<(attack_wire:mac(0))/binary, 16#52, 16#55, 10, 9, 0, 1, Kind:16, Data/binary>>.

ethernet() ->
    [ethernet(Kind, <<0:368>>) || Kind <- [0, 46, 1500, 16#0800, 16#0806, 16#8100, 16#86dd, 16#88a8, 16#8863, 16#ffff]] ++
    [ethernet(16#8100, <<0:16, 16#0800:16, 16#45, 0:152>>), ethernet(16#0800, <<>>), ethernet(16#86dd, <<16#60>>), <<0:112>>, <<255:112>>].

arp() ->
    Ours = <<2, 2, 2, 2, 2, 2>>,
    [ethernet(16#0806, <<Kind:16, 16#0800:16, Hard, Soft, Op:16, Ours/binary, Sender/binary, 0:48, (attack_wire:ip(0))/binary>>)
     || {Kind, Hard, Soft, Op, Sender} <- [
        {1, 255, 4, 1, <<10, 9, 1, 9>>}, {1, 6, 255, 1, <<10, 9, 1, 9>>}, {1, 0, 0, 1, <<10, 9, 1, 9>>}, {6, 6, 4, 1, <<10, 9, 1, 9>>},
        {1, 6, 4, 0, <<10, 9, 1, 9>>}, {1, 6, 4, 99, <<10, 9, 1, 9>>}, {1, 6, 4, 2, <<0:32>>}, {1, 6, 4, 2, <<255, 255, 255, 255>>},
        {1, 6, 4, 2, <<224, 0, 0, 1>>}, {1, 6, 4, 1, attack_wire:ip(0)}]] ++
    [ethernet(16#0806, <<1:16, 16#0800:16, 6>>)].

%% ---- IPv4 ----

ip4(Fields, Payload) ->
    Options = maps:get(options, Fields, <<>>),
    #{version := Version, words := Words, size := Size, piece := Piece, id := Id, ttl := Ttl, protocol := Protocol, from := From, to := To} =
        maps:merge(#{version => 4, words => 5 + byte_size(Options) div 4, size => 20 + byte_size(Options) + byte_size(Payload), piece => 0,
                     id => 77, ttl => 64, protocol => ?TCP, from => <<10, 9, 1, 1>>, to => attack_wire:ip(0)}, Fields),
    ethernet(16#0800, <<Version:4, Words:4, 0, Size:16, Id:16, Piece:16, Ttl, Protocol, 0:16, From/binary, To/binary, Options/binary, Payload/binary>>).

%% With nothing to 4 bytes, at most 40.
pad(Bytes) -> <<Bytes/binary, 0:((-byte_size(Bytes) band 3) * 8)>>.

ip4_heads() ->
    Syn = syn(#{}),
    Strange = [<<0:32>>, <<127, 0, 0, 1>>, <<224, 0, 0, 1>>, <<255, 255, 255, 255>>, <<10, 9, 0, 255>>, <<240, 0, 0, 1>>, attack_wire:ip(0)],
    [ip4(Fields, Syn) || Fields <- [
        #{version => 5}, #{version => 0}, #{words => 0}, #{words => 4}, #{words => 15}, #{size => 0}, #{size => 19}, #{size => 20}, #{size => 39},
        #{size => 65535}, #{ttl => 0}, #{protocol => 0}, #{protocol => 255}, #{protocol => 2}, #{protocol => 41}, #{protocol => ?ICMP6}]] ++
    [ip4(#{from => Ip}, Syn) || Ip <- Strange] ++ [ip4(#{to => Ip}, Syn) || Ip <- Strange] ++
    %% From itself, port and all (land).
    [ip4(#{from => attack_wire:ip(0)}, syn(#{from => ?ECHO})), ip4(#{from => <<127, 0, 0, 1>>, to => <<127, 0, 0, 1>>}, Syn),
     ip4(#{from => <<10, 9, 0, 255>>, protocol => 1}, <<8, 0, 0:16, 1:32>>)].

%% No length, one shorter than its own head, one past the end; routes, stamps, and many that do nothing.
ip4_options() ->
    [<<Kind, Size, 4, 0:8>> || Kind <- [7, 68, 130, 131, 137, 148, 255], Size <- [0, 1, 3, 4, 39, 255]] ++
    [<<131, 11, 4, 10, 9, 1, 1, 10, 9, 1, 2>>, <<137, 7, 8, 0:32>>, <<7, 39, 4, 0:288>>, <<68, 12, 5, 16#f1, 0:64>>, <<1, 1, 1, 7>>, <<0, 255, 255, 255>>,
     binary:copy(<<1>>, 40), binary:copy(<<148, 4, 0, 0>>, 10)].

%% Pieces: nothing in them, over each other, past the largest size, a head in two.
ip4_pieces() ->
    Data = <<0:1600>>,
    Piece = fun(Id, More, Offset, Bytes) -> ip4(#{id => Id, piece => More bsl 13 bor Offset, protocol => ?UDP}, Bytes) end,
    <<Begin:8/binary, End/binary>> = syn(#{}),
    [Piece(1, 1, 0, <<>>), Piece(1, 0, 0, <<>>), Piece(2, 1, 8191, Data), Piece(2, 0, 8191, Data), Piece(3, 1, 0, <<1, 2, 3>>), Piece(3, 0, 1, Data),
     Piece(4, 1, 0, Data), Piece(4, 1, 10, Data), Piece(4, 1, 5, Data), Piece(4, 0, 20, Data), Piece(5, 0, 25, Data), Piece(5, 0, 20, Data), Piece(5, 1, 0, Data),
     Piece(6, 1, 0, Data), Piece(6, 1, 0, <<1:1600>>), Piece(6, 0, 25, Data), Piece(7, 7, 0, Data)] ++
    [ip4(#{id => 8, piece => 16#2000}, Begin), ip4(#{id => 8, piece => 1}, End)] ++
    [Piece(9, 1, N * 25, Data) || N <- lists:seq(0, 340)].

icmp4() ->
    Inner = <<16#45, 0, 40:16, 0:32, 64, ?TCP, 0:16, (attack_wire:ip(0))/binary, 10, 9, 1, 1, ?ECHO:16, 1000:16, 1:32>>,
    [<<Type, Code, 0:16, 0:32, Inner/binary>> || Type <- [3, 4, 5, 11, 12], Code <- [0, 3, 4, 15, 16, 255]] ++
    [<<3, 3, 0:16, 0:32, First, (binary:part(Inner, 1, 27))/binary>> || First <- [0, 16#40, 16#44, 16#4f, 16#55, 16#65]] ++
    [<<3, 3, 0:16, 0:32, (binary:part(Inner, 0, Size))/binary>> || Size <- [0, 1, 19, 20, 27]] ++
    [<<8>>, <<8, 0>>, <<8, 0, 0:16>>, <<8, 0, 0:24>>, <<8, 255, 0:16, 0:32>>, <<13, 0, 0:16, 0:128>>, <<17, 0, 0:16, 0:64>>, <<255, 255, 0:16>>].

%% ---- UDP; port 68 is DHCP's, in the fuzzer ----

udp() ->
    Lengths = [<<1000:16, Port:16, Size:16, 0:16, 0:64>> || Port <- [0, 53, 68, ?ECHO], Size <- [0, 7, 8, 9, 17, 65535]],
    [ip4(#{protocol => ?UDP}, U) || U <- Lengths] ++ [ip6(#{next => ?UDP}, U) || U <- Lengths] ++
    [ip4(#{protocol => ?UDP}, <<0:Size/unit:8>>) || Size <- [0, 1, 7]] ++
    [ip4(#{protocol => ?UDP, to => <<255, 255, 255, 255>>}, <<67:16, 68:16, (8 + 240 + byte_size(O)):16, 0:16, (dhcp(O))/binary>>) || O <- dhcp_options()].

dhcp(Options) ->
    <<2, 1, 6, 0, 0:32, 0:64, 10, 9, 0, 10, 10, 9, 0, 1, 0:32, (attack_wire:mac(0))/binary, 0:80, 0:1536, 16#63825363:32, Options/binary>>.

dhcp_options() ->
    [<<>>, <<255>>, <<53>>, <<53, 0, 255>>, <<53, 1, 2, 255>>, <<53, 1, 5, 51, 4, 0:32, 255>>, <<53, 255, 2>>, <<52, 1, 3, 53, 1, 2, 255>>, <<52, 1, 255>>,
     <<53, 1, 2, 1, 3, 255, 255, 255>>, <<53, 1, 2, 6, 7, 0:56, 255>>, <<53, 1, 5, 3, 0, 6, 0, 255>>, (binary:copy(<<12, 2, 0, 0>>, 70))].

%% ---- TCP ----

syn(Fields) ->
    Options = maps:get(options, Fields, <<>>),
    #{from := From, flags := Flags, words := Words, urgent := Urgent, data := Data} =
        maps:merge(#{from => 1000, flags => ?SYN, words => 5 + byte_size(Options) div 4, urgent => 0, data => <<>>}, Fields),
    <<From:16, ?ECHO:16, 1:32, 0:32, Words:4, 0:4, Flags, 65535:16, 0:16, Urgent:16, Options/binary, Data/binary>>.

%% What stands behind a TCP head: lengths that are none of each kind, values that nobody may mean, the end in the midst.
options() ->
    [pad(O) || O <-
        [<<Kind, Size>> || Kind <- [2, 3, 4, 5, 8, 19, 30, 254, 255], Size <- [0, 1, 2, 3, 41, 255]] ++
        [<<2, 4, Mss:16>> || Mss <- [0, 1, 47, 1461, 65535]] ++ [<<3, 3, Scale>> || Scale <- [0, 14, 15, 255]] ++
        [<<1, 1, 1, 2>>, <<1, 1, 2, 4>>, <<1, 3, 3>>, <<0, 2, 4, 0>>, <<5, 9, 0:56>>, <<5, 10, 255, 255, 255, 255, 0:32>>, <<5, 34, 0:256>>, <<5, 38, 0:288>>,
         <<8, 10, 255:64>>, <<8, 9, 0:56>>, <<4, 2, 4, 2, 4, 2, 4, 2>>, binary:copy(<<1>>, 40), binary:copy(<<2, 4, 2, 0>>, 10), binary:copy(<<0>>, 40),
         <<2, 4, 5, 180, 3, 3, 7, 4, 2, 8, 10, 0:64, 19, 18, 0:128>>]].

tcp_heads() ->
    [Make(syn(Fields)) || Make <- [fun(S) -> ip4(#{}, S) end, fun(S) -> ip6(#{}, S) end], Fields <-
        [#{words => W} || W <- [0, 1, 4, 6, 15]] ++ [#{flags => F} || F <- lists:seq(0, 63) ++ [255]] ++
        [#{urgent => 65535, flags => 16#22}, #{from => 0}, #{data => <<0:8000>>}, #{flags => 3, data => <<"x">>}]] ++
    [ip4(#{}, binary:part(syn(#{}), 0, Size)) || Size <- [0, 1, 4, 13, 19]] ++ [ip6(#{}, binary:part(syn(#{}), 0, Size)) || Size <- [0, 1, 4, 13, 19]].

%% ---- IPv6 ----

ip6(Fields, Payload) ->
    #{version := Version, size := Size, next := Next, hops := Hops, from := From, to := To} =
        maps:merge(#{version => 6, size => byte_size(Payload), next => ?TCP, hops => 255, from => attack_wire:six(<<10, 9, 1, 1>>), to => attack_wire:ip6(0)}, Fields),
    ethernet(16#86dd, <<Version:4, 0:28, Size:16, Next, Hops, From/binary, To/binary, Payload/binary>>).

ip6_heads() ->
    Syn = syn(#{}),
    Strange = [<<0:128>>, <<1:128>>, <<16#ff02:16, 1:112>>, <<16#ff01:16, 1:112>>, <<16#ff0f:16, 9:112>>, <<0:80, 16#ffff:16, 127, 0, 0, 1>>, <<0:80, 16#ffff:16, 10, 9, 0, 10>>,
               <<16#fec0:16, 9:112>>, attack_wire:ip6(0)],
    [ip6(Fields, Syn) || Fields <- [#{version => 4}, #{version => 15}, #{size => 0}, #{size => 19}, #{size => 21}, #{size => 65535}, #{hops => 0}, #{next => 59}, #{next => 255},
                                    #{next => 4}, #{next => 41}, #{next => 1}]] ++
    [ip6(#{from => Ip}, Syn) || Ip <- Strange] ++ [ip6(#{to => Ip}, Syn) || Ip <- Strange] ++
    [ip6(#{from => attack_wire:ip6(0)}, syn(#{from => ?ECHO})), ip6(#{from => <<1:128>>, to => <<1:128>>}, Syn)].

%% Without the byte that names the next head: as many units of 8 bytes as the option fills.
ip6_option(<<Option/binary>>) ->
    Size = (byte_size(Option) + 2 + 7) div 8 * 8,
    <<(Size div 8 - 1), Option/binary, 0:((Size - 2 - byte_size(Option)) * 8)>>.

%% One that fills up and is too long; jumbo; for routers; unknown ones, whose first two bits say what is to be done.
ip6_options() ->
    [<<1, Size>> || Size <- [0, 4, 5, 255]] ++ [<<16#c2, 4, 0:32>>, <<16#c2, 4, 1:32>>, <<16#c2, 3, 0:24>>, <<5, 2, 0, 0>>, <<5, 0>>] ++
    [<<Kind, 2, 0, 0>> || Kind <- [16#1e, 16#5e, 16#9e, 16#de]] ++ [binary:copy(<<0>>, 46), binary:copy(<<1, 0>>, 23)].

ip6_extensions() ->
    Syn = syn(#{}),
    Piece = fun(Id, Offset, More, Data) -> ip6(#{next => 44}, <<?TCP, 0, Offset:13, 0:2, More:1, Id:32, Data/binary>>) end,
    [ip6(#{next => Next}, <<Then, Units, 0:48, Syn/binary>>) || Next <- [0, 43, 44, 51, 60, 135], Then <- [0, ?TCP, 44, 59, 60], Units <- [0, 1, 255]] ++
    [ip6(#{next => 43}, <<?TCP, 2, Kind, Left, 0:32, (attack_wire:ip6(0))/binary, Syn/binary>>) || Kind <- [0, 2, 4, 255], Left <- [0, 1, 255]] ++
    [ip6(#{next => 60}, <<(binary:copy(<<60, 0, 1, 4, 0:32>>, 60))/binary, ?TCP, 0, 1, 4, 0:32, Syn/binary>>),
     ip6(#{next => 44}, <<(binary:copy(<<44, 0, 0:48>>, 60))/binary, ?TCP, 0, 0:48, Syn/binary>>)] ++
    [ip6(#{next => Next}, Data) || Next <- [0, 43, 44, 60, ?ICMP6], Data <- [<<>>, <<?TCP>>, <<?TCP, 0, 0:40>>]] ++
    [Piece(1, 0, 0, Syn), Piece(2, 8191, 0, Syn), Piece(2, 8191, 1, <<Syn/binary, 0:32>>), Piece(3, 0, 1, <<1, 2, 3>>), Piece(4, 0, 1, <<0:1600>>), Piece(4, 10, 1, <<0:1600>>),
     Piece(4, 5, 1, <<0:1600>>), Piece(4, 20, 0, <<0:1600>>), Piece(5, 25, 0, <<0:1600>>), Piece(5, 20, 0, <<0:1600>>), Piece(6, 0, 1, <<>>), Piece(6, 0, 0, <<>>)] ++
    [Piece(7, N * 25, 1, <<0:1600>>) || N <- lists:seq(0, 340)].

icmp6() ->
    Own = attack_wire:ip6(0),
    Other = attack_wire:six(<<10, 9, 1, 7>>),
    Inner = <<16#60, 0:24, 20:16, ?TCP, 64, Own/binary, Other/binary, ?ECHO:16, 1000:16, 1:32>>,
    Prefix = fun(Units, Bits, Valid, Preferred) -> <<3, Units, Bits, 16#c0, Valid:32, Preferred:32, 0:32, 16#fec0:16, 0:112>> end,
    [<<Type, Code, 0:16, Word:32, Inner/binary>> || Type <- [1, 2, 3, 4, 100, 127, 255], Code <- [0, 4, 255], Word <- [0, 1280, 16#ffffffff]] ++
    [<<1, 4, 0:16, 0:32, (binary:part(Inner, 0, Size))/binary>> || Size <- [0, 1, 39, 40, 47]] ++
    [<<Type, 0, 0:16, 0:32, Target/binary, Option/binary>> || Type <- [135, 136, 137], Target <- [Own, Other, <<0:128>>, <<16#ff02:16, 1:112>>],
        Option <- [<<>>, <<1, 0, 0:48>>, <<1, 255, 0:48>>, <<1>>, <<2, 1, 255:48>>, <<14, 1, 0:48>>, <<1, 1>>]] ++
    [<<134, 0, 0:16, 64, 0, 0:16, 0:64, Option/binary>> || Option <- [
        <<>>, <<1, 0, 0:48>>, <<5, 1, 0:16, 0:32>>, <<5, 1, 0:16, 16#ffffffff:32>>, <<5, 0>>, <<25, 1, 0:48>>, <<25, 3, 0:176>>, <<25, 255, 0:48>>, <<24, 1, 255, 0:40>>,
        Prefix(0, 64, 1, 1), Prefix(4, 129, 1, 1), Prefix(4, 255, 1, 1), Prefix(4, 64, 1, 2), Prefix(4, 0, 1, 1), Prefix(3, 64, 1, 1), Prefix(4, 64, 0, 0)]] ++
    [<<134, 0, 0:16>>, <<133, 0, 0:16, 0:32, 1, 0>>, <<135, 0, 0:16>>, <<136, 0, 0:16, 0:32>>] ++
    [<<Type, 0, 0:16, Delay:16, 0:16, Group/binary>> || Type <- [130, 131, 132], Delay <- [0, 65535], Group <- [<<>>, <<0:128>>, <<16#ff02:16, 1:112>>, Own]] ++
    [<<128>>, <<128, 0, 0:16>>, <<128, 255, 0:16, 0:32>>].
