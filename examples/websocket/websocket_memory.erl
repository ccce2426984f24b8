%% SPDX-License-Identifier: Apache-2.0
%% A line of pairs: KiB that this node's system has given out, KiB of Erlang, connections besides the one that asks.
-module(websocket_memory).
-export([init/2]).

init(Request, State) ->
    {ok, Text} = file:read_file("/proc/meminfo"),
    Line = io_lib:format("used_kib ~b erlang_kib ~b connections ~b~n", [
        field("MemTotal", Text) - field("MemFree", Text),
        erlang:memory(total) div 1024,
        length(ranch:procs(websocket, connections)) - 1
    ]),
    {ok, cowboy_req:reply(200, #{<<"content-type">> => <<"text/plain">>}, Line, Request), State}.

field(Name, Text) ->
    {match, [Number]} = re:run(Text, [Name, ": +([0-9]+) kB"], [{capture, all_but_first, list}]),
    list_to_integer(Number).
