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

%% @doc Called before RabbitMQ starts.
-spec prepare() -> ok.
prepare() ->
    Peers = [Node || {_, Node} <- hydros_cluster:peers()],
    ok = application:set_env(rabbit, cluster_nodes, {[node() | Peers], disc}),
    _ = hydros_cluster:wait(5000),
    case hydros_self:incarnation() of
        1 -> ok;
        _ -> leave(Peers)
    end.

%% The others may be without a majority, or themselves starting: until one of them has done it, or none of them runs RabbitMQ.
leave(Peers) ->
    Serving = [Node || Node <- Peers, lists:member(Node, nodes()), runs(Node)],
    Done = lists:any(fun(Node) -> catch_call(Node, ?MODULE, forget, [node()]) =:= ok end, Serving),
    case Done orelse Serving =:= [] of
        true ->
            ok;
        false ->
            timer:sleep(?AGAIN_MS),
            leave(Peers)
    end.

runs(Node) ->
    catch_call(Node, rabbit, is_running, []) =:= true.

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

-spec init([]) -> {ok, starting, timeout()}.
init([]) ->
    {ok, starting, ?AGAIN_MS}.

%% Until RabbitMQ serves here; then a copy of every queue that has none on this node.
-spec handle_info(term(), starting | serving) -> {noreply, starting | serving} | {noreply, starting, timeout()}.
handle_info(timeout, starting) ->
    case runs(node()) of
        true ->
            Grown = rabbit_quorum_queue:grow(node(), <<".*">>, <<".*">>, all),
            Failed = [Queue || {Queue, Result} <- Grown, element(1, Result) =/= ok],
            case Failed of
                [] ->
                    %% Into the machine's log, which is shown whichever console is selected.
                    Line = io_lib:format("rabbitmq: ~s serves, one of ~b~n", [node(), length(rabbit_mnesia:cluster_nodes(running))]),
                    _ = file:write_file("/dev/kmsg", Line),
                    {noreply, serving};
                _ ->
                    {noreply, starting, ?AGAIN_MS}
            end;
        false ->
            {noreply, starting, ?AGAIN_MS}
    end;
handle_info(_, starting) ->
    {noreply, starting, ?AGAIN_MS};
handle_info(_, serving) ->
    {noreply, serving}.

-spec handle_call(term(), gen_server:from(), State) -> {reply, State, State}.
handle_call(_, _, State) ->
    {reply, State, State}.

-spec handle_cast(term(), State) -> {noreply, State}.
handle_cast(_, State) ->
    {noreply, State}.

catch_call(Node, Module, Function, Arguments) ->
    try
        erpc:call(Node, Module, Function, Arguments, ?CALL_MS)
    catch
        _:Reason -> {error, Reason}
    end.
