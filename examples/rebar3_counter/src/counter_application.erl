%% SPDX-License-Identifier: Apache-2.0
-module(counter_application).
-behaviour(application).
-export([start/2, stop/1]).

-spec start(application:start_type(), term()) -> {ok, pid()} | {error, term()}.
start(_Type, _Arguments) ->
    counter_supervisor:start_link().

-spec stop(term()) -> ok.
stop(_State) ->
    ok.
