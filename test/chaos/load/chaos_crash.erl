%% SPDX-License-Identifier: Apache-2.0
%% A permanent application whose one process crashes again and again: its supervisor starts it anew, a few times, then
%% gives up; with the application the whole runtime ends, and the node with it.
-module(chaos_crash).
-behaviour(application).
-behaviour(supervisor).
-export([begin_crashing/0, start/2, stop/1, init/1, start_child/0]).

-define(RESTARTS, 3).

-spec begin_crashing() -> ok.
begin_crashing() ->
    ok = application:load({application, ?MODULE, [{vsn, "1"}, {modules, [?MODULE]}, {registered, []},
                                                  {applications, [kernel, stdlib]}, {mod, {?MODULE, []}}]}),
    ok = application:start(?MODULE, permanent).

start(_, _) -> supervisor:start_link(?MODULE, []).

stop(_) -> ok.

init([]) ->
    persistent_term:put(?MODULE, counters:new(1, [])),
    {ok, {#{intensity => ?RESTARTS, period => 60}, [#{id => child, start => {?MODULE, start_child, []}}]}}.

-spec start_child() -> {ok, pid()}.
start_child() ->
    {ok, spawn_link(fun() ->
        Counter = persistent_term:get(?MODULE),
        ok = counters:add(Counter, 1, 1),
        _ = [chaos_line:say("did erl_escalation ~b restarts", [?RESTARTS]) || counters:get(Counter, 1) =:= 1 + ?RESTARTS],
        timer:sleep(20),
        exit(chaos)
    end)}.
