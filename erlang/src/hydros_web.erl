%% SPDX-License-Identifier: Apache-2.0
%% @doc The web console of the machine: runs the httpd of OTP's inets, and keeps it in bounds (docs/web.md).
%%
%% The httpd runs below this process and without the application inets, whose other services nobody here asked for. It
%% reads requests, and has hydros_web_connection answer them. What of inets 8.2 is put right here:
%% - `max_clients' bounds no connections: those beyond it are accepted, too, and answered 503 once they have sent a whole
%%   request; until then each may hold 300 KB and more. So the supervisor of connections begins the next one when there is room; the
%%   acceptor waits for it, and those who come wait in the kernel.
%% - It accepts connections before it can serve them. One that comes in between gets a 500, or would be served without any
%%   limit; so it is ended.
%% - An acceptor that ends `normal', as it does after ECONNRESET, is not started again, and nobody listens any more.
%% - A port that somebody else has makes it write reports of several pages, and it does not try again.
-module(hydros_web).
-behaviour(gen_server).
-export([start_link/2, is_possible/0, options/0, wait_for_room/3]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-define(CONNECTIONS_MAX, 64).
-define(AGAIN_MS, 2000).
-define(FULL_MS, 20).
%% A request must be whole after so many seconds.
-define(REQUEST_S, 5).
%% Browsers send less than 2 KiB, and the cookies of other servers of the same host.
-define(HEAD_MAX, 8192).
-define(URI_MAX, 128).

-record(state, {
    port :: inet:port_number(),
    files :: file:filename(),
    told = none :: term(),
    httpd = none :: none | pid()
}).

%% @private
-spec start_link(inet:port_number(), hydros_web_connection:options()) -> {ok, pid()} | ignore | {error, term()}.
start_link(Port, Options) ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, {Port, Options}, []).

%% @doc Whether there is an httpd: a release may come without inets. All of it is loaded then: it accepts connections before it
%% can serve them (inets 8.2), and what has to be loaded in between makes that long.
-spec is_possible() -> boolean().
is_possible() ->
    _ = application:load(inets),
    case application:get_key(inets, modules) of
        {ok, Modules} -> code:ensure_modules_loaded([Module || Module <- Modules, is_needed(atom_to_list(Module))]) =:= ok;
        undefined -> false
    end.

is_needed("httpc" ++ _) -> false;
is_needed("http" ++ _) -> true;
is_needed(Name) -> Name =:= "inets".

%% @private For the processes of the httpd. Its own table of options would show the token to who asks it for them.
-spec options() -> hydros_web_connection:options().
options() ->
    persistent_term:get(?MODULE).

%% @private
-spec init({inet:port_number(), hydros_web_connection:options()}) -> {ok, #state{}}.
init({Port, #{files := Files} = Options}) ->
    _ = process_flag(trap_exit, true),
    %% At the start, before those that it has to end.
    _ = process_flag(priority, high),
    persistent_term:put(?MODULE, Options),
    self() ! listen,
    {ok, #state{port = Port, files = Files}}.

%% @private
-spec handle_call(term(), gen_server:from(), #state{}) -> {noreply, #state{}}.
handle_call(_, _, State) ->
    {noreply, State}.

%% @private
-spec handle_cast(term(), #state{}) -> {noreply, #state{}}.
handle_cast(_, State) ->
    {noreply, State}.

%% @private
-spec handle_info(term(), #state{}) -> {noreply, #state{}} | {stop, term(), #state{}}.
handle_info(listen, #state{port = Port, told = Told} = State) ->
    case is_free(Port) of
        ok ->
            run(State);
        {error, Reason} ->
            _ = [logger:error("hydros: web console: port ~b: ~ts", [Port, inet:format_error(Reason)]) || Reason =/= Told],
            _ = erlang:send_after(?AGAIN_MS, self(), listen),
            {noreply, State#state{told = Reason}}
    end;
%% Its acceptor has ended: of memory that was short, say. That may be better soon.
handle_info({'DOWN', _, process, _, _}, #state{httpd = Httpd} = State) when is_pid(Httpd) ->
    ok = stop(Httpd),
    _ = erlang:send_after(?AGAIN_MS, self(), listen),
    {noreply, State#state{httpd = none}};
handle_info({'EXIT', Httpd, Reason}, #state{httpd = Httpd} = State) ->
    {stop, {httpd, Reason}, State#state{httpd = none}};
handle_info(_, State) ->
    {noreply, State}.

%% @private The port is free again when this has returned.
-spec terminate(term(), #state{}) -> ok.
terminate(_, #state{httpd = none}) ->
    ok;
terminate(_, #state{httpd = Httpd}) ->
    stop(Httpd).

%% While a crowd waits, its end may take as long as a request.
stop(Httpd) ->
    ok = inets:stop(stand_alone, Httpd),
    receive
        {'EXIT', Httpd, _} -> ok
    end.

%% A port that somebody else has may become free.
is_free(Port) ->
    case gen_tcp:listen(Port, [{reuseaddr, true}]) of
        {ok, Listener} -> gen_tcp:close(Listener);
        {error, _} = Error -> Error
    end.

run(#state{port = Port, files = Files} = State) ->
    Configuration = [
        {port, Port}, {bind_address, any}, {ipfamily, inet},
        {server_name, "hydros"}, {server_tokens, none},
        %% It wants directories; no module of it serves from them.
        {server_root, Files}, {document_root, Files},
        {modules, [hydros_web_connection]}, {customize, hydros_web_request},
        {keep_alive, false}, {keep_alive_timeout, ?REQUEST_S}, {max_clients, ?CONNECTIONS_MAX},
        {max_header_size, ?HEAD_MAX}, {max_uri_size, ?URI_MAX}, {max_body_size, 1}
    ],
    case inets:start(httpd, Configuration, stand_alone) of
        {ok, Httpd} ->
            Instance = child(Httpd, httpd_instance_sup),
            _ = monitor(process, child(child(Instance, httpd_acceptor_sup), httpd_acceptor_sup)),
            Connections = child(Instance, httpd_connection_sup),
            ok = sys:install(Connections, {fun ?MODULE:wait_for_room/3, none}),
            [exit(Pid, shutdown) || {_, Pid, _, _} <- supervisor:which_children(Connections), is_pid(Pid)],
            {noreply, State#state{httpd = Httpd}};
        {error, Reason} ->
            {stop, Reason, State}
    end.

child(Supervisor, Name) ->
    [Pid] = [Pid || {Id, Pid, _, _} <- supervisor:which_children(Supervisor), element(1, Id) =:= Name],
    Pid.

%% @private In the supervisor of connections, before it takes a message. It has a link to each connection, and to its own
%% supervisor. Each connection asks how many there are before its time runs: who asks must not wait for room, too.
-spec wait_for_room(none, sys:system_event(), term()) -> none.
wait_for_room(none, {in, {'$gen_call', _, {start_child, _}}} = Event, Name) ->
    {links, Links} = process_info(self(), links),
    case length(Links) > ?CONNECTIONS_MAX of
        true ->
            receive
                {'$gen_call', From, count_children} -> gen_server:reply(From, [{workers, length(Links) - 1}])
            after ?FULL_MS -> ok
            end,
            wait_for_room(none, Event, Name);
        false ->
            none
    end;
wait_for_room(none, _, _) ->
    none.
