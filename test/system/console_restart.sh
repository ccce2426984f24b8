# SPDX-License-Identifier: Apache-2.0
# The list of nodes says how often each was started again; when the node that drives the terminal dies, another one
# goes on with the same shown node, and a person types on there.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
on_console '
expect 20 "HydrOS: 3 nodes. Ctrl-] then 0-9: that node"
expect 20 "# "
send "\x1d1"
expect 40 "-- node 1 (running) --"
expect 20 "# "
send "echo -n fault panic > /dev/hydros\r"
expect 20 "node 1: incarnation 2 started"
pause 1500
send "\x1dl"
expect 40 "* n1  running, "
expect 40 "restarted 1 time"
send "\x1d0"
expect 40 "-- node 0 (running) --"
send "echo -n fault null > /dev/hydros\r"
expect 20 "node 0: incarnation 2 started"
pause 1000
send "\x1d2"
expect 40 "-- node 2 (running) --"
send "echo $HYDROS_NODE:$((6 * 7))\r"
expect 20 "2:42"
send "\x1d0"
expect 40 "-- node 0 (running, restarted 1 time) --"
send "echo $HYDROS_NODE:$((6 * 8))\r"
expect 20 "0:48"
send "\x1dq"
exit 0' --nodes=3 --memory=840M --option=shell=/bin/sh
