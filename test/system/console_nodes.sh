# SPDX-License-Identifier: Apache-2.0
# Node switching: list, digits, next; output of a node that is not shown is kept; keys go to the shown one only.
# LIMIT: 240
. test/system/common
on_console '
expect 20 "HydrOS: 3 nodes. Ctrl-] then 0-9: that node"
expect 90 "1> "
send "\x1dl"
expect 40 "* n0  running"
expect 40 "  n2  running"
send "\x1d2"
expect 40 "-- node 2 (running) --"
expect 60 "1> "
send "os:getenv(\"HYDROS_NODE\").\r"
expect 40 "\"2\"\r\n"
expect 40 "2> "
send "timer:sleep(2000), io:format(\"late ~p~n\", [lists:seq(1,300)]).\r"
pause 200
send "\x1d0"
expect 40 "-- node 0 (running) --"
expect 40 "1> "
pause 4000
absent "late"
send "os:getenv(\"HYDROS_NODE\").\r"
expect 40 "\"0\"\r\n"
send "\x1dl"
expect 40 "n2  running"
expect 40 "new output"
send "\x1dn"
expect 40 "-- node 1"
expect 60 "1> "
send "\x1dn"
expect 40 "-- node 2"
expect 40 "late [1,2,3"
expect 40 "299,300]"
expect 40 "3> "
send "\x1d7"
expect 40 "There is no node 7"
send "\x1dq"
exit 0' --nodes=3 --memory=1536M
