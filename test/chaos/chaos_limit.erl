%% SPDX-License-Identifier: Apache-2.0
%% However long injections take, or if the driver itself hangs: a suite of tests ends. First it is asked to, which it does after the
%% present injection; if it does not, it is ended from here, with what it had told until then.
-module(chaos_limit).
-export([start/4, told/2]).

%% Ask() after so many milliseconds, End(verdicts, newest first) after so many more.
-spec start(non_neg_integer(), non_neg_integer(), fun(() -> term()), fun(([chaos_verdict:verdict()]) -> term())) -> pid().
start(Ms, MoreMs, Ask, End) ->
    spawn(fun() ->
        _ = erlang:send_after(Ms, self(), ask),
        _ = erlang:send_after(Ms + MoreMs, self(), 'end'),
        watch(Ask, End, [])
    end).

-spec told(pid(), chaos_verdict:verdict()) -> ok.
told(Limit, Verdict) ->
    Limit ! {told, Verdict},
    ok.

watch(Ask, End, Verdicts) ->
    receive
        {told, Verdict} -> watch(Ask, End, [Verdict | Verdicts]);
        ask -> Ask(), watch(Ask, End, Verdicts);
        'end' -> End(Verdicts)
    end.
