# SPDX-License-Identifier: Apache-2.0
# A core list (MADT) of the firmware that is wrong in several ways, altered when the loader is entered: one clear line, status 1,
# no hang, no silent reset. The first machine shows that the way there does not harm.
# LIMIT: 300
. test/system/common
IMAGE=build/test/debug.img
entry=$(nm $LOADER | sed -n 's/^\([0-9a-f]*\) T pvh_entry$/\1/p')
told() { # CASE STATUS LINE
    timeout 150 erl -noshell -pa build/chaos/ebin -run chaos_acpi main "$1" "$entry" $LOADER $IMAGE > "$WORK/out" 2> "$WORK/err" < /dev/null
    status=$?
    expect_status "$2"
    expect_line "$3"
    [ "$(grep -c '^hydros: ' "$WORK/out")" = "$2" ] || fail "not one line"
    echo "$1: $(grep -m1 '^hydros: ' "$WORK/out")"
}
told whole 0 'init ended with status 0'
for case in checksum short_header huge; do told $case 1 '^hydros: the core list (MADT) in the ACPI tables is altered, .*; update'; done
for case in size_0 size_1 past_end; do told $case 1 '^hydros: the core list (MADT) in the ACPI tables is broken at its byte 52; update'; done
told cut_entries 1 '^hydros: the core list (MADT) in the ACPI tables is broken at its byte 40; update'
for case in no_entries disabled; do told $case 1 '^hydros: the core list (MADT) in the ACPI tables has no core that is enabled; update'; done
