%% SPDX-License-Identifier: Apache-2.0
%% What a loaded node pays for being watched: node 0 computes the programs of bench_erlang again and again and answers
%% node 1, which asks with 1 KiB a hundred times a second. Lines "watch <name> <number>". Started with and without beats
%% and looks (bench/run); the part of the checksums is told from what went over the channels and what a byte costs.
-module(bench_watch).
-export([main/0]).

-define(ROUNDS, 30).
-define(SIZE, 1024).
-define(EVERY_MS, 10).
-define(FRAME, 32). % what the header of a frame adds

-spec main() -> ok.
main() ->
    Number = list_to_integer(os:getenv("HYDROS_NODE")),
    _ = spawn(fun() -> run(Number) end), % the cluster is started after us
    ok.

run(0) ->
    Echo = spawn_link(fun bench_channel:echo/0),
    true = register(?MODULE, Echo),
    ok = hydros_wait(),
    {Bytes0, Frames0} = channels(),
    {Us, _} = timer:tc(fun() -> [bench_erlang:work() || _ <- lists:seq(1, ?ROUNDS)] end),
    {Bytes1, Frames1} = channels(),
    tell(work_us, Us),
    tell(channel_kib, (Bytes1 - Bytes0 + (Frames1 - Frames0) * ?FRAME) div 1024),
    ["checksum", Method, Ns] = string:lexemes(os:cmd("/bench/checksum"), " \n"),
    tell(checksum_ns_of_kib, list_to_integer(Ns)),
    io:format("watch checksum_method ~s~n", [Method]),
    erlang:halt(0);
run(1) ->
    ok = hydros_wait(),
    [Node] = nodes(),
    ask({?MODULE, Node}, binary:copy(<<1>>, ?SIZE)).

hydros_wait() ->
    case whereis(hydros_cluster) of
        undefined -> timer:sleep(50), hydros_wait();
        _ -> hydros:wait(infinity)
    end.

ask(To, Term) ->
    To ! {self(), Term},
    receive
        {_, Term} -> ok
    after 1000 -> ok
    end,
    timer:sleep(?EVERY_MS),
    ask(To, Term).

%% Bytes and frames, both ways.
channels() ->
    {ok, Text} = file:read_file("/proc/hydros/channels"),
    {match, Numbers} = re:run(Text, "frames_out (\\d+) bytes_out (\\d+) frames_in (\\d+) bytes_in (\\d+)",
                              [{capture, all_but_first, list}]),
    [FramesOut, BytesOut, FramesIn, BytesIn] = [list_to_integer(Number) || Number <- Numbers],
    {BytesOut + BytesIn, FramesOut + FramesIn}.

tell(Name, Number) ->
    io:format("watch ~s ~b~n", [Name, Number]).
