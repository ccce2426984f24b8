%% SPDX-License-Identifier: Apache-2.0
%% Starts ejabberd as Debian's ejabberdctl does, with a certificate made here, and joins it to the cluster. A node that comes back is empty:
%% it takes its tables from another one. The lowest node that runs begins a cluster.
-module(ejabberd_node).
-behaviour(application).
-behaviour(supervisor).
-export([start/2, stop/1, init/1]).

-define(DIRECTORY, "/tmp/ejabberd").
-define(AGAIN_MS, 500).
-define(PEERS_MS, 60000). % who sees none of the others begins a cluster of its own

-spec start(application:start_type(), term()) -> {ok, pid()} | {error, term()}.
start(_Type, _Arguments) ->
    ok = filelib:ensure_dir(?DIRECTORY "/x"),
    ok = certificate(?DIRECTORY "/node.pem"),
    _ = hydros_cluster:wait(?PEERS_MS),
    %% ejabberd starts applications itself, which must not happen inside another application's start.
    _ = spawn(fun() -> serve([Node || {_, Node} <- lists:sort(hydros_cluster:peers())]) end),
    supervisor:start_link(?MODULE, []).

serve(Peers) ->
    Here = lists:member(node(), nodes_that_serve([node()])),
    {Lower, _} = lists:partition(fun(Node) -> Node < node() end, Peers),
    case nodes_that_serve(Peers) of
        [Peer | _] ->
            ok = ejabberd(Here),
            ok = ejabberd_cluster:join(Peer),
            serves();
        [] ->
            %% Wait for the lower nodes, if they are there at all.
            case [Node || Node <- Lower, lists:member(Node, nodes())] of
                [] ->
                    ok = ejabberd(Here),
                    serves();
                _ ->
                    timer:sleep(?AGAIN_MS),
                    serve(Peers)
            end
    end.

nodes_that_serve(Nodes) ->
    [Node || Node <- Nodes, lists:keymember(ejabberd, 1, applications(Node))].

applications(Node) ->
    try
        erpc:call(Node, application, which_applications, [], 5000)
    catch
        _:_ -> []
    end.

ejabberd(true) ->
    ok;
ejabberd(false) ->
    {ok, _} = ejabberd:start(),
    ok.

serves() ->
    Line = io_lib:format("ejabberd: ~s serves, one of ~b~n", [node(), length(ejabberd_cluster:get_nodes())]),
    %% The machine's log, which is shown whichever console is selected.
    file:write_file("/dev/kmsg", Line).

-spec stop(term()) -> ok.
stop(_State) ->
    ok.

-spec init([]) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}}.
init([]) ->
    {ok, {#{}, []}}.

%% For "localhost", signed by itself: made at each start.
certificate(File) ->
    #{cert := Certificate, key := Key} = public_key:pkix_test_root_cert("localhost", [{digest, sha256}, {key, {namedCurve, secp256r1}}]),
    Entries = [{'Certificate', Certificate, not_encrypted}, public_key:pem_entry_encode('ECPrivateKey', Key)],
    ok = file:write_file(File, public_key:pem_encode(Entries)),
    file:change_mode(File, 8#600).
