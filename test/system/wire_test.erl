%% SPDX-License-Identifier: Apache-2.0
%% What a node answers to frames on the wire, on the nodes of attack_test.erl: echo, pieces, groups, windows, names.
-module(wire_test).
-export([static/1, answers/1, windows/1, names/1]).

-define(ECHO, 8080).
-define(STREAM, 8081).
-define(GROUP, 8083).
-define(NAMES, 8084).
-define(OURS, <<10, 9, 1, 1>>).

answers(Wire) ->
    [echo(Wire, Node, From, Size) || Node <- [0, 1, 2], From <- [?OURS, attack_wire:six(?OURS)], Size <- [0, 33, 1400]],
    [pieces(Wire, From) || From <- [?OURS, attack_wire:six(?OURS)]],
    group(Wire),
    true.

send(Wire, Node, From, To, Protocol, Data) ->
    attack_wire:frame(Wire, attack_wire:ip_frame(attack_wire:mac(Node), From, To, Protocol, Data)).

node_of(<<_:4/binary>>, Node) -> attack_wire:ip(Node);
node_of(_, Node) -> attack_wire:ip6(Node).

%% Node 1 has an address by option: it answers there, also when somebody outside has said that it is his.
static(Wire) ->
    From = <<16#fec0:16, 0:96, 16#99:16>>,
    Own = <<16#fec0:16, 0:96, 16#11:16>>,
    All = <<16#ff02:16, 0:104, 1>>,
    Claim = <<136, 0, 0:16, 16#20, 0:24, Own/binary, 2, 1, 16#52, 16#55, 10, 9, 0, 1>>,
    echo(Wire, 1, From, Own, 33),
    [attack_wire:frame(Wire, attack_wire:ip_frame(Mac, Who, To, 58, Claim))
     || Who <- [From, Own], {Mac, To} <- [{<<16#33, 16#33, 0, 0, 0, 1>>, All}, {attack_wire:mac(1), Own}]],
    echo(Wire, 1, From, Own, 34),
    true.

%% ICMP echo: what was sent comes back, its sum right.
echo(Wire, Node, From, Size) ->
    echo(Wire, Node, From, node_of(From, Node), Size).

echo(Wire, Node, From, To, Size) ->
    {Protocol, Kind} = case byte_size(From) of 4 -> {1, 8}; 16 -> {58, 128} end,
    Data = <<77:16, Size:16, (rand:bytes(Size))/binary>>,
    Ask = fun() -> send(Wire, Node, From, To, Protocol, <<Kind, 0, 0:16, Data/binary>>) end,
    #{} = attack_test:heard(Wire, {pong, To, Data}, Ask).

%% A datagram in two pieces, the second one first: only who has put them together can say that nobody is there.
pieces(Wire, From) ->
    Datagram = attack_wire:payload(17, From, node_of(From, 0), <<1000:16, 9999:16, 1608:16, 0:16, (rand:bytes(1600))/binary>>),
    <<First:800/binary, Second/binary>> = Datagram,
    Ask = fun() ->
        Id = rand:uniform(65535),
        [attack_wire:frame(Wire, piece(From, Id, Offset, More, Bytes)) || {Offset, More, Bytes} <- [{100, 0, Second}, {0, 1, First}]]
    end,
    #{} = attack_test:heard(Wire, {unreachable, 9999}, Ask).

piece(<<_:4/binary>> = From, Id, Offset, More, Bytes) ->
    <<Before:18/binary, _:32, After:12/binary, _/binary>> = attack_wire:ip_frame(attack_wire:mac(0), From, attack_wire:ip(0), 17, Bytes),
    attack_frames:right_head(<<Before/binary, Id:16, 0:2, More:1, Offset:13, After/binary, Bytes/binary>>);
piece(From, Id, Offset, More, Bytes) ->
    attack_wire:ip_frame(attack_wire:mac(0), From, attack_wire:ip6(0), 44, <<17, 0, Offset:13, 0:2, More:1, Id:32, Bytes/binary>>).

%% Node 1 is in a group; it says so when a router asks, and alone answers what is sent to it. Nobody is in another one.
group(Wire) ->
    From = attack_wire:six(?OURS),
    Ours = <<16#ff15:16, 0:96, 16#4859:16>>,
    Say = fun(Group) ->
        <<_:12/binary, Last:4/binary>> = Group,
        attack_wire:frame(Wire, attack_wire:ip_frame(<<16#33, 16#33, Last/binary>>, From, Group, 17, <<1000:16, ?GROUP:16, 15:16, 0:16, "members">>))
    end,
    Member = {datagram, attack_wire:ip6(1), <<"members">>},
    All = attack_test:heard(Wire, Member, fun() -> Say(Ours) end),
    [Member] = [What || {datagram, _, <<"members">>} = What <- maps:keys(All)],
    Query = fun() ->
        attack_wire:frame(Wire, attack_wire:ip_frame(<<16#33, 16#33, 0, 0, 0, 1>>, From, <<16#ff02:16, 0:104, 1>>, 58, <<130, 0, 0:16, 100:16, 0:16, 0:128>>))
    end,
    #{} = attack_test:heard(Wire, {member, attack_wire:ip6(1), Ours}, Query),
    _ = attack_wire:counts(Wire),
    [begin Say(<<16#ff15:16, 0:96, 16#485a:16>>), timer:sleep(20) end || _ <- lists:seq(1, 5)],
    timer:sleep(200),
    [] = [What || {datagram, _, <<"members">>} = What <- maps:keys(attack_wire:counts(Wire))].

%% Windows of more than 64 KiB, both ways, only for who says that he scales.
windows(Wire) ->
    {Scaled, Theirs} = window(Wire, <<2, 4, 1460:16, 1, 3, 3, 2>>),
    {Plain, PlainTheirs} = window(Wire, <<2, 4, 1460:16>>),
    io:format("under way at once: ~b bytes with a scaled window, ~b without; theirs: ~b and ~b~n", [Scaled, Plain, Theirs, PlainTheirs]),
    true = Scaled > 65535 andalso Plain > 32768 andalso Plain =< 65535 andalso Theirs > 65535 andalso PlainTheirs =< 65535.

%% The most that comes without an acknowledgement, and the window that the node tells.
window(Wire, Options) ->
    {ok, C} = attack_wire:connect(Wire, attack_test:somebody(), {0, ?STREAM}, Options),
    {Answered, _} = attack_wire:told(C),
    Scale =
        case {binary:match(Answered, <<3, 3>>), byte_size(Options)} of
            {{At, 2}, 8} -> binary:at(Answered, At + 2);
            {nomatch, 4} -> 0
        end,
    {ok, _, C1} = attack_wire:recv(C, 500000), % each segment acknowledged, so that more and more are under way
    {Flight, C2} = attack_wire:flight(C1, 250),
    attack_wire:close(C2),
    {ok, E} = attack_wire:connect(Wire, attack_test:somebody(), {0, ?ECHO}, Options),
    {ok, E1} = attack_wire:send(E, <<"x">>),
    {ok, <<"x">>, E2} = attack_wire:recv(E1, 1),
    {_, Window} = attack_wire:told(E2),
    attack_wire:close(E2),
    {Flight, Window bsl Scale}.

%% What a server of names on the wire knows, and what it does not, as glibc asks it.
names(Wire) ->
    [{ok, {10, 9, 7, 7}}, {ok, {16#fd00, 0, 0, 0, 0, 0, 0, 7}}] = name(Wire, "there.test"),
    [{error, nxdomain}, {error, nxdomain}] = name(Wire, "nowhere.test"),
    true.

name(Wire, Name) ->
    {ok, C} = attack_wire:connect(Wire, attack_test:somebody(), {0, ?NAMES}),
    {ok, C1} = attack_wire:send(C, list_to_binary(Name)),
    {ok, Text, C2} = attack_wire:recv(C1, 100),
    attack_wire:close(C2),
    {ok, Tokens, _} = erl_scan:string(binary_to_list(Text) ++ "."),
    {ok, Term} = erl_parse:parse_term(Tokens),
    Term.
