# SPDX-License-Identifier: Apache-2.0
# A person at the web console (test/web/console.js), in Chromium: looks, kills, reads an epitaph, loses the node that serves.
# LIMIT: 280
. test/system/common
. test/system/network_common
MACHINE_SECONDS=260
browser=build/web-test
for need in /usr/bin/chromium-headless-shell $browser/node_modules/playwright-core/package.json; do
    [ -e $need ] || fail "$need is missing: scripts/install-packages test could not install it"
done
chatter='[erlang:send({nobody, N}, hello) || _ <- lists:seq(1, 11000), ok =:= timer:sleep(20), N <- erlang:nodes()]'
started "chatter: begun" --nodes=2 --memory=800M --net=user --port=$PORT:80 --port=$((PORT + 1)):80@1 --port=$((PORT + 2)):80@all --option=web=80 --option=web-token --option=on-death=stay \
    --eval="hydros:wait(), io:format(\"chatter: begun~n\"), $chatter"
token=$(sed -n 's/^.*web console: token \([0-9a-f]*\).*/\1/p' "$WORK/out" | head -n 1)
[ ${#token} = 32 ] || fail "no token was told"
NODE_PATH=$browser/node_modules timeout 120 node test/web/console.js http://127.0.0.1:$PORT/ http://127.0.0.1:$((PORT + 1))/ http://127.0.0.1:$((PORT + 2))/ "$token" build/test-logs || fail "the browser"
