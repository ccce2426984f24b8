%% SPDX-License-Identifier: Apache-2.0
%% @doc Keeps this node connected to all others of the machine that run.
%%
%% A node that starts connects to all others at once; those that are there already wait for it, and try themselves
%% only when it does not come. While all running nodes are connected, nothing here wakes up. With more than four nodes
%% all pauses are longer: an emulator's cores share the host's few, and who asks too early only takes them from the others.
-module(hydros_cluster).
-behaviour(gen_server).
-export([start_link/0, peers/0, wait/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(FIRST_MS, 100).

%% A peer that is not connected: the pause after the next attempt, and the timer or the attempt that is under way.
-record(absent, {pause :: pos_integer(), next :: reference()}).
-record(state, {
    peers :: #{node() => hydros_address:node_number()},
    absent = #{} :: #{node() => #absent{}},
    pause_max :: pos_integer(),
    waiting = [] :: [{gen_server:from(), reference()}]
}).

%% @private
-spec start_link() -> {ok, pid()} | ignore | {error, term()}.
start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% @doc The names of the other nodes of this machine, connected or not, by their numbers.
-spec peers() -> [{hydros_address:node_number(), node()}].
peers() ->
    Others = lists:seq(0, hydros_self:count() - 1) -- [hydros_self:number()],
    hydros_address:names(node(), hydros_self:host(), hydros_self:count(), Others).

%% @doc Waits until all nodes of the machine are connected.
-spec wait(timeout()) -> ok | timeout.
wait(Timeout) ->
    gen_server:call(?MODULE, {wait, Timeout}, infinity).

%% @private
-spec init([]) -> {ok, #state{}} | ignore.
init([]) ->
    case is_alive() of
        true ->
            ok = net_kernel:monitor_nodes(true),
            {ok, PauseMax} = application:get_env(hydros, connect_pause_ms),
            Peers = maps:from_list([{Node, Number} || {Number, Node} <- peers()]),
            State = #state{peers = Peers, pause_max = hydros_self:crowd() * PauseMax},
            {ok, lists:foldl(fun begin_absence/2, State, maps:keys(Peers) -- nodes())};
        false ->
            ignore
    end.

%% At the first start of the machine all nodes start at once: of two, the higher one connects.
begin_absence(Node, #state{peers = Peers} = State) ->
    First = hydros_self:incarnation() > 1 orelse maps:get(Node, Peers) < hydros_self:number(),
    case First of
        true -> attempt_after(0, first_ms(), Node, State);
        false -> attempt_after(3 * first_ms(), first_ms(), Node, State)
    end.

%% @private
-spec handle_call({wait, timeout()}, gen_server:from(), #state{}) -> {noreply, #state{}} | {reply, ok, #state{}}.
handle_call({wait, _}, _, #state{absent = Absent} = State) when map_size(Absent) =:= 0 ->
    {reply, ok, State};
handle_call({wait, Timeout}, From, #state{waiting = Waiting} = State) ->
    Tag = make_ref(),
    case Timeout of
        infinity -> ok;
        _ -> _ = erlang:send_after(Timeout, self(), {waited, Tag}), ok
    end,
    {noreply, State#state{waiting = [{From, Tag} | Waiting]}}.

%% @private
-spec handle_cast(term(), #state{}) -> {noreply, #state{}}.
handle_cast(_, State) ->
    {noreply, State}.

%% @private
-spec handle_info(term(), #state{}) -> {noreply, #state{}}.
handle_info({nodeup, Node}, #state{absent = Absent} = State) ->
    {noreply, answer(State#state{absent = maps:remove(Node, Absent)})};
handle_info({nodedown, Node}, #state{peers = Peers} = State) when is_map_key(Node, Peers) ->
    %% When it returns it connects by itself.
    {noreply, attempt_after(3 * first_ms(), first_ms(), Node, State)};
handle_info({timeout, Timer, {attempt, Node}}, #state{absent = Absent} = State) ->
    case Absent of
        #{Node := #absent{next = Timer} = Peer} -> {noreply, attempt(Node, Peer, State)};
        _ -> {noreply, State}
    end;
handle_info({'DOWN', Attempt, process, _, _}, #state{absent = Absent} = State) ->
    case [{Node, Peer} || {Node, #absent{next = Next} = Peer} <- maps:to_list(Absent), Next =:= Attempt] of
        [{Node, Peer}] -> {noreply, again(Node, Peer, State)};
        [] -> {noreply, State}
    end;
handle_info({waited, Tag}, #state{waiting = Waiting} = State) ->
    case lists:keytake(Tag, 2, Waiting) of
        {value, {From, _}, Rest} ->
            gen_server:reply(From, timeout),
            {noreply, State#state{waiting = Rest}};
        false ->
            {noreply, State}
    end;
handle_info(_, State) ->
    {noreply, State}.

%% An attempt may take seconds, so a process of its own makes it.
attempt(Node, Peer, #state{peers = Peers, absent = Absent} = State) ->
    case runs(maps:get(Node, Peers)) of
        true ->
            {_, Monitor} = spawn_monitor(fun() -> net_kernel:connect_node(Node) end),
            State#state{absent = Absent#{Node => Peer#absent{next = Monitor}}};
        false ->
            again(Node, Peer, State)
    end.

again(Node, #absent{pause = Pause}, #state{pause_max = Max} = State) ->
    attempt_after(Pause, min(2 * Pause, Max), Node, State).

attempt_after(Milliseconds, Pause, Node, #state{absent = Absent} = State) ->
    case lists:member(Node, nodes()) of
        true ->
            State#state{absent = maps:remove(Node, Absent)};
        false ->
            Timer = erlang:start_timer(Milliseconds, self(), {attempt, Node}),
            State#state{absent = Absent#{Node => #absent{pause = Pause, next = Timer}}}
    end.

first_ms() ->
    ?FIRST_MS * hydros_self:crowd().

%% Where the kernel does not tell, it may.
runs(Number) ->
    not hydros_self:is_machine() orelse
        case hydros_machine:node(Number) of
            {ok, #{state := running}} -> true;
            _ -> false
        end.

answer(#state{absent = Absent, waiting = Waiting} = State) when map_size(Absent) =:= 0 ->
    [gen_server:reply(From, ok) || {From, _} <- Waiting],
    State#state{waiting = []};
answer(State) ->
    State.
