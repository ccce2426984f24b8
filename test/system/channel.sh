# SPDX-License-Identifier: Apache-2.0
# C programs on 2, 4 and 64 nodes talk over stream sockets: test/system/channel.c tries everything a program can meet, with a node's death and
# return at the end.
# LIMIT: 500
. test/system/common
IMAGE=build/test/debug.img
try() { # NODES MEMORY NODE...: those in the middle and at the end
    local nodes="$1" memory="$2"
    shift 2
    machine --timeout=300 --nodes=$nodes --memory=$memory --option=on-exit@0=poweroff --option=run='/t/channel serve' --option=run@0="/t/channel ask $*"
    tail -n 3 "$WORK/out"
    expect_status 0
    expect_line "^$((nodes * (nodes - 1) / 2)) pairs"
    expect_line '^all right'
    ! grep -q 'channel: node .* broke a rule\|panic' "$WORK/err" || fail "a kernel complained"
}
try 2 512M 1
try 4 1G 1 2 3
# QEMU asks its host for all of the memory; a host with less of it does what it can.
if [ "$(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo)" -ge 15000000 ]; then
    try 64 13500M 63
else
    echo "64 nodes want a host with 16 GB"
    try 16 4G 15
fi
