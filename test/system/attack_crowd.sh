# SPDX-License-Identifier: Apache-2.0
# 10,000 connections that are all answered, and slow readers who could fill the node's memory with what waits for them.
# LIMIT: 300
. test/system/common
. test/system/attack_common
MACHINE_SECONDS=290
attacked 1536M
PATIENCE=280
attack "attack_test:crowd(Wire, 10000, 16), attack_test:slow_readers(Wire, 2000, 160000)"
