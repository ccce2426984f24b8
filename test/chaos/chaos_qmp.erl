%% SPDX-License-Identifier: Apache-2.0
%% QEMU's monitor: a few commands, and the events that mean the machine was reset.
-module(chaos_qmp).
-export([connect/1, command/2, monitor/2, events/1]).

connect(Path) ->
    {ok, Socket} = chaos_socket:connect(Path, [{packet, line}, {buffer, 65536}]),
    {ok, _Greeting} = gen_tcp:recv(Socket, 0, 60000),
    put(?MODULE, []),
    {ok, _} = command(Socket, "qmp_capabilities"),
    Socket.

%% Answers and events come on the same line; events wait in the process for events/1.
command(Socket, Name) ->
    send(Socket, ["{\"execute\":\"", Name, "\"}"]).

monitor(Socket, Line) ->
    send(Socket, ["{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"",
                  Line, "\"}}"]).

send(Socket, Text) ->
    ok = gen_tcp:send(Socket, [Text, $\n]),
    answer(Socket).

answer(Socket) ->
    case gen_tcp:recv(Socket, 0, 60000) of
        {ok, Line} ->
            case event(Line) of
                none -> {ok, Line};
                Event -> keep(Event), answer(Socket)
            end;
        Error ->
            Error
    end.

event(Line) ->
    case re:run(Line, "\"event\": \"([A-Z_]+)\"", [{capture, all_but_first, list}]) of
        {match, [Event]} -> Event;
        nomatch -> none
    end.

keep(Event) ->
    put(?MODULE, [Event | events_kept()]).
events_kept() ->
    case get(?MODULE) of undefined -> []; Events -> Events end.

%% All events since the last time.
-spec events(gen_tcp:socket()) -> [string()].
events(Socket) ->
    case gen_tcp:recv(Socket, 0, 0) of
        {ok, Line} ->
            _ = [keep(Event) || Event <- [event(Line)], Event =/= none],
            events(Socket);
        {error, timeout} ->
            Events = events_kept(),
            put(?MODULE, []),
            lists:reverse(Events);
        {error, _} ->
            lists:reverse(["CLOSED" | events_kept()])
    end.
