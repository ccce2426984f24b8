%% SPDX-License-Identifier: Apache-2.0
%% `/' gives back each frame; `/memory' tells what this node uses.
-module(websocket_app).
-behaviour(application).
-behaviour(supervisor).
-export([start/2, stop/1, init/1]).

-spec start(application:start_type(), term()) -> {ok, pid()} | {error, term()}.
start(_Type, _Arguments) ->
    Routes = cowboy_router:compile([{'_', [{"/", websocket_echo, []}, {"/memory", websocket_memory, []}]}]),
    Listener = #{socket_opts => [{port, 80}, {backlog, 1024}], max_connections => infinity, num_acceptors => 10},
    {ok, _} = cowboy:start_clear(websocket, Listener, #{env => #{dispatch => Routes}}),
    %% The machine's log, which is shown whichever console is selected.
    _ = file:write_file("/dev/kmsg", ["websocket: ", atom_to_list(node()), " serves\n"]),
    supervisor:start_link({local, websocket_sup}, ?MODULE, []).

-spec stop(term()) -> ok.
stop(_State) ->
    ok = cowboy:stop_listener(websocket).

%% ranch supervises the connections.
-spec init([]) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}}.
init([]) ->
    {ok, {#{}, []}}.
