# SPDX-License-Identifier: Apache-2.0
# Seven nodes write at random into their own kernel's objects, twice in their lives: each dies of it or goes on, what
# died comes back, and node 0, which does not, lives all the time and sees it.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
machine --nodes=8 --memory=1800M --eval=ok --option=on-death=stay --option=run='/bin/sh /t/faults.sh wild_write wild_write' \
    --option=run@0='/bin/sh /t/settled.sh 7'
expect_status 0
expect_line '^node 0 state running incarnation 1 '
[ "$(grep -c '^node [1-7] state running ' "$WORK/out")" = 7 ] || fail "not all came back"
grep -q '^death ' "$WORK/out" || fail "nobody noticed anything"
grep '^death ' "$WORK/out" | cut -d' ' -f3-10
