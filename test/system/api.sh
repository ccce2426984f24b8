# SPDX-License-Identifier: Apache-2.0
# The module hydros, called as a user does: i, h, spawn, log, restart, stop, init:stop that stays down, crash_dump of one node that stays
# dead, and poweroff, which ends the machine.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
machine --nodes=3 --memory=900M --timeout=220 --option=on-death=stay --option=restart@2=no --option='erl=-pa /t' --eval='api_test:main()'
expect_status 0
for line in 'i/0 shows' 'h(hydros)' 'spawn/1' 'the memory of a busy node' 'whereis/1' 'log/0,1' 'crash_dump/1' 'restart/1' 'node 2 is back, in life 2'; do expect_line "^held: $line"; done
expect_line '^\[n0 .*\] power off with status 0: pid '
