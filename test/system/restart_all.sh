# SPDX-License-Identifier: Apache-2.0
# All nodes die at the same time, and the machine comes back without its firmware: four, the only one, and where no
# firmware brings the boot core back from an INIT (microvm) so that it has to start itself. A node 0 that was stopped is started.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
try() { # NODES MACHINE
    machine --machine="$2" --nodes="$1" --memory=$((256 * $1))M --eval=ok --option=on-death=stay --option=fault=panic \
        --option=fault-after=800 --option=run="/bin/sh /t/lives.sh $1 2"
    expect_status 0
    [ "$(grep -c '^node [0-9]* state running incarnation 2 ' "$WORK/out")" = "$1" ] || fail "not all are back"
    [ "$(grep -c '^\[boot\] clock' "$WORK/err")" = 1 ] || fail "the machine began anew"
    echo "$1 nodes on $2: held"
}
try 4 q35
try 1 q35
try 2 microvm
# Where it has to start itself, node 0 does so also for an order: after a stop of its own, and one by order.
for kind in q35 microvm; do
    machine --machine=$kind --nodes=2 --memory=512M --option=on-death=stay --option=on-exit@1=poweroff --option=run='/bin/sh /t/again.sh'
    expect_status 0
    expect_line ' node 0 of 2, incarnation 3: '
    echo "node 0 stopped on $kind: held"
done
