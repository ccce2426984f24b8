%% SPDX-License-Identifier: Apache-2.0
%% Counts once a second, and says on which node: on this node's console, and first also in the machine's log, which
%% is shown whichever console is selected.
-module(counter_server).
-behaviour(gen_server).
-export([start_link/0, value/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-spec start_link() -> {ok, pid()} | ignore | {error, term()}.
start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

-spec value() -> non_neg_integer().
value() ->
    gen_server:call(?MODULE, value).

-spec init([]) -> {ok, non_neg_integer()}.
init([]) ->
    {ok, Number} = application:get_env(counter, node_number),
    %% The environment and the configuration made of it agree.
    Number = list_to_integer(os:getenv("HYDROS_NODE", integer_to_list(Number))),
    Line = io_lib:format("counter: node ~b of ~s is ~s, erts ~s, libraries in ~s~n",
                         [Number, os:getenv("HYDROS_NODES", "?"), node(), erlang:system_info(version), filename:dirname(code:lib_dir(kernel))]),
    io:put_chars(Line),
    _ = file:write_file("/dev/kmsg", Line),
    erlang:send_after(1000, self(), count),
    {ok, 0}.

-spec handle_call(value, gen_server:from(), Value) -> {reply, Value, Value} when Value :: non_neg_integer().
handle_call(value, _From, Value) ->
    {reply, Value, Value}.

-spec handle_cast(term(), Value) -> {noreply, Value} when Value :: non_neg_integer().
handle_cast(_Request, Value) ->
    {noreply, Value}.

-spec handle_info(count, Value) -> {noreply, Value} when Value :: non_neg_integer().
handle_info(count, Value) ->
    {ok, Step} = application:get_env(counter, step),
    io:format("counter: ~b on ~s~n", [Value + Step, node()]),
    erlang:send_after(1000, self(), count),
    {noreply, Value + Step}.
