# SPDX-License-Identifier: Apache-2.0
# A flood of SYN and 10,000 half-open connections at node 0: who means well gets in, memory stays, other nodes notice nothing.
# LIMIT: 240
. test/system/common
. test/system/attack_common
attacked 768M
attack "attack_test:flood(Wire), attack_test:half_open(Wire)"
