%% SPDX-License-Identifier: Apache-2.0
%% This node as a member of the cluster. What RabbitMQ writes is lost with the node, so one that comes back is empty: it asks the others to
%% forget who it was before it starts (a quorum queue must never take an empty member for the one that voted), joins as a new
%% member, and takes a copy of every quorum queue.
-module(rabbitmq_member).
-behaviour(gen_server).
-export([prepare/0, forget/1, start_link/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(AGAIN_MS, 1000).
-define(CALL_MS, 60000).
-define(PEERS_MS, 60000). % for the others to be connected

-record(state, {serves = 0 :: non_neg_integer()}). % one of so many, as it was said; 0: does not serve yet

%% @doc Called before RabbitMQ starts. Who sees none of the others begins a cluster of its own: they are waited for.
-spec prepare() -> ok.
prepare() ->
    Peers = [Node || {_, Node} <- hydros_cluster:peers()],
    ok = application:set_env(rabbit, cluster_nodes, {[node() | Peers], disc}),
    _ = hydros_cluster:wait(?PEERS_MS),
    case hydros_self:incarnation() of
        1 -> ok;
        _ -> leave(Peers)
    end.

%% The others may be without a majority, or themselves starting: until one of them has done it, or none of them runs RabbitMQ,
%% which one that is too busy to answer may well do.
leave(Peers) ->
    Asked = [{Node, runs(Node)} || Node <- Peers, lists:member(Node, nodes())],
    Done = lists:any(fun(Node) -> catch_call(Node, ?MODULE, forget, [node()]) =:= ok end, [Node || {Node, true} <- Asked]),
    case Done orelse lists:all(fun({_, Runs}) -> Runs =:= false end, Asked) of
        true ->
            ok;
        false ->
            timer:sleep(?AGAIN_MS),
            leave(Peers)
    end.

runs(Node) ->
    catch_call(Node, rabbit, is_running, []).

%% @doc On a node that serves: what `rabbitmqctl forget_cluster_node' does there.
-spec forget(node()) -> ok | {error, term()}.
forget(Node) ->
    Removed = [Result || {_, Result} <- rabbit_quorum_queue:shrink_all(Node), element(1, Result) =/= ok],
    case {Removed, lists:member(Node, rabbit_mnesia:cluster_nodes(all))} of
        {[], true} ->
            try
                rabbit_mnesia:forget_cluster_node(Node, false)
            catch
                _:Reason -> {error, Reason}
            end;
        {[], false} ->
            ok;
        _ ->
            {error, Removed}
    end.

-spec start_link() -> {ok, pid()}.
start_link() ->
    {ok, _} = gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

-spec init([]) -> {ok, #state{}, timeout()}.
init([]) ->
    ok = net_kernel:monitor_nodes(true),
    {ok, #state{}, ?AGAIN_MS}.

%% Until RabbitMQ serves here, with a copy of every queue that had none on this node; then until it does so on all nodes.
-spec handle_info(term(), #state{}) -> {noreply, #state{}} | {noreply, #state{}, timeout()}.
handle_info(_, #state{serves = 0} = State) ->
    case runs(node()) =:= true andalso is_grown() of
        true -> {noreply, counted(State), ?AGAIN_MS};
        false -> {noreply, State, ?AGAIN_MS}
    end;
handle_info(Message, State) ->
    All = 1 + length(hydros_cluster:peers()),
    case counted(State) of
        #state{serves = All} = Next when Message =:= timeout -> {noreply, Next};
        Next -> {noreply, Next, ?AGAIN_MS}
    end.

is_grown() ->
    [] =:= [Queue || {Queue, Result} <- rabbit_quorum_queue:grow(node(), <<".*">>, <<".*">>, all), element(1, Result) =/= ok].

%% Whenever it is another number: into the machine's log, which is shown whichever console is selected.
counted(#state{serves = Before} = State) ->
    case length(rabbit_mnesia:cluster_nodes(running)) of
        Before ->
            State;
        Now ->
            Line = io_lib:format("rabbitmq: ~s serves, one of ~b, in life ~b~n", [node(), Now, hydros_self:incarnation()]),
            _ = file:write_file("/dev/kmsg", Line),
            State#state{serves = Now}
    end.

-spec handle_call(term(), gen_server:from(), State) -> {reply, ok, State, timeout()}.
handle_call(_, _, State) ->
    {reply, ok, State, ?AGAIN_MS}.

-spec handle_cast(term(), State) -> {noreply, State, timeout()}.
handle_cast(_, State) ->
    {noreply, State, ?AGAIN_MS}.

catch_call(Node, Module, Function, Arguments) ->
    try
        erpc:call(Node, Module, Function, Arguments, ?CALL_MS)
    catch
        _:Reason -> {error, Reason}
    end.
