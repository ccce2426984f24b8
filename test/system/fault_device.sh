# SPDX-License-Identifier: Apache-2.0
# Faults that a program asks for through /dev/hydros, each on a node of its own: all of them die with the named
# cause, and node 0, which watches, lives and has it all in /proc/hydros.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
cat > "$WORK/table" << 'END'
panic|panic: asked for|fault_panic
general_protection|panic: general protection fault|fault_general_protection
gates|panic: segment not present|fault_gates
heap_overrun|panic: heap: someone wrote past the object at |fault_heap_overrun
off_by_one|panic: heap: someone wrote past the object at |fault_off_by_one
double_free|panic: kernel/memory/heap.c:[0-9]*: assertion failed|fault_double_free
use_after_free|panic: heap: someone wrote to the object at .* after it was freed|fault_use_after_free
foreign_ring|panic: page fault: write to a.* page at 0xffffd8|fault_foreign_ring
beam_segv|init ended with status 139|
beam_abort|init ended with status 134|
beam_exit|init ended with status 1|
memory_eat|init ended with status|
END
set --
node=0
while IFS='|' read -r fault cause function; do
    node=$((node + 1))
    set -- "$@" --option=run@$node="/bin/sh /t/faults.sh $fault"
done < "$WORK/table"
machine --nodes=$((node + 1)) --memory=$((224 * (node + 1)))M --eval=ok --option=on-death=stay --option=restart=no \
    "$@" --option=run@0="/bin/sh /t/watch.sh $node"
expect_status 0
deaths_told $node
node=0
while IFS='|' read -r fault cause function; do
    node=$((node + 1))
    expect_line "^\[n$node .*\] fault $fault\$"
    epitaph_told $node "$fault" "$cause" "$function"
done < "$WORK/table"
