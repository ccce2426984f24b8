# SPDX-License-Identifier: Apache-2.0
# Nothing comes in time: status 124, and QEMU is gone.
# LIMIT: 240
. test/system/common
machine --nodes=1 --memory=512M --timeout=15 --eval='receive after infinity -> ok end'
expect_status 124
