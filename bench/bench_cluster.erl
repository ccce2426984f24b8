%% SPDX-License-Identifier: Apache-2.0
%% How long after the first prompt of a shell each node sees all the others. On each node two lines "cluster <what> <milliseconds>"
%% go to the kernel's log, by the machine's clock: prompt, and complete. Node 0 ends the machine.
-module(bench_cluster).
-export([main/0, prompt/1]).

-define(POLL_MS, 2).

-spec main() -> ok.
main() ->
    _ = spawn(fun() -> wait(list_to_integer(os:getenv("HYDROS_NODES", "1")) - 1) end),
    ok.

wait(Others) ->
    case length(nodes()) of
        Others ->
            tell("complete"),
            timer:sleep(3000),
            node0() andalso init:stop();
        _ ->
            timer:sleep(?POLL_MS),
            wait(Others)
    end.

node0() ->
    os:getenv("HYDROS_NODE") =:= "0".

%% @doc The shell calls it for each prompt (`-stdlib shell_prompt_func').
-spec prompt([{history, pos_integer()}]) -> string().
prompt([{history, 1} | _]) ->
    tell("prompt"),
    "1> ";
prompt([{history, Number} | _]) ->
    integer_to_list(Number) ++ "> ".

tell(What) ->
    ok = file:write_file("/dev/kmsg", ["cluster ", What, "\n"]).
