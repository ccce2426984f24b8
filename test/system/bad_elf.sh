# SPDX-License-Identifier: Apache-2.0
# First programs that are none, each on a node of its own: a line says what is wrong with it, the node ends, and
# node 0 goes on.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
bad='/nonexistent /etc /etc/passwd /t/elf-head /t/elf-cut /t/elf-empty /t/elf-arm /t/elf-table /t/elf-interpreter'
options='' node=0
for program in $bad; do
    node=$((node + 1))
    options="$options --option=init@$node=$program"
done
machine --nodes=$((node + 1)) --memory=$((224 * (node + 1)))M --eval=ok --option=on-death=stay --option=restart=no $options \
    --option=run@0="/bin/sh /t/watch.sh $node"
expect_status 0
node=0
while IFS='|' read -r program why; do
    node=$((node + 1))
    expect_line "^\[n$node .*\] .*$program cannot be started: $why"
done << 'END'
/nonexistent|it is not there
/etc|it is no executable file
/etc/passwd|it is no executable file
/t/elf-head|it is no ELF program
/t/elf-cut|its file is cut short
/t/elf-empty|it is no ELF program
/t/elf-arm|it is no ELF program
/t/elf-table|it is no ELF program
/t/elf-interpreter|it is not there, or the interpreter
END
! grep -q 'panic:' "$WORK/err" || fail "a kernel died of it"
