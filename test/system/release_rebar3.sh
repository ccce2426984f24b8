# SPDX-License-Identifier: Apache-2.0
# A release made by Debian's rebar3 with its own ERTS runs on all nodes; each knows its number.
# LIMIT: 200
. test/system/common
cp -r test/release/rebar3 "$WORK/project"
(cd "$WORK/project" && HOME=$WORK REBAR_OFFLINE=1 rebar3 release) > "$WORK/out" 2>&1 || fail "rebar3"
IMAGE=$WORK/image
make -s image RELEASE="$WORK/project/_build/default/rel/demo" ROOT="$WORK/root" IMAGE="$IMAGE" > "$WORK/out" 2>&1 || fail "image"
on_console '
expect 90 "hello from demo@n0, number 0 of 3, erts of /release\r\n"
send "\x1d1"
expect 60 "hello from demo@n1, number 1 of 3, erts of /release\r\n"
send "\x1d2"
expect 60 "hello from demo@n2, number 2 of 3, erts of /release\r\n"
send "\x1dl"
expect 5 "n0  running"
expect 5 "n1  running"
expect 5 "n2  running"
send "\x1dq"
exit 0' --nodes=3 --memory=1536M --release
