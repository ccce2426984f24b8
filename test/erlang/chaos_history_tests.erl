%% SPDX-License-Identifier: Apache-2.0
%% The judge of histories over replicas as the load has them: it lets every true history pass, whoever dies in the midst of
%% a write, and finds each write that was acknowledged and is forgotten, also when its writer then writes on.
-module(chaos_history_tests).
-include_lib("proper/include/proper.hrl").
-include_lib("eunit/include/eunit.hrl").

-define(NODES, [0, 1, 2, 3]).

%% ---- a cluster that is played: a replica and a writer on each node; lives are numbered through ----

-record(play, {
    replicas = maps:from_list([{Node, chaos_replica:new()} || Node <- ?NODES]),
    writers = maps:from_list([{Node, {Node + 1, 1}} || Node <- ?NODES]),   % {life, next number}
    life = 10,
    said = [],
    history = chaos_history:new()
}).

%% Sent to these replicas; acknowledged when all have it. Else its writer ends, and begins again.
write(Writer, Reach, #play{writers = Writers} = Play) ->
    #{Writer := {Life, Number}} = Writers,
    Sent = send(Writer, Life, Life, Number, Reach, Play),
    case lists:usort(Reach) of
        ?NODES -> (ack(Writer, Life, Number, Sent))#play{writers = Writers#{Writer := {Life, Number + 1}}};
        _ -> die(Writer, Sent)
    end.

send(Writer, By, Life, Number, Reach, Play) ->
    lists:foldl(fun(Node, P) -> deliver(Node, Writer, By, Life, Number, P) end, Play, Reach).

deliver(Node, Writer, By, Life, Number, #play{replicas = Replicas, said = Said} = Play) ->
    #{Node := Replica} = Replicas,
    case chaos_replica:write(Writer, By, Life, Number, chaos_value:make(Writer, Life, Number), Replica) of
        {stored, Next} ->
            Play#play{replicas = Replicas#{Node := Next}};
        Refused ->
            %% It takes all from the others, and is sent it again.
            Anew = synced(Node, Play#play{said = [Refused | Said]}),
            {stored, Next} = chaos_replica:write(Writer, By, Life, Number, chaos_value:make(Writer, Life, Number),
                                                 map_get(Node, Anew#play.replicas)),
            Anew#play{replicas = (Anew#play.replicas)#{Node := Next}}
    end.

ack(Writer, Life, Number, #play{replicas = Replicas} = Play) ->
    Play#play{replicas = maps:map(fun(_, Replica) -> chaos_replica:acked(Writer, Life, Number, Replica) end, Replicas)}.

%% Of any two others, as a majority is enough; the writer's own one always counts, it is where it writes from.
synced(Node, #play{replicas = Replicas} = Play) ->
    Others = maps:values(maps:without([Node], Replicas)),
    Play#play{replicas = Replicas#{Node := lists:foldl(fun chaos_replica:merge/2, chaos_replica:new(), Others)}}.

%% The node with all it has; its next life begins where the others say that the last one was.
die(Node, Play0) ->
    #play{life = Life, writers = Writers, replicas = Replicas} = Play = synced(Node, Play0),
    Begun = Play#play{life = Life + 1},
    case chaos_replica:last(Node, map_get(Node, Replicas)) of
        none ->
            Begun#play{writers = Writers#{Node := {Life, 1}}};
        {Last, Before} ->
            Repeated = ack(Node, Before, Last, send(Node, Life, Before, Last, ?NODES, Begun)),
            Repeated#play{writers = Writers#{Node := {Life, Last + 1}}}
    end.

tell(Node, #play{replicas = Replicas, history = History} = Play) ->
    Lines = chaos_replica:lines(true, 4, 0, map_get(Node, Replicas)),
    Play#play{history = lists:foldl(fun(Line, H) -> chaos_history:line(0, Node, lists:flatten(Line), H) end, History, Lines)}.

%% Between two deaths there is time for a line.
step({write, Writer, Reach}, Play) -> tell(Writer, write(Writer, Reach, Play));
step({die, Node}, Play) -> tell(Node, die(Node, Play));
step({tell, Node}, Play) -> tell(Node, Play).

play(Steps) -> play(Steps, #play{}).
play(Steps, Play) -> lists:foldl(fun step/2, Play, Steps).

tell_all(Play) -> lists:foldl(fun tell/2, Play, ?NODES).

judge(#play{history = History}) ->
    {chaos_history:wrong(History),
     chaos_history:missing(chaos_history:acknowledged(History), ?NODES, History)}.

%% ---- true histories ----

a_node() -> oneof(?NODES).
a_step() ->
    frequency([{10, {write, a_node(), ?NODES}}, {2, {write, a_node(), list(a_node())}}, {1, {die, a_node()}},
               {4, {tell, a_node()}}]).

prop_true_histories_pass() ->
    ?FORALL(Steps, list(a_step()),
            begin
                Play = tell_all(play(Steps)),
                %% A write that reached some only may stand at these until its writer's next one.
                Whole = tell_all(lists:foldl(fun(Node, P) -> write(Node, ?NODES, P) end, Play, ?NODES)),
                element(1, judge(Play)) =:= [] andalso judge(Whole) =:= {[], []} andalso
                    [Said || {lost, _} = Said <- Whole#play.said] =:= []
            end).

%% Many writers: no line is longer than the kernel's log takes, and all together tell everything.
prop_long_lines() ->
    ?FORALL(Count, range(0, 64),
            begin
                Life = 99999999,
                Replica = lists:foldl(fun(Writer, R0) ->
                    {stored, R1} = chaos_replica:write(Writer, Life, Life, 1, chaos_value:make(Writer, Life, 1), R0),
                    chaos_replica:acked(Writer, Life, 1, R1)
                end, chaos_replica:new(), lists:seq(1, Count)),
                Lines = [lists:flatten(Line) || Line <- chaos_replica:lines(true, 64, 1000, Replica)],
                History = lists:foldl(fun(Line, H) -> chaos_history:line(0, 0, Line, H) end, chaos_history:new(), Lines),
                lists:all(fun(Line) -> length(Line) < 200 end, Lines) andalso chaos_history:wrong(History) =:= []
                    andalso chaos_history:total(History) =:= Count
            end).

%% Two nodes that drive the terminal at the same time mix their lines: the beginning of one and the end of another say nothing.
prop_mixed_lines() ->
    Line = fun(Writers) ->
        Replica = lists:foldl(fun(Writer, R) ->
            {stored, Next} = chaos_replica:write(Writer, 7, 7, 1, chaos_value:make(Writer, 7, 1), R),
            chaos_replica:acked(Writer, 7, 1, Next)
        end, chaos_replica:new(), Writers),
        lists:flatten(chaos_replica:lines(true, 4, 0, Replica))
    end,
    First = Line([0, 1]),
    Second = Line([2, 3]),
    ?FORALL({Cut, From}, {range(0, length(First)), range(0, length(Second))},
            begin
                Mixed = lists:sublist(First, Cut) ++ lists:nthtail(From, Second),
                New = chaos_history:new(),
                lists:member(Mixed, [First, Second]) orelse chaos_history:line(0, 0, Mixed, New) =:= New
            end).

%% Four lives of which nobody told: what they wrote is not known, and nobody is accused for it.
unknown_lives_test() ->
    Play = lists:foldl(fun(Reach, P) -> write(3, Reach, P) end, #play{}, [[0], [0], [0], [0], [0], ?NODES]),
    ?assertEqual({[], []}, judge(tell_all(Play))).

%% ---- writes that are lost ----

%% All forget a write that was acknowledged, and of which one word had come out. Its writer's node dies, its next life
%% writes on, with as many writes as before and more: at the end no count is short, and yet it is found.
prop_lost_write_is_an_escape() ->
    ?FORALL({Before, Writer, Teller, More}, {list(a_step()), a_node(), a_node(), range(0, 12)},
            begin
                #play{replicas = Old} = First = play(Before),
                Told = tell(Teller, write(Writer, ?NODES, First)),
                Lost = die(Writer, Told#play{replicas = Old}),
                On = lists:duplicate(More, {write, Writer, ?NODES}),
                {Wrong, Missing} = judge(tell_all(play(On, Lost))),
                case More of
                    0 -> Wrong =/= [] orelse Missing =/= [];
                    _ -> Wrong =/= []
                end
            end).

%% The same when one replica still has it: that one says it, whatever was told before.
prop_replica_sees_the_loss() ->
    ?FORALL({Before, Writer}, {list(a_step()), a_node()},
            begin
                #play{replicas = Old} = First = play(Before),
                #play{replicas = New} = Written = write(Writer, ?NODES, First),
                Witness = (Writer + 1) rem 4,
                %% It died, and began from those that had forgotten.
                Died = die(Writer, Written#play{replicas = Old}),
                #{Witness := Kept} = New,
                {Life, Number} = map_get(Writer, Died#play.writers),
                {lost, Number} =:= chaos_replica:write(Writer, Life, Life, Number, chaos_value:make(Writer, Life, Number), Kept)
            end).

%% As it was played before values had lives: both lives of the writer write the same numbers.
masked_by_a_rewrite_test() ->
    #play{replicas = Old} = Eight = tell_all(play(lists:duplicate(8, {write, 1, ?NODES}))),
    Ten = tell(0, play([{write, 1, ?NODES}, {write, 1, ?NODES}], Eight)),
    Twelve = tell_all(play(lists:duplicate(4, {write, 1, ?NODES}), die(1, Ten#play{replicas = Old}))),
    {Wrong, Missing} = judge(Twelve),
    ?assertEqual([], Missing),
    ?assertMatch(["writes 9 to 10 of writer 1 are lost: acknowledged to its life 2, but its life 10 began at 9"], Wrong).

%% Never written again: it is missing at the end.
missing_at_the_end_test() ->
    #play{replicas = Old} = Eight = tell_all(play(lists:duplicate(8, {write, 1, ?NODES}))),
    Nine = tell(0, write(1, ?NODES, Eight)),
    {[], Missing} = judge(tell_all(Nine#play{replicas = Old})),
    ?assertMatch([_, _, _, _], Missing).

%% ---- replicas and lines that are not true ----

%% A wrong count, a wrong key, a wrong chain in what a node tells.
prop_altered_line_is_found() ->
    ?FORALL({Steps, Field, By}, {list(a_step()), oneof(["counter", "keys"]), range(1, 1000)},
            begin
                Play = tell_all(write(0, ?NODES, play(Steps))),
                Line = hd(chaos_replica:lines(true, 4, 0, map_get(0, Play#play.replicas))),
                Words = lists:droplast(string:lexemes(lists:flatten(Line), " ")),
                {Left, [Field, Value | Right]} = lists:splitwith(fun(Word) -> Word =/= Field end, Words),
                Altered = lists:append(lists:join(" ", Left ++ [Field, integer_to_list(list_to_integer(Value) + By) | Right])),
                Said = Altered ++ " " ++ integer_to_list(erlang:crc32(Altered), 36),
                [] =/= chaos_history:wrong(chaos_history:line(0, 0, Said, Play#play.history))
            end).

%% One bit of a value or of a log: the replica knows.
prop_damage_is_found() ->
    ?FORALL({Count, Bit}, {range(1, 70), range(0, 100000)},
            begin
                #play{replicas = #{0 := {Logs, Values}}} = play(lists:duplicate(Count, {write, 2, ?NODES})),
                Key = lists:nth(1 + Bit rem maps:size(Values), lists:sort(maps:keys(Values))),
                #{Key := {Number, Life, Value}} = Values,
                At = Bit rem bit_size(Value),
                <<Before:At/bits, One:1, After/bits>> = Value,
                Flipped = Values#{Key := {Number, Life, <<Before/bits, (1 - One):1, After/bits>>}},
                #{2 := Log} = Logs,
                BadLog = Logs#{2 := setelement(4, Log, element(4, Log) + 1)},
                chaos_replica:damage({Logs, Values}) =:= 0 andalso chaos_replica:damage({Logs, Flipped}) =:= 1
                    andalso chaos_replica:damage({BadLog, Values}) =:= 1
            end).

%% Whatever a dying kernel left on the line, the judge stands; and a line that is only cut accuses nobody.
prop_torn_lines() ->
    ?FORALL({Steps, Cut, Noise}, {list(a_step()), range(0, 200), string()},
            begin
                Play = play(Steps),
                Line = hd(chaos_replica:lines(true, 4, 0, map_get(0, Play#play.replicas))),
                Torn = lists:sublist(lists:flatten(Line), Cut),
                chaos_history:wrong(chaos_history:line(0, 0, Torn, Play#play.history)) =:= chaos_history:wrong(Play#play.history)
                    andalso is_list(chaos_history:wrong(chaos_history:line(0, 0, Torn ++ Noise, Play#play.history)))
            end).

properties_test_() ->
    [{atom_to_list(Property),
      {timeout, 120, fun() -> ?assert(proper:quickcheck(?MODULE:Property(), [{numtests, 400}, {to_file, user}])) end}}
     || Property <- [prop_true_histories_pass, prop_long_lines, prop_mixed_lines, prop_lost_write_is_an_escape, prop_replica_sees_the_loss,
                     prop_altered_line_is_found, prop_damage_is_found, prop_torn_lines]].

%% Of an earlier life.
forgotten_test() ->
    Play = tell_all(play([{write, 0, ?NODES}])),
    Acked = chaos_history:acknowledged(Play#play.history),
    ?assertEqual(#{0 => {1, 1}}, Acked),
    ?assertEqual([], chaos_history:missing(Acked, ?NODES, Play#play.history)),
    ?assertMatch([_], chaos_history:missing(Acked, ?NODES, chaos_history:forget(0, Play#play.history))).
