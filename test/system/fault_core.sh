# SPDX-License-Identifier: Apache-2.0
# A dead node's memory, read by its neighbour as a core file: gdb shows with the kernel's symbols where it died, its
# arguments and who ran. The living have no such file.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
machine --nodes=2 --memory=440M --eval=ok --option=on-death=stay --option=restart=no \
    --option=run@1='/bin/sh /t/faults.sh double_free' --option=run@0='/bin/sh /t/core.sh'
expect_status 0
base64 -d < "$WORK/out" | gzip -d > "$WORK/core" || fail "the file did not come whole"
: > "$WORK/out"
gdb -batch -nx -ex bt -ex 'print self_start.node' -ex 'print current->name' \
    build/debug/kernel.elf "$WORK/core" > "$WORK/out" 2>&1 || fail "gdb"
for line in ' fault_double_free () at kernel/debug/fault_memory.c:' ' fault_call (name=0x[0-9a-f]* "double_free") ' \
    ' control_write (file=' ' sys_write (fd=' ' syscall_entry () at kernel/arch/x86_64/entry.S:' '^\$1 = 1$' '^\$2 = "sh'; do
    grep -q -- "$line" "$WORK/out" || fail "gdb does not say: $line"
done
