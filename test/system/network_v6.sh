# SPDX-License-Identifier: Apache-2.0
# Two nodes, and no host between them: by name, by IPv6 (link-local with its scope, and the router's prefix), TCP and UDP, one listener for
# IPv6 and IPv4, one for IPv6 alone, and a datagram to a group.
# LIMIT: 150
. test/system/common
. test/system/network_common
machine --nodes=2 --memory=1024M --net=user --option=run@1="/usr/bin/erl -noshell -pa /t -s network_test six_serve" \
    --option=ip@0=10.0.2.15/24,10.0.2.2,10.0.2.3 --option=ip@1=10.0.2.16/24,10.0.2.2,10.0.2.3 --option=on-death=stay \
    --option=on-death=stay --eval='code:add_patha("/t"), network_test:six()'
expect_status 0
expect_line "six: done"
