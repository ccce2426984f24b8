# SPDX-License-Identifier: Apache-2.0
# `make demo`, with one kill: the store's client goes on, its node comes back, no write is lost, and the machine ends by itself.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
machine --nodes=3 --memory=750M --option=on-death=stay --option='erl=-pa /t' --eval='demo:main(1, 1)'
expect_status 0
expect_line '>>> n[12]@hydros is killed'
expect_line '<<< n[12]@hydros is down'
expect_line '<<< n[12]@hydros is back, in life 2'
expect_line '^Nodes were killed 1 times. Writes that were acknowledged and then lost: 0\.'
# What the client counted, in the last line about it.
[ "$(sed -n 's/^ *[0-9]*   n0 n1 n2  *n[12]  *\([0-9]*\) .*/\1/p' "$WORK/out" | tail -n 1)" -gt 10 ] || fail "the client did not count"
