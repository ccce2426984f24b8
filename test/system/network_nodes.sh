# SPDX-License-Identifier: Apache-2.0
# Three nodes behind one card: node 2 is reached from this host, and its connections go on when whoever drives the card ends.
# LIMIT: 300
. test/system/common
. test/system/network_common
orders="/usr/bin/erl -noshell -pa /t -s network_test orders"
started "n2 has address" --nodes=3 --memory=1536M --port=$PORT:8080@2 --port=$((PORT + 1)):8079@0 --port=$((PORT + 2)):8079@1 \
    --option=on-death=stay --option=run@0="$orders" --option=run@1="$orders" --option=run@2="$serve"
client "network_test:wait({127,0,0,1}, $PORT)"
client "{ok, _} = network_test:echo({127,0,0,1}, $PORT, 2000000), true"
# A core that takes no NMI is noticed after 3 s (docs/failure.md).
client "network_test:killing({127,0,0,1}, $PORT, [{nmi_loop, 10000}, {kill, 5000}, {panic, 5000}])"
cat "$WORK/client"
tries=0
until [ "$(grep -c 'is driven by this node' "$WORK/out")" = 4 ]; do
    tries=$((tries + 1))
    [ $tries -lt 60 ] || fail "the card has not had 4 owners"
    sleep 1
done
