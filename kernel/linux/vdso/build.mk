# SPDX-License-Identifier: Apache-2.0
# The vDSO is a user-space shared object inside the kernel: built with the programs' rules for the stack and
# addresses, but without vector code, so that it disturbs nothing.
VDSO_CFLAGS := -std=gnu11 -O2 -ffreestanding -fPIC -fvisibility=default -mgeneral-regs-only -fno-stack-protector \
  -fcf-protection=none -fno-asynchronous-unwind-tables -fomit-frame-pointer $(filter-out -Wshadow,$(WARN)) -I. -Ikernel
$(B)/vdso/vdso.so: kernel/linux/vdso/clock.c kernel/linux/vdso/vdso.ld kernel/linux/vdso_data.h
	@mkdir -p $(@D)
	@echo "  VDSO $@"
	@gcc $(VDSO_CFLAGS) -c $< -o $(B)/vdso/clock.o
	@ld -shared -s -nostdlib -soname=linux-vdso.so.1 --hash-style=both --build-id=none -z max-page-size=4096 \
	  -z noseparate-code -z norelro --no-undefined -T kernel/linux/vdso/vdso.ld $(B)/vdso/clock.o -o $@
	@test $$(stat -c %s $@) -le 4096 || { echo "the vDSO must fit one page (VDSO_PAGES in vdso.h)"; rm $@; exit 1; }
$(B)/kernel/kernel/linux/vdso_image.o $(B)/debug/kernel/linux/vdso_image.o: $(B)/vdso/vdso.so
