%% SPDX-License-Identifier: Apache-2.0
%% @private Supervisor of the application `hydros'.
-module(hydros_sup).
-behaviour(supervisor).
-export([start_link/0, init/1]).

-spec start_link() -> supervisor:startlink_ret().
start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

-spec init([]) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}}.
init([]) ->
    %% The cluster first: a node is connected as early as it can be.
    Workers = [worker(Module) || Module <- [hydros_cluster, hydros_beat, hydros_log]],
    Programs = [supervisor(hydros_programs), worker(hydros_placement)],
    Wishes = [{"HYDROS_WEB", supervisor(hydros_web_sup)}, {"HYDROS_TIME", worker(hydros_time)}],
    Asked = [optional(Child) || {Variable, Child} <- Wishes, os:getenv(Variable) =/= false],
    {ok, {#{strategy => one_for_one, intensity => 10, period => 10}, Workers ++ Programs ++ Asked}}.

worker(Module) ->
    #{id => Module, start => {Module, start_link, []}}.

supervisor(Module) ->
    (worker(Module))#{type => supervisor, shutdown => infinity}.

%% What an option asks for, and the node can do without: nothing of it is loaded otherwise, and when it ends it does not
%% take the node with it.
optional(#{id := Module} = Child) ->
    ok = load(Module),
    lists:foreach(fun load/1, Module:modules()),
    Child#{restart => temporary}.

load(Module) ->
    _ = erlang:module_loaded(Module) orelse code:load_file(Module),
    ok.
