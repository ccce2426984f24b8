%% SPDX-License-Identifier: Apache-2.0
%% @doc Names of Erlang nodes and the places of the machine's nodes that they stand for.
%%
%% A name is of this machine when it is `nK@HOST', HOST being the machine's name, or `NAME@nK' (also
%% `NAME@nK.hydros'), the name that `-sname NAME' gives on node K. The first form is the node's own Erlang, the
%% second any other program on it. All functions here are pure.
-module(hydros_address).
-export([find/3, names/4, path/3, number_of_path/2, allowed/1, split/1]).
-export_type([node_number/0, place/0]).

-type node_number() :: non_neg_integer().
-type place() :: {node_number(), string()}.
%% Node of the machine, and the name of its socket there.

-define(DOMAIN, ".hydros").

%% @doc Where the Erlang node `Node' lives on a machine with this name and count of nodes.
-spec find(Node :: atom() | string(), Host :: string(), Count :: pos_integer()) -> {ok, place()} | error.
find(Node, Host, Count) ->
    case split(Node) of
        {Name, Host} ->
            case number(Name) of
                {ok, Number} when Number < Count -> {ok, {Number, "dist"}};
                _ -> find_named(Name, Host, Count)
            end;
        {Name, Other} -> find_named(Name, Other, Count);
        error -> error
    end.

find_named(Name, Host, Count) ->
    case number(bare(Host)) of
        {ok, Number} when Number < Count -> {ok, {Number, "dist." ++ Name}};
        _ -> error
    end.

%% @doc The names that programs like `Node' have on the nodes of the machine, by their numbers.
-spec names(Node :: node(), Host :: string(), Count :: pos_integer(), [node_number()]) -> [{node_number(), node()}].
names(Node, Host, Count, Numbers) ->
    case {find(Node, Host, Count), split(Node)} of
        {{ok, {_, "dist"}}, {_, Of}} ->
            [{Number, join("n" ++ integer_to_list(Number), Of)} || Number <- Numbers];
        {{ok, _}, {Name, Of}} ->
            Domain = lists:nthtail(length(bare(Of)), Of),
            [{Number, join(Name, "n" ++ integer_to_list(Number) ++ Domain)} || Number <- Numbers];
        _ -> []
    end.

%% @doc The path of a socket.
-spec path(Prefix :: string(), node_number(), Name :: string()) -> string().
path(Prefix, Number, Name) ->
    Prefix ++ "/" ++ integer_to_list(Number) ++ "/" ++ Name.

%% @doc The node under whose directory a path is.
-spec number_of_path(Prefix :: string(), Path :: string() | binary()) -> {ok, node_number()} | error.
number_of_path(Prefix, Path) when is_binary(Path) ->
    number_of_path(Prefix, binary_to_list(Path));
number_of_path(Prefix, Path) ->
    case string:prefix(Path, Prefix ++ "/") of
        nomatch -> error;
        Rest -> decimal(hd(string:split(Rest, "/")))
    end.

%% @doc As `dist_util' wants them: the names that may connect over a channel from this node.
-spec allowed(node_number()) -> [string()].
allowed(Number) ->
    Name = "n" ++ integer_to_list(Number),
    [Name ++ "@", Name, Name ++ ?DOMAIN].

%% @doc Name and host of a node name.
-spec split(atom() | string()) -> {string(), string()} | error.
split(Node) when is_atom(Node) ->
    split(atom_to_list(Node));
split(Node) ->
    case string:split(Node, "@", all) of
        [[_ | _] = Name, [_ | _] = Host] -> {Name, Host};
        _ -> error
    end.

join(Name, Host) ->
    list_to_atom(Name ++ "@" ++ Host).

bare(Host) ->
    case lists:suffix(?DOMAIN, Host) of
        true -> lists:sublist(Host, length(Host) - length(?DOMAIN));
        false -> Host
    end.

number("n" ++ Digits) -> decimal(Digits);
number(_) -> error.

%% As it is printed: no sign, no leading zero.
decimal(Digits) ->
    try list_to_integer(Digits) of
        Number when Number >= 0 ->
            case integer_to_list(Number) of
                Digits -> {ok, Number};
                _ -> error
            end;
        _ -> error
    catch
        error:badarg -> error
    end.
