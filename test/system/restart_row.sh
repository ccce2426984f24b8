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
# From the notice of its eighth death on a start waits 30 times the unit, 600 ms. Who waits for nothing is there after some 50.
sed -n -e 's/^\[n[0-9]* \([0-9.]*\)\] node 1, incarnation \([0-9]*\) is dead: .*/\2 \1/p' \
    -e 's/^\[n[0-9]* \([0-9.]*\)\] node 1: incarnation \([0-9]*\) started in .*/\2 \1 started/p' "$WORK/err" | awk '
    !$3 { dead[$1] = $2; next }
    $1 > 8 && $1 <= 11 { waits++; printf "death %d: started after %d ms\n", $1 - 1, ($2 - dead[$1 - 1]) * 1000; if ($2 - dead[$1 - 1] < 0.45) waits = -9 }
    END { exit waits != 3 }' || fail "the starts after deaths 8 to 10 did not wait"
! sed '/ node 1 of 3, incarnation 11: /,$d' "$WORK/err" | grep -q 'init: safe mode: ' || fail "safe mode before the tenth death"
