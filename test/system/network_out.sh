# SPDX-License-Identifier: Apache-2.0
# An address by DHCP, a name by option, and programs of a node as clients: names over UDP, a refusal, no way, an own address, a page of this host.
# LIMIT: 240
. test/system/common
. test/system/network_common
erl -noshell -pa "$WORK" -eval "network_test:greet($PORT), halt()." > "$WORK/host" 2>&1 &
host=$!
machine --nodes=1 --memory=512M --net=user --option=hostname=box.example --eval="code:add_patha(\"/t\"), network_test:out($PORT)"
kill $host 2> /dev/null
expect_status 0
expect_line "network: n0 has address 10.0.2.15"
expect_line "out: done"
