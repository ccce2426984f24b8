%% SPDX-License-Identifier: Apache-2.0
%% What the nodes told about the load: which writes were acknowledged, what each replica holds.
%% Every chain is checked against the one that must be; at the end nothing acknowledged is missing.
-module(chaos_history).
-export([new/0, line/4, forget/2, states/1, missing/3, acknowledged/1, total/1, wrong/1]).
-export_type([history/0]).

-record(history, {
    acked = #{} :: #{integer() => integer()},
    %% The newest state of each node: {Ms, Synced, Nodes, #{Writer => Last}}
    states = #{} :: #{integer() => {integer(), boolean(), integer(), map()}},
    chains = #{} :: #{{integer(), integer() | last} => integer()},
    wrong = [] :: [string()]
}).
-type history() :: #history{}.

new() -> #history{}.

%% A line `state ...` of node Node. One into which a dying kernel wrote says nothing.
-spec line(integer(), integer(), string(), history()) -> history().
line(Ms, Node, Line, History) ->
    try state(Ms, Node, Line, History)
    catch error:badarg -> History
    end.

state(Ms, Node, Line, History) ->
    case string:lexemes(Line, " ") of
        ["state", Synced, "nodes", Nodes, "repairs", _, "writers" | Words] ->
            Writers = [[list_to_integer(Part) || Part <- string:split(Word, ":", all)]
                       || Word <- Words],
            Stated = History#history{
                states = maps:put(Node, {Ms, Synced =:= "true", list_to_integer(Nodes),
                                         maps:from_list([{W, Last} || [W, Last, _, _] <- Writers])},
                                  History#history.states)},
            lists:foldl(fun(Writer, H) -> writer(Node, Writer, H) end, Stated, Writers);
        _ ->
            History
    end.

%% What this node told is of an earlier life.
forget(Node, #history{states = States} = History) ->
    History#history{states = maps:remove(Node, States)}.

writer(Node, [Writer, Last, Chain, Acked], #history{acked = All} = History0) ->
    {Right, History} = chain(Writer, Last, History0),
    Told = History#history{acked = All#{Writer => max(Acked, maps:get(Writer, All, 0))}},
    case Right of
        Chain -> Told;
        _ -> Told#history{wrong = [lists:flatten(io_lib:format(
                "node ~b holds another history of writer ~b up to ~b", [Node, Writer, Last])) |
                Told#history.wrong]}
    end;
writer(_, _, History) ->
    History.

%% Chains are computed once, on from the last known one.
chain(_, 0, History) ->
    {0, History};
chain(Writer, Number, #history{chains = Chains} = History) ->
    case Chains of
        #{{Writer, Number} := Chain} ->
            {Chain, History};
        _ ->
            Known = maps:get({Writer, last}, Chains, 0),
            Start = case Number > Known of true -> Known; false -> 0 end,
            extend(Writer, Start + 1, Number, maps:get({Writer, Start}, Chains, 0), History)
    end.

extend(Writer, At, To, Before, #history{chains = Chains} = History) ->
    Chain = chaos_value:chain(Before, At, chaos_value:make(Writer, At)),
    Next = History#history{chains = Chains#{{Writer, At} => Chain, {Writer, last} => At}},
    case At of
        To -> {Chain, Next};
        _ -> extend(Writer, At + 1, To, Chain, Next)
    end.

states(#history{states = States}) -> States.
wrong(#history{wrong = Wrong}) -> lists:usort(Wrong).
%% By writer.
acknowledged(#history{acked = Acked}) -> Acked.
total(#history{acked = Acked}) -> lists:sum(maps:values(Acked)).

%% Which of these acknowledged writes are not in the newest states of these nodes.
-spec missing(#{integer() => integer()}, [integer()], history()) -> [string()].
missing(Acked, Nodes, #history{states = States}) ->
    [lists:flatten(io_lib:format("node ~b has ~b writes of writer ~b, but ~b were acknowledged",
                                 [Node, Has, Writer, Count]))
     || Node <- Nodes,
        {Writer, Count} <- maps:to_list(Acked),
        Has <- [case States of
                    #{Node := {_, _, _, Writers}} -> maps:get(Writer, Writers, 0);
                    _ -> 0
                end],
        Has < Count].
