%% SPDX-License-Identifier: Apache-2.0
%% @doc Who we are: what kernel and init say of this node, in the environment. Usable before anything is started.
%%
%% On another system the variables HYDROS_NODE, HYDROS_NODES, HYDROS_INCARNATION, HYDROS_HOST and HYDROS_PREFIX make
%% several Erlang virtual machines there the nodes of one machine: tests do this.
-module(hydros_self).
-export([number/0, count/0, crowd/0, incarnation/0, is_safe/0, host/0, prefix/0, is_machine/0, place/1, path/1]).

-define(DEVICE, "/dev/hydros").

%% @doc The number of this node.
-spec number() -> hydros_address:node_number().
number() -> integer("HYDROS_NODE", 0).

%% @doc How many nodes the machine has.
-spec count() -> pos_integer().
count() -> max(1, integer("HYDROS_NODES", 1)).

%% @doc By how much all that nodes wait for each other is longer than among four: 1 up to four nodes, 2 up to eight, ...
-spec crowd() -> pos_integer().
crowd() -> (count() + 3) div 4.

%% @doc Which life of the node this is; the first one is 1.
-spec incarnation() -> pos_integer().
incarnation() -> max(1, integer("HYDROS_INCARNATION", 1)).

%% @doc Whether this life is in safe mode (docs/failure.md). The kernel's word for it in /proc/hydros/nodes is taken back when
%% the life has lasted; init's is not.
-spec is_safe() -> boolean().
is_safe() -> os:getenv("HYDROS_SAFE") =/= false.

%% @doc The machine's name, the host part of `nK@HOST'.
-spec host() -> string().
host() -> os:getenv("HYDROS_HOST", "hydros").

%% @doc The directory of the nodes' sockets.
-spec prefix() -> string().
prefix() -> os:getenv("HYDROS_PREFIX", "/node").

%% @doc Whether this is a HydrOS machine and not another system that plays one.
-spec is_machine() -> boolean().
is_machine() ->
    %% The file server may not run yet.
    case prim_file:read_file_info(?DEVICE) of
        {ok, _} -> true;
        _ -> false
    end.

%% @doc Where an Erlang node lives on this machine.
-spec place(atom() | string()) -> {ok, hydros_address:place()} | error.
place(Node) -> hydros_address:find(Node, host(), count()).

%% @doc The path of a place's socket.
-spec path(hydros_address:place()) -> string().
path({Number, Name}) -> hydros_address:path(prefix(), Number, Name).

integer(Variable, Default) ->
    try
        list_to_integer(os:getenv(Variable, ""))
    catch
        error:badarg -> Default
    end.
