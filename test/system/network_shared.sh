# SPDX-License-Identifier: Apache-2.0
# One address for four nodes: 200 connections are spread over them; of a node that dies, the card's owner or not, only its own die;
# a node that comes back gets new ones and takes nobody else's.
# LIMIT: 300
. test/system/common
. test/system/network_common
shared="/usr/bin/erl -noshell -pa /t -s network_test shared"
started "n3 has address" --nodes=4 --memory=2G --port=$PORT:8080@all --port=$((PORT + 1)):8079@3 --option=on-death=stay --option=run="$shared"
client "network_test:spread({127,0,0,1}, [$PORT, $((PORT + 1))])"
cat "$WORK/client"
