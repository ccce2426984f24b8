# SPDX-License-Identifier: Apache-2.0
# Two cards, one of them node 1's own: who drives the shared one dies, and node 1's connection goes on, while it drives both; then node 1
# dies, and takes its own card again when it is back. Both times the connection of node 2 goes on.
# LIMIT: 240
. test/system/common
. test/system/network_common
shared="/usr/bin/erl -noshell -pa /t -s network_test shared"
started "n2 has address" --nodes=3 --memory=1536M --own-card=1 --port=$PORT:8080@0 --port=$((PORT + 1)):8080@1 --port=$((PORT + 2)):8080@2 \
    --port=$((PORT + 3)):8079@1 --port=$((PORT + 4)):8079@2 --option=on-death=stay --option=run="$shared"
client "network_test:cards({127,0,0,1}, $PORT)"
own=$(grep -c 'is driven by this node for itself' "$WORK/out")
[ "$own" = 2 ] || fail "node 1 took its own card $own times, not twice"
owners=$(($(grep -c 'is driven by this node' "$WORK/out") - own))
[ "$owners" = 3 ] || fail "the shared card had $owners owners, not 3"
