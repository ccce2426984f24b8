# SPDX-License-Identifier: Apache-2.0
# A node dies ten times in a row: each start waits longer, and the life after the tenth is in safe mode. A node whose
# first program ended well stays down, and one that is told to start again does.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
machine --nodes=3 --memory=700M --eval=ok --option=on-death=stay --option=back-off-ms=20 --option=fault@1=panic \
    --option=fault-again@1 --option=fault-after@1=700 --option=run@1='/usr/bin/busybox sleep 1000' \
    --option=run@2='/usr/bin/busybox true' --option=run@0='/bin/sh /t/row.sh'
expect_status 0
expect_line '^row: 1 died ten times'
expect_line '^row: 2 was stopped in life 1'
expect_line '^row: 2 was started'
expect_line '^row: 1 is in safe mode'
! sed '/ node 1 of 3, incarnation 11: /,$d' "$WORK/err" | grep -q 'init: safe mode: ' || fail "safe mode before the tenth death"
