%% SPDX-License-Identifier: Apache-2.0
%% Faults that are ordered from outside, by lines `order ID NODE FAULT` on the console. The order is
%% confirmed in the log before it is carried out, and carried out once.
-module(chaos_order).
-export([start_link/1, run/1, act/1]).

-spec start_link(non_neg_integer()) -> {ok, pid()}.
start_link(Self) ->
    {ok, spawn_link(?MODULE, run, [Self])}.

-spec run(non_neg_integer()) -> ok.
run(Self) ->
    read(Self, []).

read(Self, Done) ->
    case io:get_line("") of
        Line when is_list(Line) ->
            case string:lexemes(Line, " \r\n") of
                ["order", Id, Node, Fault] ->
                    _ = [take(Self, Id, list_to_integer(Node), Fault) || not lists:member(Id, Done)],
                    read(Self, lists:sublist([Id | Done], 100));
                _ ->
                    read(Self, Done)
            end;
        _ ->
            ok
    end.

take(Self, Id, Self, Fault) ->
    chaos_line:say("order ~s taken", [Id]),
    _ = spawn(?MODULE, act, [Fault]),
    ok;
take(_, Id, Node, Fault) ->
    chaos_line:say("order ~s taken", [Id]),
    %% As a person would, from another node.
    _ = spawn(fun() -> answered(Fault, hydros:kill(Node, list_to_atom(Fault))) end),
    ok.

%% Faults of programs are done here, all others by hydros_fault or the kernel.
-spec act(string()) -> term().
act("erl_nif_wild") -> chaos_nif:wild(), memory([]);
act("erl_nif_never") -> chaos_nif:never();
act("erl_store") -> exit(whereis(chaos_store), kill);
act(Fault) -> answered(Fault, hydros_fault:commit(list_to_atom(Fault))).

answered(_, ok) -> ok;
answered(Fault, Answer) -> chaos_line:say("fault ~s refused: ~0p", [Fault, Answer]).

memory(Held) ->
    memory([binary:copy(<<1:8192>>, 4096) | Held]).
