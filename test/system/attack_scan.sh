# SPDX-License-Identifier: Apache-2.0
# Nothing listens that was not asked for: every port of three nodes.
# LIMIT: 300
. test/system/common
. test/system/attack_common
MACHINE_SECONDS=290
attacked 768M
PATIENCE=280
attack "attack_test:scan(Wire, lists:seq(1, 65535))"
