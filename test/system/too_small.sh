# SPDX-License-Identifier: Apache-2.0
# Too little memory, more nodes than cores, no ACPI tables: one clear line each, status not 0, at once.
# LIMIT: 240
. test/system/common
machine --nodes=4 --memory=96M --timeout=100 --eval=ok
expect_failure
expect_line 'hydros: .*memory\|hydros: .*MiB'
machine --nodes=2 --memory=512M --timeout=100 --eval=ok --option=nodes=5
expect_failure
expect_line 'hydros: .*nodes'
machine --nodes=1 --memory=512M --timeout=100 --eval=ok --machine=microvm,acpi=off,isa-serial=on,pit=on,pic=on,rtc=on
expect_failure
expect_line 'hydros: .*ACPI'
