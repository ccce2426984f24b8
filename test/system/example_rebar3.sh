# SPDX-License-Identifier: Apache-2.0
# A release made by rebar3 (offline, with its own ERTS) on four nodes, each of which knows its number and name; and
# the same one without ERTS, run by the system's.
# LIMIT: 300
. test/system/common
. test/system/release_common
export HOME=$WORK REBAR_COLOR=none
cp -r examples/rebar3_counter "$WORK/source"
rm -rf "$WORK/source/_build"
(cd "$WORK/source" && rebar3 release) > "$WORK/out" 2>&1 || fail "rebar3 release"
release_image "$WORK/source/_build/default/rel/counter"
release_run 4 2G 'counter: node N of 4 is counter@nN, erts [0-9.]*, libraries in /release/lib' 'counter: 2 on counter@n0'

rm -rf "$WORK/source/_build"
sed -i 's/{include_erts, true}/{include_erts, false}, {system_libs, false}/' "$WORK/source/rebar.config"
(cd "$WORK/source" && rebar3 release) > "$WORK/out" 2>&1 || fail "rebar3 release without ERTS"
release_image "$WORK/source/_build/default/rel/counter"
release_run 2 1G 'counter: node N of 2 is counter@nN, erts [0-9.]*, libraries in /usr/lib/erlang/lib' 'counter: 2 on counter@n0'
