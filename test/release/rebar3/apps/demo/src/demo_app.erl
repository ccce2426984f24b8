%% SPDX-License-Identifier: Apache-2.0
%% Says where it runs, with what it knows its node by.
-module(demo_app).
-behaviour(application).
-behaviour(supervisor).
-export([start/2, stop/1, init/1]).

start(_Type, _Arguments) ->
    {ok, Greeting} = application:get_env(demo, greeting),
    io:format("~s from ~s, number ~s of ~s, erts of ~s~n",
              [Greeting, node(), os:getenv("HYDROS_NODE"), os:getenv("HYDROS_NODES"), code:root_dir()]),
    supervisor:start_link(?MODULE, []).

stop(_State) ->
    ok.

init([]) ->
    {ok, {#{}, []}}.
