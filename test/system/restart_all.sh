# SPDX-License-Identifier: Apache-2.0
# All nodes die at the same time, and the machine comes back without its firmware: four, the only one, and where no
# firmware brings the boot core back from an INIT (microvm) so that it has to start itself. A node 0 that was stopped is started.
# LIMIT: 400
. test/system/common
IMAGE=build/test/debug.img
try() { # NODES MACHINE FAULT-OPTION...
    nodes=$1 kind=$2
    shift 2
    machine --machine="$kind" --nodes="$nodes" --memory=$((256 * nodes))M --eval=ok --option=on-death=stay --option=fault=panic \
        "$@" --option=run="/bin/sh /t/lives.sh $nodes 2"
    expect_status 0
    [ "$(grep -c '^node [0-9]* state running incarnation 2 ' "$WORK/out")" = "$nodes" ] || fail "not all are back"
    [ "$(grep -c '^\[boot\] clock' "$WORK/err")" = 1 ] || fail "the machine began anew"
    echo "$nodes nodes on $kind: held"
}
try 4 q35 --option=fault-after=800
try 1 q35 --option=fault-after=800
try 2 microvm --option=fault-after=800
# Node 1 dies as the guardian of node 0, which is still at its last words, and starts itself, being alone. Then its claim is gone, for which
# node 0 has waited: that one leaves the new life alone.
try 2 microvm --option=fault-after@0=800 --option=fault-at-step@1=fence
# Where it has to start itself, node 0 does so also for an order: after a stop of its own, and one by order.
for kind in q35 microvm; do
    machine --machine=$kind --nodes=2 --memory=512M --option=on-death=stay --option=on-exit@1=poweroff --option=run='/bin/sh /t/again.sh'
    expect_status 0
    expect_line ' node 0 of 2, incarnation 3: '
    echo "node 0 stopped on $kind: held"
done
