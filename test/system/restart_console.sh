# SPDX-License-Identifier: Apache-2.0
# The node that drives the terminal dies: the line goes to its guardian, with the same node shown, and keys still arrive;
# the dead one's new shell is there for who switches to it.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
on_console '
expect 30 "HydrOS: 2 nodes. Ctrl-] then 0-9: that node"
expect 30 "# "
send "\x1d1"
expect 40 "-- node 1 ("
expect 40 "# "
send "echo before\r"
expect 40 "before\r\n"
expect 40 "panic: "
expect 20 "node 0, incarnation 1 is dead"
expect 20 "node 0: incarnation 2 started"
pause 4000
send "echo after $((40 + 2))\r"
expect 40 "after 42\r\n"
send "\x1dl"
expect 40 "n0  running, "
expect 40 "restarted 1 time"
expect 40 "* n1  running, "
send "\x1d0"
expect 40 "-- node 0 (running"
expect 20 "# "
send "echo again $HYDROS_INCARNATION\r"
expect 40 "again 2\r\n"
send "\x1dq"
' --nodes=2 --memory=600M --option=shell=/bin/sh --option=fault@0=panic --option=fault-after@0=8000
