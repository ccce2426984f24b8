# SPDX-License-Identifier: Apache-2.0
# An expression on four nodes: its output alone on standard output, status 0. It is evaluated when all nodes are connected,
# or 5 s have passed.
# LIMIT: 150
. test/system/common
machine --nodes=4 --memory=2G --eval='io:format("~p~n",[erlang:system_info(otp_release)]),
    true = length(nodes()) =:= 3 orelse element(1, erlang:statistics(wall_clock)) > 5000'
expect_status 0
expect_output '"25"'
for node in 0 1 2 3; do expect_line "^\[n$node .*node $node of 4"; done
