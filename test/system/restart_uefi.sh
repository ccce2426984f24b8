# SPDX-License-Identifier: Apache-2.0
# UEFI does not bring the boot core back from an INIT: its node starts itself when it panics, and when its neighbour
# finds that it hangs; and all nodes come back when they die at once.
# LIMIT: 690
. test/system/common
try() { # HOW-MANY OPTION...: nodes that die, 1 or 2, and the faults
    dead=$1
    shift
    scripts/make-iso "$WORK/iso" $LOADER build/test/debug.img exit-port=0xf4 on-exit@0=poweroff "$@" \
        run=/usr/bin/busybox%20sleep%201000 run@0=/bin/sh%20/t/lives.sh%20$dead%202 > "$WORK/err" 2>&1 || fail "no ISO"
    timeout 220 qemu-system-x86_64 -nodefaults -display none -no-reboot -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 \
        -serial stdio -device isa-debug-exit,iobase=0xf4,iosize=0x04 -cdrom "$WORK/iso" \
        -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE.fd > "$WORK/out" 2> "$WORK/err" < /dev/null
    status=$?
    expect_status 129
    expect_line 'node 0 state running incarnation 2 '
    expect_line "node 1 state running incarnation $dead "
}
try 1 fault@0=panic fault-after=1500
try 1 fault@0=hang fault-after=1500
# Node 1 dies when it is about to fence node 0.
try 2 fault=panic fault-after@0=1500 fault-at-step@1=fence
