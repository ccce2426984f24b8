%% SPDX-License-Identifier: Apache-2.0
-module(hydros_text_tests).
-include_lib("proper/include/proper.hrl").
-include_lib("eunit/include/eunit.hrl").

nodes_test() ->
    [Zero, One] = hydros_text:nodes(
        <<"node 0 state running incarnation 1 memory_used 51234 step idle safe 1 self 1\n"
          "node 1 state starting incarnation 3 memory_used 0 step load target 2 safe 0 self 0 later x y\n">>),
    ?assertMatch(#{node := 0, state := running, incarnation := 1, memory_used := 51234, step := idle}, Zero),
    ?assertMatch(#{node := 1, state := starting, step := load, target := 2, later := <<"x">>}, One),
    ?assertEqual([], [Pairs || #{safe := _} = Pairs <- [Zero, One]]).

node_test() ->
    Text = <<"node 0 state running\nnode 1 state dead safe 0\nnode 11 state stopped\nnode 2">>,
    ?assertEqual({ok, #{node => 1, state => dead}}, hydros_text:node(Text, 1)),
    ?assertEqual({ok, #{node => 11, state => stopped}}, hydros_text:node(Text, 11)),
    ?assertEqual([error, error], [hydros_text:node(Text, N) || N <- [2, 3]]),
    ?assertEqual(error, hydros_text:node(<<>>, 0)).

deaths_test() ->
    [Two, One] = hydros_text:deaths(
        <<"death 2 node 1 incarnation 2 guardian 2 notice hang noticed_ms 51 exit_status -1 address ffffc00000000010\n"
          "text panic: page fault\ntext \nlog [n1 50.711001] one\nlog [n1 50.711002] two\nnew a line of later times\nend\n"
          "death 1 node 0 incarnation 1 guardian 1 notice last_words noticed_ms 7 exit_status 256 address 0\nend\n"
          "death 0 node 0">>),
    ?assertMatch(#{death := 2, node := 1, notice := hang, exit_status := -1, address := 16#ffffc00000000010}, Two),
    ?assertEqual([<<"panic: page fault">>, <<>>], maps:get(text, Two)),
    ?assertEqual([<<"[n1 50.711001] one">>, <<"[n1 50.711002] two">>], maps:get(log, Two)),
    ?assertMatch(#{death := 1, text := [], log := [], exit_status := 1}, One).

%% As a shell tells it; what no wait(2) gives is left as it is.
exit_status_test() ->
    Status = fun(Text) -> [#{exit_status := S}] = hydros_text:deaths(<<"death 1 exit_status ", Text/binary, "\nend\n">>), S end,
    [?assertEqual({Text, Told}, {Text, Status(Text)})
     || {Text, Told} <- [{<<"0">>, 0}, {<<"256">>, 1}, {<<"35584">>, 139}, {<<"11">>, 139}, {<<"134">>, 134}, {<<"-1">>, -1}, {<<"x">>, <<"x">>}]].

log_test() ->
    ?assertEqual(
        [{50711001, 1, <<"one">>}, {3000002, 12, <<>>}],
        hydros_text:log(<<"half a line\n[n1 50.711001] one\n[n12 3.000002] \n[n1 x] no\n">>)
    ).

merge_test() ->
    ?assertEqual(
        [{1, 0, <<"a">>}, {2, 1, <<"b">>}, {2, 0, <<"c">>}, {3, 1, <<"d">>}],
        hydros_log:merge([[{2, 1, <<"b">>}, {3, 1, <<"d">>}], [{1, 0, <<"a">>}, {2, 0, <<"c">>}]])
    ).

%% Any bytes, and any mixture of good lines, are read without failing.
text() ->
    Word = oneof([<<"node">>, <<"death">>, <<"end">>, <<"text">>, <<"log">>, <<"state">>, <<"1">>, <<"ff">>, binary()]),
    Space = oneof([<<" ">>, <<"\n">>, <<"  ">>]),
    ?LET(Parts, list({Word, Space}), iolist_to_binary([[W, S] || {W, S} <- Parts])).

prop_any_text() ->
    ?FORALL(Text, text(), begin
        is_list(hydros_text:nodes(Text)) andalso is_list(hydros_text:deaths(Text)) andalso is_list(hydros_text:log(Text))
    end).

properties_test_() ->
    {timeout, 60, ?_assertEqual([], proper:module(?MODULE, [{numtests, 500}, {to_file, user}]))}.
