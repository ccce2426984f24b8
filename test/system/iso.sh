# SPDX-License-Identifier: Apache-2.0
# The image of `make iso` boots from BIOS and from UEFI, as a CD, a virtual machine's disk and a USB stick, and starts the release that is
# in it, here a script that evaluates an Erlang expression.
# LIMIT: 500
. test/system/common
release=$WORK/release iso=$WORK/hydros.iso
mkdir -p "$release/bin" "$release/releases/1"
echo '1 1' > "$release/releases/start_erl.data"
: > "$release/releases/1/tiny.rel"
cat > "$release/bin/tiny" << 'END'
#!/bin/sh
exec erl -noinput -eval 'io:format("from iso~n"), halt().'
END
chmod 755 "$release/bin/tiny"
make -s iso RELEASE="$release" ROOT="$WORK/root" IMAGE="$WORK/image" ISO="$iso" \
    OPTIONS="exit-port=0xf4 on-exit@0=poweroff on-death=poweroff" > "$WORK/out" 2>&1 || fail "no ISO"
boot() {
    timeout 200 qemu-system-x86_64 -nodefaults -display none -no-reboot -machine q35 -accel tcg,thread=multi -cpu max \
        -smp 2 -m 1536 -serial stdio -device isa-debug-exit,iobase=0xf4,iosize=0x04 "$@" > "$WORK/out" 2> "$WORK/err" < /dev/null
    status=$?
    expect_status 129
    expect_line '^from iso'
}
uefi=if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE.fd
boot -cdrom "$iso"
boot -drive if=virtio,format=raw,snapshot=on,file="$iso"
boot -drive if=none,id=stick,format=raw,snapshot=on,file="$iso" -device qemu-xhci -device usb-storage,drive=stick -drive $uefi
