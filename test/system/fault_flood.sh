# SPDX-License-Identifier: Apache-2.0
# Node 1 floods node 2 for 5 s, and sets the machine's clock to 1970: node 0 has node 2's answers all the time, nobody
# loses anybody, and clocks and timers go on.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
wait='W = fun(W) -> case length(nodes()) of 2 -> ok; _ -> timer:sleep(50), W(W) end end, W(W),'
machine --nodes=3 --memory=840M --option=on-death=stay --option=eval@2="$wait timer:sleep(100000)" \
    --option=eval@1="$wait timer:sleep(1000), F = fun(N) -> file:write_file(\"/dev/hydros\", [\"fault \", N]) end,
        F(\"clock_jump\"), F(\"flood\"), timer:sleep(100000)" \
    --eval="$wait net_kernel:monitor_nodes(true), Start = erlang:system_time(second),
        T = fun() -> {U, _} = timer:tc(erpc, call, ['n2@hydros', erlang, node, []]), timer:sleep(20), U div 1000 end,
        L = fun(L, End, All) -> case erlang:monotonic_time(second) > End of true -> All; _ -> L(L, End, [T() | All]) end end,
        All = lists:sort(L(L, erlang:monotonic_time(second) + 8, [])),
        file:write_file(\"/dev/kmsg\", io_lib:format(\"~p answers, median ~p ms, longest ~p ms\",
            [length(All), lists:nth(length(All) div 2, All), lists:last(All)])),
        Passed = erlang:system_time(second) - Start,
        receive {nodedown, N} -> io:format(\"lost ~p~n\", [N]) after 0 -> io:format(\"~p~n\", [Passed < 30 andalso lists:last(All) < 4000]) end"
expect_status 0
expect_output true
expect_line '^\[n1 .*\] fault: the flood of [0-9]\{4,\} frames is over'
grep ' answers, ' "$WORK/err"
