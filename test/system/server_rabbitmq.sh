# SPDX-License-Identifier: Apache-2.0
# RabbitMQ on three nodes, one cluster: a client here publishes to a quorum queue and counts what is confirmed. The node that the client talks to,
# which leads the queue and drives the card, is killed meanwhile; it comes back empty, joins anew and takes a copy; then the next one is
# killed. Everything that was confirmed is in the queue.
# LIMIT: 900
. test/system/common
. test/system/server_common
server_image rabbitmq
ERL_LIBS="$WORK/release/lib" erlc -Werror -o "$WORK" test/server/rabbitmq_client.erl || fail "the client does not compile"
server_run --timeout=860 --nodes=3 --memory=1536M --option=cookie=sesame --option=dist-port=25672 --option=on-death=stay \
    --port=$PORT:5672 --port=$((PORT + 1)):5672@1 --port=$((PORT + 2)):5672@2 --port=$((PORT + 3)):25672@2
# Only then each node has a copy of the queue, and one may die.
for node in 0 1 2; do said 1 "rabbitmq: rabbit@n$node serves, one of 3, in life 1" 400; done
printf '{host, {127,0,0,1}, ["n2"]}.\n{lookup, [file, native]}.\n' > "$WORK/inetrc"
# Connected first, which may need more than one attempt; the order is given once.
kill_node() {
    ERL_INETRC="$WORK/inetrc" timeout 120 erl -noinput -sname "order$1" -hidden -setcookie sesame -start_epmd false -dist_listen false \
        -kernel net_setuptime 60 -erl_epmd_port $((PORT + 3)) -eval "
        C = fun C() -> net_kernel:connect_node('rabbit@n2') orelse begin timer:sleep(1000), C() end end, C(),
        ok = erpc:call('rabbit@n2', hydros, kill, [$1, order]), halt()." || client_fail "kill $1"
}
client_fail() {
    tail -n 12 "$WORK/client"
    fail "$@"
}
# confirmed COUNT: until the client has seen that many more.
confirmed() {
    local before tries=0
    before=$(grep -c '^client: at' "$WORK/client")
    until [ "$(grep -c '^client: at' "$WORK/client")" -ge $((before + $1)) ]; do
        tries=$((tries + 1))
        [ $tries -lt 1200 ] && kill -0 $client 2> /dev/null || client_fail "the client is not confirmed anything"
        sleep 0.2
    done
}
: > "$WORK/client"
erl -noinput -kernel logger_level none -pa "$WORK" "$WORK"/release/lib/*/ebin \
    -eval "ok = rabbitmq_client:run([$PORT, $((PORT + 1)), $((PORT + 2))], \"$WORK/stop\"), halt()." >> "$WORK/client" 2>&1 < /dev/null &
client=$!
trap 'kill $client $machine 2> /dev/null; wait $machine; rm -rf "$WORK"' EXIT
confirmed 2
kill_node 0
confirmed 2
said 1 'rabbitmq: rabbit@n0 serves, one of 3, in life 2' 400
kill_node 1
confirmed 2
: > "$WORK/stop"
wait $client || client_fail "the client"
grep '^client: \(confirmed\|read\)' "$WORK/client"
grep -q '^client: read [0-9]* lost 0' "$WORK/client" || client_fail "no result"
[ "$(grep -c 'connection ended' "$WORK/client")" -ge 1 ] || client_fail "no connection ended: nobody was killed under load"
