%% SPDX-License-Identifier: Apache-2.0
%% @private Keeper of one program on this node: starts it, starts it again as its `restart' says, ends it. It ends
%% itself with `{shutdown, finished}' when the program is done, with `{shutdown, failed}' when it fails too often.
-module(hydros_program).
-behaviour(gen_server).
-export([start_link/1, stop/1]).
-export([init/1, handle_continue/2, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).
-export_type([program/0]).

-type program() :: #{
    id := term(),
    start := {module(), atom(), [term()]},
    nodes := all | [hydros_address:node_number()],
    copies := all | pos_integer(),
    unique := boolean(),
    return := boolean(),
    restart := permanent | transient | temporary,
    shutdown := pos_integer()
}.

%% So many failures in so long a time are too many.
-define(FAILURES, 3).
-define(PERIOD_MS, 10000).

-record(state, {program :: program(), child = none :: none | pid(), failures = [] :: [integer()]}).

-spec start_link(program()) -> {ok, pid()} | {error, term()} | ignore.
start_link(Program) ->
    gen_server:start_link(?MODULE, Program, []).

-spec stop(pid()) -> ok.
stop(Keeper) ->
    gen_server:cast(Keeper, stop).

-spec init(program()) -> {ok, #state{}, {continue, start}}.
init(#{id := Id} = Program) ->
    process_flag(trap_exit, true),
    hydros_programs:note(Id, starting),
    {ok, #state{program = Program}, {continue, start}}.

-spec handle_continue(start, #state{}) ->
    {noreply, #state{}} | {noreply, #state{}, {continue, start}} | {stop, term(), #state{}}.
handle_continue(start, #state{program = #{id := Id, start := {Module, Function, Arguments}}} = State) ->
    try apply(Module, Function, Arguments) of
        {ok, Pid} when is_pid(Pid) -> started(Pid, State);
        {ok, Pid, _} when is_pid(Pid) -> started(Pid, State);
        ignore -> {stop, {shutdown, finished}, State};
        Other -> failed({start, Id, Other}, State)
    catch
        _:Reason -> failed({start, Id, Reason}, State)
    end.

started(Pid, #state{program = #{id := Id}} = State) ->
    hydros_programs:note(Id, Pid),
    hydros_placement:started(Id, self(), Pid),
    {noreply, State#state{child = Pid}}.

-spec handle_call(term(), gen_server:from(), #state{}) -> {reply, ok, #state{}}.
handle_call(_, _, State) ->
    {reply, ok, State}.

-spec handle_cast(term(), #state{}) -> {stop, {shutdown, stopped}, #state{}} | {noreply, #state{}}.
handle_cast(stop, State) ->
    {stop, {shutdown, stopped}, State};
handle_cast(_, State) ->
    {noreply, State}.

-spec handle_info(term(), #state{}) ->
    {noreply, #state{}} | {noreply, #state{}, {continue, start}} | {stop, term(), #state{}}.
handle_info({'EXIT', Pid, Reason}, #state{child = Pid, program = Program} = State) ->
    Ended = State#state{child = none},
    case {maps:get(restart, Program), is_normal(Reason)} of
        {temporary, _} -> {stop, {shutdown, finished}, Ended};
        {transient, true} -> {stop, {shutdown, finished}, Ended};
        _ -> failed({exit, maps:get(id, Program), Reason}, Ended)
    end;
handle_info(_, State) ->
    {noreply, State}.

is_normal(normal) -> true;
is_normal(shutdown) -> true;
is_normal({shutdown, _}) -> true;
is_normal(_) -> false.

failed(Why, #state{failures = Failures} = State) ->
    logger:error("hydros: a program failed: ~tp", [Why]),
    Now = erlang:monotonic_time(millisecond),
    Recent = [Now | [Time || Time <- Failures, Time > Now - ?PERIOD_MS]],
    case length(Recent) > ?FAILURES of
        true -> {stop, {shutdown, failed}, State};
        false -> {noreply, State#state{failures = Recent}, {continue, start}}
    end.

-spec terminate(term(), #state{}) -> ok.
terminate(_, #state{child = none}) ->
    ok;
terminate(_, #state{child = Pid, program = #{shutdown := Milliseconds}}) ->
    Monitor = monitor(process, Pid),
    exit(Pid, shutdown),
    receive
        {'DOWN', Monitor, process, _, _} -> ok
    after Milliseconds ->
        exit(Pid, kill),
        receive
            {'DOWN', Monitor, process, _, _} -> ok
        end
    end.
