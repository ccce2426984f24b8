# SPDX-License-Identifier: Apache-2.0
# No first program, or one that is no ELF file: one clear line, status not 0.
# LIMIT: 240
. test/system/common
machine --nodes=1 --memory=512M --eval=ok --option=init=/nothing/here
expect_failure
expect_line '/nothing/here'
machine --nodes=1 --memory=512M --eval=ok --option=init=/etc/passwd
expect_failure
expect_line '/etc/passwd'
