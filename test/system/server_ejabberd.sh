# SPDX-License-Identifier: Apache-2.0
# ejabberd on two nodes, one XMPP server: two clients of this host, each at another node, make accounts and talk to each other.
# LIMIT: 500
. test/system/common
. test/system/server_common
server_image ejabberd
erlc -Werror -o "$WORK" test/server/xmpp_client.erl || fail "the client does not compile"
server_run --timeout=480 --nodes=2 --memory=1G --port=$PORT:5223 --port=$((PORT + 1)):5223@1
said 1 'ejabberd: ejabberd@n[01] serves, one of 2' 300
said 2 'ejabberd: ejabberd@n[01] serves' 300
answer "two clients" '^exchanged 200 messages' timeout 100 erl -noinput -pa "$WORK" -eval "ok = xmpp_client:talk($PORT, $((PORT + 1)), 100), halt()."
