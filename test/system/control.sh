# SPDX-License-Identifier: Apache-2.0
# /dev/hydros and /proc/hydros are as docs/control.md says: what is refused, what is ordered, and the form of every line.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
machine --nodes=2 --memory=600M --eval=ok --option=on-death=stay --option=run@1='/usr/bin/busybox sleep 1000' \
    --option=run@0='/bin/sh /t/control.sh'
expect_status 7
expect_line '^control: 0 failures'
number='[0-9][0-9]*' hex='[0-9a-f][0-9a-f]*'
node_line="^node [01] state [a-z]* incarnation $number beat_age_ms $number uptime_ms $number memory_used $number \
memory_total $number interrupts $number restarts $number deaths_in_row $number offline [01] step [a-z]* target $number \
started $number safe [01] console [01] self [01]\$"
[ "$(grep -c "$node_line" "$WORK/out")" = 2 ] || fail "lines of nodes have another form"
expect_line '^node 0 state running incarnation 1 .* restarts 0 .* console 1 self 1$'
expect_line '^node 1 state [a-z]* incarnation 3 .* restarts 2 .* console 0 self 0$'
death_line="^death $number node 1 incarnation [12] guardian 0 notice order noticed_ms $number wall_ms $number \
ended_ms $number exit_status -1 address $hex instruction $hex\$"
[ "$(grep -c "$death_line" "$WORK/out")" = 2 ] || fail "lines of deaths have another form"
[ "$(grep '^death ' "$WORK/out" | cut -d' ' -f2,6 | tr '\n' ' ')" = "2 2 1 1 " ] || fail "deaths are not newest first"
[ "$(grep -c '^end$' "$WORK/out")" = 2 ] || fail "a death has no end"
expect_line '^text panic: .*fenced by node 0$'
expect_line '^log \[n1 [0-9]*\.[0-9]\{6\}\] node 1 of 2, incarnation 1: '
expect_line '^\[n1 [0-9]*\.[0-9]\{6\}\] node 1 of 2, incarnation 3: '
expect_line '^\[n0 .*\] power off with status 7: pid [0-9]* (sh) asked for it$'
