# SPDX-License-Identifier: Apache-2.0
# Programs of the tests on this side.
$(B)/pty: test/system/pty.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@gcc $(HOST_CFLAGS) $< -o $@ -lutil
test-images: $(B)/pty
