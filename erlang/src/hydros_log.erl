%% SPDX-License-Identifier: Apache-2.0
%% @doc The last log events of this node's Erlang, and the logs of all nodes in one order.
%%
%% A handler of `logger' keeps events that pass the primary level, as text, with the time of the clock that all nodes and
%% their kernels share.
-module(hydros_log).
-behaviour(gen_server).
-export([start_link/0, lines/0, lines/2, merge/1]).
-export([log/2]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-define(KEPT, 1000).
-define(TIMEOUT_MS, 2000).

%% @private
-spec start_link() -> {ok, pid()} | {error, term()} | ignore.
start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% @doc What this node has kept of Erlang's log.
-spec lines() -> [hydros_text:line()].
lines() ->
    try
        Number = hydros_self:number(),
        [{Time, Number, Text} || {{Time, _}, Text} <- ets:tab2list(?MODULE)]
    catch
        error:badarg -> []
    end.

%% @doc The kernels' logs of these nodes and the logs of these Erlangs, merged. Who cannot be asked tells nothing.
-spec lines([hydros_address:node_number()], [node()]) -> [hydros_text:line()].
lines(Numbers, Nodes) ->
    Kernels = [hydros_machine:log(Number) || Number <- Numbers],
    Answers = erpc:multicall(Nodes, ?MODULE, lines, [], ?TIMEOUT_MS),
    merge(Kernels ++ [Lines || {ok, Lines} <- Answers]).

%% @doc Several logs, each in its own order, as one in the order of time.
-spec merge([[hydros_text:line()]]) -> [hydros_text:line()].
merge(Logs) ->
    lists:foldl(fun(Log, Merged) -> lists:keymerge(1, Merged, lists:keysort(1, Log)) end, [], Logs).

%% @private Called by logger in the process that logs.
-spec log(logger:log_event(), logger:handler_config()) -> ok.
log(#{meta := #{pid := Pid}} = Event, Handler) when node(Pid) =/= node() ->
    %% Logger hands an event on to the node of the process's group leader. Those of this machine keep their own.
    case hydros_self:place(node(Pid)) of
        {ok, _} -> ok;
        error -> keep(Event, Handler)
    end;
log(Event, Handler) ->
    keep(Event, Handler).

keep(Event, #{formatter := {Module, Config}}) ->
    try
        Text = unicode:characters_to_binary(Module:format(Event, Config)),
        ets:insert(?MODULE, {{now_us(), erlang:unique_integer([monotonic])}, Text}),
        trim(ets:info(?MODULE, size))
    catch
        error:badarg -> ok
    end.

trim(Size) when is_integer(Size), Size > ?KEPT ->
    ets:delete(?MODULE, ets:first(?MODULE)),
    ok;
trim(_) ->
    ok.

%% The clock that the kernels write into their logs.
now_us() ->
    {time, Time} = lists:keyfind(time, 1, erlang:system_info(os_monotonic_time_source)),
    erlang:convert_time_unit(Time, native, microsecond).

%% @private
-spec init([]) -> {ok, none}.
init([]) ->
    process_flag(trap_exit, true),
    _ = ets:new(?MODULE, [ordered_set, public, named_table]),
    Formatter = {logger_formatter, #{single_line => true, template => [level, ": ", msg], max_size => 2000}},
    _ = logger:remove_handler(?MODULE),
    ok = logger:add_handler(?MODULE, ?MODULE, #{formatter => Formatter}),
    {ok, none}.

%% @private
-spec handle_call(term(), gen_server:from(), none) -> {reply, ok, none}.
handle_call(_, _, State) ->
    {reply, ok, State}.

%% @private
-spec handle_cast(term(), none) -> {noreply, none}.
handle_cast(_, State) ->
    {noreply, State}.

%% @private
-spec handle_info(term(), none) -> {noreply, none}.
handle_info(_, State) ->
    {noreply, State}.

%% @private
-spec terminate(term(), none) -> ok.
terminate(_, _) ->
    _ = logger:remove_handler(?MODULE),
    ok.
