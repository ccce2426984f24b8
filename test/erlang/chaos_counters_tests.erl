%% SPDX-License-Identifier: Apache-2.0
%% Lines about counters, and of which life of a node a line is: those of an earlier one come late, and say nothing about the present one.
-module(chaos_counters_tests).
-include_lib("eunit/include/eunit.hrl").

told(Lines) ->
    lists:foldl(fun({Reader, Line}, {Events, Counters0}) ->
        {New, Counters} = chaos_counters:told(Reader, string:lexemes(Line, " "), Counters0),
        {Events ++ New, Counters}
    end, {[], chaos_counters:new()}, Lines).

only_what_is_more_test() ->
    {Events, _} = told([{2, "1 bad_size 1 sessions 3"}, {2, "1 bad_size 1 sessions 3"}, {2, "1 bad_size 3 sessions 3"}, {3, "1 bad_size 1"}]),
    ?assertEqual([{counted, 2, 1, "bad_size", 1}, {counted, 2, 1, "sessions", 3}, {counted, 2, 1, "bad_size", 2}, {counted, 3, 1, "bad_size", 1}],
                 Events).

%% The next life counts from 0, and what it counts is seen also below what the one before had counted.
new_life_test() ->
    {_, Before} = told([{2, "1 bad_size 5"}, {3, "1 bad_size 5"}]),
    After = chaos_counters:forget(2, Before),
    ?assertMatch({[{counted, 2, 1, "bad_size", 1}], _}, chaos_counters:told(2, ["1", "bad_size", "1"], After)),
    ?assertMatch({[], _}, chaos_counters:told(3, ["1", "bad_size", "1"], After)).

%% A dying kernel wrote into it.
torn_line_test() ->
    {Events, _} = told([{2, ""}, {2, "[n3"}, {2, "1 bad_size"}, {2, "1 bad_size 7[n3 sessions 2"}, {2, "1"}]),
    ?assertEqual([{counted, 2, 1, "sessions", 2}], Events).

late_line_test() ->
    First = chaos_lives:runs(2, 1, 5_000_000, chaos_lives:new()),
    ?assert(chaos_lives:wrote(2, 1, 5_000, First)),
    ?assertNot(chaos_lives:wrote(2, 1, 4_999, First)),
    %% Its next life is known and does not run yet: the line is of the first one.
    ?assertNot(chaos_lives:wrote(2, 2, 9_000, First)),
    Second = chaos_lives:runs(2, 2, 8_000_000, First),
    ?assertNot(chaos_lives:wrote(2, 2, 7_999, Second)),
    ?assert(chaos_lives:wrote(2, 2, 8_000, Second)),
    ?assertNot(chaos_lives:wrote(3, 1, 8_000, Second)).

%% What its page says later may be what an injection altered (published_flip).
altered_beginning_test() ->
    Altered = chaos_lives:runs(2, 1, 1 bsl 60, chaos_lives:runs(2, 1, 5_000_000, chaos_lives:new())),
    ?assert(chaos_lives:wrote(2, 1, 6_000, Altered)).
