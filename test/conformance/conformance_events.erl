%% SPDX-License-Identifier: Apache-2.0
%% A Common Test event handler that prints one line a case, so that results can be taken from a console:
%% "CASE <suite> <case> ok|failed|skipped [<why>]".
-module(conformance_events).
-behaviour(gen_event).
-include_lib("common_test/include/ct_event.hrl").
-export([init/1, handle_event/2, handle_call/2, handle_info/2, terminate/2]).

-spec init(term()) -> {ok, []}.
init(_) ->
    {ok, []}.

-spec handle_event(term(), S) -> {ok, S}.
handle_event(#event{name = tc_done, data = {Suite, Case, Result}}, State) ->
    case Result of
        {_, "of another part"} -> ok;
        {_, {_, "of another part"}} -> ok;
        ok -> line(Suite, Case, "ok", "");
        {failed, Why} -> line(Suite, Case, "failed", Why);
        {_, Why} -> line(Suite, Case, "skipped", Why)
    end,
    {ok, State};
handle_event(#event{name = Name, data = {Suite, Case, Why}}, State) when Name =:= tc_auto_skip; Name =:= tc_user_skip ->
    line(Suite, Case, "skipped", Why),
    {ok, State};
handle_event(_, State) ->
    {ok, State}.

-spec handle_call(term(), S) -> {ok, ok, S}.
handle_call(_, State) ->
    {ok, ok, State}.

-spec handle_info(term(), S) -> {ok, S}.
handle_info(_, State) ->
    {ok, State}.

-spec terminate(term(), term()) -> ok.
terminate(_, _) ->
    ok.

line(_, init_per_suite, "ok", _) -> ok;
line(_, end_per_suite, "ok", _) -> ok;
line(_, Case, "ok", _) when is_tuple(Case), element(1, Case) =:= init_per_group; is_tuple(Case), element(1, Case) =:= end_per_group -> ok;
line(Suite, Case, Result, Reason) ->
    Why = lists:flatten(io_lib:format("~0tp", [Reason])),
    io:put_chars(user, io_lib:format("~nCASE ~s ~s ~s ~s~n", [Suite, name(Case), Result, printable(lists:sublist(Why, 300))])).

name({Case, _Group}) -> atom_to_list(Case);
name(Case) when is_atom(Case) -> atom_to_list(Case);
name(Other) -> lists:flatten(io_lib:format("~0p", [Other])).

printable(Text) ->
    [C || C <- Text, C >= 32, C < 127].
