%% SPDX-License-Identifier: Apache-2.0
%% @doc The web console of the machine: listens, and gives each connection a process (docs/web.md).
%%
%% It speaks HTTP itself, over gen_tcp, and not with the httpd of OTP's inets. There a stream of events goes through
%% mod_esi, which (inets 8.2) takes pieces by message without bound, does not look whether sending them fails, and
%% does not see that the other side has gone: who does not read would fill the node's memory. It would also have to be in
%% every release, and costs 28 modules.
%%
%% Connections beyond the most that are served wait in the kernel, for as long as it takes one of those to end.
-module(hydros_web).
-export([start_link/2]).
-export([init/3]).

-define(CONNECTIONS_MAX, 64).
-define(AGAIN_MS, 2000).

%% @private
-spec start_link(inet:port_number(), hydros_web_connection:options()) -> {ok, pid()}.
start_link(Port, Options) ->
    proc_lib:start_link(?MODULE, init, [self(), Port, Options]).

%% @private
-spec init(pid(), inet:port_number(), hydros_web_connection:options()) -> no_return().
init(Parent, Port, Options) ->
    register(?MODULE, self()),
    proc_lib:init_ack(Parent, {ok, self()}),
    listen(Port, Options, none).

%% A port that somebody else has may become free.
listen(Port, Options, Told) ->
    Listening = [
        binary, {packet, raw}, {active, false}, {reuseaddr, true}, {backlog, ?CONNECTIONS_MAX}, {nodelay, true},
        {send_timeout, 5000}, {send_timeout_close, true}
    ],
    case gen_tcp:listen(Port, Listening) of
        {ok, Listener} ->
            accept(Listener, Options, 0);
        {error, Reason} ->
            _ = [logger:error("hydros: web console: port ~b: ~ts", [Port, inet:format_error(Reason)]) || Reason =/= Told],
            timer:sleep(?AGAIN_MS),
            listen(Port, Options, Reason)
    end.

accept(Listener, Options, Count) when Count >= ?CONNECTIONS_MAX ->
    accept(Listener, Options, ended(Count, infinity));
accept(Listener, Options, Count) ->
    case gen_tcp:accept(Listener) of
        {ok, Socket} ->
            {Pid, _} = spawn_monitor(fun() -> receive go -> hydros_web_connection:serve(Socket, Options) end end),
            _ = gen_tcp:controlling_process(Socket, Pid),
            Pid ! go,
            accept(Listener, Options, ended(Count + 1, 0));
        {error, Reason} when Reason =:= closed; Reason =:= einval ->
            exit({accept, Reason});
        {error, _} ->
            %% It was gone before; or there is no memory or descriptor for it now.
            timer:sleep(10),
            accept(Listener, Options, ended(Count, 0))
    end.

%% How many are left when those that are known to have ended are subtracted.
ended(Count, Patience) ->
    receive
        {'DOWN', _, process, _, _} -> ended(Count - 1, 0)
    after Patience ->
        Count
    end.
