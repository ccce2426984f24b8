%% SPDX-License-Identifier: Apache-2.0
%% The judge of injections: what nobody saw is not good because nobody died; whose death is an escape.
-module(chaos_verdict_tests).
-include_lib("eunit/include/eunit.hrl").

injection(Kind) ->
    [Injection] = [I || #{kind := K} = I <- chaos_plan:fixed("1", 4), K =:= Kind],
    Injection#{target := 1}.

judge(Kind, Events) -> judge(Kind, Events, #{}).
judge(Kind, Events, More) ->
    chaos_verdict:judge(maps:merge(
        #{injection => injection(Kind), outcome => injected, start => 0, lives => #{0 => 1, 1 => 1, 2 => 1, 3 => 1},
          events => [{100, Event} || Event <- Events], hit => [1], tainted => [], well => true, well_ms => 2000, why => [],
          changed => [], refused => false, flips => none, trace => #{}, text => "", wrong => [], lost => false}, More), [0, 1, 2, 3]).

buried(Node, Life) -> {buried, Node, Life, (Node + 1) rem 4, last_words}.

%% Every kind that must show something: with nothing seen it fails, however well all nodes are.
nothing_seen_is_not_good_test() ->
    Kinds = [Kind || #{kind := Kind, expect := Expect} = I <- chaos_plan:fixed("1", 4), Expect =/= may, Expect =/= lost,
                     chaos_evidence:wanted(I) =/= nothing],
    ?assert(length(Kinds) > 60),
    [begin
        Verdict = judge(Kind, []),
        ?assertNot(chaos_verdict:is_good(Verdict)),
        ?assertMatch(#{activated := false, latent := false, manifested := false}, Verdict),
        ?assertMatch({match, _}, re:run(chaos_verdict:text(Verdict), "no sign .* NO EVIDENCE"))
     end || Kind <- Kinds].

%% The kinds of which nobody can tell are few, and known.
no_evidence_possible_test() ->
    ?assertEqual([corrected_error, interrupt_storm],
                 [Kind || #{kind := Kind, expect := lives} = I <- chaos_plan:fixed("1", 4), chaos_evidence:wanted(I) =:= nothing]).

a_death_that_is_wanted_test() ->
    ?assert(chaos_verdict:is_good(judge(panic, [buried(1, 1)]))),
    ?assertMatch(#{escapes := ["n2 died, which nobody hit"]}, judge(panic, [buried(1, 1), buried(2, 1)])),
    %% Seen only by its next life: the burial was covered, the page too quick.
    ?assertMatch(#{escapes := ["n2 died, which nobody hit"]}, judge(panic, [buried(1, 1), {node, 2, running, 2}])),
    ?assert(chaos_verdict:is_good(judge(panic, [{node, 1, running, 2}]))),
    ?assertMatch(#{escapes := ["the next life of n1 ended, too (last_words)"]}, judge(panic, [buried(1, 1), buried(1, 2)])),
    %% By a notice that was altered.
    ?assertMatch(#{escapes := ["the next life of n1 ended, too ({notice,33})"]},
                 judge(panic, [buried(1, 1), {buried, 1, 2, 2, {notice, 33}}])).

counters_of_the_right_rule_test() ->
    ?assert(chaos_verdict:is_good(judge(ring_size, [{counted, 2, 1, "bad_size", 1}]))),
    ?assertNot(chaos_verdict:is_good(judge(ring_size, [{counted, 2, 1, "bad_checksum", 1}]))),
    ?assertNot(chaos_verdict:is_good(judge(ring_size, [{counted, 1, 2, "bad_size", 1}]))),
    ?assert(chaos_verdict:is_good(judge(stale_session, [{counted, 1, 2, "sessions", 1}]))),
    ?assertNot(chaos_verdict:is_good(judge(stale_session, [{counted, 1, 2, "sessions", 1}, buried(1, 1)]))).

%% All of several, not one of them.
escalation_test() ->
    Did = {said, 1, "did erl_escalation 3 restarts"},
    ?assert(chaos_verdict:is_good(judge(erl_escalation, [Did, buried(1, 1)]))),
    ?assertNot(chaos_verdict:is_good(judge(erl_escalation, [Did]))),
    ?assertNot(chaos_verdict:is_good(judge(erl_escalation, [buried(1, 1)]))).

told_by_the_target_test() ->
    ?assert(chaos_verdict:is_good(judge(clock_jump, [{said, 1, "did clock_jump at most 0 ms off"}]))),
    ?assertNot(chaos_verdict:is_good(judge(clock_jump, [{said, 2, "did clock_jump at most 0 ms off"}]))).

between_test() ->
    Before = #{0 => 1, 1 => 4, 2 => 2},
    ?assertEqual([], chaos_verdict:between(Before, Before, #{})),
    ?assertEqual(["n1 died when nothing was injected"], chaos_verdict:between(Before, Before#{1 := 5}, #{{1, 3} => 7})),
    %% It had met something before, and shows it late.
    ?assertEqual([], chaos_verdict:between(Before, Before#{1 := 5}, #{{1, 4} => 7})).

flips_test() ->
    Mended = {kernel, 0, "kernel copy 1 in the boot store was altered: mended with the other one"},
    ?assert(chaos_verdict:is_good(judge(store_flip_first, [buried(1, 1), Mended]))),
    ?assertNot(chaos_verdict:is_good(judge(store_flip_first, [buried(1, 1)]))),
    ?assert(chaos_verdict:is_good(judge(trampoline_flip, [buried(1, 1)], #{flips => overwritten}))),
    ?assertNot(chaos_verdict:is_good(judge(trampoline_flip, [buried(1, 1)], #{flips => same}))),
    ?assertMatch(#{latent := true, activated := false}, judge(text_flip, [], #{flips => same})),
    ?assertMatch(#{latent := false, activated := true}, judge(text_flip, [], #{flips => overwritten})),
    %% A register has no place where it could be seen again.
    ?assertMatch(#{latent := false, activated := false}, judge(register_flip, [])).

%% A frame, a position, a session that had to be refused and was not: the kernel that wrote it saw that.
taken_as_right_test() ->
    Taken = {kernel, 1, "fault: taken as right by node 2"},
    ?assertMatch(#{escapes := ["what n1 wrote wrong was taken as right by node 2"]}, judge(ring_checksum, [Taken])),
    ?assertNot(chaos_verdict:is_good(judge(ring_checksum, [Taken, {counted, 2, 1, "bad_checksum", 1}]))),
    %% One that runs and lets it stand: nothing is skipped, and nothing is good.
    ?assertNot(chaos_verdict:is_good(judge(ring_read_position, [{kernel, 1, "fault: no answer of node 2, which runs"}]))).

%% What could not be made may not hide what happened meanwhile.
skipped_test() ->
    Skipped = #{outcome => {skipped, "its kernel was not told"}},
    ?assertNotMatch({match, _}, re:run(chaos_verdict:text(judge(panic, [], Skipped)), "ESCAPE|NOT RECOVERED")),
    ?assertMatch({match, _}, re:run(chaos_verdict:text(judge(panic, [buried(2, 1)], Skipped)), "skipped: .* ESCAPE: n2 died")),
    ?assertMatch({match, _}, re:run(chaos_verdict:text(judge(panic, [], Skipped#{well => false})), "skipped: .* NOT RECOVERED")).
