# SPDX-License-Identifier: Apache-2.0
# Cores that go nowhere any more, four at once: the fifth notices each, says how it knew, and brings it back; the black
# box has the place of those that still answered.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
machine --nodes=5 --memory=1200M --eval=ok --option=on-death=stay --option=run='/usr/bin/busybox sleep 1000' \
    --option=fault@1=hang --option=fault@2=hang_irqs_off --option=fault@3=halt --option=fault@4=nmi_loop \
    --option=fault-after=500 --option=run@0='/bin/sh /t/back.sh 4'
expect_status 0
death() { sed -n "/^death [0-9]* node $1 incarnation 1 /,/^end/p" "$WORK/out"; }
for node in 1 2 3 4; do expect_line "^node $node state running incarnation 2 "; done
while read -r node notice function; do
    death $node | grep -q "^death .* notice $notice " || fail "node $node was noticed in another way"
    [ -z "$function" ] || death $node | grep -q "^text   ffffffff8[0-9a-f]* $function+0x" || fail "node $node: no $function"
done << 'END'
1 hang fault_hang
2 hang fault_hang_irqs_off
3 hang fault_halt
4 silence
END
grep -q '^node 0 state running incarnation 1 ' "$WORK/out" || fail "node 0 does not run"
