# SPDX-License-Identifier: Apache-2.0
# OTP's standard library, all of it, compiled by two nodes (half each): code equal to what this Linux compiles.
# LIMIT: 900
. test/system/common
lib=$(erl -noshell -eval 'io:put_chars(code:lib_dir()), halt().')
stdlib=$(echo "$lib"/stdlib-*) kernel=$(echo "$lib"/kernel-*)
mkdir -p build/stdlib "$WORK/ebin"
erlc +deterministic -Werror -o "$WORK/ebin" test/programs/stdlib_sums.erl || fail "stdlib_sums.erl"
# What Linux makes of it is kept while the sources stay the same.
key=$(cat "$stdlib"/src/*.erl "$stdlib"/src/*.hrl test/programs/stdlib_sums.erl | sha256sum | cut -c 1-16)
if [ ! -s build/stdlib/$key ]; then
    erl -noshell -pa "$WORK/ebin" -s stdlib_sums main -extra 0 1 "$WORK/sums" > "$WORK/out" 2>&1 || fail "compiling on Linux"
    grep -v DONE "$WORK/sums" | sort > build/stdlib/$key
fi
cp -r "$WORK/ebin" "$WORK/t"
printf 'exec /usr/bin/erl -noshell -pa /t -s stdlib_sums main -extra $HYDROS_NODE $HYDROS_NODES /dev/kmsg\n' > "$WORK/t/run.sh"
make -s image IMAGE=build/stdlib/system.img ROOT=build/stdlib/root.erofs \
    ADD="$WORK/t:/t $stdlib/src:$stdlib/src $stdlib/include:$stdlib/include $kernel/include:$kernel/include" > "$WORK/out" 2>&1 || fail "image"
build/hydros run --loader=build/loader.elf --image=build/stdlib/system.img --nodes=2 --memory=1536M --timeout=860 \
    --option=run='/bin/sh /t/run.sh' > "$WORK/out" 2>&1 < /dev/null &
machine=$!
while kill -0 $machine 2> /dev/null && [ "$(grep -c 'SUMS DONE' "$WORK/out")" -lt 2 ] && ! grep -q 'status [1-9]' "$WORK/out"; do sleep 1; done
kill $machine 2> /dev/null
wait $machine
sed -n 's/^.*\(SUM [a-z].*\)$/\1/p' "$WORK/out" | tr -d '\r' | sort > "$WORK/sums.node"
diff build/stdlib/$key "$WORK/sums.node" || fail "differences"
[ "$(wc -l < "$WORK/sums.node")" -gt 80 ] || fail "too few modules"
