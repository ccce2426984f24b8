# SPDX-License-Identifier: Apache-2.0
# The ISO boots from BIOS and from UEFI to an Erlang expression.
# LIMIT: 300
. test/system/common
make -s iso SYSTEM_IMAGE=$IMAGE ISO_OPTIONS='exit-port=0xf4 eval=io:format(%22from%20iso~n%22) on-exit@0=poweroff on-death=poweroff' \
    B=build > "$WORK/out" 2>&1 || fail "no ISO"
boot() {
    timeout 120 qemu-system-x86_64 -nodefaults -display none -no-reboot -machine q35 -accel tcg,thread=multi -cpu max \
        -smp 2 -m 1536 -serial stdio -device isa-debug-exit,iobase=0xf4,iosize=0x04 -cdrom build/hydros.iso "$@" \
        > "$WORK/out" 2>&1 < /dev/null
    status=$?
    expect_status 129
    expect_line 'from iso'
}
boot
boot -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE.fd
rm -f build/hydros.iso
