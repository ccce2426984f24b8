# SPDX-License-Identifier: Apache-2.0
# hydros run, make and test/run: bad arguments are one clear line; the terminal is put right and QEMU is gone after signals and after power off.
# LIMIT: 240
. test/system/common
refused() { "$@" > "$WORK/out" 2>&1 && fail "accepted: $*"; [ "$(wc -l < "$WORK/out")" = 1 ] || fail "not one line: $*"; }
refused build/hydros run
refused build/hydros run --loader=$LOADER --image=/nothing
refused build/hydros run --loader=$LOADER --image=$IMAGE --nodes=65
refused build/hydros run --loader=$LOADER --image=$IMAGE --memory=lots
refused build/hydros run --loader=$LOADER --image=$IMAGE --card=e1000
refused build/hydros run --what
refused build/hydros run --loader=$LOADER --image=$IMAGE --nodes=2 --own-card=2
refused build/hydros run --loader=$LOADER --image=$IMAGE --nodes=2 --own-card=1 --own-card=1
refused build/hydros run --loader=$LOADER --image=$IMAGE --port=80:80/tls
refused build/hydros image --kernel=/etc/hosts --root=/etc/hosts --output="$WORK/image"
refused build/hydros image --kernel=/bin/true --root=/etc/hosts --output="$WORK/image"
# As from a shell: without what the make around us, if there is one, tells its own.
refused env -u MAKEFLAGS -u MAKELEVEL make run KERNEL=wrong
refused env -u MAKEFLAGS -u MAKELEVEL make iso KERNEL=wrong
refused env TEST=none_is_called_so test/run check system
for signal in 15 1 3; do
    on_console "
expect 60 \"1> \"
signal $signal
exit $((128 + signal))" --nodes=1 --memory=512M --option=marker=$$
done
# A process that was killed takes a moment to give up its memory.
tries=0
while pgrep -f "marker=$$" > /dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "QEMU is still there"
    sleep 0.2
done
# The terminal that was there before: raw mode is gone.
printf '%s\n' 'expect 60 "1> "' 'send "\x1dq"' 'expect 40 "after:"' 'expect 40 "isig icanon iexten echo"' 'exit 0' > "$WORK/script"
build/pty "$WORK/script" sh -c "build/hydros run --loader=$LOADER --image=$IMAGE --nodes=1 --memory=512M; echo after:; stty -a" || exit 1
