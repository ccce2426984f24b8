# SPDX-License-Identifier: Apache-2.0
# One address of IPv4 and one of IPv6 for four nodes: connections and datagrams are spread over them; of a node that dies, the card's
# owner or not, only its own die; a node that comes back gets new ones and takes nobody else's. The client is node 4, which has a card of
# its own on the same wire; of the host there is only a router, which says what network it is.
# LIMIT: 300
. test/system/common
. test/system/network_common
shared="/usr/bin/erl -noshell -pa /t -s network_test all_shared"
spread="/usr/bin/erl -noshell -pa /t -s network_test spread"
set -- --option=shared-ip=10.0.2.100 --option=shared-ip6=fec0::100
for node in 0 1 2 3 4; do
    set -- "$@" --option=ip@$node=10.0.2.$((15 + node))/24
done
erl -noshell -pa "$WORK" -eval "network_test:router($PORT)" &
router=$!
wire="local.type=inet,local.host=127.0.0.1,local.port=$PORT,remote.type=inet,remote.host=127.0.0.1,remote.port=$((PORT + 1))"
started "n3 has address" --nodes=5 --memory=2560M --net=hubport,hubid=0 --own-card=4,hubport,hubid=0 --qemu=-netdev --qemu="dgram,id=wire,$wire" \
    --qemu=-netdev --qemu=hubport,hubid=0,id=hub,netdev=wire "$@" --option=on-death=stay --option=run="$shared" --option=run@4="$spread"
trap 'kill $machine $router 2> /dev/null; rm -rf "$WORK"' EXIT
tries=0
until grep -q "spread: done" "$WORK/out"; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] && kill -0 $machine 2> /dev/null || fail "the client was not done"
    sleep 0.2
done
grep "spread: " "$WORK/out"
