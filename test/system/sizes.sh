# SPDX-License-Identifier: Apache-2.0
# 1 to 16 cores, all nodes of which become one cluster; memory from 192 MiB a node (and the boot store) upward and above 4 GiB, gaps in the
# APIC ids.
# LIMIT: 400
. test/system/common
try() { # NODES MEMORY QEMU-ARGUMENT...
    local nodes="$1" memory="$2"
    shift 2
    machine --nodes=$nodes --memory=$memory "$@" --timeout=200 --eval='ok = hydros:wait(150000), io:format("up~n")'
    expect_status 0
    expect_output up
    expect_line "node 0 of $nodes"
}
try 1 256M
try 2 470M
try 8 2G
try 16 3200M
try 2 5G
# Three cores a socket: APIC ids 0 1 2 4 5 6.
try 6 1536M --qemu=-smp --qemu=6,sockets=2,cores=3,threads=1
