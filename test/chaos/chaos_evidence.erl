%% SPDX-License-Identifier: Apache-2.0
%% By what one knows that an injection met something, and did not just happen: pure.
-module(chaos_evidence).
-export([wanted/1, seen/2, outcome/3, has_begun/2, refusal/2]).
-export_type([wanted/0, outcome/0]).

-type wanted() ::
    death                    % a node that was hit ended
    | {counted, [string()]}  % another node's counters of its channel with the target (/proc/hydros/channels)
    | {counts, [string()]}   % the target's own counters of its channels
    | told                   % the load on the target: `did KIND ...`
    | {kernel, string()}     % any kernel's log: a pattern
    | stood                  % the cores' beats stood still meanwhile
    | damage                 % the load found a wrong value
    | rewritten              % all that was changed was written anew
    | {all, [wanted()]}
    | nothing.               % nobody can tell

-type events() :: [{integer(), term()}].
-type outcome() :: injected | {skipped, string()}.

%% Part of what is known of an injection (chaos_verdict).
-type facts() :: #{injection := chaos_plan:injection(), events := events(), hit := [non_neg_integer()],
                   trace := map(), flips := same | overwritten | none, _ => _}.

%% Was it done at all? What was asked for may have been refused, its neighbour not there, or the connection by which it was asked for
%% cut before the node was told.
-spec outcome(chaos_plan:injection(), outcome(), events()) -> outcome().
outcome(Injection, injected, Events) ->
    case {refusal(Injection, Events), has_begun(Injection, Events)} of
        {none, true} -> injected;
        {none, false} -> {skipped, "its node was not told"};
        {Text, _} -> {skipped, Text}
    end;
outcome(_, Skipped, _) ->
    Skipped.

-spec refusal(chaos_plan:injection(), events()) -> string() | none.
refusal(Injection, Events) ->
    case [Text || {_, {said, _, "fault " ++ Text}} <- Events, is_of(Injection, Text)] ++
         [Text || {_, {kernel, _, "fault: there is no " ++ _ = Text}} <- Events] of
        [Text | _] -> Text;
        [] -> none
    end.

%% Of this order: one of an injection before it may be refused late.
is_of(#{way := {order, Name}}, Text) -> lists:prefix(Name ++ " ", Text);
is_of(_, _) -> true.

%% Whoever takes an order says so. A kernel says what it begins, or what dies of it shows it, the whole machine too; what Erlang does it
%% does where the order was taken.
-spec has_begun(chaos_plan:injection(), events()) -> boolean().
has_begun(#{way := {order, Name}, target := Target}, Events) ->
    IsTaken = [] =/= [x || {_, {order, _, _}} <- Events],
    IsHome = lists:prefix("erl_", Name) orelse Name =:= "clock_jump",
    lists:any(fun
        ({_, {kernel, Node, "fault " ++ Begun}}) -> Node =:= Target andalso Begun =:= Name;
        ({_, {machine, _}}) -> true;
        ({_, Event}) -> IsTaken andalso (IsHome orelse is_end_of(Target, Event))
    end, Events);
has_begun(_, _) ->
    true.

is_end_of(Node, {node, Node, _, _}) -> true;
is_end_of(Node, {buried, Node, _, _, _}) -> true;
is_end_of(_, _) -> false.

-spec wanted(chaos_plan:injection()) -> wanted().
wanted(#{kind := Kind, expect := Expect}) ->
    case {kind(Kind), Expect} of
        {default, dies} -> death;
        {default, _} -> nothing;
        {Wanted, _} -> Wanted
    end.

kind(ring_position) -> {counted, ["bad_position"]};
kind(ring_read_position) -> {counted, ["bad_read"]};
kind(ring_size) -> {counted, ["bad_size"]};
kind(ring_torn) -> {counted, ["bad_size"]};
kind(ring_sequence) -> {counted, ["bad_sequence"]};
kind(ring_duplicate) -> {counted, ["bad_sequence"]};
kind(ring_checksum) -> {counted, ["bad_checksum"]};
kind(ring_kind) -> {counted, ["bad_kind"]};
kind(ring_noise) -> {counted, ["bad_size", "bad_session"]};
kind(ring_flip) -> {counted, ["bad_"]};
kind(position_flip) -> {counted, ["bad_"]};
%% The reader takes nothing out of that session; the writer, whose session was answered no more, begins another.
kind(stale_session) -> {counts, ["sessions"]};
kind(flood) -> {counted, ["frames_in"]};
kind(Kind) when Kind =:= quarrel; Kind =:= outcast -> {all, [{counted, ["bad_"]}, death]};
kind(Kind) when Kind =:= erl_files; Kind =:= erl_processes; Kind =:= erl_storm; Kind =:= erl_crashes;
                Kind =:= erl_store; Kind =:= clock_jump -> told;
%% Restarted by its supervisor first; only when that gives up the node's Erlang ends.
kind(erl_escalation) -> {all, [told, death]};
kind(memory_eat) -> {kernel, "fault: took [0-9]+ KiB"};
kind(wild_write) -> {kernel, "fault: wrote [0-9]+ words"};
kind(store_flip_first) -> {all, [death, {kernel, "kernel copy 1 in the boot store was altered: mended"}]};
kind(store_flip_second) -> {all, [death, {kernel, "kernel copy 2 in the boot store was altered: mended"}]};
kind(trampoline_flip) -> {all, [death, rewritten]};
%% One that nobody hears of until an uncorrected one comes, in another bank of the same core.
kind(machine_check) -> {all, [death, {kernel, "machine check: bank 8 "}, {kernel, "machine check: bank 9 "}]};
kind(core_gone) -> {all, [death, {kernel, "is offline now"}]};
kind(value_flip) -> damage;
kind(Kind) when Kind =:= core_pause; Kind =:= machine_pause; Kind =:= slow_consumer -> stood;
kind(Kind) when Kind =:= zombie; Kind =:= zombie_boot -> {all, [stood, death]};
kind(_) -> default.

%% What of it was seen; [] if that is not all.
-spec seen(wanted(), facts()) -> [string()].
seen({all, Wanted}, Facts) ->
    Each = [seen(One, Facts) || One <- Wanted],
    case lists:member([], Each) of
        true -> [];
        false -> lists:append(Each)
    end;
%% All were well before: what is new about a node is its end, or the life after it. A burial may be covered by the next one.
seen(death, #{events := Events, hit := Hit}) ->
    [format("n~b ended", [Node])
     || Node <- lists:usort([N || {_, {buried, N, _, _, _}} <- Events] ++ [N || {_, {node, N, _, _}} <- Events]),
        lists:member(Node, Hit)];
seen({counted, Prefixes}, #{events := Events, injection := #{target := Target}}) ->
    lists:usort([format("n~b: ~s", [Reader, Key])
                 || {_, {counted, Reader, Peer, Key, _}} <- Events, Peer =:= Target,
                    Prefix <- Prefixes, lists:prefix(Prefix, Key)]);
seen({counts, Keys}, #{events := Events, injection := #{target := Target}}) ->
    lists:usort([format("n~b: ~s with n~b", [Target, Key, Peer])
                 || {_, {counted, Reader, Peer, Key, _}} <- Events, Reader =:= Target, lists:member(Key, Keys)]);
seen(told, #{events := Events, injection := #{target := Target, kind := Kind}}) ->
    lists:sublist([Text || {_, {said, Node, "did " ++ Text}} <- Events, Node =:= Target,
                           lists:prefix(atom_to_list(Kind) ++ " ", Text)], 1);
seen({kernel, Pattern}, #{events := Events}) ->
    lists:sublist([Text || {_, {kernel, _, Text}} <- Events, re:run(Text, Pattern, [{capture, none}]) =:= match], 1);
seen(damage, #{events := Events}) ->
    [format("n~b: ~s", [Node, Text]) || {_, {said, Node, "damage" ++ _ = Text}} <- Events];
seen(stood, #{trace := Trace}) ->
    [format("n~b stood still", [Node]) || Node <- maps:get(stood, Trace, [])];
seen(rewritten, #{flips := overwritten}) -> ["written anew"];
seen(_, _) -> [].

format(Format, Arguments) ->
    lists:flatten(io_lib:format(Format, Arguments)).
