# SPDX-License-Identifier: Apache-2.0
# 64 MiB from node 3 to this host over one connection, and meanwhile whoever drives the card ends, three times: it hangs with interrupts
# off, it panics, it is killed by another. Never is the connection without a byte for 5 s. Then each of the dead has its address again.
# LIMIT: 300
. test/system/common
. test/system/network_common
give="/usr/bin/erl -noshell -pa /t -s network_test give"
both="/usr/bin/erl -noshell -pa /t -s network_test both"
started "n3 has address" --nodes=4 --memory=2G --port=$PORT:8078@3 --port=$((PORT + 1)):8079@1 --port=$((PORT + 2)):8079@2 \
    --port=$((PORT + 3)):8079@0 --port=$((PORT + 4)):8080@0 --port=$((PORT + 5)):8080@1 --port=$((PORT + 6)):8080@2 \
    --option=on-death=stay --option=run="$both" --option=run@3="$give"
for node in 0 1 2; do
    client "network_test:wait({127,0,0,1}, $((PORT + 4 + node)))"
done
client "network_test:take({127,0,0,1}, $PORT, [$((PORT + 1)), $((PORT + 2)), $((PORT + 3))], [hang_irqs_off, panic, kill])"
cat "$WORK/client"
owners=$(grep -c 'is driven by this node' "$WORK/out")
[ "$owners" = 4 ] || fail "the card had $owners owners, not 4"
for node in 0 1 2; do
    client "network_test:wait({127,0,0,1}, $((PORT + 4 + node)))"
done
