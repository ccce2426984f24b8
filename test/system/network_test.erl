%% SPDX-License-Identifier: Apache-2.0
%% What stands on a node when a test of the network runs: an echo server, and a client that checks what comes back.
-module(network_test).
-export([serve/0, echo/3, fetch/3]).

%% For ever: every byte comes back; a client that ends its side gets the rest and then our end.
serve() ->
    {ok, Listener} = gen_tcp:listen(8080, [binary, {active, false}, {reuseaddr, true}, {backlog, 128}, {exit_on_close, false}]),
    io:format("echo: listening~n"),
    accept(Listener).

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Pid = spawn(fun() -> receive go -> return(Socket) end end),
    ok = gen_tcp:controlling_process(Socket, Pid),
    Pid ! go,
    accept(Listener).

return(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Bytes} ->
            ok = gen_tcp:send(Socket, Bytes),
            return(Socket);
        {error, closed} ->
            gen_tcp:close(Socket);
        {error, Reason} ->
            io:format("echo: ~p~n", [Reason])
    end.

%% Count random bytes there and back: `ok` and the milliseconds that took.
echo(Address, Port, Count) ->
    {ok, Socket} = gen_tcp:connect(Address, Port, [binary, {active, false}], 10000),
    Bytes = rand:bytes(Count),
    Begun = erlang:monotonic_time(millisecond),
    Writer = spawn_link(fun() -> receive go -> ok = gen_tcp:send(Socket, Bytes), ok = gen_tcp:shutdown(Socket, write) end end),
    Writer ! go,
    Back = fetch(Socket, 60000, []),
    Time = erlang:monotonic_time(millisecond) - Begun,
    gen_tcp:close(Socket),
    {case Back of Bytes -> ok; _ -> {differs, byte_size(Back)} end, Time}.

fetch(Socket, Patience, Read) ->
    case gen_tcp:recv(Socket, 0, Patience) of
        {ok, Bytes} -> fetch(Socket, Patience, [Read, Bytes]);
        {error, closed} -> iolist_to_binary(Read);
        {error, Reason} -> exit(Reason)
    end.
