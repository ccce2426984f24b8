%% SPDX-License-Identifier: Apache-2.0
%% What one injection led to, from the events since: pure.
-module(chaos_verdict).
-export([judge/2, between/3, text/1, sums/1, table/1, is_good/1]).
-export_type([facts/0, verdict/0]).

%% nodes: those that were hit on purpose; tainted: those that earlier injections may still show in.
-type facts() :: #{injection := chaos_plan:injection(), outcome := chaos_evidence:outcome(),
                   start := integer(), lives := #{non_neg_integer() => non_neg_integer()}, events := [{integer(), term()}],
                   hit := [non_neg_integer()], tainted := [non_neg_integer()],
                   well := boolean(), well_ms := integer(), why := term(), changed := [term()],
                   refused := boolean(), flips := same | overwritten | none,
                   trace := map(), text := iodata(), wrong := [string()], lost := false | term()}.
-type verdict() :: #{injection := chaos_plan:injection(), injected := boolean(),
                     activated := boolean(), evidence := [string()], wanted := chaos_evidence:wanted(), manifested := boolean(), noticed := [term()],
                     recovered := boolean(), escapes := [string()], latent := boolean(),
                     text := iodata(), well_ms := integer(), skipped := string()}.

-spec judge(facts(), [non_neg_integer()]) -> verdict().
judge(#{injection := #{expect := Expect} = Injection, outcome := Outcome, events := Events,
        hit := Hit, tainted := Tainted, start := Start, flips := Flips} = Facts, Nodes) ->
    Deaths = lists:usort([Node || {_, {node, Node, State, _}} <- Events,
                                  lists:member(State, [dead, stopped, starting, kernel])] ++
                         [Node || {_, {node, Node, running, Life}} <- Events, Life > maps:get(Node, maps:get(lives, Facts), Life)] ++
                         [Node || {_, {buried, Node, _, _, _}} <- Events]),
    Damage = lists:usort([Node || {_, {said, Node, "damage" ++ _}} <- Events]),
    Noticed = [{Node, By, How, Ms - Start} || {Ms, {buried, Node, _, By, How}} <- Events],
    Broken = [Reader || {_, {counted, Reader, Peer, "bad_" ++ _, _}} <- Events, lists:member(Peer, Hit)],
    Manifested = Deaths =/= [] orelse Damage =/= [] orelse Broken =/= [] orelse maps:get(refused, Facts),
    Borne = Expect =:= lives,
    Wanted = chaos_evidence:wanted(Injection),
    Evidence = chaos_evidence:seen(Wanted, Facts),
    Lives = maps:get(lives, Facts),
    Again = again(Injection),
    Later = lists:usort([{Node, How} || {_, {buried, Node, Life, _, How}} <- Events,
                                        Life > map_get(Node, Lives) + Again + late(Node, Tainted),
                                        not is_renamed(Node, Injection)]),
    Escapes =
        [format("machine lost: ~p", [Lost]) || Lost <- [maps:get(lost, Facts)], Lost =/= false, Expect =/= lost] ++
        [format("n~b died, which nobody hit", [Node]) || Node <- Deaths -- (Hit ++ Tainted)] ++
        [format("n~b died of what it must bear", [Node]) || Borne, Node <- Deaths,
                                                            lists:member(Node, Hit -- Tainted)] ++
        [format("the next life of n~b ended, too (~0p)", [Node, How]) || {Node, How} <- Later] ++
        [format("values of n~b are damaged", [Node]) || Node <- Damage -- (Hit ++ Tainted)] ++
        [format("what n~b wrote wrong was taken as right by ~s", [Node, By]) || {_, {kernel, Node, "fault: taken as right by " ++ By}} <- Events] ++
        [format("~p of ~p was changed", [Part, Owner]) || {Part, Owner} <- maps:get(changed, Facts)] ++
        maps:get(wrong, Facts),
    #{injection => Injection,
      injected => Outcome =:= injected,
      skipped => case Outcome of {skipped, Why} -> Why; _ -> "" end,
      activated => Outcome =:= injected andalso (Manifested orelse Evidence =/= [] orelse Flips =:= overwritten),
      evidence => Evidence,
      wanted => Wanted,
      manifested => Manifested,
      latent => Outcome =:= injected andalso not Manifested andalso Flips =:= same,
      noticed => Noticed ++ [{Node, Node, damage_found, 0} || Node <- Damage] ++
          [{hd(Hit), hd(Hit), ring_refused, 0} || maps:get(refused, Facts), Hit =/= [],
                                                  Deaths =:= []],
      recovered => maps:get(well, Facts),
      well_ms => maps:get(well_ms, Facts),
      text => [maps:get(text, Facts), unseen(Expect, Outcome, Wanted, Evidence),
               [format(" not well: ~p", [maps:get(why, Facts)]) || not maps:get(well, Facts), Expect =/= lost]],
      escapes => case Nodes of [] -> []; _ -> Escapes end}.

%% Who ended between two injections or after the last one, in a life that had not met a fault which did not show then.
-spec between(Lives, Lives, #{{non_neg_integer(), non_neg_integer()} => _}) -> [string()] when
    Lives :: #{non_neg_integer() => non_neg_integer()}.
between(Before, After, Tainted) ->
    [format("n~b died when nothing was injected", [Node]) || {Node, Life} <- lists:sort(maps:to_list(Before)),
                                                             maps:get(Node, After, Life) =/= Life, not is_map_key({Node, Life}, Tainted)].

%% Of an earlier injection, and then of this one.
late(Node, Tainted) ->
    case lists:member(Node, Tainted) of
        true -> 1;
        false -> 0
    end.

%% A second death that is wanted.
again(#{way := {again}}) -> 1;
again(#{way := {machine_check, twice}}) -> 1;
again(_) -> 0.

%% Its number itself may be what was altered.
is_renamed(Node, #{way := {published_flip, _}, target := Target}) -> Node =:= Target;
is_renamed(_, _) -> false.

%% What a test asks for: that it did what it is for, too.
-spec is_good(verdict()) -> boolean().
is_good(#{injection := #{expect := lost}, recovered := Recovered}) ->
    not Recovered;
is_good(#{injection := #{expect := Expect}, injected := Injected, wanted := Wanted, evidence := Evidence,
          recovered := Recovered, escapes := Escapes}) ->
    Injected andalso Recovered andalso Escapes =:= [] andalso
        (Expect =:= may orelse Wanted =:= nothing orelse Evidence =/= []).

unseen(Expect, injected, Wanted, []) when Expect =/= may, Wanted =/= nothing -> format(" NO EVIDENCE (~0p)", [Wanted]);
unseen(_, _, _, _) -> "".

format(Format, Arguments) ->
    lists:flatten(io_lib:format(Format, Arguments)).

%% One line for a person.
-spec text(verdict()) -> iodata().
text(#{injection := Injection, injected := false, skipped := Why, recovered := Recovered, escapes := Escapes}) ->
    [chaos_plan:text(Injection), " skipped: ", Why, ["  NOT RECOVERED" || not Recovered], [["  ESCAPE: ", Escape] || Escape <- Escapes]];
text(#{injection := #{expect := Expect} = Injection, noticed := Noticed, escapes := Escapes, text := Text} = Verdict) ->
    #{manifested := Manifested, activated := Activated, latent := Latent, recovered := Recovered, evidence := Evidence,
      well_ms := Ms} = Verdict,
    [chaos_plan:text(Injection), " ",
     if Manifested -> "manifested"; Activated -> "activated "; Latent -> "latent    "; true -> "no sign   " end,
     [io_lib:format("  n~b by n~b ~0p +~b ms", [Node, By, How, After])
      || {Node, By, How, After} <- Noticed],
     case {Recovered, Manifested} of
         {true, true} -> io_lib:format("  well +~b ms", [Ms]);
         {true, false} -> "";
         {false, _} when Expect =:= lost -> "  machine lost, as it must be";
         {false, _} -> "  NOT RECOVERED"
     end,
     [["  (", lists:join("; ", Evidence), ")"] || Evidence =/= [], not is_death(Evidence)],
     case iolist_size(Text) of 0 -> ""; _ -> ["  | ", Text] end,
     [["  ESCAPE: ", Escape] || Escape <- Escapes]].

%% How a campaign stands, in a line.
-spec sums([verdict()]) -> iodata().
sums(Verdicts) ->
    Count = fun(Is) -> length([V || V <- Verdicts, Is(V)]) end,
    io_lib:format("injected ~b, activated ~b, latent ~b, no sign ~b, manifested ~b, not recovered ~b, escapes ~b",
                  [Count(fun(#{injected := I}) -> I end), Count(fun(#{activated := A}) -> A end),
                   Count(fun(#{latent := L}) -> L end), Count(fun is_unseen/1), Count(fun(#{manifested := M}) -> M end),
                   Count(fun is_not_recovered/1), escapes(Verdicts)]).

%% Injected, and nobody can tell whether anything met it.
is_unseen(#{injected := Injected, activated := Activated, latent := Latent}) ->
    Injected andalso not Activated andalso not Latent.

is_not_recovered(#{recovered := Recovered, injection := #{expect := Expect}}) ->
    not Recovered andalso Expect =/= lost.

escapes(Verdicts) ->
    lists:sum([length(Escapes) || #{escapes := Escapes} <- Verdicts]).

%% The sums of a campaign.
-spec table([verdict()]) -> iodata().
table(Verdicts) ->
    Count = fun(Is) -> length([V || V <- Verdicts, Is(V)]) end,
    Injected = Count(fun(#{injected := I}) -> I end),
    Notices = [N || #{noticed := Ns} <- Verdicts, N <- Ns],
    Hows = lists:usort([How || {_, _, How, _} <- Notices]),
    Manifested = [V || #{manifested := true, injected := true} = V <- Verdicts],
    Times = [Ms || #{well_ms := Ms, recovered := true} <- Manifested],
    [io_lib:format("injected ~b, skipped ~b~n", [Injected, length(Verdicts) - Injected]),
     io_lib:format("activated ~b, latent ~b, no sign ~b~n",
                   [Count(fun(#{activated := A}) -> A end), Count(fun(#{latent := L}) -> L end), Count(fun is_unseen/1)]),
     io_lib:format("manifested ~b, of these recovered ~b~n", [length(Manifested), length(Times)]),
     [[io_lib:format("noticed as ~0p: ~b", [How, length(Of)]),
       case lists:sort([Ms || {_, _, _, Ms} <- Of]) of
           [] -> "";
           Sorted -> io_lib:format(" (median +~b ms, longest +~b ms)",
                                   [lists:nth((length(Sorted) + 1) div 2, Sorted),
                                    lists:last(Sorted)])
       end, "\n"]
      || How <- Hows, Of <- [[N || {_, _, H, _} = N <- Notices, H =:= How]]],
     case lists:sort(Times) of
         [] -> "";
         Sorted -> io_lib:format("all well again: median +~b ms, longest +~b ms~n",
                                 [lists:nth((length(Sorted) + 1) div 2, Sorted),
                                  lists:last(Sorted)])
     end,
     io_lib:format("not recovered ~b~n", [Count(fun is_not_recovered/1)]),
     io_lib:format("escapes ~b~n", [escapes(Verdicts)])].

%% Told by who buried whom.
is_death(Evidence) ->
    lists:all(fun(Text) -> lists:suffix(" ended", Text) end, Evidence).
