# SPDX-License-Identifier: Apache-2.0
# cowboy on four nodes behind one address: 400 websockets from this host, each with a message a second; none is refused, none is lost, and
# each node has some.
# LIMIT: 240
. test/system/common
. test/system/server_common
server_image websocket
erlc -Werror -o "$WORK" test/server/websocket_client.erl || fail "the client does not compile"
server_run --nodes=4 --memory=1536M --port=$PORT:80@all --port=$((PORT + 1)):80 --port=$((PORT + 2)):80@1 --port=$((PORT + 3)):80@2 --port=$((PORT + 4)):80@3
said 4 'websocket: n[0123]@hydros serves' 150
nodes="[$((PORT + 1)), $((PORT + 2)), $((PORT + 3)), $((PORT + 4))]"
answer "400 websockets" 'connected 400' timeout 150 erl -noinput -pa "$WORK" \
    -eval "websocket_client:wait([$PORT | $nodes]), websocket_client:run([$PORT], $nodes, 400, [1000], 10), halt()."
cat "$WORK/answer"
grep -q '^websocket failed 0$' "$WORK/answer" && grep -q '^websocket at_400_lost 0$' "$WORK/answer" || fail "some failed"
fewest=$(sed -n 's/^websocket fewest_on_a_node //p' "$WORK/answer")
[ "$fewest" -ge 40 ] || fail "a node has only $fewest of 400"
