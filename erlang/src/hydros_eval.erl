%% SPDX-License-Identifier: Apache-2.0
%% Evaluates the boot option `eval` (init hands it over in HYDROS_EVAL) and ends the node:
%% status 0 only when every expression in it returned.
-module(hydros_eval).
-export([main/0, main/1]).

%% So long an expression waits for the machine's other nodes; some of them may run no Erlang.
-define(CONNECT_MS, 5000).

%% The process that evaluates says how it ended by its exit reason.
-dialyzer({no_return, run/1}).

-spec main() -> ok.
main() ->
    main([]).

%% Runs beside the boot, so that init counts the system as started while the expression runs.
-spec main(list()) -> ok.
main(_Arguments) ->
    spawn(fun() ->
        _ = [io:setopts(Device, [{encoding, unicode}]) || Device <- [standard_io, standard_error]],
        _ = [hydros:wait(?CONNECT_MS) || whereis(hydros_cluster) =/= undefined],
        erlang:halt(run(os:getenv("HYDROS_EVAL", "")))
    end),
    ok.

run(Text) ->
    case parse(Text) of
        {ok, Expressions} ->
            %% A process of its own: links and exit signals may end it, and that too is an answer.
            {Pid, Monitor} = spawn_monitor(fun() -> evaluate(Expressions) end),
            receive
                {'DOWN', Monitor, process, Pid, {?MODULE, ok}} -> 0;
                {'DOWN', Monitor, process, Pid, {?MODULE, failed}} -> 1;
                {'DOWN', Monitor, process, Pid, Reason} ->
                    io:format(standard_error, "eval: ended by ~tp~n", [Reason]),
                    1
            end;
        {error, Line} ->
            io:format(standard_error, "eval: ~ts~n", [Line]),
            1
    end.

evaluate(Expressions) ->
    try erl_eval:exprs(Expressions, erl_eval:new_bindings()) of
        _ -> exit({?MODULE, ok})
    catch
        exit:{?MODULE, ok} -> exit({?MODULE, ok});
        Class:Reason:Stack ->
            io:format(standard_error, "eval: ~ts~n",
                      [erl_error:format_exception(Class, Reason, Stack)]),
            exit({?MODULE, failed})
    end.

parse(Text) ->
    case erl_scan:string(Text ++ "\n.") of
        {ok, Tokens, _} ->
            case erl_parse:parse_exprs(one_dot(Tokens)) of
                {ok, Expressions} -> {ok, Expressions};
                {error, {_, Module, Why}} -> {error, Module:format_error(Why)}
            end;
        {error, {_, Module, Why}, _} ->
            {error, Module:format_error(Why)}
    end.

%% The text may or may not end with a dot of its own; one in its midst separates as a comma does.
one_dot(Tokens) ->
    Words = lists:reverse(lists:dropwhile(fun is_dot/1, lists:reverse(Tokens))),
    [case is_dot(Word) of true -> {',', 1}; false -> Word end || Word <- Words] ++ [{dot, 1}].

is_dot(Token) ->
    element(1, Token) =:= dot.
