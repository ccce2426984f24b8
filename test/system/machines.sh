# SPDX-License-Identifier: Apache-2.0
# QEMU's machines pc, q35 and microvm.
# LIMIT: 240
. test/system/common
for kind in pc q35 microvm; do
    machine --machine=$kind --nodes=2 --memory=768M --eval='io:format("up~n")'
    expect_status 0
    expect_output up
done
