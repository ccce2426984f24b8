# SPDX-License-Identifier: Apache-2.0
# The vDSO is a user-space shared object inside the kernel: built with the programs' rules for the stack and
# addresses, but without vector code, so that it disturbs nothing.
VDSO_CFLAGS := -std=gnu11 -O2 -ffreestanding -fPIC -fvisibility=default -mgeneral-regs-only -fno-stack-protector \
  -fcf-protection=none -fno-asynchronous-unwind-tables -fomit-frame-pointer $(filter-out -Wshadow,$(WARN)) -I. -Ikernel
# Programs look at segments only: what follows the one that is loaded, the section headers, is cut off, and what says
# where they are (e_shoff; e_shentsize to e_shstrndx) is made 0.
$(B)/vdso/vdso.so: kernel/linux/vdso/clock.c kernel/linux/vdso/vdso.ld kernel/linux/vdso_data.h kernel/lib/wall.h kernel/linux/vdso/build.mk
	@mkdir -p $(@D)
	@echo "  VDSO $@"
	@gcc $(VDSO_CFLAGS) -c $< -o $(B)/vdso/clock.o
	@ld -shared -s -nostdlib -soname=linux-vdso.so.1 --hash-style=both --build-id=none -z max-page-size=4096 \
	  -z noseparate-code -z norelro --no-undefined -T kernel/linux/vdso/vdso.ld $(B)/vdso/clock.o -o $@.whole
	@head -c $$(($$(readelf -lW $@.whole | awk '$$1 == "LOAD" {print $$5}'))) $@.whole > $@
	@dd if=/dev/zero of=$@ bs=1 seek=40 count=8 conv=notrunc status=none
	@dd if=/dev/zero of=$@ bs=1 seek=58 count=6 conv=notrunc status=none
	@test $$(stat -c %s $@) -le 4096 || { echo "the vDSO must fit one page (VDSO_PAGES in vdso.h)"; rm $@; exit 1; }
$(B)/kernel/kernel/linux/vdso_image.o $(B)/debug/kernel/linux/vdso_image.o: $(B)/vdso/vdso.so
