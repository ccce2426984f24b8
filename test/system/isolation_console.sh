# SPDX-License-Identifier: Apache-2.0
# The node that drives the terminal dies: its epitaph is shown whole wherever it was at the time (starting, in an
# interrupt, in the midst of a kernel message or of moving a key), and so is that of one that dies after it.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
death() {
    machine --nodes=1 --memory=256M --eval=ok --option=restart=no --option=run='/usr/bin/busybox sleep 1000' "$@"
    expect_failure
    expect_line '^\[n0 .*\] panic: '
    expect_line '^\[n0 .*\] rip [0-9a-f]\{16\} flags '
}
death --option=fault=store
expect_line '^\[n0 .*\]   ffffffff8[0-9a-f]* kernel_start+0x'
death --option=fault=stack_overflow --option=fault-after=1000
expect_line '^\[n0 .*\]     and the same [0-9]* times more'
expect_line '^\[n0 .*\]   ffffffff8[0-9a-f]* syscall_entry+0x'
death --option=fault=jump --option=fault-in=log
expect_line '^\[n0 .*\] fault: in this line'
expect_line '^\[n0 .*\]   ffffffff8[0-9a-f]* log_line+0x'
on_console '
expect 20 "# "
send "e"
expect 40 "panic: page fault: write to an unmapped page at 0x0"
expect 40 "fault_now+0x"
expect 40 "console_owner_pump"
expect 40 "trap_common+0x"' --nodes=1 --memory=256M --option=shell=/bin/sh --option=restart=no --option=fault=null --option=fault-in=keys
# The line goes to node 1 when its owner dies; then node 1 dies, with nobody left.
machine --nodes=2 --memory=512M --eval=ok --option=on-death=stay --option=restart=no --option=on-death@1=poweroff --option=fault=null \
    --option=fault-after@0=1000 --option=fault-after@1=2500 --option=run='/usr/bin/busybox sleep 1000'
expect_failure
for node in 0 1; do
    expect_line "^\[n$node .*\] panic: page fault: write to an unmapped page at 0x0"
    expect_line "^\[n$node .*\]   ffffffff8[0-9a-f]* trap_enter+0x"
done
# And one that powers the machine off waits until another has shown its last words.
machine --nodes=2 --memory=512M --eval=ok --option=restart=no --option=fault@1=null --option=run='/usr/bin/busybox sleep 1000'
expect_failure
expect_line '^\[n1 .*\]   ffffffff8[0-9a-f]* kernel_start+0x'
