# SPDX-License-Identifier: Apache-2.0
# What every node needs for a restart is altered, then a node dies: one kernel copy is mended with the other, the
# trampoline and the firmware's resume address are written anew; without a good copy nothing is started, and the others live.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
try() { # FAULT...: on node 1, the last one ends it
    machine --nodes=3 --memory=700M --eval=ok --option=on-death=stay --option=run='/usr/bin/busybox sleep 1000' \
        --option=run@1="/bin/sh /t/faults.sh $*" --option=run@0="/bin/sh -e /t/until.sh 1 ${UNTIL:-running incarnation 2}"
    expect_status 0
    expect_line "^node 0 state running incarnation 1 "
    expect_line "^node 2 state running incarnation 1 "
}
try store_first panic
expect_line '\] kernel copy 1 in the boot store was altered: mended with the other one'
try store_second panic
expect_line '\] kernel copy 2 in the boot store was altered: mended with the other one'
# Only the boot core comes back by the firmware and its resume address: node 0 is the one that dies.
machine --nodes=3 --memory=700M --eval=ok --option=on-death=stay --option=run='/usr/bin/busybox sleep 1000' --option=on-exit@1=poweroff \
    --option=run@0='/bin/sh /t/faults.sh trampoline resume_address panic' --option=run@1='/bin/sh -e /t/until.sh 0 running incarnation 2'
expect_status 0
expect_line 'fault: altered the byte at 467$'
expect_line '\] node 0: incarnation 2 started in '
! grep -q '\] node [12], incarnation 1 is dead' "$WORK/err" || fail "others ended, too"
UNTIL='dead incarnation 1 .* offline 1'
try store_both panic
expect_line '\] both kernel copies in the boot store are altered; reset the machine'
try store_machine panic
expect_line '\] the machine description in the boot store is altered; reset the machine'
