%% SPDX-License-Identifier: Apache-2.0
%% Injections one after the other into a machine under load. Each begins when all is well and ends
%% when all is well again; a machine that was lost or does not recover is replaced by a new one.
-module(chaos_campaign).
-export([run/2]).

-define(BOOT_MS, 180000).
-define(NOTICE_MS, 120000). % a death that must come: to use up all atoms takes a busy host a minute
-define(TOLD_MS, 45000).    % who asks waits 30 s for a connection (chaos_order), hydros:kill/2 then 7 s for an answer or a death
-define(WATCH_MS, 1500).    % one that may
-define(EVIDENCE_MS, 60000). % what must be seen of one that is borne; the load tells what it did when it is done
-define(SEEN_MS, 800).      % a load's line is so old at most
-define(RECOVER_MS, 180000).
-define(CALM_MS, 300).
-define(TRIES, 3).
-define(END_MS, 15000).

%% Verdicts, and what is wrong with the history at the end of each machine. A message `stop` ends it
%% after the present injection, as if it were the last one.
-spec run([chaos_plan:injection()], map()) -> {[chaos_verdict:verdict()], [string()]}.
run(Injections, Options) ->
    machine(Injections, Options, [], [], 1).

machine([], _, Verdicts, Wrong, _) ->
    {lists:reverse(Verdicts), Wrong};
machine(Injections, Options, Verdicts, Wrong, Number) ->
    Scene0 = chaos_scene:open(Options),
    case chaos_scene:wait(Scene0, fun chaos_scene:is_well/1, ?BOOT_MS) of
        {true, Scene1} ->
            {_, Scene2} = chaos_scene:parts_changed(Scene1),
            {Rest, Done, Scene3} = each(Injections, Verdicts, Options, Scene2),
            End = finish(Scene3),
            machine(Rest, Options, Done, Wrong ++ End, Number + 1);
        {false, Scene1} ->
            Why = io_lib:format("machine ~b is not well after its start: ~p, ~p",
                                [Number, chaos_scene:why_not_well(Scene1), chaos_scene:is_lost(Scene1)]),
            _ = chaos_scene:close(Scene1),
            {lists:reverse(Verdicts), Wrong ++ [lists:flatten(Why)]}
    end.

each(Injections, Verdicts, Options, Scene) ->
    receive
        stop -> {[], Verdicts, Scene}
    after 0 ->
        next(Injections, Verdicts, Options, Scene)
    end.

next([], Verdicts, _, Scene) ->
    {[], Verdicts, Scene};
next([Injection | Rest], Verdicts, Options, Scene0) ->
    {Verdict, Scene} = one(Injection, Scene0),
    #{told := Told} = Options,
    case Verdict of
        #{injected := false, recovered := true, escapes := [], injection := #{times := Times}} when Times < ?TRIES ->
            each([chaos_plan:again(Injection, Times + 1) | Rest], Verdicts, Options, Scene);
        #{recovered := true} ->
            Told(Verdict, Verdicts),
            each(Rest, [Verdict | Verdicts], Options, Scene);
        _ ->
            Told(Verdict, Verdicts),
            {Rest, [Verdict | Verdicts], Scene}
    end.

one(#{target := Target, more := More} = Injection, Scene) ->
    {Ready, Scene0} = chaos_scene:wait(calm(Scene, 20), fun chaos_scene:is_well/1, ?RECOVER_MS),
    Between = chaos_verdict:between(chaos_scene:incarnations(Scene), chaos_scene:incarnations(Scene0), chaos_scene:tainted(Scene)),
    Mark = chaos_scene:mark(Scene0),
    Before = chaos_history:wrong(chaos_scene:history(Scene0)),
    Refused = refused(Scene0),
    Lives = chaos_scene:incarnations(Scene0),
    Acked = chaos_history:acknowledged(chaos_scene:history(Scene0)),
    Tainted = [Node || {Node, Life} <- maps:keys(chaos_scene:tainted(Scene0)),
                       maps:get(Node, Lives) =:= Life],
    {Made, Trace, Scene1} = case Ready of
        true -> chaos_fault:inject(Injection, chaos_scene:note({injection, maps:without([random], Injection)}, Scene0));
        false -> {{skipped, "not all was well before"}, #{}, Scene0}
    end,
    Hit = [Target | More] ++ maps:get(more, Trace, []),
    {Told, Scene2} = told(Made, Injection, Mark, Scene1),
    Scene3 = watch(Told, Injection, Trace, Hit, Mark, Scene2),
    Taken = chaos_fault:taken(Trace, Injection, Scene3),
    {Well, Scene4} = chaos_scene:wait(Scene3, fun chaos_scene:is_well/1, ?RECOVER_MS),
    WellMs = chaos_machine:now_ms() - Mark,
    {Missing, Scene5} = case Well of
        true -> missing(Acked, Scene4);
        false -> {[], Scene4}
    end,
    {Flips, Scene6} = heal(maps:get(flips, Trace, []), Scene5),
    {Changed, Scene7} = chaos_scene:parts_changed(Scene6),
    Events = chaos_scene:since(Mark, Scene7),
    Verdict = chaos_verdict:judge(
        #{injection => Injection, outcome => chaos_evidence:outcome(Injection, Told, Events), start => start_of(Mark, Events),
          lives => Lives, events => Events, hit => Hit, tainted => Tainted, well => Well, well_ms => WellMs,
          why => chaos_scene:why_not_well(Scene7), changed => Changed,
          refused => refused(Scene7) =/= Refused, flips => Flips, trace => Trace,
          text => maps:get(text, Trace, ""), wrong => Between ++ Taken ++ Missing ++ (chaos_history:wrong(chaos_scene:history(Scene7)) -- Before),
          lost => chaos_scene:is_lost(Scene7)}, chaos_scene:nodes(Scene7)),
    {Verdict, taint(Injection, Verdict, Flips, Lives, Scene7)}.

%% What the last injection set going, a flood say, is over.
calm(Scene0, Tries) ->
    Refused = refused(Scene0),
    Scene = chaos_scene:pause(Scene0, ?CALM_MS),
    case refused(Scene) of
        Other when Other =/= Refused, Tries > 0 -> calm(Scene, Tries - 1);
        _ -> Scene
    end.

%% When the order was taken, or the core sent away, if it was that.
start_of(Mark, Events) ->
    Begun = [Ms || {Ms, Event} <- Events, lists:member(element(1, Event), [order, sent_away])],
    case Begun of
        [Ms | _] -> Ms;
        [] -> Mark
    end.

%% Until it begins, or is known not to: an order that goes by another node may have to wait for its connection, and then for a verdict
%% that is not about the next injection.
told({skipped, _} = Skipped, _, _, Scene) ->
    {Skipped, Scene};
told(injected, Injection, Mark, Scene0) ->
    {_, Scene} = chaos_scene:wait(Scene0, fun(S) ->
        Events = chaos_scene:since(Mark, S),
        chaos_evidence:has_begun(Injection, Events) orelse chaos_evidence:refusal(Injection, Events) =/= none
    end, ?TOLD_MS),
    {chaos_evidence:outcome(Injection, injected, chaos_scene:since(Mark, Scene)), Scene}.

watch({skipped, _}, _, _, _, _, Scene) ->
    chaos_scene:pause(Scene, ?SEEN_MS);
watch(injected, #{expect := dies} = Injection, Trace, _, Mark, Scene0) ->
    Awaited = chaos_plan:awaited(Injection) ++ maps:get(more, Trace, []),
    {_, Scene} = chaos_scene:wait(Scene0, fun(S) ->
        [] =/= [x || {_, Event} <- chaos_scene:since(Mark, S), Node <- Awaited, is_death_of(Node, Event)]
    end, ?NOTICE_MS),
    %% The load's last word may be older than the death.
    chaos_scene:pause(Scene, ?SEEN_MS);
watch(injected, #{expect := Expect} = Injection, Trace, Hit, Mark, Scene0) ->
    Scene1 = chaos_scene:pause(Scene0, ?WATCH_MS),
    case Expect =:= lives andalso chaos_evidence:wanted(Injection) of
        Nothing when Nothing =:= false; Nothing =:= nothing ->
            Scene1;
        Wanted ->
            {_, Scene2} = chaos_scene:wait(Scene1, fun(S) ->
                [] =/= chaos_evidence:seen(Wanted, #{injection => Injection, trace => Trace, hit => Hit, flips => none,
                                                    events => chaos_scene:since(Mark, S)})
            end, ?EVIDENCE_MS),
            Scene2
    end.

%% All were well: whatever is new about a node is its death, or the life after that.
is_death_of(Target, {node, Target, _, _}) -> true;
is_death_of(Target, {buried, Target, _, _, _}) -> true;
is_death_of(_, {said, _, "fault " ++ _}) -> true;
is_death_of(_, _) -> false.

%% Rings that were refused, as their readers publish it.
refused(Scene) ->
    Memory = chaos_scene:memory(Scene),
    Nodes = chaos_scene:nodes(Scene),
    [chaos_memory:channel(Memory, Reader, Writer, in_refused)
     || Reader <- Nodes, Writer <- Nodes, Reader =/= Writer].

%% What was changed from outside and stands as it was changed is put right again, so that the next
%% injection meets a machine without faults. What was written since is the kernel's: the number of a life that follows from a
%% changed one, say.
heal([], Scene) ->
    {none, Scene};
heal(Flips, Scene) ->
    Memory = chaos_scene:memory(Scene),
    #{qtest := Qtest} = chaos_scene:machine(Scene),
    Same = [Flip || {Address, _, New} = Flip <- Flips, chaos_memory:read(Memory, Address, byte_size(New)) =:= New],
    _ = case chaos_scene:is_lost(Scene) of
        false -> [chaos_qtest:write(Qtest, Address, Old) || {Address, Old, _} <- Same];
        _ -> []
    end,
    {case Same of [] -> overwritten; _ -> same end, chaos_scene:step(Scene)}.

%% A life that met a fault and did not end may show it later.
taint(#{expect := Expect, target := Target, index := Index}, #{injected := true}, _, Lives, Scene)
    when Expect =:= may; Expect =:= dies ->
    case chaos_scene:incarnations(Scene) of
        #{Target := Life} when Life =:= map_get(Target, Lives) ->
            chaos_scene:taint(Target, Index, Scene);
        _ ->
            Scene
    end;
taint(_, _, _, _, Scene) ->
    Scene.

%% Writes that were acknowledged before, and that not all replicas have when all is well again and a little later.
missing(Acked, Scene0) ->
    Missing = fun(S) -> chaos_history:missing(Acked, chaos_scene:nodes(S), chaos_scene:history(S)) end,
    case chaos_scene:has_cluster(Scene0) of
        true ->
            {_, Scene} = chaos_scene:wait(Scene0, fun(S) -> Missing(S) =:= [] end, ?END_MS),
            {Missing(Scene), Scene};
        false ->
            {[], Scene0}
    end.

%% Every write that is acknowledged by now is in every replica, as these tell a little later.
finish(Scene0) ->
    Wrong = case chaos_scene:has_cluster(Scene0) andalso chaos_scene:is_lost(Scene0) =:= false of
        true -> finish_load(Scene0);
        false -> []
    end,
    _ = chaos_scene:close(Scene0),
    Wrong.

finish_load(Scene0) ->
    {Well, Scene1} = chaos_scene:wait(Scene0, fun chaos_scene:is_well/1, ?RECOVER_MS),
    Before = chaos_history:wrong(chaos_scene:history(Scene0)),
    Acked = chaos_history:acknowledged(chaos_scene:history(Scene1)),
    io:format(standard_error, "~b writes were acknowledged~n",
              [chaos_history:total(chaos_scene:history(Scene1))]),
    case Well of
        true ->
            {Missing, Scene2} = missing(Acked, Scene1),
            Died = chaos_verdict:between(chaos_scene:incarnations(Scene0), chaos_scene:incarnations(Scene2), chaos_scene:tainted(Scene0)),
            Died ++ Missing ++ (chaos_history:wrong(chaos_scene:history(Scene2)) -- Before);
        false ->
            [lists:flatten(io_lib:format("not well at the end: ~0p",
                                         [chaos_scene:why_not_well(Scene1)]))]
    end.
