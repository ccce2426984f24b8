# SPDX-License-Identifier: Apache-2.0
# The loader and the bootable ISO. Included by the Makefile, which sets B and KERNEL_CFLAGS and has
# the same default for IMAGE. The loader runs at 1 MiB, one to one: it needs the small code model.
LOADER_CFLAGS := -O2 $(subst -mcmodel=kernel,-mcmodel=small,$(KERNEL_CFLAGS))
LOADER_SRC := $(wildcard boot/*.c boot/*.S start/*.c start/*.S) \
  kernel/lib/checksum.c kernel/lib/string.c kernel/lib/format.c kernel/lib/random.c
LOADER_O := $(patsubst %,$(B)/loader/%.o,$(basename $(LOADER_SRC)))
ISO_OPTIONS ?=
IMAGE ?= $(B)/system.img

$(B)/loader/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $< (loader)"
	@gcc $(LOADER_CFLAGS) -MMD -MP -c $< -o $@
$(B)/loader/%.o: %.S
	@mkdir -p $(@D)
	@echo "  AS $< (loader)"
	@gcc $(LOADER_CFLAGS) -MMD -MP -c $< -o $@
$(B)/loader.elf: $(LOADER_O) boot/link.ld boot/build.mk
	@echo "  LD $@"
	@ld -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none -T boot/link.ld \
	  $(LOADER_O) -o $@
$(B)/hydros.iso: $(B)/loader.elf $(IMAGE) boot/grub.cfg
	@echo "  ISO $@"
	@rm -rf $(B)/iso && mkdir -p $(B)/iso/boot/grub
	@strip -o $(B)/iso/boot/loader.elf $(B)/loader.elf
	@cp $(IMAGE) $(B)/iso/boot/system.img
	@sed 's|ISO_OPTIONS|$(ISO_OPTIONS)|' boot/grub.cfg > $(B)/iso/boot/grub/grub.cfg
	@grub-mkrescue -o $@ $(B)/iso 2> $(B)/iso.log || { cat $(B)/iso.log; exit 1; }
loader: $(B)/loader.elf
iso: $(B)/hydros.iso
.PHONY: loader iso
-include $(LOADER_O:.o=.d)
