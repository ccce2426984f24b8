%% SPDX-License-Identifier: Apache-2.0
%% Lines of the nodes' logs, as the console shows them: each once.
-module(chaos_lines_tests).
-include_lib("eunit/include/eunit.hrl").

parse_test() ->
    ?assertEqual({3, 1_238_187_012, "chaos order 178 taken"}, chaos_lines:parse(<<"[n3 1238.187012] chaos order 178 taken">>)),
    ?assertEqual({12, 17_577, "node 1 of 4"}, chaos_lines:parse(<<"[n12    0.017577] node 1 of 4">>)),
    [?assertEqual({Line, none}, {Line, chaos_lines:parse(Line)})
     || Line <- [<<>>, <<"order 178 3 panic">>, <<"[boot] 4 cores">>, <<"[n3 1238.18[n2 1238.187013] panic: asked for">>, <<"x[n3 1.000000] y">>]].

new_ones(Lines) ->
    {New, _} = lists:foldl(fun({Node, Us, Text} = Line, {Heard, Lines0}) ->
        case chaos_lines:hear(Node, Us, Text, Lines0) of
            {new, Lines1} -> {[Line | Heard], Lines1};
            {again, Lines1} -> {Heard, Lines1}
        end
    end, {[], chaos_lines:new()}, Lines),
    lists:reverse(New).

%% Who takes the line over shows a part of each log again, then goes on; the other nodes' lines come between, and a line that was never
%% shown may be older than one that was.
each_once_test() ->
    First = [{0, 10, "a"}, {1, 12, "order 7 taken"}, {0, 14, "fault panic"}, {0, 14, "panic: asked for"}, {0, 90, "its last words"}],
    Again = [{0, 10, "a"}, {1, 12, "order 7 taken"}, {0, 14, "panic: asked for"}, {0, 90, "its last words"}],
    Next = [{0, 80, "never shown"}, {0, 900, "node 0, incarnation 2"}, {1, 14, "panic: asked for"}],
    ?assertEqual(First ++ Next, new_ones(First ++ Again ++ Next)),
    ?assertEqual(First ++ Next, new_ones(First ++ Again ++ Next ++ Again)).

%% As many as a log can hold, and no more than twice as many are kept.
bounded_test() ->
    Log = [{0, Us, "x"} || Us <- lists:seq(1, 2000)],
    ?assertEqual(Log, new_ones(Log ++ Log)),
    {_, Lines} = lists:foldl(fun(Us, {_, Lines0}) -> chaos_lines:hear(0, Us, "x", Lines0) end, {new, chaos_lines:new()}, lists:seq(1, 20000)),
    #{0 := {Newest, Before}} = Lines,
    ?assert(map_size(Newest) + map_size(Before) =< 4000).
