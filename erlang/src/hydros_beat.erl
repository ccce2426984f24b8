%% SPDX-License-Identifier: Apache-2.0
%% @doc The virtual machine's beat: tells the kernel, through /dev/hydros, that schedulers run. When it is silent for
%% too long the kernel ends the node, and its neighbours start it anew.
%%
%% Each beat is written only after a new process has run to its end, so a virtual machine that can start none is as
%% dead as one that stands still. Both run at high priority: a node with very much to do is alive. Where there is no
%% such device nothing is started.
-module(hydros_beat).
-behaviour(gen_server).
-export([start_link/0, init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

%% While a release starts, its virtual machine may stand still for long: the library of crypto alone takes seconds to load in an
%% emulator that has the host not for itself.
-define(STARTING, 6). % times the limit

-record(state, {device :: file:fd(), every :: pos_integer(), limit :: pos_integer(), started = false :: boolean()}).

%% @private
-spec start_link() -> {ok, pid()} | ignore | {error, term()}.
start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], [{spawn_opt, [{priority, high}]}]).

%% @private
-spec init([]) -> {ok, #state{}} | ignore.
init([]) ->
    case hydros_machine:device_open() of
        {ok, Device} ->
            process_flag(trap_exit, true),
            {ok, Every} = application:get_env(hydros, beat_every_ms),
            {ok, Limit} = application:get_env(hydros, beat_limit_ms),
            self() ! beat,
            {ok, #state{device = Device, every = Every, limit = Limit}};
        {error, _} ->
            ignore
    end.

%% @private
-spec handle_call(term(), {pid(), term()}, #state{}) -> {reply, ok, #state{}}.
handle_call(_, _, State) ->
    {reply, ok, State}.

%% @private
-spec handle_cast(term(), #state{}) -> {noreply, #state{}}.
handle_cast(_, State) ->
    {noreply, State}.

%% @private
-spec handle_info(term(), #state{}) -> {noreply, #state{}}.
handle_info(beat, State) ->
    Started = State#state.started orelse element(2, init:get_status()) =:= started,
    Self = self(),
    {_, Monitor} = spawn_opt(fun() -> Self ! ran end, [monitor, {priority, high}]),
    receive
        {'DOWN', Monitor, process, _, _} -> ok
    end,
    receive
        ran when Started -> write(State, State#state.limit);
        ran -> write(State, ?STARTING * State#state.limit)
    after 0 -> ok
    end,
    _ = erlang:send_after(State#state.every, self(), beat),
    {noreply, State#state{started = Started}};
handle_info(_, State) ->
    {noreply, State}.

%% @private A program that ends its Erlang in order makes no promise any more.
-spec terminate(term(), #state{}) -> ok.
terminate(_, State) ->
    write(State, 0).

write(#state{device = Device}, Milliseconds) ->
    _ = file:write(Device, ["beat ", integer_to_list(Milliseconds)]),
    ok.
