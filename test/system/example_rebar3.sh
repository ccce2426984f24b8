# SPDX-License-Identifier: Apache-2.0
# A release made by rebar3 (offline, with its own ERTS, embedded) on three nodes, each of which knows its number and name.
# They are one cluster; one dies and comes back into it, with the release; one is in safe mode and nevertheless in it. And
# the same one without ERTS, run by the system's, with option cluster=no.
# LIMIT: 900
. test/system/common
. test/system/release_common
export HOME=$WORK REBAR_COLOR=none
cp -r examples/rebar3_counter "$WORK/source"
rm -rf "$WORK/source/_build"
(cd "$WORK/source" && rebar3 release) > "$WORK/out" 2>&1 || fail "rebar3 release"
release_image "$WORK/source/_build/default/rel/counter"
release_run 3 1500M 'counter: node N of 3 is counter@nN, erts [0-9.]*, libraries in /release/lib' \
    'held: counter@n2 runs counter again' 'cluster_test:release(counter,2)'
release_run 3 1500M '.*node N of 3' 'safe: \[counter@n1,counter@n2\] "1" false' \
    'ok=hydros:wait(300000),N=lists:max(nodes()),Runs=erpc:call(N,application,which_applications,[]),io:format("safe: ~p ~p ~p~n",[lists:sort(nodes()),erpc:call(N,os,getenv,["HYDROS_SAFE"]),lists:keymember(counter,1,Runs)])' \
    --option=safe@2

rm -rf "$WORK/source/_build"
sed -i 's/{include_erts, true}/{include_erts, false}, {system_libs, false}/' "$WORK/source/rebar.config"
(cd "$WORK/source" && rebar3 release) > "$WORK/out" 2>&1 || fail "rebar3 release without ERTS"
release_image "$WORK/source/_build/default/rel/counter"
release_run 2 1G 'counter: node N of 2 is counter@nN, erts [0-9.]*, libraries in /usr/lib/erlang/lib' \
    'alone: \[\] undefined' 'io:format("alone: ~p ~p~n",[nodes(),whereis(hydros_sup)])' --option=cluster=no
