# SPDX-License-Identifier: Apache-2.0
# Two nodes, and no host between them: by name, by IPv6 (link-local with its scope, and the router's prefix), TCP and UDP, one listener for
# IPv6 and IPv4, one for IPv6 alone, a datagram to a group of either family; and the programs of test/linux whose other end can be
# far away: they say the same as on this host, over its loopback.
# LIMIT: 240
. test/system/common
. test/system/network_common
programs="socket_ends socket_edges socket_flags socket_ports"
build/test/t/socket_ends serve $PORT &
end=$!
trap 'kill $end; rm -rf "$WORK"' EXIT
for program in $programs; do
    build/test/t/$program 127.0.0.1 $PORT > "$WORK/$program" 2>&1 &
done
machine --nodes=2 --memory=1024M --net=user --option=run@1="/usr/bin/erl -noshell -pa /t -s network_test wire_serve" \
    --option=ip@0=10.0.2.15/24,10.0.2.2,10.0.2.3 --option=ip@1=10.0.2.16/24,10.0.2.2,10.0.2.3 --option=on-death=stay \
    --eval='code:add_patha("/t"), network_test:wire()'
expect_status 0
expect_line "six: done"
expect_line "wire: done"
for program in $programs; do
    sed -n "s/^$program: //p" "$WORK/out" | diff "$WORK/$program" - || fail "$program says something else over the wire"
done
