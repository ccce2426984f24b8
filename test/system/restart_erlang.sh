# SPDX-License-Identifier: Apache-2.0
# Erlang on two nodes; one of them dies, in several ways, the boot core's node or the other: its neighbour goes on, and
# Erlang answers again on the dead one.
# LIMIT: 400
. test/system/common
IMAGE=build/test/debug.img
try() { # NODE WAY
    case $2 in
    exit) way='halt(3)' ;;
    *) way="file:write_file(\"/dev/hydros\", \"fault $2\")" ;;
    esac
    victim="I = os:getenv(\"HYDROS_INCARNATION\"), file:write_file(\"/dev/kmsg\", \"answers in life \" ++ I),
        if I =:= \"1\" -> $way; true -> timer:sleep(1000000) end"
    other="W = fun(W) -> {ok, L} = file:read_file(\"/proc/hydros/log.$1\"),
        case re:run(L, \"answers in life 2\") of nomatch -> timer:sleep(50), W(W); _ -> ok end end, W(W),
        file:write_file(\"/dev/hydros\", \"poweroff 0\")"
    machine --nodes=2 --memory=600M --eval=ok --option=on-death=stay --option=eval@$1="$victim" --option=eval@$((1 - $1))="$other"
    expect_status 0
    expect_line "^\[n$((1 - $1)) .*\] node $1: incarnation 2 started in "
    ! grep -q "node $((1 - $1)), incarnation 1 is dead" "$WORK/err" || fail "the other died, too"
    echo "node $1 by $2: back"
}
for way in panic nmi_loop; do try 0 $way; done
for way in hang_irqs_off exit beam_segv; do try 1 $way; done
