# SPDX-License-Identifier: Apache-2.0
# cowboy on four nodes: 400 websockets from this host, each with a message a second; none is refused, none is lost.
# LIMIT: 240
. test/system/common
. test/system/server_common
server_image websocket
erlc -Werror -o "$WORK" test/server/websocket_client.erl || fail "the client does not compile"
server_run --nodes=4 --memory=1536M --port=$PORT:80 --port=$((PORT + 1)):80@1 --port=$((PORT + 2)):80@2 --port=$((PORT + 3)):80@3
said 4 'websocket: n[0123]@hydros serves' 150
ports="[$PORT, $((PORT + 1)), $((PORT + 2)), $((PORT + 3))]"
answer "400 websockets" 'connected 400' timeout 150 erl -noinput -pa "$WORK" \
    -eval "websocket_client:wait($ports), websocket_client:run($ports, 400, 1000, 10), halt()."
cat "$WORK/answer"
grep -q '^websocket failed 0$' "$WORK/answer" && grep -q '^websocket lost 0$' "$WORK/answer" || fail "some failed"
