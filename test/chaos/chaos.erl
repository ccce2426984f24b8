%% SPDX-License-Identifier: Apache-2.0
%% The chaos driver: `-s chaos main -extra KEY=VALUE...`. Keys: seed, count (0: each kind once; test: a part of these, as a suite of tests),
%% faults (none: minutes without any), minutes, nodes, only (a number of the campaign, or a kind of the fixed set), from, load (yes, alone: no cluster, no), image, loader, build, memory,
%% options (boot options), seconds, limit (of the tests: seconds until they end after the present injection). Status 0: no escape, and everything
%% recovered. SIGTERM: ends after the present injection, with the sums.
-module(chaos).
-behaviour(gen_event).
-export([main/0, init/1, handle_event/2, handle_call/2]).

-define(SUMS_EACH, 20).
-define(LIMIT_S, 900).   % of the tests, which take a third of it
-define(HANGS_S, 240).     % more, and the driver itself hangs: test/run would end it a minute later, without a word

-spec main() -> no_return().
main() ->
    try
        run()
    catch
        Class:Reason:Stack ->
            say("the driver itself failed: ~0P", [{Class, Reason, Stack}, 60]),
            erlang:halt(2)
    end.

%% Signals come as events. It stands in the place of the handler that would end this runtime at once.
signals_take() ->
    ok = gen_event:swap_handler(erl_signal_server, {erl_signal_handler, []}, {?MODULE, self()}),
    ok = os:set_signal(sigterm, handle).

init({Main, _}) -> {ok, Main}.

handle_event(sigterm, Main) when is_pid(Main) ->
    say("ends after this injection", []),
    Main ! stop,
    {ok, told};
handle_event(_, State) ->
    {ok, State}.

handle_call(_, State) -> {ok, ok, State}.

run() ->
    signals_take(),
    Given = maps:from_list([pair(Argument) || Argument <- init:get_plain_arguments()]),
    Nodes = number("nodes", 4, Given),
    Seed = maps:get("seed", Given, "1"),
    Injections = injections(Seed, maps:get("count", Given, "0"), Nodes, Given),
    Tests = maps:get("count", Given, "0") =:= "test",
    Options = options(Nodes, Given),
    Tests orelse say("seed ~s, ~b injections on ~b nodes; lines of the console: ~s/console.log",
                     [Seed, length(Injections), Nodes, maps:get(directory, Options)]),
    Told = case Tests of
        true ->
            Limit = limit(Injections, number("limit", ?LIMIT_S, Given)),
            fun(Verdict, _) -> tell_test(Verdict), chaos_limit:told(Limit, Verdict) end;
        false ->
            fun(Verdict, Before) -> tell_line(Verdict, [Verdict | Before], length(Injections)) end
    end,
    {Verdicts, Wrong} = chaos_campaign:run(Injections, Options#{told => Told}),
    Stopped = not Tests andalso length(Verdicts) < length(Injections),
    _ = case Tests of
        true ->
            [tell_end("ended", Verdicts, Injections) || length(Verdicts) < length(Injections)],
            tell("history", Wrong =:= [], [["ESCAPE: ", Text, "\n"] || Text <- Wrong]);
        false ->
            [say("ESCAPE: ~s", [Text]) || Text <- Wrong],
            [say("~b of ~b injections", [length(Verdicts), length(Injections)]) || Stopped],
            io:put_chars(chaos_verdict:table(Verdicts)),
            [say("again: make chaos SEED=~s COUNT=~s NODES=~b ONLY=~b",
                 [Seed, maps:get("count", Given, "0"), Nodes, Index])
             || #{injection := #{index := Index}} = V <- Verdicts, not chaos_verdict:is_good(V)]
    end,
    Good = Wrong =:= [] andalso (Stopped orelse length(Verdicts) =:= length(Injections)) andalso
        lists:all(fun chaos_verdict:is_good/1, Verdicts),
    %% Of tests each line has told its own.
    erlang:halt(case Good orelse Tests of true -> 0; false -> 1 end).

tell_line(Verdict, Verdicts, Count) ->
    say("~s", [chaos_verdict:text(Verdict)]),
    [say("-- ~b of ~b: ~s", [length(Verdicts), Count, chaos_verdict:sums(Verdicts)])
     || length(Verdicts) rem ?SUMS_EACH =:= 0].

%% As the runners of the other suites do.
tell_test(#{injection := #{kind := Kind}} = Verdict) ->
    tell(atom_to_list(Kind), chaos_verdict:is_good(Verdict), chaos_verdict:text(Verdict)).

%% Not all were made: there was no machine any more, or SIGTERM, or the limit.
tell_end(How, Verdicts, Injections) ->
    Left = [atom_to_list(Kind) || #{kind := Kind} <- lists:nthtail(length(Verdicts), Injections)],
    tell("end", false, io_lib:format("~s after ~b s with ~b of ~b injections: ~s~nnot reached: ~s",
                                     [How, element(1, erlang:statistics(wall_clock)) div 1000, length(Verdicts), length(Injections),
                                      chaos_verdict:sums(Verdicts), lists:join(" ", Left)])).

%% Tests end, even if this driver hangs.
-dialyzer({no_return, limit/2}).
limit(Injections, Seconds) ->
    Main = self(),
    Ask = fun() -> say("ends after this injection: ~b s are over", [Seconds]), Main ! stop end,
    chaos_limit:start(1000 * Seconds, 1000 * ?HANGS_S, Ask, fun(Verdicts) -> hung(Verdicts, Injections) end).

-spec hung([chaos_verdict:verdict()], [chaos_plan:injection()]) -> no_return().
hung(Verdicts, Injections) ->
    tell_end("ended in the midst of an injection", Verdicts, Injections),
    try chaos_machine:end_all() after erlang:halt(0) end.

tell(Name, Good, Text) ->
    Log = "build/test-logs/chaos_" ++ Name ++ ".log",
    ok = filelib:ensure_dir(Log),
    ok = file:write_file(Log, [Text, "\n"]),
    say("~s ~s", [case Good of true -> "ok"; false -> "FAIL" end, Name]).

pair(Argument) ->
    [Key, Value] = string:split(Argument, "="),
    {Key, Value}.

number(Key, Otherwise, Given) ->
    case maps:get(Key, Given, "") of
        "" -> Otherwise;
        Text -> list_to_integer(Text)
    end.

injections(Seed, Count, Nodes, Given) ->
    All = case maps:get("faults", Given, "") =:= "none" orelse Count of
        true -> [chaos_plan:none(Index, Nodes) || Index <- lists:seq(1, number("minutes", 60, Given))];
        "0" -> chaos_plan:fixed(Seed, Nodes);
        "test" -> chaos_plan:test(Seed, Nodes);
        _ -> [chaos_plan:random(Seed, Index, Nodes)
              || Index <- lists:seq(1, list_to_integer(Count))]
    end,
    Only = string:lexemes(maps:get("only", Given, ""), ","),
    From = number("from", 1, Given),
    [Injection || #{index := Index, kind := Kind} = Injection <- All, Index >= From,
                  Only =:= [] orelse lists:member(integer_to_list(Index), Only) orelse
                  lists:member(atom_to_list(Kind), Only)].

options(Nodes, Given) ->
    Build = maps:get("build", Given, "build"),
    Kernel = maps:get("kernel", Given, Build ++ "/debug/kernel.elf"),
    Load = maps:get("load", Given, "yes"),
    Quiet = maps:get("faults", Given, "") =:= "none",
    Directory = Build ++ "/chaos/run-" ++ os:getpid(),
    #{
        nodes => Nodes,
        memory => number("memory", 256 * Nodes, Given),
        build => Build,
        directory => Directory,
        loader => maps:get("loader", Given, Build ++ "/loader.elf"),
        image => maps:get("image", Given, Build ++ "/chaos/system.img"),
        seconds => number("seconds", case maps:get("count", Given, "0") of "test" -> ?LIMIT_S + ?HANGS_S; _ -> 86400 end, Given),
        load => list_to_atom(Load),
        layout => chaos_layout:read(Build ++ "/chaos/layout", Kernel),
        options => case Load of
            %% Without faults there is more to do than there is time.
            "yes" when Quiet -> ["erl=+P 32768 +Q 1024 -noshell -pa /t/chaos -s chaos_load -chaos busy"];
            "yes" -> ["erl=+P 32768 +Q 1024 -noshell -pa /t/chaos -s chaos_load"];
            "alone" -> ["erl=+P 32768 +Q 1024 -noshell -pa /t/chaos -s chaos_load -chaos alone", "cluster=no"];
            "no" -> []
        end ++
            %% A node that dies every few seconds is the purpose here.
            ["back-off-ms=0", "calm-ms=1000"] ++
            string:lexemes(maps:get("options", Given, ""), " ")
    }.

say(Format, Arguments) ->
    io:format(Format ++ "~n", Arguments).
