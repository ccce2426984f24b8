# SPDX-License-Identifier: Apache-2.0
# Every other kind of fault, each on a node of its own at the same time: all of them die with their own epitaph,
# and node 0, which watches, lives and has all of it in /proc/hydros.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
faults='peek image text_direct user nx jump invalid_instruction canonical divide assert undefined'
options='' node=0
for fault in $faults; do
    node=$((node + 1))
    options="$options --option=fault@$node=$fault"
done
machine --nodes=$((node + 1)) --memory=$((224 * (node + 1)))M --eval=ok --option=on-death=stay --option=restart=no $options \
    --option=fault-after=300 --option=run='/usr/bin/busybox sleep 1000' --option=run@0="/bin/sh /t/watch.sh $node"
expect_status 0
deaths_told $node
node=0
while IFS='|' read -r fault cause function; do
    node=$((node + 1))
    expect_line "^\[n$node .*\] panic: $cause"
    epitaph_told $node "$fault" "panic: $cause" "$function"
done << 'END'
peek|page fault: read of an unmapped page at 0x|fault_peek
image|page fault: write to a protected page at 0x|fault_image
text_direct|page fault: write to a protected page at 0x|fault_text_direct
user|page fault: write to an\{0,1\} [a-z]*ed page at 0x7fff|fault_user
nx|page fault: execution of a protected page at 0x|fault_nx
jump|page fault: execution of an unmapped page at 0x1234|fault_jump
invalid_instruction|invalid instruction|fault_invalid_instruction
canonical|general protection fault|fault_canonical
divide|division error|fault_divide
assert|kernel/debug/fault_core.c:[0-9]*: assertion failed|fault_assert
undefined|kernel/debug/fault_core.c:[0-9]*:[0-9]*: undefined behaviour|fault_undefined
END
