%% SPDX-License-Identifier: Apache-2.0
%% In place of HydrOS's module of this name, where OTP's suites of distribution run: they want all nodes under one host
%% name, and their names do not say on which node of the machine they are. Here it follows from the name: `ct' is the
%% suite's own node, all others are on nodes 1, 2, ... as elsewhere.c chooses them.
-module(hydros_address).
-export([find/3, names/4, path/3, number_of_path/2, allowed/1]).

-spec find(atom() | string(), string(), pos_integer()) -> {ok, {non_neg_integer(), string()}} | error.
find(Node, Host, Count) when is_atom(Node) ->
    find(atom_to_list(Node), Host, Count);
find(Node, Host, Count) ->
    case string:split(Node, "@", all) of
        ["ct", Host] -> {ok, {0, "dist.ct"}};
        [[_ | _] = Name, Host] -> {ok, {1 + lists:sum(Name) rem (Count - 1), "dist." ++ Name}};
        _ -> error
    end.

%% The cluster of the machine's own Erlangs is not there.
-spec names(node(), string(), pos_integer(), [non_neg_integer()]) -> [].
names(_, _, _, _) ->
    [].

-spec path(string(), non_neg_integer(), string()) -> string().
path(Prefix, Number, Name) ->
    Prefix ++ "/" ++ integer_to_list(Number) ++ "/" ++ Name.

-spec number_of_path(string(), string() | binary()) -> {ok, non_neg_integer()} | error.
number_of_path(Prefix, Path) when is_binary(Path) ->
    number_of_path(Prefix, binary_to_list(Path));
number_of_path(Prefix, Path) ->
    case string:prefix(Path, Prefix ++ "/") of
        nomatch -> error;
        Rest -> {ok, list_to_integer(hd(string:split(Rest, "/")))}
    end.

%% From any node, any name with the host name that all have.
-spec allowed(non_neg_integer()) -> [string()].
allowed(_) ->
    [hydros_self:host()].
