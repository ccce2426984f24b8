%% SPDX-License-Identifier: Apache-2.0
%% @doc In place of epmd's client (`-epmd_module hydros_epmd'): inet_tcp may listen where no epmd runs, and does not
%% look up names of this machine, which `hydros_dist' carries. All else is asked of epmd as usual.
-module(hydros_epmd).
-export([start_link/0, register_node/2, register_node/3, address_please/3, port_please/2, port_please/3, names/1]).
-export([listen_port_please/2]).

%% @private
-spec start_link() -> {ok, pid()} | ignore | {error, term()}.
start_link() ->
    erl_epmd:start_link().

%% @private
-spec register_node(term(), term()) -> {ok, integer()} | {error, term()}.
register_node(Name, Port) ->
    register_node(Name, Port, inet).

%% @doc Without epmd others cannot ask for our port, and that is all. When hydros_dist has set the creation, any that is
%% not negative will do; for -1 net_kernel makes one, and loads all of crypto for it.
-spec register_node(term(), term(), term()) -> {ok, integer()} | {error, term()}.
register_node(Name, Port, Family) ->
    case erl_epmd:register_node(Name, Port, Family) of
        {ok, -1} when node() =/= nonode@nohost -> {ok, 0}; % -erl_epmd_port: nobody was asked
        {ok, Creation} -> {ok, Creation};
        {error, duplicate_name} -> {error, duplicate_name};
        {error, _} when node() =:= nonode@nohost -> {ok, -1};
        {error, _} -> {ok, 0}
    end.

%% @private
-spec address_please(string(), string(), atom()) -> {ok, term()} | {error, term()}.
address_please(Name, Host, Family) ->
    case hydros_self:place(Name ++ "@" ++ Host) of
        {ok, _} -> {error, nxdomain};
        error -> erl_epmd:address_please(Name, Host, Family)
    end.

%% @private
-spec port_please(term(), term()) -> term().
port_please(Name, Host) ->
    erl_epmd:port_please(Name, Host).

%% @private
-spec port_please(term(), term(), timeout()) -> term().
port_please(Name, Host, Timeout) ->
    erl_epmd:port_please(Name, Host, Timeout).

%% @private
-spec listen_port_please(atom(), string()) -> {ok, non_neg_integer()}.
listen_port_please(Name, Host) ->
    erl_epmd:listen_port_please(Name, Host).

%% @private
-spec names(term()) -> term().
names(Host) ->
    erl_epmd:names(Host).
