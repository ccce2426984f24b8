# SPDX-License-Identifier: Apache-2.0
# A release made by Debian's mix with its own ERTS runs on all nodes; each knows its number.
# LIMIT: 300
. test/system/common
cp -r test/release/mix "$WORK/project"
(cd "$WORK/project" && HOME=$WORK LANG=C.UTF-8 MIX_ENV=prod mix release) > "$WORK/out" 2>&1 || fail "mix"
IMAGE=$WORK/image
make -s image RELEASE="$WORK/project/_build/prod/rel/demo" ROOT="$WORK/root" IMAGE="$IMAGE" > "$WORK/out" 2>&1 || fail "image"
on_console '
expect 120 "on demo@n0, number 0 of 2\r\n"
send "\x1d1"
expect 90 "on demo@n1, number 1 of 2\r\n"
send "\x1dq"
exit 0' --nodes=2 --memory=1G --release
