%% SPDX-License-Identifier: Apache-2.0
%% The web console: what it reads and writes, over anything; and served by a machine that is played.
-module(hydros_web_tests).
-export([watch_without_reading/0, keep_deaths/1]).
-include_lib("proper/include/proper.hrl").
-include_lib("eunit/include/eunit.hrl").

%% ---- requests ----

head(Lines) -> iolist_to_binary([lists:join("\r\n", Lines), "\r\n\r\n"]).

requests_test() ->
    ?assertEqual({ok, #{method => get, path => [], token => none, host => <<"x">>}}, hydros_web_request:parse(head(["GET / HTTP/1.1", "Host: x"]))),
    ?assertEqual(
        {ok, #{method => post, path => [<<"nodes">>, <<"2">>, <<"restart">>], token => <<"word">>, host => none}},
        hydros_web_request:parse(head(["POST /nodes/2/restart?x=1 HTTP/1.1", "x-hydros-token: word", "Content-Length: 0"]))
    ),
    Refused = [
        {400, ["hello"]}, {400, ["GET http://other/ HTTP/1.1"]}, {400, ["GET / HTTP/1.1", "no colon"]}, {400, ["GET / HTTP/1.1", "Host: n0", "host: n1"]}, {505, ["GET / HTTP/2.0"]},
        {405, ["PUT / HTTP/1.1"]}, {405, ["OPTIONS / HTTP/1.1"]}, {404, ["GET /%2e%2e HTTP/1.1"]},
        {404, [["GET /", lists:duplicate(200, $a), " HTTP/1.1"]]},
        {413, ["POST / HTTP/1.1", "Content-Length: 1"]}, {413, ["POST / HTTP/1.1", "Transfer-Encoding: chunked"]},
        {431, ["GET / HTTP/1.1" | ["A: b" || _ <- lists:seq(1, 65)]]}, {431, ["GET / HTTP/1.1", ["A: ", lists:duplicate(9000, $b)]]}
    ],
    [?assertEqual({error, Status}, hydros_web_request:parse(head(Lines))) || {Status, Lines} <- Refused].

%% A name that somebody else can let point here is not ours.
hosts_test() ->
    Ours = ["127.0.0.1", "10.0.2.100:8080", "[::1]", "[fe80::1]:80", "localhost", "LocalHost:8080", "n0", "n12:80", "n3.hydros", "Console.example:80"],
    Others = [
        "", ":80", "x", "evil.example", "evil.example:8080", "console.example.evil", "n0.evil", "nx", "n0.hydros.evil", "127.0.0.1.evil", "127.1",
        "localhost.evil", "localhost\n", "[evil]", "[127.0.0.1]", "::1", "[::1", "[::1]x", "n0:80:80", "a b", "n0@evil", [255]
    ],
    Is = fun(Host) -> hydros_web_request:is_ours(iolist_to_binary(Host), [<<"console.example">>]) end,
    ?assertEqual([], [Host || Host <- Ours, not Is(Host)]),
    ?assertEqual([], [Host || Host <- Others, Is(Host)]),
    ?assert(hydros_web_request:is_ours(none, [])).

%% Bytes of a request, altered, cut, or any.
bytes() ->
    Right = head(["POST /nodes/1/kill/order HTTP/1.1", "Host: n0", "X-Hydros-Token: abcdefabcdef", "Accept: */*"]),
    oneof([
        binary(),
        ?LET(N, range(0, byte_size(Right)), binary:part(Right, 0, N)),
        ?LET({N, C}, {range(0, byte_size(Right) - 1), byte()}, begin
            <<A:N/binary, _, B/binary>> = Right,
            <<A/binary, C, B/binary>>
        end)
    ]).

%% Whatever comes has an answer, and more bytes do not change one that was given.
prop_any_bytes() ->
    ?FORALL({Bytes, More}, {bytes(), binary()},
        case hydros_web_request:parse(Bytes) of
            more -> true;
            {error, Status} -> Status >= 400 andalso Status < 600;
            {ok, #{path := Path, host := Host}} = Answer ->
                is_boolean(hydros_web_request:is_ours(Host, [<<"n0">>])) andalso
                lists:all(fun(Part) -> binary:match(Part, [<<"/">>, <<"%">>, <<0>>]) =:= nomatch end, Path) andalso
                    Answer =:= hydros_web_request:parse(<<Bytes/binary, More/binary>>)
        end).

%% ---- JSON ----

json_test() ->
    ?assertEqual(
        <<"{\"a\":[1,-2,true,null,\"x\"],\"b\":\"q\\\"\\\\\\u000a\"}">>,
        iolist_to_binary(hydros_web_json:encode(#{a => [1, -2, true, null, x], b => <<"q\"\\\n">>}))
    ),
    ?assertEqual(<<"\"", 16#FFFD/utf8, "é"/utf8, "\"">>, iolist_to_binary(hydros_web_json:encode(<<255, "é"/utf8>>))).

%% Any bytes become a string that is UTF-8, in one line, and ends where it should.
prop_strings() ->
    ?FORALL(Bytes, binary(), begin
        Text = iolist_to_binary(hydros_web_json:encode(Bytes)),
        Inner = binary:part(Text, 1, byte_size(Text) - 2),
        is_list(unicode:characters_to_list(Text)) andalso [C || <<C>> <= Text, C < 32] =:= [] andalso
            binary:first(Text) =:= $" andalso binary:last(Text) =:= $" andalso not has_end(Inner)
    end).

has_end(<<"\\", _, Rest/binary>>) -> has_end(Rest);
has_end(<<"\"", _/binary>>) -> true;
has_end(<<_, Rest/binary>>) -> has_end(Rest);
has_end(<<>>) -> false.

%% ---- what is shown ----

death() ->
    ?LET({Node, Life, Noticed, Ended}, {range(0, 3), range(1, 4), range(0, 1000), range(0, 1000)},
        #{node => Node, incarnation => Life, noticed_ms => Noticed, ended_ms => Ended, text => [<<"cause">>], log => []}).

keys(Deaths) -> lists:usort([{N, I} || #{node := N, incarnation := I} <- Deaths]).

%% Each death once, newest first, none lost, however many nodes tell of it.
prop_deaths() ->
    ?FORALL(Known, list(list(death())), begin
        Deaths = hydros_web_view:deaths(Known),
        Times = [T || #{noticed_ms := T} <- Deaths],
        keys(Deaths) =:= keys(lists:append(Known)) andalso length(Deaths) =:= length(keys(Deaths)) andalso
            Times =:= lists:reverse(lists:sort(Times))
    end).

lives() ->
    ?LET(List, list({{range(0, 3), range(1, 5)}, range(0, 2000)}), maps:from_list(List)).

%% A recovery only for a death whose next life is known, and never before it.
prop_recoveries() ->
    ?FORALL({Deaths, Lives}, {?LET(D, list(death()), hydros_web_view:deaths([D])), lives()}, begin
        Recoveries = hydros_web_view:recoveries(Deaths, Lives),
        length(Recoveries) =:= length([1 || {N, I} <- keys(Deaths), is_map_key({N, I + 1}, Lives)]) andalso
            lists:all(fun(#{took_ms := Took}) -> Took >= 0 end, Recoveries)
    end).

rates_test() ->
    Sample = fun(Life, Time, Sent) -> #{incarnation => Life, time => Time, in => 0, out => Sent, status => #{run_queue => 1}, lives => #{}} end,
    Kernels = [#{node => 0, state => running}, #{node => 1, state => dead}],
    [Zero, One] = hydros_web_view:nodes(Kernels, #{0 => Sample(1, 3000, 60)}, #{0 => Sample(1, 1000, 20)}),
    ?assertMatch(#{out_s := 20.0, in_s := 0.0, run_queue := 1, answers := true}, Zero),
    ?assertEqual(#{node => 1, state => dead, answers => false}, One),
    %% Counts of another life say nothing; those of a connection that ended are gone.
    [Again, _] = hydros_web_view:nodes(Kernels, #{0 => Sample(2, 3000, 60)}, #{0 => Sample(1, 1000, 20)}),
    ?assertNot(is_map_key(out_s, Again)),
    ?assertMatch([#{out_s := 0.0}, _], hydros_web_view:nodes(Kernels, #{0 => Sample(1, 3000, 5)}, #{0 => Sample(1, 1000, 20)})).

%% What a browser could not put into a header whole is no token; neither is a short word.
token_test_() ->
    Token = fun(Word) ->
        true = os:putenv("HYDROS_WEB", "80"),
        true = os:putenv("HYDROS_WEB_TOKEN", Word),
        {ok, {_, Children}} = hydros_web_sup:init([]),
        [#{start := {_, _, [_, #{token := Kept}]}}] = [Child || #{id := hydros_web} = Child <- Children],
        Kept
    end,
    {foreach, fun() -> ok end, fun(_) -> os:unsetenv("HYDROS_WEB") end, [
        ?_assertEqual(Wanted, Token(Word))
     || {Word, Wanted} <- [
            {"correct-horse", <<"correct-horse">>}, {"a-short-one", none}, {"correct horse", none}, {"correct-h\x{f6}rse", none}, {"correct-\x{20ac}rse", none},
            {"correct\trse-horse", none}
        ]
    ]}.

properties_test_() ->
    [
        {atom_to_list(P), {timeout, 60, ?_assert(proper:quickcheck(?MODULE:P(), [{numtests, 500}, quiet]))}}
     || P <- [prop_any_bytes, prop_strings, prop_deaths, prop_recoveries]
    ].

%% ---- served ----

-define(TOKEN, "correct-horse").

served_test_() ->
    {setup, fun start/0, fun stop/1, fun({Machine, Ports}) ->
        [{timeout, 60, {atom_to_list(Name), fun() -> Test(Machine, Ports) end}} || {Name, Test} <- [
            {pages, fun pages/2}, {orders, fun orders/2}, {deaths, fun deaths/2}, {stream, fun stream/2}, {full, fun full/2}, {slow, fun slow/2}, {slow_watcher, fun slow_watcher/2}, {crowd, fun crowd/2}
        ]]
    end}.

%% Each node has the console on a port of its own, since all play on one system.
start() ->
    Machine = played_machine:start(2),
    Ports = [begin
        Port = free_port(),
        true = played_machine:call(Node, os, putenv, ["HYDROS_WEB", integer_to_list(Port)], Machine),
        true = played_machine:call(Node, os, putenv, ["HYDROS_WEB_TOKEN", ?TOKEN], Machine),
        true = played_machine:call(Node, os, putenv, ["HYDROS_WEB_HOST", "x.example,Told.example"], Machine),
        {ok, _} = played_machine:call(Node, supervisor, start_child, [hydros_sup, #{id => web, type => supervisor, start => {hydros_web_sup, start_link, []}}], Machine),
        Port
    end || Node <- [0, 1]],
    {Machine, Ports}.

stop({Machine, _}) -> played_machine:stop(Machine).

free_port() ->
    {ok, Socket} = gen_tcp:listen(0, []),
    {ok, Port} = inet:port(Socket),
    gen_tcp:close(Socket),
    Port.

connect(Port) ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}]),
    Socket.

ask(Port, Lines) ->
    Socket = connect(Port),
    ok = gen_tcp:send(Socket, head(Lines)),
    rest(Socket, <<>>).

rest(Socket, Read) ->
    case gen_tcp:recv(Socket, 0, 10000) of
        {ok, More} -> rest(Socket, <<Read/binary, More/binary>>);
        {error, closed} -> gen_tcp:close(Socket), Read
    end.

status(<<"HTTP/1.1 ", Status:3/binary, _/binary>>) -> binary_to_integer(Status).

pages(_, Ports) ->
    [?assertEqual(200, status(ask(Port, [["GET ", Path, " HTTP/1.1"]]))) || Port <- Ports, Path <- ["/", "/page.css", "/page.js"]],
    [Port | _] = Ports,
    [?assertEqual(404, status(ask(Port, [["GET ", Path, " HTTP/1.1"]]))) || Path <- ["/../ebin/hydros.app", "/x", "/deaths/1/1", "/deaths/x/1"]],
    ?assertEqual(nomatch, binary:match(ask(Port, ["HEAD / HTTP/1.1"]), <<"<html">>)),
    ?assertEqual(413, status(ask(Port, ["POST / HTTP/1.1", "Content-Length: 5"]))),
    %% As a browser asks, and as one does that somebody else's name led here.
    Named = fun(Host) -> [status(ask(Port, [["GET ", Path, " HTTP/1.1"], ["Host: ", Host]])) || Path <- ["/", "/none", "/deaths/1/1"]] end,
    ?assertEqual([200, 404, 404], Named("127.0.0.1:8080")),
    ?assertEqual([200, 404, 404], Named("told.example")),
    ?assertEqual([421, 421, 421], Named("evil.example")),
    ?assertEqual(421, status(ask(Port, ["GET /events HTTP/1.1", "Host: evil.example"]))),
    ?assertEqual(421, status(ask(Port, ["POST /nodes/1/restart HTTP/1.1", "Host: evil.example", "X-Hydros-Token: " ?TOKEN]))).

%% A machine that is only played takes no orders: what is tried is who may give them.
orders(_, [Port | _]) ->
    Order = fun(Path, Headers) -> status(ask(Port, [["POST ", Path, " HTTP/1.1"] | Headers])) end,
    [?assertEqual(403, Order("/nodes/1/restart", Headers)) || Headers <- [[], ["X-Hydros-Token: correct-horsf"], ["X-Hydros-Token: correct"]]],
    ?assertEqual(409, Order("/nodes/1/restart", ["X-Hydros-Token: " ?TOKEN])),
    ?assertEqual(409, Order("/nodes/1/kill/order", ["X-Hydros-Token: " ?TOKEN])),
    %% Of itself it says so before it would end.
    ?assertEqual(409, Order("/nodes/0/kill/panic", ["X-Hydros-Token: " ?TOKEN])),
    [?assertEqual(404, Order(Path, ["X-Hydros-Token: " ?TOKEN])) || Path <- ["/nodes/7/restart", "/nodes/1/kill/anything", "/"]].

%% A death that only another node knows is had from there, and kept.
deaths(Machine, [Port, Other]) ->
    Death = #{node => 1, incarnation => 7, noticed_ms => 1, text => [<<"panic: tried">>], log => []},
    _ = played_machine:call(1, ?MODULE, keep_deaths, [[Death]], Machine),
    Get = fun(To, Path) -> ask(To, [["GET /deaths/", Path, " HTTP/1.1"]]) end,
    ?assertNotEqual(nomatch, binary:match(Get(Port, "1/7"), <<"panic: tried">>)),
    _ = played_machine:call(1, ?MODULE, keep_deaths, [[]], Machine),
    ?assertEqual(200, status(Get(Port, "1/7"))),
    %% Both ask each other.
    Self = self(),
    Asking = [spawn_link(fun() -> Self ! {self(), status(Get(To, "1/8"))} end) || To <- [Port, Other, Port, Other]],
    ?assertEqual([404, 404, 404, 404], [receive {Pid, Status} -> Status end || Pid <- Asking]).

%% What its console keeps.
keep_deaths(Deaths) ->
    sys:replace_state(hydros_web_state, fun(State) -> setelement(9, State, Deaths) end).

stream(Machine, [Port, _]) ->
    Socket = connect(Port),
    ok = gen_tcp:send(Socket, head(["GET /events HTTP/1.1"])),
    Both = fun(Read) -> length(binary:matches(Read, <<"\"answers\":true">>)) >= 4 andalso binary:match(Read, <<"\"in_s\":">>) =/= nomatch end,
    _ = until(Socket, Both, <<>>),
    ?assertEqual(1, played_machine:call(0, erlang, apply, [fun watchers/0, []], Machine)),
    gen_tcp:close(Socket),
    %% Nobody looks: the gathering stops.
    played_machine:wait_until(fun() -> played_machine:call(0, erlang, apply, [fun watchers/0, []], Machine) =:= 0 end, 5000).

watchers() -> map_size(element(3, sys:get_state(hydros_web_state))).

until(Socket, Is, Read) ->
    case Is(Read) of
        true -> Read;
        false ->
            {ok, More} = gen_tcp:recv(Socket, 0, 10000),
            until(Socket, Is, <<Read/binary, More/binary>>)
    end.

%% So many watchers, and pages still come.
full(_, [_, Port]) ->
    Streams = [begin Socket = connect(Port), ok = gen_tcp:send(Socket, head(["GET /events HTTP/1.1"])), {ok, <<"HTTP/1.1 200", _/binary>>} = gen_tcp:recv(Socket, 0, 10000), Socket end || _ <- lists:seq(1, 48)],
    ?assertEqual(503, status(ask(Port, ["GET /events HTTP/1.1"]))),
    ?assertEqual(200, status(ask(Port, ["GET / HTTP/1.1"]))),
    lists:foreach(fun gen_tcp:close/1, Streams).

%% Half a request is given up after 5 s.
slow(_, [_, Port]) ->
    Socket = connect(Port),
    ok = gen_tcp:send(Socket, "GET / HTT"),
    Begun = erlang:monotonic_time(millisecond),
    ?assertEqual(408, status(rest(Socket, <<>>))),
    Took = erlang:monotonic_time(millisecond) - Begun,
    ?assert(Took >= 4500 andalso Took < 9000).

%% Nothing piles up for who does not read what he asked to watch.
slow_watcher(Machine, _) ->
    ?assertEqual(killed, played_machine:call(1, ?MODULE, watch_without_reading, [], Machine)).

watch_without_reading() ->
    {Pid, Watched} = spawn_monitor(fun() -> ok = hydros_web_state:subscribe(), timer:sleep(infinity) end),
    receive
        {'DOWN', Watched, process, Pid, Why} -> Why
    after 18000 -> lives
    end.

%% More connections than are served: the rest wait, and are served when the first have been given up.
crowd(Machine, [_, Port]) ->
    Idle = [connect(Port) || _ <- lists:seq(1, 100)],
    ?assertEqual(200, status(ask(Port, ["GET / HTTP/1.1"]))),
    lists:foreach(fun gen_tcp:close/1, Idle),
    ?assert(is_pid(played_machine:call(1, erlang, whereis, [hydros_web], Machine))).
