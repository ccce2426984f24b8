# SPDX-License-Identifier: Apache-2.0
# Nothing listens that was not asked for: three nodes with a shell each and a card, and no option that asks for anything.
# LIMIT: 300
. test/system/common
. test/system/attack_common
IMAGE=build/system.img MACHINE_SECONDS=290 PATIENCE=280
wired "three shells" --memory=1536M --eval='F = fun F() -> length(nodes()) =:= 2 orelse begin timer:sleep(100), F() end end, F(),
    io:format("three shells~n"), timer:sleep(infinity)'
client "Wire = attack_wire:start($FROM, $TO), attack_test:nothing(Wire, [0, 1, 2], lists:seq(1, 2048))"
cat "$WORK/client"
! grep -q 'incarnation 2' "$WORK/out" || fail "a node died"
