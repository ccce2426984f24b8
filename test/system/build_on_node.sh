# SPDX-License-Identifier: Apache-2.0
# rebar3 and mix at work on a node: they compile the examples and make releases of them there, which then run there.
# LIMIT: 300
. test/system/common
otp=$(erl -noshell -eval 'io:put_chars(code:root_dir()), halt().')
mkdir "$WORK/t"
cp -rL /usr/lib/elixir "$WORK/t/elixir"
cp -r "$(command -v rebar3)" examples "$WORK/t/"
rm -rf "$WORK"/t/examples/*/_build
cat > "$WORK/t/build.sh" <<'SCRIPT'
export PATH=/t/elixir/bin:$PATH LC_ALL=C.UTF-8 MIX_ENV=prod REBAR_COLOR=none
# Runs a release until it has counted. SIGKILL: a SIGTERM during the start of Erlang can be lost, on Linux, too.
counts() {
    "$@" > /tmp/output 2>&1 &
    until grep '2 on' /tmp/output; do sleep 1; done
    kill -KILL $!
}
cp -r /t/examples /tmp/examples
cd /tmp/examples/elixir_counter && mix release && counts _build/prod/rel/elixir_counter/bin/elixir_counter start
cd /tmp/examples/rebar3_counter && /t/rebar3 release && counts _build/default/rel/counter/bin/counter foreground
SCRIPT
IMAGE=$WORK/system.img
# A release with ERTS in it needs all of ERTS.
make -s image ROOT="$WORK/root.erofs" IMAGE="$IMAGE" ADD="$WORK/t:/t $otp/bin:$otp/bin $otp/releases:$otp/releases $(for d in "$otp"/erts-*; do echo "$d:$d"; done)" \
    > "$WORK/out" 2>&1 || fail "image"
machine --nodes=1 --memory=1G --timeout=280 --eval=ok --option=run='/bin/sh /t/build.sh'
expect_line '^elixir_counter: 2 on elixir_counter@n0'
expect_line '^counter: 2 on counter@n0'
