# SPDX-License-Identifier: Apache-2.0
# Three nodes behind one card: node 2 is reached from this host and from node 0, and the card goes on when its owner is killed.
# LIMIT: 300
. test/system/common
. test/system/network_common
started "n2 has address" --nodes=3 --memory=1536M --port=$PORT:8080@2 --port=$((PORT + 1)):8079@2 --option=on-death=stay \
    --option=run@0='/usr/bin/busybox sleep 1000' --option=run@1='/usr/bin/busybox sleep 1000' --option=run@2="$serve"
client "network_test:wait({127,0,0,1}, $PORT)"
client "{ok, _} = network_test:echo({127,0,0,1}, $PORT, 2000000), true"
# Whoever drives the card is killed, three times, while bytes go there and back.
client "network_test:killing({127,0,0,1}, $PORT, 3, 8000000)"
[ "$(grep -c 'is driven by this node' "$WORK/out")" -ge 4 ] || fail "the card did not change hands three times"
