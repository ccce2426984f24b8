%% SPDX-License-Identifier: Apache-2.0
%% @private Supervisor of the keepers of the programs that run on this node.
-module(hydros_programs).
-behaviour(supervisor).
-export([start_link/0, start/2, init/1]).

-spec start_link() -> supervisor:startlink_ret().
start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

%% Starts a keeper, which tells `Owner' about its program.
-spec start(hydros_program:program(), pid()) -> {ok, pid()}.
start(Program, Owner) ->
    {ok, Keeper} = supervisor:start_child(?MODULE, [Program, Owner]),
    {ok, Keeper}.

-spec init([]) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}}.
init([]) ->
    Keeper = #{
        id => hydros_program,
        start => {hydros_program, start_link, []},
        restart => temporary,
        shutdown => infinity
    },
    {ok, {#{strategy => simple_one_for_one}, [Keeper]}}.
