# SPDX-License-Identifier: Apache-2.0
# One node, and this host as the rest of the world: bytes there and back over TCP, many connections, half-close, resets.
# LIMIT: 240
. test/system/common
. test/system/network_common
started "echo: listening" --nodes=1 --memory=512M --port=$PORT:8080 --option=run="$serve"
client "lists:all(fun(Size) -> {ok, _} = network_test:echo({127,0,0,1}, $PORT, Size), true end, [1, 1460, 1461, 65536, 2000000])"
client "network_test:crowd({127,0,0,1}, $PORT, 50, 20000)"
client "network_test:resets({127,0,0,1}, $PORT, 20)"
client "{ok, _} = network_test:echo({127,0,0,1}, $PORT, 100000), true"
