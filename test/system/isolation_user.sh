# SPDX-License-Identifier: Apache-2.0
# A program on node 1 tries the kernel's addresses, instructions and wild pointers in calls: each ends in SIGSEGV
# or an error, node 1 lives, and the virtual machines of nodes 0, 2 and 3 evaluate an expression afterwards.
# LIMIT: 240
. test/system/common
. test/system/isolation_common
around stopped --option=run@1='/t/wild /dev/kmsg'
expect_line '^\[n1 .*\] wild: \([0-9]*\) of \1 held'
expect_line '^\[n1 .*\] init ended with status 0'
for place in 'the direct map' 'a partition' "node 0's published page" 'the boot store' 'kernel text' 'a null pointer'; do
    for access in 'write to' 'read of' 'execution of'; do
        expect_line "^\[n1 .*\] wild: $access $place: SIGSEGV, address [0-9a-f]*"
    done
done
expect_line '^\[n1 .*\] wild: recursion past the stack: SIGSEGV'
# The same tries end the same way on Linux.
build/test/t/wild > "$WORK/linux" || fail "Linux disagrees"
