%% SPDX-License-Identifier: Apache-2.0
-module(hydros_boot_tests).
-include_lib("proper/include/proper.hrl").
-include_lib("eunit/include/eunit.hrl").

-define(MODULES, [hydros_boot, hydros_dist]).

properties_test_() ->
    [{timeout, 60, {Name, fun() -> ?assert(proper:quickcheck(Property, [quiet, {numtests, 500}])) end}}
     || {Name, Property} <- [{"nothing is lost", prop_kept()}, {"once is enough", prop_once()}]].

instruction() ->
    oneof([
        {progress, oneof([modules_loaded, preloaded, started])},
        {path, list(oneof(["/a", "/b"]))},
        {primLoad, list(oneof([a, b]))},
        {apply, {application, start_boot, [oneof([kernel, stdlib, a]), permanent]}},
        {apply, {application, load, [{application, a, []}]}},
        {kernelProcess, a, {a, start, []}}
    ]).

%% The release's own instructions stay, in their order.
prop_kept() ->
    ?FORALL({Script, Starts}, {list(instruction()), boolean()}, begin
        Added = hydros_boot:add(Script, ?MODULES, Starts),
        is_within(Script, Added)
    end).

is_within([Same | Script], [Same | Added]) -> is_within(Script, Added);
is_within(Script, [_ | Added]) -> is_within(Script, Added);
is_within(Script, []) -> Script =:= [].

prop_once() ->
    ?FORALL({Script, Starts}, {list(instruction()), boolean()}, begin
        Added = hydros_boot:add(Script ++ [{progress, modules_loaded}], ?MODULES, Starts),
        Added =:= hydros_boot:add(Added, ?MODULES, Starts)
    end).

%% This system's own boot script, which every release's is like.
real_test() ->
    {ok, Binary} = file:read_file(filename:join(code:root_dir(), "bin/start_sasl.boot")),
    {script, _, Script} = binary_to_term(Binary),
    Added = hydros_boot:add(Script, ?MODULES, true),
    Place = fun(Instruction) -> string:str(Added, [Instruction]) end,
    Start = fun(Application) -> Place({apply, {application, start_boot, [Application, permanent]}}) end,
    ?assert(Place({path, ["/hydros/ebin"]}) > 0),
    ?assertEqual(Place({path, ["/hydros/ebin"]}) + 1, Place({primLoad, ?MODULES})),
    ?assert(Place({primLoad, ?MODULES}) < Start(kernel)),
    ?assertEqual(Start(stdlib) + 2, Place({apply, {hydros_boot, start, []}})),
    ?assert(Start(stdlib) < Start(sasl)),
    ?assertEqual(0, string:str(hydros_boot:add(Script, ?MODULES, false), [{apply, {hydros_boot, start, []}}])).

%% A release that brings the application is left alone.
own_test() ->
    Script = [{progress, modules_loaded}, {apply, {application, load, [{application, hydros, []}]}},
              {apply, {application, start_boot, [stdlib, permanent]}}],
    ?assertEqual(Script, hydros_boot:add(Script, ?MODULES, true)).

%% Without a name a release is its node; without the carrier it is nothing of ours.
start_test_() ->
    Carrier = ["-proto_dist", "hydros", "inet_tcp", "-epmd_module", "hydros_epmd", "-start_epmd", "false"],
    [{timeout, 60, fun() -> ?assertEqual({'n1@hydros', true}, started(Carrier)) end},
     {timeout, 60, fun() -> ?assertEqual({nonode@nohost, false}, started([])) end}].

started(Arguments) ->
    Prefix = string:trim(os:cmd("mktemp -d /tmp/hydros-node.XXXXXX")),
    Home = [{"HOME", Prefix}, {"HYDROS_PREFIX", Prefix}, {"HYDROS_NODE", "1"}, {"HYDROS_NODES", "2"}],
    {ok, Peer, _} = peer:start(#{connection => standard_io, env => Home,
        args => Arguments ++ ["-pz", filename:dirname(code:which(hydros_boot)), "-kernel", "logger_level", "critical"]}),
    ok = peer:call(Peer, hydros_boot, start, [], 20000),
    Runs = lists:keymember(hydros, 1, peer:call(Peer, application, which_applications, [], 20000)),
    Node = peer:call(Peer, erlang, node, []),
    peer:stop(Peer),
    os:cmd("rm -rf " ++ Prefix),
    {Node, Runs}.

%% What is known of the nodes of a release before it runs.
node_flags_test_() ->
    Mix = [{"releases/COOKIE", "QUJD=\n"}, {"releases/1.0/elixir", ""}, {"releases/1.0/shop.rel", ""}, {"bin/shop", ""}],
    [?_assertEqual(Flags, node_flags(Files)) || {Flags, Files} <- [
        {[], []},
        {["-sname", "shop", "-setcookie", "c"], [{"releases/1.0/vm.args", "## -sname not\n-sname shop\r\n-setcookie c\n+K true\n"}]},
        {["-name", "shop", "-setcookie", "c"],
         [{"releases/1.0/vm.args.src", "-name shop@n${HYDROS_NODE}.hydros\n\n-setcookie c"}]},
        {["-setcookie", "c"], [{"releases/1.0/vm.args", "-name shop@127.0.0.1\n-setcookie c\n"}]},
        {["-sname", "shop"], [{"releases/1.0/vm.args.src", "-sname shop\n-setcookie ${SECRET}\n"}]},
        {["-sname", "shop", "-setcookie", "QUJD="], Mix},
        {["-name", "cart", "-setcookie", "s"],
         Mix ++ [{"releases/1.0/env.sh", "# export RELEASE_NODE=no\nexport RELEASE_DISTRIBUTION=name\n"
                  "export RELEASE_NODE=\"cart@n${HYDROS_NODE}\"\nexport RELEASE_COOKIE=s\n"}]},
        {["-setcookie", "QUJD="], Mix ++ [{"releases/1.0/env.sh", "export RELEASE_DISTRIBUTION=none\n"}]}
    ]].

node_flags(Files) ->
    Release = string:trim(os:cmd("mktemp -d /tmp/hydros-release.XXXXXX")),
    [begin
        ok = filelib:ensure_dir(filename:join(Release, Name)),
        ok = file:write_file(filename:join(Release, Name), Text)
    end || {Name, Text} <- Files],
    Flags = hydros_boot:node_flags(Release),
    os:cmd("rm -rf " ++ Release),
    Flags.
