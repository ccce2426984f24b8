# SPDX-License-Identifier: Apache-2.0
# The virtual machines of four nodes end or stand still, in four ways, in the cluster: each is noticed with its cause,
# comes back, and is connected again; the fifth loses none of its own.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
fault() { # NAME
    echo "case os:getenv(\"HYDROS_INCARNATION\") of
        \"1\" -> W = fun(W) -> case length(nodes()) of 4 -> ok; _ -> timer:sleep(50), W(W) end end, W(W), timer:sleep(500),
            ok = file:write_file(\"/dev/hydros\", \"fault $1\"), timer:sleep(100000);
        _ -> timer:sleep(100000) end"
}
machine --nodes=5 --memory=1500M --option=on-death=stay --timeout=220 \
    --option=eval@1="$(fault beam_segv)" --option=eval@2="$(fault beam_exit)" --option=eval@3="$(fault beam_hang)" \
    --option=eval@4="$(fault memory_eat)" --eval='
    W = fun(W, F) -> case F() of true -> ok; _ -> timer:sleep(50), W(W, F) end end,
    Lives = fun() -> {ok, B} = file:read_file("/proc/hydros/nodes"),
        length(element(2, re:run(B, "^node [1-4] state running incarnation 2 ", [global, multiline]))) end,
    W(W, fun() -> length(nodes()) =:= 4 end),
    W(W, fun() -> try Lives() =:= 4 andalso length(nodes()) =:= 4 catch error:_ -> false end end),
    {ok, D} = file:read_file("/proc/hydros/deaths"), io:format("~s~p~n", [D, lists:sort(nodes())])'
expect_status 0
expect_line '^\[n1@hydros,n2@hydros,n3@hydros,n4@hydros\]$'
while IFS='|' read -r node cause; do
    sed -n "/^death [0-9]* node $node incarnation 1 /,/^end/p" "$WORK/out" > "$WORK/death"
    grep -q "^death .* notice last_words " "$WORK/death" || fail "node $node was noticed in another way"
    grep -q "^text $cause" "$WORK/death" || fail "node $node has another cause than: $cause"
done << 'END'
1|init ended with status 139$
2|init ended with status 1$
3|the program did not beat for [0-9]* ms
4|init ended with status [1-9]
END
