# SPDX-License-Identifier: Apache-2.0
# The boot store: with one altered copy of the kernel the machine starts and says so, with two it says what to do.
# Then images that are whole, but whose kernel or root file system is none.
# LIMIT: 240
. test/system/common
machine --nodes=2 --memory=512M --option=alter=1 --eval=ok --option=run='/usr/bin/busybox true'
expect_status 0
expect_line 'kernel copy 1 in the boot store is altered'
machine --nodes=2 --memory=512M --option=alter=2 --eval=ok --timeout=100
expect_status 1
expect_line '^hydros: node [01]: both kernel copies in the boot store are altered; reset the machine'
root=build/test/root.erofs kernel=build/test/t/elf-cut
IMAGE=$WORK/image
build/hydros image --kernel=$kernel --root=$root --output="$IMAGE" || fail "image"
machine --nodes=1 --memory=512M --eval=ok --timeout=100
expect_status 1
expect_line '^hydros: node 0: the kernel in the system image is no valid ELF file; make the image again'
objcopy --strip-debug build/kernel.elf "$WORK/kernel"
head -c 1048576 $root > "$WORK/root"
build/hydros image --kernel="$WORK/kernel" --root="$WORK/root" --output="$IMAGE" || fail "image"
machine --nodes=1 --memory=512M --eval=ok --timeout=100
expect_failure
expect_line '^\[n0 .*\] the root file system in the system image cannot be read; make the image again'
for part in kernel root; do
    ! build/hydros image --kernel=build/kernel.elf --root=$root --$part=README.md --output="$IMAGE" 2> "$WORK/err" || fail "took $part"
    expect_line "README.md: is no "
done
