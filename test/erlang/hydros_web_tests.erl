%% SPDX-License-Identifier: Apache-2.0
%% The web console: what it reads and writes, over anything; and served by a machine that is played.
-module(hydros_web_tests).
-export([watch_without_reading/0, keep_deaths/1, connections/0, watchers/0, is_served/0, is_served_by_another/1, stop_listening/1, flood_watcher/0, listen_to_logger/0, reports/0, log/2]).
-include_lib("proper/include/proper.hrl").
-include_lib("eunit/include/eunit.hrl").

%% ---- requests ----

head(Lines) -> iolist_to_binary([lists:join("\r\n", Lines), "\r\n\r\n"]).

requests_test() ->
    ?assertEqual({ok, #{method => get, path => [], token => none, host => <<"x">>}}, hydros_web_request:read("GET", "/", [{"host", "x"}])),
    ?assertEqual(
        {ok, #{method => post, path => [<<"nodes">>, <<"2">>, <<"restart">>], token => <<"word">>, host => none}},
        hydros_web_request:read("POST", "/nodes//2/restart?x=%1", [{"content-length", "0"}, {"x-hydros-token", "word"}])
    ),
    Refused = [
        {405, "PUT", "/", []}, {405, "OPTIONS", "*", []}, {404, "GET", "/%41", []}, {404, "GET", "*", []}, {404, "GET", [$/, 255], []},
        {400, "GET", "/", [{"host", "n0"}, {"host", "n1"}]}, {400, "POST", "/", [{"x-hydros-token", "a"}, {"x-hydros-token", "b"}]}
    ],
    [?assertEqual({error, Status}, hydros_web_request:read(Method, Target, Headers)) || {Status, Method, Target, Headers} <- Refused].

%% Who announces a body is refused before one is waited for.
body_test() ->
    Heard = fun(Header) -> case hydros_web_request:request_header(Header) of {true, H} -> [H]; false -> [] end end,
    [
        ?assertEqual({error, 413}, hydros_web_request:read("POST", "/", Heard(Header)))
     || Header <- [{"content-length", "1"}, {"content-length", "00"}, {"transfer-encoding", "chunked"}]
    ],
    ?assertEqual([], [H || {Name, _} = H <- lists:append([Heard({N, "1"}) || N <- ["content-length", "transfer-encoding", "expect"]]), Name =/= "x-hydros-body"]),
    ?assertEqual([{"content-length", "0"}], Heard({"content-length", "0"})),
    ?assertEqual([{"host", "n0"}], Heard({"host", "n0"})).

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
    Right = head(["GET /deaths/x/order HTTP/1.1", "Host: n0", "X-Hydros-Token: abcdefabcdef", "Accept: */*"]),
    oneof([
        binary(),
        ?LET(N, range(0, byte_size(Right)), binary:part(Right, 0, N)),
        ?LET({N, C}, {range(0, byte_size(Right) - 1), byte()}, begin
            <<A:N/binary, _, B/binary>> = Right,
            <<A/binary, C, B/binary>>
        end)
    ]).

%% Whatever the httpd makes of them has an answer.
prop_any_request() ->
    Text = ?LET(Bytes, binary(), binary_to_list(Bytes)),
    Name = oneof(["host", "x-hydros-token", "content-length", "x-hydros-body", Text]),
    ?FORALL({Method, Target, Headers}, {oneof(["GET", "HEAD", "POST", Text]), oneof([Text, ["/" | Text]]), list({Name, Text})},
        case hydros_web_request:read(Method, lists:flatten(Target), Headers) of
            {error, Status} -> lists:member(Status, [400, 404, 405, 413]);
            {ok, #{path := Path, host := Host}} ->
                is_boolean(hydros_web_request:is_ours(Host, [<<"n0">>])) andalso
                lists:all(fun(Part) -> binary:match(Part, [<<"/">>, <<"%">>, <<0>>]) =:= nomatch end, Path)
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
     || P <- [prop_any_request, prop_strings, prop_deaths, prop_recoveries]
    ].

%% ---- served ----

-define(TOKEN, "correct-horse").

served_test_() ->
    {setup, fun start/0, fun stop/1, fun({Machine, Ports}) ->
        [{timeout, 60, {atom_to_list(Name), fun() -> Test(Machine, Ports) end}} || {Name, Test} <- [
            {pages, fun pages/2}, {refused, fun refused/2}, {orders, fun orders/2}, {deaths, fun deaths/2}, {stream, fun stream/2}, {full, fun full/2},
            {slow, fun slow/2}, {slow_watcher, fun slow_watcher/2}, {slow_reader, fun slow_reader/2}, {any_bytes, fun any_bytes/2}, {crowd, fun crowd/2},
            {quiet, fun quiet/2}, {deaf, fun deaf/2}
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
        ok = played_machine:call(Node, ?MODULE, listen_to_logger, [], Machine),
        {ok, _} = played_machine:call(Node, supervisor, start_child, [hydros_sup, #{id => web, type => supervisor, start => {hydros_web_sup, start_link, []}}], Machine),
        Port
    end || Node <- [0, 1]],
    [played_machine:wait_until(fun() -> played_machine:call(Node, ?MODULE, is_served, [], Machine) end, 20000) || Node <- [0, 1]],
    {Machine, Ports}.

%% A connection that comes before that may be answered 500.
is_served() ->
    whereis(hydros_web) =/= undefined andalso is_pid(element(5, sys:get_state(hydros_web))).

stop({Machine, _}) -> played_machine:stop(Machine).

free_port() ->
    {ok, Socket} = gen_tcp:listen(0, []),
    {ok, Port} = inet:port(Socket),
    gen_tcp:close(Socket),
    Port.

%% What is an error would be written on the node's console.
listen_to_logger() ->
    ok = persistent_term:put(?MODULE, counters:new(1, [])),
    ok = logger:set_handler_config(default, level, critical),
    ok = logger:add_handler(?MODULE, ?MODULE, #{level => error}),
    logger:set_primary_config(level, error).

log(_, _) -> counters:add(persistent_term:get(?MODULE), 1, 1).

reports() -> counters:get(persistent_term:get(?MODULE), 1).

connect(Port) ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}]),
    Socket.

ask(Port, [Line | Headers]) ->
    Hosts = [Header || Header <- Headers, "host:" ++ _ <- [string:lowercase(lists:flatten(Header))]],
    answer(Port, head([Line | Headers] ++ ["Host: n0" || Hosts =:= []])).

answer(Port, Bytes) ->
    Socket = connect(Port),
    ok = gen_tcp:send(Socket, Bytes),
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
    %% As a browser asks, and as one does that somebody else's name led here.
    Named = fun(Host) -> [status(ask(Port, [["GET ", Path, " HTTP/1.1"], ["Host: ", Host]])) || Path <- ["/", "/none", "/deaths/1/1"]] end,
    ?assertEqual([200, 404, 404], Named("127.0.0.1:8080")),
    ?assertEqual([200, 404, 404], Named("told.example")),
    ?assertEqual([421, 421, 421], Named("evil.example")),
    ?assertEqual(421, status(ask(Port, ["GET /events HTTP/1.1", "Host: evil.example"]))),
    ?assertEqual(421, status(ask(Port, ["POST /nodes/1/restart HTTP/1.1", "Host: evil.example", "X-Hydros-Token: " ?TOKEN]))).

%% By the console or by the httpd; either way a browser may do nothing with the answer.
refused(_, [Port | _]) ->
    Long = lists:duplicate(8250, $b),
    Requests = [
        {400, ["GET / HTTP/1.1", "Host: n0", "host: n1"]}, {400, ["GET / HTTP/3.0"]}, {404, ["GET /page%20js HTTP/1.1"]}, {400, ["GET /%zz HTTP/1.1"]},
        {405, ["PUT / HTTP/1.1"]}, {501, ["OPTIONS / HTTP/1.1"]}, {414, [["GET /", lists:duplicate(200, $a), " HTTP/1.1"]]}, {413, ["GET / HTTP/1.1", ["A: ", Long]]},
        {413, ["POST / HTTP/1.1", "Content-Length: 5"]}, {413, ["POST / HTTP/1.1", "Content-Length: 5", "Expect: 100-continue"]},
        {413, ["POST / HTTP/1.1", "Transfer-Encoding: chunked"]}
    ],
    [
        begin
            Answer = ask(Port, Lines),
            ?assertEqual({Lines, Status}, {Lines, status(Answer)}),
            [?assertNotEqual(nomatch, binary:match(Answer, Header)) || Header <- [<<"\r\nContent-Security-Policy: default-src 'none';">>, <<"\r\nX-Content-Type-Options: nosniff\r\n">>]],
            ?assertEqual(nomatch, binary:match(Answer, <<"\r\nServer:">>))
        end
     || {Status, Lines} <- Requests
    ],
    %% Without a host, and what is no request at all.
    ?assertEqual(400, status(answer(Port, head(["GET / HTTP/1.1"])))),
    ?assertEqual(505, status(answer(Port, head(["GET /"])))).

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
    ok = gen_tcp:send(Socket, head(["GET /events HTTP/1.1", "Host: n0"])),
    Both = fun(Read) -> length(binary:matches(Read, <<"\"answers\":true">>)) >= 4 andalso binary:match(Read, <<"\"in_s\":">>) =/= nomatch end,
    _ = until(Socket, Both, <<>>),
    ?assertEqual(1, played_machine:call(0, ?MODULE, watchers, [], Machine)),
    gen_tcp:close(Socket),
    %% Nobody looks: the gathering stops.
    played_machine:wait_until(fun() -> played_machine:call(0, ?MODULE, watchers, [], Machine) =:= 0 end, 5000).

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
    Streams = [begin Socket = connect(Port), ok = gen_tcp:send(Socket, head(["GET /events HTTP/1.1", "Host: n0"])), {ok, <<"HTTP/1.1 200", _/binary>>} = gen_tcp:recv(Socket, 0, 10000), Socket end || _ <- lists:seq(1, 48)],
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
    ?assertEqual(shutdown, played_machine:call(1, ?MODULE, watch_without_reading, [], Machine)).

watch_without_reading() ->
    {Pid, Watched} = spawn_monitor(fun() -> ok = hydros_web_state:subscribe(), timer:sleep(infinity) end),
    receive
        {'DOWN', Watched, process, Pid, Why} -> Why
    after 18000 -> lives
    end.

%% Who reads nothing at all is cut off after 5 s, however much there is to send.
slow_reader(Machine, [_, Port]) ->
    Socket = connect(Port),
    ok = gen_tcp:send(Socket, head(["GET /events HTTP/1.1", "Host: n0"])),
    {ok, <<"HTTP/1.1 200", _/binary>>} = gen_tcp:recv(Socket, 0, 10000),
    Took = played_machine:call(1, ?MODULE, flood_watcher, [], Machine),
    gen_tcp:close(Socket),
    ?assert(Took < 15000).

flood_watcher() ->
    [Pid] = maps:keys(element(3, sys:get_state(hydros_web_state))),
    Watched = monitor(process, Pid),
    Begun = erlang:monotonic_time(millisecond),
    Pid ! {hydros_web, binary:copy(<<"x">>, 32 bsl 20)},
    Pid ! {hydros_web, <<"more">>},
    receive
        {'DOWN', Watched, process, Pid, _} -> erlang:monotonic_time(millisecond) - Begun
    after 18000 -> lives
    end.

%% Whatever bytes come, there is an answer or none, and the connection's end; who says no more is not waited for.
any_bytes(Machine, [Port, _]) ->
    Ends = fun(Bytes) ->
        Socket = connect(Port),
        _ = gen_tcp:send(Socket, Bytes),
        _ = gen_tcp:shutdown(Socket, write),
        ends(Socket)
    end,
    ?assert(proper:quickcheck(?FORALL(Bytes, bytes(), Ends(Bytes)), [{numtests, 300}, quiet])),
    played_machine:wait_until(fun() -> played_machine:call(0, ?MODULE, connections, [], Machine) =:= 0 end, 10000).

ends(Socket) ->
    case gen_tcp:recv(Socket, 0, 10000) of
        {ok, _} -> ends(Socket);
        {error, Reason} -> gen_tcp:close(Socket), Reason =/= timeout
    end.

%% Asked as the httpd does before it lets one be served: that must be answered, however many wait for room.
connections() ->
    Httpd = element(5, sys:get_state(hydros_web)),
    {workers, Count} = lists:keyfind(workers, 1, gen_server:call(child(child(Httpd, httpd_instance_sup), httpd_connection_sup), count_children, 3000)),
    Count.

%% A supervisor of the httpd.
child(Supervisor, Name) ->
    [Pid] = [Pid || {Id, Pid, _, _} <- supervisor:which_children(Supervisor), element(1, Id) =:= Name],
    Pid.

%% More connections than are served: the next ones wait until the first have been given up, and are served then.
crowd(Machine, [_, Port]) ->
    Idle = [connect(Port) || _ <- lists:seq(1, 100)],
    Connections = fun() -> played_machine:call(1, ?MODULE, connections, [], Machine) end,
    Self = self(),
    Honest = spawn_link(fun() -> Self ! {self(), answers(Port)} end),
    Most = most(Connections, Honest, 0),
    ?assertEqual(64, Most),
    lists:foreach(fun gen_tcp:close/1, Idle),
    played_machine:wait_until(fun() -> Connections() =:= 0 end, 10000).

most(Connections, Honest, Most) ->
    receive
        {Honest, Status} -> ?assertEqual(200, Status), Most
    after 20 -> most(Connections, Honest, max(Most, Connections()))
    end.

%% Who is ended has no answer.
answers(Port) ->
    case ask(Port, ["GET / HTTP/1.1"]) of
        <<>> -> none;
        Answer -> status(Answer)
    end.

%% All that writes nothing on the nodes' consoles.
quiet(Machine, _) ->
    [?assertEqual(0, played_machine:call(Node, ?MODULE, reports, [], Machine)) || Node <- [0, 1]].

%% When its socket is closed, the httpd listens no more and says nothing: it is started again.
deaf(Machine, [Port | _]) ->
    Deaf = played_machine:call(0, ?MODULE, stop_listening, [Port], Machine),
    played_machine:wait_until(fun() -> played_machine:call(0, ?MODULE, is_served_by_another, [Deaf], Machine) end, 20000),
    ?assertEqual(200, status(ask(Port, ["GET / HTTP/1.1"]))).

stop_listening(Port) ->
    [Listener] = [P || P <- erlang:ports(), {ok, {_, Local}} <- [inet:sockname(P)], Local =:= Port, {error, _} <- [inet:peername(P)]],
    Deaf = element(5, sys:get_state(hydros_web)),
    ok = gen_tcp:close(Listener),
    Deaf.

is_served_by_another(Deaf) ->
    is_served() andalso element(5, sys:get_state(hydros_web)) =/= Deaf.

%% A release may come without inets; in embedded mode it has only what its boot script loads.
release_test_() ->
    {timeout, 60, fun() ->
        Ebin = filename:dirname(code:which(hydros_web)),
        {ok, Peer, _} = peer:start(#{connection => standard_io, args => ["-mode", "embedded", "-pa", Ebin]}),
        {module, hydros_web} = peer:call(Peer, code, load_file, [hydros_web]),
        ?assertNot(peer:call(Peer, hydros_web, is_possible, [])),
        peer:stop(Peer),
        ?assert(hydros_web:is_possible())
    end}.

%% A port that is somebody else's is had as soon as it is free.
taken_test_() ->
    {timeout, 60, fun() ->
        Files = filename:join(filename:dirname(filename:dirname(filename:dirname(code:which(hydros_web)))), "erlang/web"),
        {ok, Other} = gen_tcp:listen(0, []),
        {ok, Port} = inet:port(Other),
        {ok, Console} = hydros_web:start_link(Port, #{token => none, files => Files, names => []}),
        ?assertNot(is_served()),
        ok = gen_tcp:close(Other),
        played_machine:wait_until(fun is_served/0, 20000),
        ?assertEqual(200, status(ask(Port, ["GET /page.css HTTP/1.1"]))),
        ok = gen_server:stop(Console),
        {ok, Again} = gen_tcp:listen(Port, [{reuseaddr, true}]),
        gen_tcp:close(Again)
    end}.
