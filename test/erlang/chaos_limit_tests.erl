%% SPDX-License-Identifier: Apache-2.0
%% A suite that takes too long is asked to end, and one that does not is ended, with what it had told.
-module(chaos_limit_tests).
-include_lib("eunit/include/eunit.hrl").

asked_then_ended_test() ->
    Self = self(),
    Limit = chaos_limit:start(100, 100, fun() -> Self ! asked end, fun(Verdicts) -> Self ! {ended, Verdicts} end),
    Monitor = monitor(process, Limit),
    ok = chaos_limit:told(Limit, #{injected => true}),
    receive asked -> ok after 60000 -> error(not_asked) end,
    ok = chaos_limit:told(Limit, #{injected => false}),
    receive {ended, Verdicts} -> ?assertEqual([#{injected => false}, #{injected => true}], Verdicts) after 60000 -> error(not_ended) end,
    receive {'DOWN', Monitor, process, _, normal} -> ok after 60000 -> error(runs_on) end.

not_before_test() ->
    Self = self(),
    Limit = chaos_limit:start(3600000, 1000, fun() -> Self ! asked end, fun(_) -> Self ! ended end),
    receive Word when Word =:= asked; Word =:= ended -> error(Word) after 200 -> ok end,
    exit(Limit, kill).
