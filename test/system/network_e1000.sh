# SPDX-License-Identifier: Apache-2.0
# The other kind of card, an 82540EM, whose interrupt is a line: on ICH9 and on PIIX; its owner hangs under a transfer.
# LIMIT: 300
. test/system/common
. test/system/network_common
orders="/usr/bin/erl -noshell -pa /t -s network_test orders"
started "n2 has address" --card=e1000 --nodes=3 --memory=1536M --port=$PORT:8080@2 --port=$((PORT + 1)):8079@0 --port=$((PORT + 2)):8079@1 \
    --option=on-death=stay --option=run@0="$orders" --option=run@1="$orders" --option=run@2="$serve"
client "network_test:wait({127,0,0,1}, $PORT)"
client "lists:all(fun(Size) -> {ok, _} = network_test:echo({127,0,0,1}, $PORT, Size), true end, [1, 1460, 1461, 65536, 2000000])"
client "network_test:killing({127,0,0,1}, $PORT, [{hang, 5000}])"
cat "$WORK/client"
# A node that hangs with interrupts on still serves its card: the transfer may be over before it is fenced.
tries=0
until [ "$(grep -c 'card: its line is input' "$WORK/out")" = 2 ]; do
    tries=$((tries + 1))
    [ $tries -le 60 ] || fail "the interrupts of one owner came, not of two"
    sleep 0.5
    client "network_test:wait({127,0,0,1}, $PORT)"
done
kill $machine
wait $machine
started "echo: listening" --card=e1000 --machine=pc --nodes=1 --memory=512M --port=$PORT:8080 --option=run="$serve"
client "network_test:crowd({127,0,0,1}, $PORT, 20, 20000)"
client "network_test:resets({127,0,0,1}, $PORT, 20)"
client "{ok, _} = network_test:echo({127,0,0,1}, $PORT, 100000), true"
grep -q 'card: its line is input' "$WORK/out" || fail "its interrupts do not come on PIIX"
