# SPDX-License-Identifier: Apache-2.0
# Addresses of IPv6 by boot option: two nodes that have one each speak from them, with each other and with this host behind QEMU's router, and
# take none that the router advertises; a third one that is given the first one's is refused it, a fourth one a text that is none.
# LIMIT: 240
. test/system/common
. test/system/network_common
erl -noshell -pa "$WORK" -eval "
    {ok, Listener} = gen_tcp:listen($PORT, [inet6, binary, {ip, {0,0,0,0,0,0,0,1}}, {active, false}, {exit_on_close, false}]),
    io:format(\"listening~n\"),
    {ok, Socket} = gen_tcp:accept(Listener),
    {ok, Bytes} = gen_tcp:recv(Socket, 9),
    ok = gen_tcp:send(Socket, Bytes),
    gen_tcp:recv(Socket, 0)." > "$WORK/host" 2>&1 &
host=$!
trap 'kill $host 2> /dev/null; rm -rf "$WORK"' EXIT
until grep -q . "$WORK/host"; do sleep 0.1; done
if ! grep -q listening "$WORK/host"; then
    echo "this host has no IPv6: what is behind the router is left out"
    PORT=0
fi
machine --nodes=4 --memory=1536M --net=user --option=on-death=stay --option=run@1="/usr/bin/erl -noshell -pa /t -s network_test static_serve" \
    --option=run@2="/usr/bin/erl -noshell" --option=run@3="/usr/bin/erl -noshell" \
    --option=ip6@0=fec0::77/64,fec0::2,fec0::3 --option=ip6@1=fec0::78/64 --option=ip6@2=fec0::77 --option=ip6@3=fec0::79/64,gateway \
    --eval='code:add_patha("/t"), network_test:static('$PORT')'
expect_status 0
expect_line "static: done"
expect_line "n0 has address FEC0::77"
expect_line "option ip6=fec0::77 is another node's"
expect_line "option ip6=fec0::79/64,gateway is no ADDRESS/64 or /128,GATEWAY,RESOLVER"
