%% SPDX-License-Identifier: Apache-2.0
%% A small replicated store: each node keeps all values, with a version each, in memory. A write counts when most nodes of the
%% machine have it, a read asks most of them and takes the newest; so a value that was written once is there as long as
%% most nodes are. A copy that starts (its node was dead) fetches what the others have before it answers.
-module(demo_store).
-behaviour(gen_server).
-export([start_link/0, write/2, read/1]).
-export([init/1, handle_call/3, handle_cast/2]).

-define(TIMEOUT_MS, 1000).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% ok: most nodes have it, and a read will give it or something later.
write(Key, Value) ->
    case newest(Key) of
        {ok, {Version, _}} -> most(call({write, Key, {Version + 1, Value}}));
        error -> {error, no_majority}
    end.

read(Key) ->
    case newest(Key) of
        {ok, {_, Value}} -> {ok, Value};
        error -> {error, no_majority}
    end.

newest(Key) ->
    Answers = call({read, Key}),
    case most(Answers) of
        ok -> {ok, lists:max(Answers)};
        _ -> error
    end.

most(Answers) ->
    case length(Answers) > hydros_self:count() div 2 of
        true -> ok;
        false -> {error, no_majority}
    end.

call(Request) ->
    {Answers, _} = gen_server:multi_call(hydros:nodes(), ?MODULE, Request, ?TIMEOUT_MS),
    [Answer || {_, {ok, Answer}} <- Answers].

init([]) ->
    %% Without a majority's values this copy would be as one that never heard of them; on the first start nobody has any.
    Others = hydros:nodes() -- [node()],
    {Answers, _} = gen_server:multi_call(Others, ?MODULE, all, ?TIMEOUT_MS),
    {ok, lists:foldl(fun({_, All}, Mine) -> merge(All, Mine) end, #{}, Answers)}.

merge(All, Mine) ->
    maps:merge_with(fun(_, One, Other) -> max(One, Other) end, All, Mine).

handle_call({write, Key, Versioned}, _, Values) ->
    {reply, {ok, written}, merge(#{Key => Versioned}, Values)};
handle_call({read, Key}, _, Values) ->
    {reply, {ok, maps:get(Key, Values, {0, none})}, Values};
handle_call(all, _, Values) ->
    {reply, Values, Values}.

handle_cast(_, Values) ->
    {noreply, Values}.
