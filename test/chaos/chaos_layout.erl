%% SPDX-License-Identifier: Apache-2.0
%% Where fields stand in the structures that all nodes share (layout.c tells it), and where symbols
%% and sections of the kernel are (binutils tell it).
-module(chaos_layout).
-export([read/2, offset/3, size/3, number/2, symbol/2, section/2, functions/1]).
-export_type([layout/0]).

-type layout() :: #{
    fields := #{{atom(), atom()} => {non_neg_integer(), non_neg_integer()}},
    symbols := #{string() => {non_neg_integer(), non_neg_integer(), char()}},
    sections := #{string() => {non_neg_integer(), non_neg_integer()}}
}.

-spec read(Program :: string(), Kernel :: string()) -> layout().
read(Program, Kernel) ->
    {ok, Terms} = consult(os:cmd(Program)),
    #{
        fields => maps:from_list([{{S, F}, {Offset, Size}} || {S, F, Offset, Size} <- Terms]),
        symbols => symbols(os:cmd("nm -S " ++ Kernel)),
        sections => sections(os:cmd("readelf -SW " ++ Kernel))
    }.

consult(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, [begin {ok, Term} = erl_parse:parse_term(Part ++ [{dot, 1}]), Term end
          || Part <- split(Tokens, [])]}.

split([], _) -> [];
split([{dot, _} | Rest], Part) -> [lists:reverse(Part) | split(Rest, [])];
split([Token | Rest], Part) -> split(Rest, [Token | Part]).

symbols(Text) ->
    lists:foldl(
        fun(Line, Map) ->
            case string:lexemes(Line, " ") of
                [Address, Size, [Kind], Name] ->
                    Map#{Name => {list_to_integer(Address, 16), list_to_integer(Size, 16), Kind}};
                [Address, [Kind], Name] ->
                    Map#{Name => {list_to_integer(Address, 16), 0, Kind}};
                _ ->
                    Map
            end
        end, #{}, string:lexemes(Text, "\n")).

sections(Text) ->
    {match, Found} = re:run(Text, "\\] (\\.\\S+) +\\S+ +([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+)",
                            [global, {capture, all_but_first, list}]),
    maps:from_list([{Name, {list_to_integer(Address, 16), list_to_integer(Size, 16)}}
                    || [Name, Address, Size] <- Found]).

offset(#{fields := Fields}, Structure, Field) ->
    element(1, maps:get({Structure, Field}, Fields)).
size(#{fields := Fields}, Structure, Field) ->
    element(2, maps:get({Structure, Field}, Fields)).
number(Layout, Name) ->
    chaos_layout:size(Layout, number, Name).

%% {Address, Size}, or undefined.
symbol(#{symbols := Symbols}, Name) ->
    case Symbols of
        #{Name := {Address, Size, _}} -> {Address, Size};
        _ -> undefined
    end.
section(#{sections := Sections}, Name) ->
    maps:get(Name, Sections).

functions(#{symbols := Symbols}) ->
    lists:sort([{Name, Address, Size}
                || {Name, {Address, Size, Kind}} <- maps:to_list(Symbols), (Kind bor 32) =:= $t,
                   Size > 8]).
