# SPDX-License-Identifier: Apache-2.0
# What frames on the wire are answered; then malformed ones, and words to Erlang's distribution that are none, at node 0.
# LIMIT: 240
. test/system/common
. test/system/attack_common
attacked 768M --option=ip6@1=fec0::11/64
attack "wire_test:static(Wire), wire_test:answers(Wire), wire_test:windows(Wire), wire_test:names(Wire), attack_test:listeners(Wire),
    attack_test:malformed(Wire), attack_test:segments(Wire), attack_test:junk(Wire, 30000), attack_test:handshakes(Wire),
    wire_test:answers(Wire)"
