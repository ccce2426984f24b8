# SPDX-License-Identifier: Apache-2.0
# RabbitMQ on three nodes, one cluster: a client here publishes to a quorum queue and counts what is confirmed. The node that the client talks to,
# which leads the queue and drives the card, is killed meanwhile; it comes back empty, joins anew and takes a copy; then the next one is
# killed. Everything that was confirmed is in the queue.
# LIMIT: 600
. test/system/common
. test/system/server_common
server_image rabbitmq
ERL_LIBS="$WORK/release/lib" erlc -Werror -o "$WORK" test/server/rabbitmq_client.erl || fail "the client does not compile"
server_run --timeout=560 --nodes=3 --memory=1536M --option=cookie=sesame --option=dist-port=25672 --option=on-death=stay \
    --port=$PORT:5672 --port=$((PORT + 1)):5672@1 --port=$((PORT + 2)):5672@2 --port=$((PORT + 3)):25672@2
said 1 'rabbitmq: rabbit@n[012] serves, one of 3' 200
said 3 'rabbitmq: rabbit@n[012] serves' 200
printf '{host, {127,0,0,1}, ["n2"]}.\n{lookup, [file, native]}.\n' > "$WORK/inetrc"
kill_node() {
    ERL_INETRC="$WORK/inetrc" timeout 60 erl -noinput -sname "order$1" -hidden -setcookie sesame -start_epmd false -dist_listen false \
        -erl_epmd_port $((PORT + 3)) -eval "ok = erpc:call('rabbit@n2', hydros, kill, [$1, order]), halt()." || fail "kill $1"
}
# confirmed COUNT SECONDS: until the client has seen that many more.
confirmed() {
    local before tries=0
    before=$(grep -c '^client: at' "$WORK/client")
    until [ "$(grep -c '^client: at' "$WORK/client")" -ge $((before + $1)) ]; do
        tries=$((tries + 1))
        [ $tries -lt $(($2 * 5)) ] && kill -0 $client 2> /dev/null || { cat "$WORK/client"; fail "the client is not confirmed anything"; }
        sleep 0.2
    done
}
erl -noinput -kernel logger_level none -pa "$WORK" "$WORK"/release/lib/*/ebin \
    -eval "ok = rabbitmq_client:run([$PORT, $((PORT + 1)), $((PORT + 2))], \"$WORK/stop\"), halt()." > "$WORK/client" 2>&1 < /dev/null &
client=$!
: > "$WORK/client"
confirmed 2 60
before=$(grep -c 'rabbitmq: rabbit@n0 serves, one of 3' "$WORK/out") || true # it may have been the first to serve, one of 1
kill_node 0
confirmed 2 60
said $((before + 1)) 'rabbitmq: rabbit@n0 serves, one of 3' 250
kill_node 1
confirmed 2 60
: > "$WORK/stop"
wait $client || { cat "$WORK/client"; fail "the client"; }
grep -v '^client: at' "$WORK/client"
grep -q '^client: read [0-9]* lost 0' "$WORK/client" || fail "no result"
[ "$(grep -c 'connection ended' "$WORK/client")" -ge 1 ] || fail "no connection ended: nobody was killed under load"
