# SPDX-License-Identifier: Apache-2.0
# Malformed frames, and words to Erlang's distribution that are none, at node 0.
# LIMIT: 200
. test/system/common
. test/system/attack_common
attacked 768M
attack "attack_test:junk(Wire, 30000), attack_test:handshakes(Wire)"
