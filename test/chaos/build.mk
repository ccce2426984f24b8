# SPDX-License-Identifier: Apache-2.0
# The chaos driver (Erlang, on this side), its load (Erlang, on the nodes) and their image: a debug kernel.
CHAOS := $(B)/chaos
CHAOS_BEAM := $(patsubst test/chaos/%.erl,$(CHAOS)/ebin/%.beam,$(wildcard test/chaos/*.erl))
LOAD_BEAM := $(patsubst test/chaos/load/%.erl,$(CHAOS)/load/%.beam,$(wildcard test/chaos/load/*.erl)) $(CHAOS)/load/chaos_nif.so
$(CHAOS)/ebin/%.beam: test/chaos/%.erl
	@mkdir -p $(@D)
	@echo "  ERLC $<"
	@erlc +deterministic -Werror -o $(@D) $<
$(CHAOS)/load/%.beam: test/chaos/load/%.erl
	@mkdir -p $(@D)
	@echo "  ERLC $<"
	@erlc +deterministic -Werror -o $(@D) $<
$(CHAOS)/load/%.so: test/chaos/load/%.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@gcc -O1 -fPIC -shared -I/usr/lib/erlang/usr/include $< -o $@
$(CHAOS)/layout: test/chaos/layout.c $(wildcard abi/*.h)
	@mkdir -p $(@D)
	@echo "  CC $<"
	@gcc $(HOST_CFLAGS) $< -o $@
$(CHAOS)/root.erofs: $(B)/init $(ERLANG_BEAM) scripts/make-root $(LOAD_BEAM)
	@echo "  ROOT $@"
	@scripts/make-root --output=$@ --init=$(B)/init --ebin=$(B)/ebin --add=$(CHAOS)/load:/t/chaos
$(CHAOS)/system.img: $(B)/hydros $(B)/debug/kernel.elf $(CHAOS)/root.erofs
	@echo "  IMAGE $@"
	@objcopy --strip-debug $(B)/debug/kernel.elf $@.kernel
	@$(B)/hydros image --kernel=$@.kernel --root=$(CHAOS)/root.erofs --output=$@
	@rm -f $@.kernel
chaos-image: $(CHAOS_BEAM) $(LOAD_BEAM) $(CHAOS)/layout $(CHAOS)/system.img $(B)/loader.elf
	@:
test-images: chaos-image

# make chaos SEED=1 COUNT=100: a campaign; COUNT=0: each kind of fault once. ONLY=N,M or ONLY=KIND: these again.
# make chaos FAULTS=none MINUTES=60: nothing is broken, and nobody may die.
SEED ?= 1
COUNT ?= 100
ONLY ?=
FAULTS ?=
MINUTES ?= 60
chaos: $(B)/packages-test
	@$(MAKE) --no-print-directory chaos-image
	@test/chaos/run seed=$(SEED) count=$(COUNT) nodes=$(NODES) only=$(ONLY) faults=$(FAULTS) minutes=$(MINUTES)
.PHONY: chaos chaos-image
