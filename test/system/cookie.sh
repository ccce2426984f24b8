# SPDX-License-Identifier: Apache-2.0
# The cookie: at random, the same on all nodes, another one at the next start, for user 0 only, in no command line; or as the
# option says.
# LIMIT: 500
. test/system/common
IMAGE=build/test/debug.img
show='cat /root/.erlang.cookie; busybox ps; su -s /bin/sh nobody -c "cat /proc/hydros/cookie" && echo told; cat /proc/hydros/cookie'
# cookies NODES OPTION...: the first line says what each node's Erlang has.
cookies() {
    local nodes="$1"
    shift
    machine --nodes="$nodes" --memory=$((256 * nodes))M --timeout=200 "$@" \
        --eval="ok = hydros:wait(150000), [io:format(\"~s \", [erpc:call(N, erlang, get_cookie, [])]) || N <- hydros:nodes()], \
            io:nl(), io:put_chars(os:cmd(\"$(echo "$show" | sed 's/"/\\"/g')\"))"
    expect_status 0
    read -r first second < "$WORK/out"
    [ "$nodes" = 1 ] || [ "$first" = "$second" ] || fail "two cookies"
    ! grep -q '^told' "$WORK/out" || fail "told to nobody"
    grep -q 'beam.smp' "$WORK/out" || fail "no list of programs"
    ! grep 'beam.smp' "$WORK/out" | grep -q "$first" || fail "it is in a command line"
}
cookies 2
one=$first
echo "$one" | grep -Eqx '[0-9a-f]{32}' || fail "no cookie: $one"
[ "$(grep -c "^$one" "$WORK/out")" = 3 ] || fail "not in both files"
cookies 1
[ "$first" != "$one" ] || fail "the same at the next start"
cookies 1 --option=cookie=given
[ "$first" = given ] || fail "the option says nothing"
