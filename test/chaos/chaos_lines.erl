%% SPDX-License-Identifier: Apache-2.0
%% Lines of the console that are of a node's log, each once: the node that takes the line over after a death shows again what the dead
%% one may not have shown, and what was heard must not be taken for news of the present injection. Pure.
-module(chaos_lines).
-export([new/0, parse/1, hear/4]).
-export_type([lines/0]).

%% More than a node's log holds (LOG_RING_SIZE, abi/published.h): no older one is shown again.
-define(KEPT, 2000).

%% The newest lines of each node, and those before them. Order tells nothing: a dying kernel shows its last words before what stood
%% in its log.
-type line() :: {Us :: non_neg_integer(), string()}.
-type lines() :: #{non_neg_integer() => {#{line() => heard}, #{line() => heard}}}.

-spec new() -> lines().
new() -> #{}.

%% Node, time (of the machine, microseconds), text. A line into which a dying kernel wrote is none, mostly.
-spec parse(binary()) -> {non_neg_integer(), non_neg_integer(), string()} | none.
parse(Bytes) ->
    case re:run(Bytes, "^\\[n([0-9]{1,2}) +([0-9]{1,9})\\.([0-9]{6})\\] (.*)$", [{capture, all_but_first, list}]) of
        {match, [Node, Seconds, Micros, Text]} ->
            {list_to_integer(Node), list_to_integer(Seconds) * 1000000 + list_to_integer(Micros), Text};
        nomatch ->
            none
    end.

-spec hear(non_neg_integer(), non_neg_integer(), string(), lines()) -> {new | again, lines()}.
hear(Node, Us, Text, Lines) ->
    Line = {Us, Text},
    case maps:get(Node, Lines, {#{}, #{}}) of
        {#{Line := _}, _} -> {again, Lines};
        {_, #{Line := _}} -> {again, Lines};
        {Newest, _} when map_size(Newest) >= ?KEPT -> {new, Lines#{Node => {#{Line => heard}, Newest}}};
        {Newest, Before} -> {new, Lines#{Node => {Newest#{Line => heard}, Before}}}
    end.
