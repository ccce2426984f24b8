%% SPDX-License-Identifier: Apache-2.0
-module(websocket_echo).
-export([init/2, websocket_init/1, websocket_handle/2, websocket_info/2]).

init(Request, State) ->
    {cowboy_websocket, Request, State, #{idle_timeout => infinity, max_frame_size => 65536}}.

%% Most connections wait, most of the time: hibernation gives back what a process needs only to answer.
websocket_init(State) ->
    {[], State, hibernate}.

websocket_handle({Kind, Bytes}, State) when Kind =:= text; Kind =:= binary ->
    {[{Kind, Bytes}], State, hibernate};
websocket_handle(_, State) ->
    {[], State, hibernate}.

websocket_info(_, State) ->
    {[], State, hibernate}.
