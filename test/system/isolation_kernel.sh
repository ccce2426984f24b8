# SPDX-License-Identifier: Apache-2.0
# Node 1's kernel does what it must not: it alone dies, its epitaph names cause, address and functions, and the
# virtual machines of nodes 0, 2 and 3 evaluate an expression after its death.
# LIMIT: 400
. test/system/common
. test/system/isolation_common
# fault | cause | what lies at the address | a function in the stack
while IFS='|' read -r fault cause area function; do
    around dead --option=on-death=stay --option=restart=no --option=fault@1=$fault --option=fault-after@1=2000 \
        --option=run@1='/usr/bin/busybox sleep 1000'
    expect_line "^\[n1 .*\] panic: $cause"
    expect_line "^\[n1 .*\] address [0-9a-f]\{16\}: $area\$"
    expect_line "^\[n1 .*\]   ffffffff8[0-9a-f]* $function+0x"
    expect_line '^\[n1 .*\]   ffffffff8[0-9a-f]* trap_enter+0x'
    [ "$(grep -c '\] panic: ' "$WORK/err")" = 1 ] || fail "another node died, too"
    echo "fault $fault: held"
done << 'END'
partition|page fault: write to an unmapped page at 0x|direct map, the partition of node 2|fault_partition
published|page fault: write to a protected page at 0x|published pages of node 2|fault_published
store|page fault: write to a protected page at 0x|boot store|fault_store
text|page fault: write to a protected page at 0x|own text, kernel_main+0x0|fault_text
null|page fault: write to an unmapped page at 0x0|a null pointer's page|fault_null
stack_overflow|kernel stack overflow|kernel stacks|fault_stack_overflow
END
