%% SPDX-License-Identifier: Apache-2.0
%% On the host: two clients of an XMPP server (RFC 6120, 6121; accounts by XEP-0077), each over TLS and at its own port, that talk to each other.
-module(xmpp_client).
-export([talk/3]).

-define(PATIENCE_MS, 60000).

-record(client, {name, socket, read = <<>>}).

%% Anna at one port, Berta at the other: Count messages there, each answered.
-spec talk(inet:port_number(), inet:port_number(), pos_integer()) -> ok.
talk(AnnaPort, BertaPort, Count) ->
    {ok, _} = application:ensure_all_started(ssl),
    Anna = open(AnnaPort, "anna"),
    Berta = open(BertaPort, "berta"),
    io:format("both are there~n"),
    {_, _} = lists:foldl(fun exchange/2, {Anna, Berta}, lists:seq(1, Count)),
    io:format("exchanged ~b messages~n", [2 * Count]).

exchange(Number, {Anna, Berta}) ->
    There = ["question ", integer_to_list(Number)],
    Back = ["answer ", integer_to_list(Number)],
    say(Anna, "berta", There),
    Heard = heard(Berta, "anna", There),
    say(Heard, "anna", Back),
    {heard(Anna, "berta", Back), Heard}.

say(#client{socket = Socket}, To, Text) ->
    ok = ssl:send(Socket, ["<message type='chat' to='", To, "@localhost'><body>", Text, "</body></message>"]).

heard(Client, From, Text) ->
    until(Client, ["<message[^>]*from='", From, "@localhost[^>]*>.*<body>", Text, "</body>.*</message>"]).

%% An account of its own, then the login with it.
open(Port, Name) ->
    {ok, Socket} = ssl:connect("localhost", Port, [binary, {active, false}, {verify, verify_none}, {versions, ['tlsv1.3', 'tlsv1.2']}], ?PATIENCE_MS),
    Features = stream(#client{name = Name, socket = Socket}),
    Made = ask(Features, [
        "<iq type='set' id='account'><query xmlns='jabber:iq:register'><username>", Name, "</username><password>secret</password></query></iq>"
    ], "<iq[^>]*type='result'[^>]*>"),
    Login = base64:encode(iolist_to_binary(["\0", Name, "\0secret"])),
    Known = ask(Made, ["<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>", Login, "</auth>"], "<success"),
    Bound = ask(stream(Known#client{read = <<>>}), "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", "<jid>[^<]*</jid>"),
    ask(Bound, "<presence/>", "<presence").

stream(Client) ->
    ask(Client, "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
        "</stream:features>").

ask(#client{socket = Socket} = Client, Text, Pattern) ->
    ok = ssl:send(Socket, Text),
    until(Client, Pattern).

%% Reads until the pattern is there, and forgets up to its end.
until(#client{socket = Socket, read = Read, name = Name} = Client, Pattern) ->
    case re:run(Read, Pattern, [dotall]) of
        {match, [{Start, Length} | _]} ->
            <<_:(Start + Length)/binary, Rest/binary>> = Read,
            Client#client{read = Rest};
        nomatch ->
            case ssl:recv(Socket, 0, ?PATIENCE_MS) of
                {ok, Bytes} -> until(Client#client{read = <<Read/binary, Bytes/binary>>}, Pattern);
                Error -> exit({Name, Error, {wanted, lists:flatten(Pattern)}, {got, Read}})
            end
    end.
