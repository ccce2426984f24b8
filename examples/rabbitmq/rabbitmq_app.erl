%% SPDX-License-Identifier: Apache-2.0
%% Starts before RabbitMQ.
-module(rabbitmq_app).
-behaviour(application).
-behaviour(supervisor).
-export([start/2, stop/1, init/1]).

-spec start(application:start_type(), term()) -> {ok, pid()} | {error, term()}.
start(_Type, _Arguments) ->
    ok = rabbitmq_member:prepare(),
    supervisor:start_link({local, rabbitmq_sup}, ?MODULE, []).

-spec stop(term()) -> ok.
stop(_State) ->
    ok.

-spec init([]) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}}.
init([]) ->
    {ok, {#{}, [#{id => member, start => {rabbitmq_member, start_link, []}}]}}.
