# SPDX-License-Identifier: Apache-2.0
# A release made by `mix release` (offline, with its own ERTS) on three nodes, each of which knows its number and name.
# They are one cluster; one dies and comes back into it, with the release.
# LIMIT: 600
. test/system/common
. test/system/release_common
export HOME=$WORK MIX_ENV=prod LC_ALL=C.UTF-8
cp -r examples/elixir_counter "$WORK/source"
rm -rf "$WORK/source/_build"
(cd "$WORK/source" && mix release) > "$WORK/out" 2>&1 || fail "mix release"
release_image "$WORK/source/_build/prod/rel/elixir_counter"
release_run 3 1500M 'elixir_counter: node N of 3 is elixir_counter@nN, Elixir [0-9.]* from /release' \
    'held: elixir_counter@n1 runs elixir_counter again' 'cluster_test:release(elixir_counter,1)'
