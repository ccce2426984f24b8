%% SPDX-License-Identifier: Apache-2.0
%% On the host: a time server that is a day ahead, and that also gives answers that must not be believed. On nodes: what
%% the clocks say.
-module(time_test).
-export([serve/1, node/0, ahead/0]).
-compile({no_auto_import, [node/0]}).

-define(DAY_US, 86400000000).

%% For ever.
serve(Port) ->
    {ok, Socket} = gen_udp:open(Port, [binary, {ip, {127, 0, 0, 1}}, {active, false}]),
    io:format("time: serving~n"),
    serve_loop(Socket).

serve_loop(Socket) ->
    {ok, {Address, Port, <<_:2, 4:3, 3:3, 0:(39 * 8), Origin:8/binary>>}} = gen_udp:recv(Socket, 48),
    %% From one who did not see the question, and the truth.
    Answers = [packet(<<"notasked">>, 0, 10 * ?DAY_US), packet(Origin, 0, ?DAY_US)],
    First = [packet(Origin, 3, 10 * ?DAY_US)], % from one who does not know the time
    Send = fun(Packet) -> ok = gen_udp:send(Socket, Address, Port, Packet) end,
    lists:foreach(Send, case put(asked, true) of undefined -> First; true -> Answers end),
    serve_loop(Socket).

packet(Origin, Leap, Ahead) ->
    Now = os:system_time(microsecond) + Ahead,
    Stamp = <<(Now div 1000000 + 2208988800):32, ((Now rem 1000000 bsl 32) div 1000000):32>>,
    <<Leap:2, 4:3, 4:3, 2, 6, -20, 655:32, 655:32, "TEST", Stamp/binary, Origin/binary, Stamp/binary, Stamp/binary>>.

%% On node 0 of two.
node() ->
    ok = hydros:wait(),
    Offset = same(100),
    io:format("time: ~b~n", [os:system_time(millisecond)]),
    ok = hydros:kill(1, order),
    timer:sleep(1000),
    Offset = same(100),
    %% Wrong by 100 ms: it melts, at 488 millionths, and nothing goes back.
    ok = hydros_machine:command(["clock ", integer_to_list(Offset - 100000)]),
    Begun = ahead(),
    {From, _} = read(),
    ok = steady(3000, read(), read()),
    Melted = Begun - ahead(),
    {To, _} = read(),
    Due = (To - From) * 488 div 1000000,
    io:format("time: ~b us melted, ~b were due~n", [Melted, Due]),
    true = abs(Melted - Due) < 300 + Due div 10,
    {error, einval} = hydros_machine:command("clock -5"),
    {error, einval} = hydros_machine:command("clock 9000000000000001"),
    io:format("time: done~n").

%% The offset that both nodes keep, when their kernels do.
same(Tries) ->
    Kept = [{catch erpc:call(Node, hydros_time, offset, [], 1000), catch erpc:call(Node, time_test, ahead, [], 1000)} || Node <- hydros:nodes()],
    case Kept of
        [{{ok, Offset}, A}, {{ok, Offset}, B}] when abs(A - Offset) < 1000, abs(B - Offset) < 1000 -> Offset;
        _ when Tries > 0 -> timer:sleep(500), same(Tries - 1);
        _ -> error({differ, Kept})
    end.

%% What the time of day is ahead of the monotonic clock, in microseconds: the least of some, since reading takes time.
ahead() ->
    lists:min([begin {Mono, Wall} = read(), Wall - Mono end || _ <- lists:seq(1, 20)]).

steady(Left, {Mono, Wall}, First) ->
    timer:sleep(5),
    {Mono1, Wall1} = Now = read(),
    true = Mono1 >= Mono andalso Wall1 >= Wall,
    case Mono1 - element(1, First) > Left * 1000 of
        true -> ok;
        false -> steady(Left, Now, First)
    end.

read() ->
    {_, Mono} = lists:keyfind(time, 1, erlang:system_info(os_monotonic_time_source)),
    {erlang:convert_time_unit(Mono, native, microsecond), os:system_time(microsecond)}.
