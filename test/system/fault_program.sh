# SPDX-License-Identifier: Apache-2.0
# A virtual machine ends badly, in two ways: why, and the head of its dump, are in the black box of the neighbour that
# buried it. And in safe mode none of what the user brought is started, and the other node shows that it is.
# LIMIT: 240
. test/system/common
wait='W = fun(W, P) -> {ok, B} = file:read_file("/proc/hydros/deaths"), case re:run(B, P, [multiline]) of {match, _} -> B;
      nomatch -> timer:sleep(50), W(W, P) end end,'
statuses='io:format("~ncrashes: ~w~n", [lists:sort([{N, S} || #{node := N, exit_status := S} <- hydros:crashes()])])'
machine --nodes=3 --memory=840M --option=on-death=stay --option=restart=no \
    --option=eval@1='timer:sleep(500), erlang:halt("it had to be")' \
    --option=eval@2='[binary_to_atom(integer_to_binary(N)) || N <- lists:seq(1, 20000)]' --option=erl@2='+t 12000' \
    --eval="$wait W(W, \"^death .* node 1 \"), io:format(\"~s\", [W(W, \"^death .* node 2 \")]), $statuses"
expect_status 0
expect_line '^crashes: \[{1,1},{2,1}\]$'
for node in 1 2; do
    sed -n "/^death [12] node $node /,/^end/p" "$WORK/out" > "$WORK/death$node"
    grep -q "^death [12] node $node incarnation 1 guardian [0-9]* notice last_words noticed_ms " "$WORK/death$node" || fail "$node is not told of"
    grep -q '^text init ended with status 1$' "$WORK/death$node" || fail "no epitaph of $node"
    grep -q "^log \[n$node [0-9.]*\] init: the program ended with status 1" "$WORK/death$node" || fail "no exit status of $node"
done
grep -q '^log \[n1 [0-9.]*\] erl_crash.dump: Slogan: it had to be$' "$WORK/death1" || fail "no reason of node 1"
grep -q '^log \[n2 [0-9.]*\] erl_crash.dump: Slogan: no more index entries in atom_tab' "$WORK/death2" || fail "no reason of node 2"

machine --nodes=2 --memory=600M --option=on-death=stay --option=safe@1 --option=eval@1='file:write_file("/dev/kmsg", "brought")' \
    --eval='W = fun(W) -> case [N || #{name := N, safe := 1} <- hydros:status()] of [] -> timer:sleep(50), W(W); [N] -> N end end,
        io:format("~p~n", [W(W)]), hydros:i()'
expect_status 0
expect_line "^n1@hydros$"
expect_line "^ *0 n0@hydros *running  *1 "
expect_line "^ *1 n1@hydros running, safe  *1 "
expect_line '^\[n1 .*\] init: safe mode: '
! grep -q '\] brought' "$WORK/err" || fail "the user's program ran in safe mode"
