# SPDX-License-Identifier: Apache-2.0
# The loader, and the disk image that starts it. Included by the Makefile, which sets B and KERNEL_CFLAGS and has
# the same default for IMAGE. The loader runs at 1 MiB, one to one: it needs the small code model.
LOADER_CFLAGS := -O2 $(subst -mcmodel=kernel,-mcmodel=small,$(KERNEL_CFLAGS))
LOADER_SRC := $(wildcard boot/*.c boot/*.S start/*.c start/*.S) \
  kernel/lib/checksum.c kernel/lib/string.c kernel/lib/format.c kernel/lib/random.c
LOADER_O := $(patsubst %,$(B)/loader/%.o,$(basename $(LOADER_SRC)))
ISO ?= $(B)/hydros.iso
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
loader: $(B)/loader.elf
# A disk image. Words of options come to the shell as they are. By a second make, as `make run`; and always anew, since options
# leave no file behind that would tell of them.
ISO_OPTIONS = $(foreach word,$(if $(RELEASE),release) $(OPTIONS),'$(subst ','\'',$(word))')
iso: $(B)/packages-iso
	@$(if $(SERVER),scripts/make-server $(SERVER) $(RELEASE))
	@$(MAKE) --no-print-directory image
	@echo "  ISO $(ISO)"
	@scripts/make-iso $(ISO) $(B)/loader.elf $(IMAGE) $(ISO_OPTIONS)
.PHONY: loader iso
-include $(LOADER_O:.o=.d)
