# SPDX-License-Identifier: Apache-2.0
# C programs on two and on four nodes talk over stream sockets: test/system/channel.c tries everything a program can
# meet, with a node's death and return at the end.
# LIMIT: 300
. test/system/common
IMAGE=build/test/debug.img
for nodes in 2 4; do
    machine --nodes=$nodes --memory=$((nodes * 256))M --option=on-exit@0=poweroff --option=run="/t/channel ask $nodes" \
        --option=run@1='/t/channel serve 1' --option=run@2='/t/channel serve 2' --option=run@3='/t/channel serve 3'
    tail -n 3 "$WORK/out"
    expect_status 0
    expect_line '^all right'
    ! grep -q 'channel: node .* broke a rule\|panic' "$WORK/err" || fail "a kernel complained"
done
