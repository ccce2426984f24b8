# SPDX-License-Identifier: Apache-2.0
# Nobody is taken for dead who only has to wait for a core of the host: four nodes, three of them with more to do than
# there is time. SOAK=SECONDS.
# LIMIT: 2000
. test/system/common
work='F = fun(G) -> lists:sum(lists:seq(1, 20000)), G(G) end, [spawn(fun() -> F(F) end) || _ <- [1, 2]],'
build/hydros run --loader=$LOADER --image=$IMAGE --timeout=$((${SOAK:-45} + 120)) --nodes=4 --memory=1G --option=on-death=stay \
    --option=eval@1="$work timer:sleep(infinity)" --option=eval@2="$work timer:sleep(infinity)" --option=eval@3='timer:sleep(infinity)' \
    --eval="$work timer:sleep(${SOAK:-45}000), {ok, B} = file:read_file(\"/proc/hydros/nodes\"), io:put_chars(B)" \
    > "$WORK/out" 2> "$WORK/err" < /dev/null
status=$?
expect_status 0
[ "$(grep -c '^node [0-3] state running incarnation 1 ' "$WORK/out")" = 4 ] || fail "somebody was started again"
! grep -q 'is dead' "$WORK/err" || fail "a false alarm"
