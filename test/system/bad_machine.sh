# SPDX-License-Identifier: Apache-2.0
# Machines that cannot carry HydrOS: one clear line that says what is wrong and what to do, status 1, no hang.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
refused() { # LINE ARGUMENT...
    local line="$1"
    shift
    machine --timeout=100 --eval=ok "$@"
    expect_status 1
    expect_line "^hydros: $line"
    [ "$(cat "$WORK/out" "$WORK/err" | grep -c '^hydros: ')" = 1 ] || fail "more than one line"
}
refused 'no ACPI tables, .*use a machine with ACPI' --nodes=1 --memory=512M --machine=pc,acpi=off
refused 'MEM=1M is too little: the system image has [0-9]* MiB' --nodes=1 --memory=1M
refused 'too little memory: .*add memory$' --nodes=1 --memory=128M
refused 'too little memory: .* for 4 nodes, .*add memory or use option nodes=2' --nodes=4 --memory=512M
refused 'option nodes=3, but there are only 2 cores; ask for fewer' --nodes=2 --memory=512M --option=nodes=3
refused 'option nodes=many is no number' --nodes=2 --memory=512M --option=nodes=many
refused 'option nodes=0 is no number' --nodes=2 --memory=512M --option=nodes=0

# A second core list full of nonsense, and one cut short: the machine starts, or says why not.
head -c 400 /dev/urandom > "$WORK/table"
printf '\1\377' > "$WORK/short"
for table in table short; do
    machine --nodes=2 --memory=512M --timeout=100 --qemu=-acpitable --qemu="sig=APIC,data=$WORK/$table" --eval=ok \
        --option=run='/usr/bin/busybox true'
    [ "$status" = 0 ] || expect_line '^hydros: '
    [ "$status" -lt 2 ] || fail "status $status"
done

# No system image at all.
timeout 100 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -machine q35 -cpu max -m 512 -kernel $LOADER \
    -serial stdio -device isa-debug-exit,iobase=0xf4,iosize=4 -append exit-port=0xf4 > "$WORK/out" 2> "$WORK/err" < /dev/null
[ $? = 131 ] || fail "without an image"
expect_line '^hydros: no system image; give one with -initrd FILE'
