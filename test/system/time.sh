# SPDX-License-Identifier: Apache-2.0
# A time server on this host that is a day ahead: both nodes follow it, one that comes back too, and small errors melt.
# LIMIT: 240
. test/system/common
. test/system/network_common
erlc -o "$WORK" test/system/time_test.erl || fail "the server does not compile"
erl -noshell -pa "$WORK" -eval "time_test:serve($PORT)" > "$WORK/server" 2>&1 &
server=$!
trap 'kill $server; rm -rf "$WORK"' EXIT
machine --nodes=2 --memory=800M --net=user --option=time=10.0.2.2:$PORT --option=erl='-pa /t' --option=on-death=stay --eval='time_test:node()'
expect_status 0
expect_line 'time: done'
wall=$(sed -n 's/^time: \([0-9]*\)$/\1/p' "$WORK/out")
ahead=$(($(date +%s) - wall / 1000 + 86400))
[ $ahead -ge 0 ] && [ $ahead -le 150 ] || fail "the time of day is $ahead s behind the server's"
