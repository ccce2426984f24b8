# SPDX-License-Identifier: Apache-2.0
# microvm: no PCI; the card is a window in memory, of which boot options tell. Its owner, the boot core's node, which has to start itself
# there, is killed under a transfer; both nodes serve afterwards.
# LIMIT: 240
. test/system/common
. test/system/network_common
both="/usr/bin/erl -noshell -pa /t -s network_test both"
started "n1 has address" --machine=microvm --nodes=2 --memory=1024M --port=$PORT:8080@1 --port=$((PORT + 1)):8079@0 \
    --port=$((PORT + 2)):8079@1 --port=$((PORT + 3)):8080@0 --option=on-death=stay --option=run="$both"
client "network_test:wait({127,0,0,1}, $PORT), {ok, _} = network_test:echo({127,0,0,1}, $PORT, 300000), network_test:wait({127,0,0,1}, $((PORT + 3)))"
client "network_test:killing({127,0,0,1}, $PORT, [{kill, 5000}])"
cat "$WORK/client"
client "network_test:wait({127,0,0,1}, $((PORT + 3)))"
[ "$(grep -c 'card: virtio.* is driven by this node' "$WORK/out")" = 2 ] || fail "the card had not two owners"
