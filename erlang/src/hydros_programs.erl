%% SPDX-License-Identifier: Apache-2.0
%% @private Supervisor of the keepers of the programs that run on this node. Its table tells an agent that starts anew
%% what runs here and what the one before it wanted: nothing has to end with an agent.
-module(hydros_programs).
-behaviour(supervisor).
-export([start_link/0, start/1, note/2, keepers/0, remember/1, recall/0, init/1]).

-spec start_link() -> supervisor:startlink_ret().
start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

%% Starts a keeper, which tells the agent about its program.
-spec start(hydros_program:program()) -> {ok, pid()}.
start(Program) ->
    {ok, Keeper} = supervisor:start_child(?MODULE, [Program]),
    {ok, Keeper}.

%% Called by a keeper: the program it keeps, and what that is now.
-spec note(Id :: term(), pid() | starting) -> true.
note(Id, What) ->
    ets:insert(?MODULE, {{keeper, self()}, Id, What}).

%% All keepers that live. Who has ended by itself meanwhile leaves its row behind.
-spec keepers() -> [{Keeper :: pid(), Id :: term(), pid() | starting}].
keepers() ->
    Living = [Keeper || {_, Keeper, _, _} <- supervisor:which_children(?MODULE), is_pid(Keeper)],
    Rows = [{Keeper, Id, What} || {{keeper, Keeper}, Id, What} <- ets:tab2list(?MODULE)],
    _ = [ets:delete(?MODULE, {keeper, Keeper}) || {Keeper, _, _} <- Rows, not lists:member(Keeper, Living)],
    [Row || {Keeper, _, _} = Row <- Rows, lists:member(Keeper, Living)].

%% What the agent wants the next one to know.
-spec remember(term()) -> true.
remember(Term) ->
    ets:insert(?MODULE, {agent, Term}).

-spec recall() -> {ok, term()} | none.
recall() ->
    case ets:lookup(?MODULE, agent) of
        [{_, Term}] -> {ok, Term};
        [] -> none
    end.

-spec init([]) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}}.
init([]) ->
    _ = ets:new(?MODULE, [public, named_table]),
    Keeper = #{
        id => hydros_program,
        start => {hydros_program, start_link, []},
        restart => temporary,
        shutdown => infinity
    },
    {ok, {#{strategy => simple_one_for_one}, [Keeper]}}.
