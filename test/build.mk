# SPDX-License-Identifier: Apache-2.0
# Programs of the tests on this side.
$(B)/pty: test/system/pty.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@gcc $(HOST_CFLAGS) $< -o $@ -lutil
test-images: $(B)/pty

# The image that the tests of isolation and of bad input use: a debug kernel, and these programs in /t.
WILD := $(B)/test/t/wild
$(B)/test/t/%: test/isolation/%.c abi/layout.h
	@mkdir -p $(@D)
	@echo "  CC $<"
	@musl-gcc -std=gnu11 -D_GNU_SOURCE -O1 -static -s -Wall -Wextra -I. $< -o $@
$(B)/test/t/channel: test/system/channel.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@musl-gcc -std=gnu11 -D_GNU_SOURCE -O1 -static -s -Wall -Wextra $< -o $@
# Sockets over the wire: the same programs as over loopback, test/linux/remote.h.
WIRE := $(addprefix $(B)/test/t/socket_,ends edges flags ports)
$(WIRE): $(B)/test/t/%: test/linux/%.c test/linux/remote.h test/linux/show.h
	@mkdir -p $(@D)
	@echo "  CC $<"
	@gcc -std=gnu11 -D_GNU_SOURCE -O1 -static -s -w $< -o $@
# And OpenSSL, Debian's own.
$(B)/test/t/openssl: /usr/bin/openssl
	@mkdir -p $(@D)
	@cp $< $@
# ELF files that are none: of all that can be wrong, what a person meets (cut, empty, other machine, no interpreter).
$(B)/test/t/elf-cut: $(WILD) $(B)/init
	@head -c 100 $(B)/init > $(@D)/elf-head
	@head -c 8192 $(B)/init > $@
	@: > $(@D)/elf-empty
	@{ head -c 18 $(B)/init; printf '\267\0'; tail -c +21 $(B)/init; } > $(@D)/elf-arm
	@{ head -c 54 $(B)/init; printf '\1\0\377\377'; tail -c +59 $(B)/init; } > $(@D)/elf-table
	@sed 's|/lib64/ld-linux-x86-64.so.2|/lib64/no-linux-x86-64.so.2|' /bin/true > $(@D)/elf-interpreter
	@chmod 755 $(@D)/elf-*
$(B)/test/t/%.sh: test/isolation/%.sh
	@mkdir -p $(@D)
	@cp $< $@
# Erlang that the tests run on the nodes.
$(B)/test/t/%.beam: test/system/%.erl
	@mkdir -p $(@D)
	@echo "  ERLC $<"
	@erlc +deterministic -Werror -o $(@D) $<
# The demo itself, with fewer kills.
DEMO_T := $(patsubst examples/demo/%.erl,$(B)/test/t/%.beam,$(wildcard examples/demo/*.erl))
$(DEMO_T): $(B)/test/t/%.beam: examples/demo/%.erl
	@mkdir -p $(@D)
	@echo "  ERLC $<"
	@erlc +deterministic -Werror -o $(@D) $<
$(B)/test/root.erofs: $(DEMO_T) $(patsubst test/system/%.erl,$(B)/test/t/%.beam,$(wildcard test/system/*.erl)) $(B)/init $(ERLANG_BEAM) scripts/make-root $(patsubst test/isolation/%.c,$(B)/test/t/%,$(wildcard test/isolation/*.c)) $(B)/test/t/elf-cut $(B)/test/t/channel $(WIRE) $(B)/test/t/openssl $(patsubst test/isolation/%,$(B)/test/t/%,$(wildcard test/isolation/*.sh))
	@echo "  ROOT $@"
	@scripts/make-root --output=$@ --init=$(B)/init --ebin=$(B)/ebin --add=$(B)/test/t:/t
$(B)/test/debug.img: $(B)/hydros $(B)/debug/kernel.elf $(B)/test/root.erofs
	@echo "  IMAGE $@"
	@objcopy --strip-debug $(B)/debug/kernel.elf $@.kernel
	@$(B)/hydros image --kernel=$@.kernel --root=$(B)/test/root.erofs --output=$@
	@rm -f $@.kernel
test-images: $(B)/test/debug.img
-include test/chaos/build.mk
