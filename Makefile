# SPDX-License-Identifier: Apache-2.0
# Every target. `make help` lists what a user needs. Files are found by wildcard per folder.
B := build
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# ---- what a user may set ----
NODES ?= 4
MEM ?= 2G
ACCEL ?= tcg
MACHINE ?= q35
KERNEL ?= release
RELEASE ?=
SERVER ?=
EVAL ?=
OPTIONS ?=
NET ?=
CARD ?=
OWN_CARDS ?=
PORTS ?=
TIMEOUT ?=
export EVAL
# Any other word would silently mean the first of them.
ifneq ($(KERNEL),release)
ifneq ($(KERNEL),debug)
$(error KERNEL=$(KERNEL) is no kernel: there are KERNEL=release and KERNEL=debug)
endif
endif
# A server of examples/: a release, a card, and ports as it says.
ifneq ($(SERVER),)
RELEASE := $(B)/servers/$(SERVER)
NET := $(or $(NET),user)
PORTS := $(or $(PORTS),$(shell sed -n 's/^ports="\(.*\)"$$/\1/p' examples/$(SERVER)/server 2> /dev/null))
endif

# ---- kernel ----
KERNEL_DIRS := lib arch/x86_64 memory thread device file node network linux
KERNEL_C := $(wildcard kernel/*.c $(foreach d,$(KERNEL_DIRS),kernel/$(d)/*.c)) $(wildcard start/*.c)
KERNEL_S := $(foreach d,$(KERNEL_DIRS),$(wildcard kernel/$(d)/*.S)) $(wildcard start/*.S)
KERNEL_O := $(KERNEL_C:%.c=$(B)/kernel/%.o) $(KERNEL_S:%.S=$(B)/kernel/%.o)
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef -Wvla -Wwrite-strings -Wno-unused-parameter
# No vector registers in the kernel (they are the programs'), no red zone (interrupts), frame pointers (backtraces).
# No padding between functions and loops: it is 8 % of the text, and its gain cannot be measured.
KERNEL_CFLAGS := -std=gnu11 -falign-functions=1 -falign-jumps=1 -falign-loops=1 -falign-labels=1 \
  -fno-asynchronous-unwind-tables -g -ffreestanding -fno-stack-protector -fno-pic -mcmodel=kernel -mno-red-zone \
  -mgeneral-regs-only -fno-omit-frame-pointer -fno-strict-aliasing -fno-common -fcf-protection=none $(WARN) -I. -Ikernel
LWIP_INCLUDE := -Ikernel/network/port -isystem $(B)/lwip/src/include
# Two thirds of the text are these folders, and most of it runs seldom: it is made small, which takes off a fifth.
# What runs for each message, wake-up, deadline, fault or new process is made fast, and so are all other folders.
# Strings stay calls: the "rep movsb" that -Os likes is slow in QEMU.
SMALL_DIRS := device file network linux
FAST := kernel/device/virtqueue kernel/device/virtio_net kernel/device/e1000 kernel/device/e1000_ring kernel/network/link kernel/network/tcp kernel/network/tcp_send \
  $(addprefix kernel/file/,file pipe ring stream socket_node connection readiness epoll eventfd timerfd inode inode_file inode_map path) \
  $(addprefix kernel/linux/,dispatch futex sys_file sys_poll sys_epoll sys_memory sys_time fork signal_delivery signal_frame)
# What starts take, and deaths: none of it runs on a healthy machine, but the looks. And texts for people.
SMALL_FILES := $(addprefix kernel/node/,watch suspicion quarrel guardian claim election repair death self offline) $(patsubst %.c,%,$(wildcard start/*.c)) \
  $(addprefix kernel/,main panic symbols lib/format lib/log lib/random $(addprefix arch/x86_64/,cpu ioapic pci power serial))
SMALL := $(filter-out $(FAST),$(patsubst %.c,%,$(wildcard $(SMALL_DIRS:%=kernel/%/*.c)))) $(SMALL_FILES)
optimize = $(if $(filter $(1),$(SMALL)),-Os -mstringop-strategy=libcall,-O2)
KERNEL_LDFLAGS := -nostdlib -static --wrap=tcp_input --wrap=tcp_output --wrap=ip6_frag --wrap=nd6_input --gc-sections -z max-page-size=4096 -z noexecstack --build-id=none -T kernel/link.ld

# Other flags make all objects anew.
KERNEL_FLAGS := $(KERNEL_CFLAGS) $(call optimize,$(firstword $(SMALL))) but $(FAST) also $(SMALL_FILES)
$(shell mkdir -p $(B); printf '%s\n' '$(KERNEL_FLAGS)' | cmp -s - $(B)/kernel.flags || printf '%s\n' '$(KERNEL_FLAGS)' > $(B)/kernel.flags)
$(KERNEL_O): $(B)/kernel.flags

# ---- lwIP: Debian's source package, unpacked into build/ and compiled as it is ----
LWIP := $(B)/lwip/src
# What runs for each packet is fast; what is not named here (DNS, PPP, sockets, ...) is left out. kernel/network/port/lwipopts.h
LWIP_FAST := $(addprefix core/,inet_chksum pbuf tcp_in tcp_out udp ipv4/etharp ipv4/ip4 ipv6/ip6) netif/ethernet
LWIP_FILES := $(addprefix core/,def init ip mem memp netif tcp) \
  $(addprefix core/ipv4/,dhcp icmp igmp ip4_addr ip4_frag) $(addprefix core/ipv6/,ethip6 icmp6 inet6 ip6_addr ip6_frag mld6 nd6)
LWIP_O := $(patsubst %,$(B)/kernel/lwip/%.o,$(LWIP_FILES) $(LWIP_FAST))
$(B)/kernel/kernel/network/%.o $(B)/debug/kernel/network/%.o: KERNEL_CFLAGS += $(LWIP_INCLUDE)
NETWORK_C := $(wildcard kernel/network/*.c)
$(NETWORK_C:%.c=$(B)/kernel/%.o) $(NETWORK_C:%.c=$(B)/debug/%.o): $(B)/lwip/COPYING
$(B)/lwip/COPYING: scripts/fetch-source
	@scripts/fetch-source lwip $(B)/lwip
	@touch $@
$(LWIP)/%.c: | $(B)/lwip/COPYING ;
$(B)/kernel/lwip/%.o: $(LWIP)/%.c kernel/network/port/lwipopts.h kernel/network/port/arch/cc.h $(B)/kernel.flags
	@mkdir -p $(@D)
	@echo "  CC lwip $*"
	@gcc $(filter-out -W%,$(KERNEL_CFLAGS)) $(LWIP_INCLUDE) -w -ffunction-sections -fdata-sections \
	  $(if $(filter $*,$(LWIP_FAST)),-O2,-Os) -mstringop-strategy=libcall -c $< -o $@

$(B)/kernel/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@gcc $(KERNEL_CFLAGS) $(call optimize,$*) -MMD -MP -c $< -o $@
$(B)/kernel/%.o: %.S
	@mkdir -p $(@D)
	@echo "  AS $<"
	@gcc $(KERNEL_CFLAGS) -MMD -MP -c $< -o $@
$(B)/kernel.elf: $(KERNEL_O) $(LWIP_O) kernel/link.ld
	@echo "  LD $@"
	@ld $(KERNEL_LDFLAGS) $(KERNEL_O) $(LWIP_O) -o $@
kernel: $(B)/kernel.elf
.PHONY: kernel
-include $(KERNEL_O:.o=.d)
-include kernel/linux/vdso/build.mk

# ---- debug kernel: the same sources with UBSan, and kernel/debug/ in place of kernel/release/ ----
DEBUG_C := $(filter-out $(wildcard kernel/release/*.c),$(KERNEL_C)) $(wildcard kernel/debug/*.c)
KERNEL_C += $(wildcard kernel/release/*.c)
KERNEL_O += $(patsubst %.c,$(B)/kernel/%.o,$(wildcard kernel/release/*.c))
DEBUG_O := $(DEBUG_C:%.c=$(B)/debug/%.o) $(KERNEL_S:%.S=$(B)/debug/%.o)
# Whole stacks in epitaphs: no call becomes a jump.
DEBUG_CFLAGS := -fsanitize=undefined -fno-sanitize=alignment -fno-optimize-sibling-calls
$(DEBUG_O): $(B)/kernel.flags
$(B)/debug/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $< (debug)"
	@gcc $(KERNEL_CFLAGS) $(call optimize,$*) $(DEBUG_CFLAGS) -MMD -MP -c $< -o $@
$(B)/debug/%.o: %.S
	@mkdir -p $(@D)
	@echo "  AS $< (debug)"
	@gcc $(KERNEL_CFLAGS) -MMD -MP -c $< -o $@
$(B)/debug/kernel.elf: $(DEBUG_O) $(LWIP_O) kernel/link.ld
	@echo "  LD $@"
	@ld $(KERNEL_LDFLAGS) $(DEBUG_O) $(LWIP_O) -o $@
-include $(DEBUG_O:.o=.d)

# ---- loader, ISO ----
-include boot/build.mk

# ---- host tool ----
HOST_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -Wno-format-truncation $(WARN) -I. -Ikernel
TOOL_C := $(wildcard tool/*.c) kernel/lib/checksum.c
TOOL_O := $(TOOL_C:%.c=$(B)/host/%.o)
$(B)/host/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $< (host)"
	@gcc $(HOST_CFLAGS) -MMD -MP -c $< -o $@
$(B)/hydros: $(TOOL_O)
	@echo "  LD $@"
	@gcc $(TOOL_O) -o $@
-include $(TOOL_O:.o=.d)

# ---- first program, Erlang modules, root file system, system image ----
INIT_CFLAGS := -std=gnu11 -Os -static -s -I. $(filter-out -Wundef,$(WARN)) -Wno-format-truncation
$(B)/init: $(wildcard init/*.c)
	@mkdir -p $(@D)
	@echo "  CC init"
	@musl-gcc $(INIT_CFLAGS) $^ -o $@
ERLANG_BEAM := $(patsubst erlang/src/%.erl,$(B)/ebin/%.beam,$(wildcard erlang/src/*.erl)) $(B)/ebin/hydros.app \
  $(patsubst erlang/%,$(B)/%,$(wildcard erlang/web/*)) $(B)/doc/chunks/hydros.chunk
$(B)/ebin/%.beam: erlang/src/%.erl
	@mkdir -p $(@D)
	@echo "  ERLC $<"
	@erlc +deterministic +warn_missing_spec -Werror -o $(@D) $<
$(B)/doc/chunks/hydros.chunk: $(wildcard erlang/src/*.erl) scripts/make-reference
	@echo "  EDOC"
	@scripts/make-reference --chunks=$(B)/doc
$(B)/ebin/%.app: erlang/src/%.app.src
	@mkdir -p $(@D)
	@cp $< $@
$(B)/web/%: erlang/web/%
	@mkdir -p $(@D)
	@cp $< $@
# ADD: further trees for the image, "host-directory:/path ..." (tests use it)
ADD ?=
IMAGE ?= $(B)/system.img
ROOT ?= $(B)/root.erofs
KERNEL_ELF := $(if $(filter debug,$(KERNEL)),$(B)/debug/kernel.elf,$(B)/kernel.elf)
# What the root file system holds is part of its rule: another RELEASE or ADD makes it anew.
ROOT_INPUTS := RELEASE=$(RELEASE) ADD=$(ADD)
$(shell mkdir -p $(B); printf '%s\n' '$(ROOT_INPUTS)' | cmp -s - $(ROOT).inputs || printf '%s\n' '$(ROOT_INPUTS)' > $(ROOT).inputs)
$(ROOT): $(B)/init $(ERLANG_BEAM) scripts/make-root $(ROOT).inputs $(if $(RELEASE)$(ADD),FORCE)
	@echo "  ROOT $@"
	@scripts/make-root --output=$@ --init=$(B)/init --ebin=$(B)/ebin $(if $(RELEASE),--release=$(RELEASE)) $(ADD:%=--add=%)
# Symbols stay, for the stacks in epitaphs; what only gdb reads does not.
$(shell printf '%s\n' '$(KERNEL) $(ROOT)' | cmp -s - $(IMAGE).inputs || printf '%s\n' '$(KERNEL) $(ROOT)' > $(IMAGE).inputs)
$(IMAGE): $(B)/hydros $(KERNEL_ELF) $(ROOT) $(IMAGE).inputs
	@echo "  IMAGE $@"
	@objcopy --strip-debug $(KERNEL_ELF) $@.kernel
	@$(B)/hydros image --kernel=$@.kernel --root=$(ROOT) --output=$@
	@rm -f $@.kernel
image: $(B)/packages-run $(IMAGE) $(B)/loader.elf
	@:
FORCE:
.PHONY: image FORCE

# ---- packages: installed once, then a stamp lets everything work offline ----
$(B)/packages-%: scripts/install-packages
	@mkdir -p $(@D)
	@scripts/install-packages $*
	@touch $@

# ---- run ----
# Built by a second make, so that wildcards and tools are looked at after the packages are there.
run: $(B)/packages-run
	@$(if $(SERVER),scripts/make-server $(SERVER) $(RELEASE))
	@$(MAKE) --no-print-directory image
	@$(B)/hydros run --loader=$(B)/loader.elf --image=$(IMAGE) --nodes=$(NODES) --memory=$(MEM) --accel=$(ACCEL) \
	  --machine=$(MACHINE) $(if $(TIMEOUT),--timeout=$(TIMEOUT)) $(if $(EVAL),--eval="$$EVAL") \
	  $(if $(NET),--net=$(NET)) $(if $(CARD),--card=$(CARD)) $(OWN_CARDS:%=--own-card=%) $(PORTS:%=--port=%)  $(if $(RELEASE),--release) $(OPTIONS:%=--option=%)
.PHONY: run

# A replicated store on four nodes that die in turn (examples/demo).
DEMO := $(patsubst examples/demo/%.erl,$(B)/demo/%.beam,$(wildcard examples/demo/*.erl))
$(B)/demo/%.beam: examples/demo/%.erl
	@mkdir -p $(@D)
	@erlc -Werror -o $(@D) $<
demo: $(B)/packages-run
	@[ '$(NODES)' != 1 ] || { echo 'make demo: it kills nodes while others go on: NODES=2 at least'; exit 2; }
	@$(MAKE) --no-print-directory $(DEMO)
	@$(MAKE) --no-print-directory image ADD=$(B)/demo:/demo IMAGE=$(B)/demo.img ROOT=$(B)/demo.erofs
	@$(B)/hydros run --loader=$(B)/loader.elf --image=$(B)/demo.img --nodes=$(NODES) --memory=$(MEM) --accel=$(ACCEL) \
	  --machine=$(MACHINE) --eval='demo:main()' --option=on-death=stay --option='erl=-pa /demo' $(OPTIONS:%=--option=%) 2>/dev/null </dev/null
.PHONY: demo

# ---- checks and tests ----
FORMATTED := $(wildcard $(foreach d,abi start boot boot/test kernel/network/port kernel/network/port/arch tool tool/test init test/linux test/system test/isolation test/chaos test/conformance bench kernel kernel/debug kernel/release \
  kernel/arch kernel/linux/vdso $(KERNEL_DIRS:%=kernel/%) $(KERNEL_DIRS:%=kernel/%/test),$(d)/*.[ch]))
UNIT_C := $(wildcard */test/*_test.c */*/test/*_test.c)
UNIT := $(patsubst %.c,$(B)/unit/%,$(UNIT_C))
UNIT_CFLAGS := -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
  -Wall -Wextra -Wno-unused-parameter -I. -Ikernel -Iboot -Itool $(LWIP_INCLUDE)
FUZZ_C := $(wildcard */test/*_fuzz.c */*/test/*_fuzz.c)
FUZZ := $(patsubst %.c,$(B)/fuzz/%,$(FUZZ_C))
FUZZ_SECONDS ?= 600
sources_of = $(shell sed -n 's|.*TEST-SOURCES:\(.*\)\*/.*|\1|p' $(1))
.SECONDEXPANSION:
$(B)/unit/%: %.c $$(call sources_of,%.c)
	@mkdir -p $(@D)
	@echo "  CC $< (test)"
	@gcc $(UNIT_CFLAGS) $< $(call sources_of,$<) -lcmocka -o $@
	@gcc $(UNIT_CFLAGS) -MM -MP -MT $@ $< $(call sources_of,$<) > $@.d
$(addprefix $(B)/unit/kernel/network/test/,stack_test segment_test static_six_test): UNIT_CFLAGS += -Wl,--wrap=tcp_input,--wrap=tcp_output
$(B)/fuzz/%: %.c $$(call sources_of,%.c)
	@mkdir -p $(@D)
	@echo "  CC $< (fuzz)"
	@clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Wno-everything -Wl,--wrap=tcp_input -I. -Ikernel -Iboot -Itool $(LWIP_INCLUDE) $< $(call sources_of,$<) -o $@
	@gcc -std=gnu11 -MM -MP -MT $@ -I. -Ikernel -Iboot -Itool $(LWIP_INCLUDE) $< $(call sources_of,$<) > $@.d
# A test includes the file that it tests.
-include $(wildcard $(UNIT:=.d) $(FUZZ:=.d))
# Where a fuzzer begins: what somebody has thought of already, and what it found its way with before.
FUZZ_SEEDS := $(B)/seeds/kernel/network/test/frame_fuzz
$(FUZZ_SEEDS): test/system/attack_frames.erl test/system/attack_wire.erl $(wildcard kernel/network/test/corpus/frame/*)
	@mkdir -p $(B)/seeds/ebin
	@rm -rf $@ && mkdir -p $@
	@echo "  SEEDS $@"
	@erlc -o $(B)/seeds/ebin $(filter %.erl,$^)
	@erl -noshell -pa $(B)/seeds/ebin -eval 'ok = attack_frames:write("$@"), halt().'
	@cp $(filter-out %.erl,$^) $@

# Each of these prints lines `ok NAME` and `FAIL NAME`, and then `N passed, N failed`.
check: $(B)/packages-test $(B)/lwip/COPYING
	@test/run check
models: $(B)/packages-test
	@test/run models
unit: $(B)/packages-test $(UNIT)
	@test/run unit
fuzz-short: $(B)/packages-test $(FUZZ) $(FUZZ_SEEDS)
	@FUZZ_SECONDS=10 test/run fuzz
fuzz: $(B)/packages-test $(FUZZ) $(FUZZ_SEEDS)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) test/run fuzz
system: $(B)/packages-test
	@$(MAKE) --no-print-directory test-images
	@test/run system
linux: $(B)/packages-test
	@$(MAKE) --no-print-directory test-images
	@test/run linux
erlang: $(B)/packages-test $(ERLANG_BEAM)
	@test/run erlang
programs: $(B)/packages-test
	@$(MAKE) --no-print-directory test-images
	@test/run programs
# The suites that mostly wait (linux, programs) run beside those that compute.
test: $(B)/packages-test $(ERLANG_BEAM)
	@$(MAKE) --no-print-directory -j2 test-images test-programs
	@test/run linux check models unit fuzz erlang programs chaos system
test-programs: $(UNIT) $(FUZZ) $(FUZZ_SEEDS)
test-images: image $(B)/debug/kernel.elf
	@:
.PHONY: check models unit erlang fuzz-short fuzz system linux programs test test-programs test-images
-include test/build.mk

conformance: $(B)/packages-conformance image
	@test/conformance/run
conformance-cluster: $(B)/packages-conformance image
	@test/conformance/run --cluster
bench: $(B)/packages-bench image
	@bench/run
docs:
	@scripts/make-docs
format:
	@clang-format -i $(FORMATTED)
tidy-files:
	@echo $(filter %.c,$(FORMATTED))
formatted-files:
	@echo $(FORMATTED)
clean:
	rm -rf $(B)
help:
	@echo 'make run          build all and start QEMU; ends in the Erlang shell of node 0'
	@echo '   NODES=4 MEM=2G    cores and memory of the machine'
	@echo "   EVAL='EXPR.'      no person: node 0 evaluates when the nodes are connected (or 5 s passed), prints, the machine"
	@echo '                     powers off; exit status tells. A node that dies ends it, too, unless OPTIONS=on-death=stay:'
	@echo '                     needed where the expression kills or restarts nodes'
	@echo '   RELEASE=DIR       a release (rebar3, mix) with its own ERTS or without, started on every node; a path from here, or absolute'
	@echo '   SERVER=NAME       a server of examples/: $(patsubst examples/%/server,%,$(wildcard examples/*/server))'
	@echo '   ACCEL=tcg|kvm  MACHINE=q35|pc|microvm  KERNEL=release|debug  TIMEOUT=SECONDS'
	@echo '   NET=user PORTS="8080:80 8081:80@1 8082:80@all"   a network card; ports of this host led to ports of nodes'
	@echo '   CARD=virtio|e1000   its kind;   OWN_CARDS="1 3": a further card for node 1 alone, and one for node 3'
	@echo '   OPTIONS="web=80 web-token"   with these: the machine as a web page (docs/web.md)'
	@echo '   OPTIONS="a b=c"   further boot options (docs/debugging.md)'
	@echo 'make demo         a replicated store on four nodes, all but node 0 killed in turn; one line a second of what its client sees'
	@echo 'make test         every test; make check, models, unit, erlang, fuzz-short, linux, programs, system: parts; TEST=WORD: those'
	@echo '                  with this word in their name'
	@echo 'make fuzz         long fuzzing (FUZZ_SECONDS=600 per parser)'
	@echo 'make chaos        SEED=1 COUNT=100 NODES=4 ONLY=N: faults at random under a load; FAULTS=none MINUTES=60 (docs/chaos.md)'
	@echo 'make conformance  OTP test suites here and on Linux, as a table'
	@echo 'make conformance-cluster  those of distribution, on four nodes here and over TCP on Linux'
	@echo 'make bench        measurements against Linux in the same QEMU'
	@echo 'make iso          build/hydros.iso, for a USB stick, a disk or a CD (docs/image.md); RELEASE=, SERVER=, OPTIONS= as above'
	@echo 'make docs         docs/syscalls.md from the table of calls, docs/hydros.md from comments'
	@echo 'make clean        remove build/'
.PHONY: conformance conformance-cluster bench docs format tidy-files formatted-files clean help
