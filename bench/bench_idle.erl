%% SPDX-License-Identifier: Apache-2.0
%% What a node costs while nothing happens: memory in use with Erlang up, and interrupts taken per second.
-module(bench_idle).
-export([main/0]).

-define(SECONDS, 10).

-spec main() -> ok.
main() ->
    timer:sleep(3000),
    {Memory, Before} = node_line(),
    timer:sleep(?SECONDS * 1000),
    {_, After} = node_line(),
    io:format("idle memory in use, kernel included: ~.1f MiB (at most 48)~n", [Memory / 1024]),
    io:format("idle interrupts per second: ~.1f (at most 5)~n", [(After - Before) / ?SECONDS]).

%% Memory in KiB and interrupts since start of this node (docs/control.md).
node_line() ->
    {ok, Text} = file:read_file("/proc/hydros/nodes"),
    {match, [Memory, Interrupts]} =
        re:run(Text, "memory_used (\\d+) memory_total \\d+ interrupts (\\d+).* self 1", [{capture, all_but_first, list}]),
    {list_to_integer(Memory), list_to_integer(Interrupts)}.
