%% SPDX-License-Identifier: Apache-2.0
%% The judge of histories: lets every true history pass, and none in which a write is altered, lost or reordered.
-module(chaos_history_tests).
-include_lib("proper/include/proper.hrl").
-include_lib("eunit/include/eunit.hrl").

%% A node's line: what it holds of each writer, right.
line(Writers) ->
    line(Writers, fun(Writer, Last) -> chain(Writer, Last) end).

line(Writers, Chain) ->
    lists:flatten(["state true nodes 3 repairs 0 writers" |
                   [io_lib:format(" ~b:~b:~b:~b", [Writer, Last, Chain(Writer, Last), Acked])
                    || {Writer, Last, Acked} <- Writers]]).

chain(Writer, Last) ->
    chaos_value:chain_to(Writer, Last).

%% {Node, [{Writer, Last, Acked}]}, in any order of numbers: a restarted replica begins again.
told() ->
    list({range(0, 2), [{0, range(0, 30), range(0, 30)}, {1, range(0, 30), range(0, 30)}]}).

judge(Lines) ->
    lists:foldl(fun({Node, Line}, History) -> chaos_history:line(0, Node, Line, History) end, chaos_history:new(), Lines).

prop_true_histories_pass() ->
    ?FORALL(Told, told(), chaos_history:wrong(judge([{Node, line(Writers)} || {Node, Writers} <- Told])) =:= []).

%% One bit of one chain is different: found, and its node named.
prop_altered_history_is_found() ->
    ?FORALL({Told, Last, Bit}, {told(), range(1, 30), range(0, 31)},
            begin
                Bad = {2, line([{1, Last, 0}], fun(W, L) -> chain(W, L) bxor (1 bsl Bit) end)},
                Right = [{Node, line(Writers)} || {Node, Writers} <- Told],
                case chaos_history:wrong(judge(Right ++ [Bad])) of
                    ["node 2 holds another history of writer 1" ++ _] -> true;
                    _ -> false
                end
            end).

%% What was acknowledged by anybody has to be in every replica's newest state.
prop_missing_is_exact() ->
    ?FORALL(Told, told(),
            begin
                History = judge([{Node, line(Writers)} || {Node, Writers} <- Told]),
                Acked = chaos_history:acknowledged(History),
                Newest = maps:from_list(Told),
                Expected = length([x || Node <- [0, 1, 2], {Writer, Count} <- maps:to_list(Acked),
                                        last(Writer, maps:get(Node, Newest, [])) < Count]),
                length(chaos_history:missing(Acked, [0, 1, 2], History)) =:= Expected
            end).

last(Writer, Writers) ->
    case lists:keyfind(Writer, 1, Writers) of
        {_, Last, _} -> Last;
        false -> 0
    end.

%% Whatever a dying kernel left on the line, the judge stands.
prop_torn_lines() ->
    ?FORALL({Writers, Cut, Noise}, {[{0, range(0, 9), range(0, 9)}], range(0, 60), string()},
            begin
                Torn = lists:sublist(line(Writers), Cut) ++ Noise,
                is_list(chaos_history:wrong(chaos_history:line(0, 0, Torn, chaos_history:new())))
            end).

properties_test_() ->
    [{atom_to_list(Property),
      {timeout, 120, fun() -> ?assert(proper:quickcheck(?MODULE:Property(), [{numtests, 200}, {to_file, user}])) end}}
     || Property <- [prop_true_histories_pass, prop_altered_history_is_found, prop_missing_is_exact, prop_torn_lines]].

%% Of an earlier life.
forgotten_test() ->
    History = judge([{0, line([{0, 3, 3}])}]),
    ?assertEqual([], chaos_history:missing(#{0 => 3}, [0], History)),
    ?assertMatch([_], chaos_history:missing(#{0 => 3}, [0], chaos_history:forget(0, History))).
