# SPDX-License-Identifier: Apache-2.0
# A program on node 1 tries the kernel's addresses, instructions and wild pointers in calls: each ends in SIGSEGV
# or an error, node 1 lives, and the virtual machines of nodes 0, 2 and 3 evaluate an expression afterwards.
# LIMIT: 120
. test/system/common
IMAGE=build/test/debug.img
wait='W = fun(W, P) -> {ok, B} = file:read_file("/proc/hydros/nodes"), case re:run(B, P) of {match, _} -> ok;
      nomatch -> timer:sleep(20), W(W, P) end end, W(W, "node 1 state stopped"),'
sum='lists:sum([X * X || X <- lists:seq(1, 1000)])'
machine --nodes=4 --memory=1G --option=run@1='/t/wild /dev/kmsg' \
    --option=eval@2="$wait file:write_file(\"/dev/kmsg\", io_lib:format(\"answers ~p\", [$sum]))" \
    --option=eval@3="$wait file:write_file(\"/dev/kmsg\", io_lib:format(\"answers ~p\", [$sum]))" \
    --eval="$wait W(W, \"node 2 state stopped\"), W(W, \"node 3 state stopped\"), io:format(\"answers ~p~n\", [$sum])"
expect_status 0
expect_output 'answers 333833500'
expect_line '^\[n1 .*\] wild: \([0-9]*\) of \1 held'
expect_line '^\[n1 .*\] init ended with status 0'
for place in 'the direct map' 'a partition' "node 0's published page" 'the boot store' 'kernel text' 'a null pointer'; do
    for access in 'write to' 'read of' 'execution of'; do
        expect_line "^\[n1 .*\] wild: $access $place: SIGSEGV, address [0-9a-f]*"
    done
done
expect_line '^\[n1 .*\] wild: recursion past the stack: SIGSEGV'
expect_line '^\[n2 .*\] answers 333833500'
expect_line '^\[n3 .*\] answers 333833500'
# The same tries end the same way on Linux.
build/test/t/wild > "$WORK/linux" || fail "Linux disagrees"
