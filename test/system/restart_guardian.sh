# SPDX-License-Identifier: Apache-2.0
# Node 1 dies, and its guardian, node 2, dies at one step after the other of bringing it back, by a panic or without a
# word: node 0 finishes, and brings back both. Nobody is started twice.
# LIMIT: 250
. test/system/common
IMAGE=build/test/debug.img
try() { # STEP FAULT
    machine --nodes=3 --memory=700M --eval=ok --option=on-death=stay --option=run='/usr/bin/busybox sleep 1000' \
        --option=fault@1=panic --option=fault-after@1=500 --option=fault@2="$2" --option=fault-at-step@2="$1" \
        --option=run@0='/bin/sh /t/back.sh 2'
    expect_status 0
    for node in 1 2; do expect_line "^node $node state running incarnation 2 .* deaths_in_row 1 "; done
    expect_line '^node 0 state running incarnation 1 '
    [ "$(grep -c '^death ' "$WORK/out")" = 2 ] || fail "not two deaths"
    echo "guardian died at $1 ($2): held"
}
for step in intent fence bury load start idle; do try $step panic; done
for step in fence load; do try $step hang_irqs_off; done
# Bits turned in what node 0 publishes of node 1's lives do nothing; node 1, whose own number is altered, ends itself.
machine --nodes=3 --memory=700M --eval=ok --option=on-death=stay --option=run='/usr/bin/busybox sleep 1000' --option=fault@0=page_words \
    --option=fault-after@0=300 --option=fault@1=page_life --option=fault-after@1=1200 --option=run@0='/bin/sh /t/words.sh'
expect_status 0
for node in 0 2; do expect_line "^node $node state running incarnation 1 "; done
expect_line ': its published page was altered\|^text its published page was altered'
[ "$(grep -c '^death ' "$WORK/out")" = 1 ] || fail "not one death"
