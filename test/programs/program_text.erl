%% SPDX-License-Identifier: Apache-2.0
%% Regular expressions, Unicode, numbers in text, floating point through the C library.
-module(program_text).
-export([cases/0]).

cases() ->
    [{re, fun re/0},
     {re_unicode, fun re_unicode/0},
     {re_limits, fun re_limits/0},
     {strings, fun strings/0},
     {floats, fun floats/0},
     {float_errors, fun float_errors/0},
     {float_switches, fun float_switches/0},
     {integers, fun integers/0},
     {binaries, fun binaries/0}].

re() ->
    {match, [<<"2023-04-05">>, <<"2023">>, <<"04">>, <<"05">>]} =
        re:run(<<"on 2023-04-05.">>, "(\\d+)-(\\d+)-(\\d+)", [{capture, all, binary}]),
    nomatch = re:run("abc", "^b"),
    "a<b>c<d>" = re:replace("abcd", "[bd]", "<&>", [global, {return, list}]),
    ["a", "b", "c"] = re:split("a1b22c", "[0-9]+", [{return, list}]),
    {ok, Compiled} = re:compile("(?<first>\\w+) (?<second>\\w+)", [caseless]),
    {match, ["two", "one"]} = re:run("one two", Compiled, [{capture, [second, first], list}]),
    Text = binary:copy(<<"some text with 123 numbers ">>, 20000),
    {match, Found} = re:run(Text, "\\d+", [global]),
    20000 = length(Found).

re_unicode() ->
    {match, ["\x{e9}t\x{e9}"]} = re:run("l'\x{e9}t\x{e9}!", "\\w+$|[\\p{L}]{3}", [unicode, ucp, {capture, all, list}]),
    {match, [<<"Σ"/utf8>>]} = re:run(<<"σΣ"/utf8>>, "\\p{Lu}", [unicode, {capture, all, binary}]).

%% Deep recursion uses the scheduler's stack: an answer, not a crash.
re_limits() ->
    {match, _} = re:run(binary:copy(<<"a">>, 100000), "^(a|b)*$"),
    Answer = re:run(lists:duplicate(30, $a) ++ "b", "(a+)+$", [{match_limit, 100000}, report_errors]),
    true = lists:member(Answer, [nomatch, {error, match_limit}]).

strings() ->
    "STRASSE" = string:uppercase("straße"),
    3 = string:length("e\x{301}t\x{e9}"),
    [101, 769] = unicode:characters_to_nfd_list("\x{e9}"),
    "\x{e9}" = unicode:characters_to_nfc_list([101, 769]),
    "aéß€😀" = lists:flatten(io_lib:format("~ts", [<<"aéß€😀"/utf8>>])),
    {incomplete, "a", <<226, 130>>} = unicode:characters_to_list(<<"a", 226, 130>>).

floats() ->
    "0.1" = float_to_list(0.1, [short]),
    1.7976931348623157e308 = list_to_float("1.7976931348623157e308"),
    5.0e-324 = list_to_float("5.0e-324"),
    "1.00000000000000005551e-01" = float_to_list(0.1),
    "3.142" = float_to_list(math:pi(), [{decimals, 3}]),
    true = abs(math:sin(1.0) - 0.8414709848078965) < 1.0e-15,
    true = abs(math:exp(math:log(10.0)) - 10.0) < 1.0e-12,
    1024.0 = math:pow(2, 10),
    2.0 = math:sqrt(4),
    -1 = round(-0.5),
    [F = binary_to_float(float_to_binary(F, [short])) || F <- [rand:uniform() * math:pow(10, N) || N <- lists:seq(-300, 300, 7)]].

float_errors() ->
    [{'EXIT', {badarith, _}} = catch Fun(list_to_float(Text)) || {Fun, Text} <-
        [{fun math:exp/1, "1000.0"}, {fun math:sqrt/1, "-1.0"}, {fun(X) -> 1.0 / X end, "0.0"}, {fun(X) -> 1.0e308 * X end, "10.0"}]].

%% Processes, threads of the runtime and child programs change places in the midst of computing.
float_switches() ->
    Self = self(),
    Sum = fun(Step) -> lists:foldl(fun(N, S) -> S + math:sin(N * Step) * math:sqrt(N) end, 0.0, lists:seq(1, 40000)) end,
    Steps = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
    Expected = [Sum(Step) || Step <- Steps],
    Noise = spawn_link(fun Loop() -> "2.5\n" = os:cmd("awk 'BEGIN { print 5 / 2 }'"), Loop() end),
    [spawn_link(fun() -> Self ! {Step, [Sum(Step), Sum(Step), Sum(Step)]} end) || Step <- Steps],
    [receive {Step, [E, E, E]} -> ok end || {Step, E} <- lists:zip(Steps, Expected)],
    unlink(Noise),
    exit(Noise, kill).

integers() ->
    Factorial = fun F(0) -> 1; F(N) -> N * F(N - 1) end,
    Big = Factorial(1000),
    2568 = length(integer_to_list(Big)),
    Big = list_to_integer(integer_to_list(Big)),
    1000 = Big div Factorial(999),
    0 = Big rem 997,
    Big = binary:decode_unsigned(binary:encode_unsigned(Big)),
    -1 = (-Big) bsr 10000,
    4 = 16#fffffffffffffffc band 7.

binaries() ->
    Big = binary:copy(<<1, 2, 3, 4, 5, 6, 7, 8>>, 1 bsl 17),
    Sum = lists:foldl(fun(N, S) -> S + binary:at(Big, N) end, 0, lists:seq(0, 999)),
    4500 = Sum,
    Swapped = << <<B:16/little>> || <<B:16/big>> <= Big >>,
    <<2, 1, 4, 3, _/binary>> = Swapped,
    [{0, 8} | _] = binary:matches(Big, <<1, 2, 3, 4, 5, 6, 7, 8>>),
    <<1:3, Rest/bitstring>> = <<2#001:3, 2#10101:5, Big/binary>>,
    <<2#10101:5, Big/binary>> = Rest,
    Joined = lists:foldl(fun(N, B) -> <<B/binary, N:32>> end, <<>>, lists:seq(1, 50000)),
    200000 = byte_size(Joined).
