%% SPDX-License-Identifier: Apache-2.0
%% Connections to QEMU's own sockets.
-module(chaos_socket).
-export([connect/2, line/2]).

-spec connect(string(), list()) -> {ok, gen_tcp:socket()} | {error, term()}.
connect(Path, Options) ->
    connect(Path, Options, 1200).

connect(Path, Options, Tries) ->
    case gen_tcp:connect({local, Path}, 0, [binary, {active, false} | Options]) of
        {ok, Socket} -> {ok, Socket};
        {error, _} when Tries > 0 -> timer:sleep(50), connect(Path, Options, Tries - 1);
        Error -> Error
    end.

%% One command, one line of answer.
line(Socket, Command) ->
    ok = gen_tcp:send(Socket, [Command, $\n]),
    gen_tcp:recv(Socket, 0, 60000).
