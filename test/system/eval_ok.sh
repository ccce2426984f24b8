# SPDX-License-Identifier: Apache-2.0
# An expression on four nodes: its output alone on standard output, status 0. It is evaluated when all nodes are connected,
# or 5 s have passed. The time of day is this host's, which the machine's CMOS clock tells.
# Options that nobody knows, or for nodes that are not there, are told and do no harm.
# LIMIT: 240
. test/system/common
machine --nodes=4 --memory=2G --option=on-deth=stay --option=verbose@4 --option=term@3=vt100 --eval='io:format("~p ~b~n",[erlang:system_info(otp_release),os:system_time(second)]),
    true = length(nodes()) =:= 3 orelse element(1, erlang:statistics(wall_clock)) > 5000'
expect_status 0
read -r release clock < "$WORK/out"
expect_output "\"25\" $clock"
behind=$(($(stat -c %Y "$WORK/out") - clock)) # when it was written
[ "$release" = '"25"' ] && [ $behind -ge -2 ] && [ $behind -le 5 ] || fail "the time of day is $behind s behind"
for node in 0 1 2 3; do expect_line "^\[n$node .*node $node of 4"; done
expect_line '^\[n0 .*\] init: boot option on-deth is none of ours'
expect_line '^\[n0 .*\] init: boot option verbose@4 is for a node that is not there$'
[ "$(grep -c 'init: boot option' "$WORK/err")" = 2 ] || fail "other options are told, too"
