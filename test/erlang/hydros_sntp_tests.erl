%% SPDX-License-Identifier: Apache-2.0
%% What is believed of a time server, over any answers.
-module(hydros_sntp_tests).
-include_lib("proper/include/proper.hrl").
-include_lib("eunit/include/eunit.hrl").

-define(NOW, 1700000000000000).

%% A server's answer at these microseconds UTC.
answer(Origin, Came, Went) ->
    answer(Origin, Came, Went, #{}).
answer(Origin, Came, Went, How) ->
    #{leap := Leap, version := Version, mode := Mode, stratum := Stratum, delay := Delay, dispersion := Dispersion} =
        maps:merge(#{leap => 0, version => 4, mode => 4, stratum => 2, delay => 655, dispersion => 655}, How),
    <<Leap:2, Version:3, Mode:3, Stratum, 6, -20, Delay:32, Dispersion:32, "RATE", (stamp(?NOW))/binary, Origin:8/binary,
        (stamp(Came))/binary, (stamp(Went))/binary>>.

stamp(Microseconds) ->
    Seconds = (Microseconds div 1000000 + 2208988800) band 16#FFFFFFFF,
    <<Seconds:32, ((Microseconds rem 1000000 bsl 32) div 1000000):32>>.

request_test() ->
    ?assertEqual(<<16#23, 0:(39 * 8), "12345678">>, hydros_sntp:request(<<"12345678">>)).

refused_test() ->
    Origin = <<"12345678">>,
    Ask = fun(Packet) -> hydros_sntp:answer(Packet, Origin, 1000, 3000) end,
    ?assertMatch({ok, {_, _}}, Ask(answer(Origin, ?NOW, ?NOW))),
    ?assertMatch({ok, {_, _}}, Ask(answer(Origin, ?NOW, ?NOW, #{version => 3}))),
    Refused = [
        {unsynchronised, #{leap => 3}}, {unsynchronised, #{stratum => 16}}, {{kiss, <<"RATE">>}, #{stratum => 0}},
        {malformed, #{mode => 3}}, {malformed, #{version => 1}}, {too_far, #{dispersion => 2 bsl 16}}, {too_far, #{delay => 4 bsl 16}}
    ],
    [?assertEqual({error, Why}, Ask(answer(Origin, ?NOW, ?NOW, How))) || {Why, How} <- Refused],
    ?assertEqual({error, not_asked_for}, Ask(answer(<<"12345679">>, ?NOW, ?NOW))),
    ?assertEqual({error, malformed}, Ask(answer(Origin, ?NOW, ?NOW - 1000))),
    ?assertEqual({error, malformed}, Ask(answer(Origin, 1000000, 1000000))),
    ?assertEqual({error, slow}, hydros_sntp:answer(answer(Origin, ?NOW, ?NOW), Origin, 0, 1000002)),
    ?assertEqual({error, unsynchronised}, Ask(<<(binary:part(answer(Origin, ?NOW, ?NOW), 0, 40))/binary, 0:64>>)).

%% After 2036 the seconds begin anew.
era_test() ->
    Later = 2100000000000000,
    {ok, {_, Offset}} = hydros_sntp:answer(answer(<<"12345678">>, Later, Later), <<"12345678">>, 500, 500),
    ?assert(abs(Offset - (Later - 500)) =< 2).

%% The offset is wrong by half of the way's difference, and never by more than half of the delay; best/1 finds the way
%% that is least long.
prop_offset() ->
    ?FORALL({Sent, Offset, Out, At, Back}, {range(0, 1 bsl 50), range(-1000000, 1 bsl 40), range(0, 400000), range(0, 1000), range(0, 400000)}, begin
        True = ?NOW + Offset,
        Packet = answer(<<"abcdefgh">>, Sent + Out + True, Sent + Out + At + True),
        case hydros_sntp:answer(Packet, <<"abcdefgh">>, Sent, Sent + Out + At + Back) of
            {ok, {Delay, Told}} -> abs(Delay - (Out + Back)) =< 2 andalso abs(Told - True) =< (Out + Back) div 2 + 2;
            {error, malformed} -> Sent + True > 7258118400000000 - 1000000
        end
    end).

%% Whatever comes is refused or a sample, and nothing counts whose origin is not ours.
prop_any_packet() ->
    Right = answer(<<"abcdefgh">>, ?NOW, ?NOW),
    Altered = ?LET({N, Byte}, {range(0, 47), byte()}, begin
        <<A:N/binary, _, B/binary>> = Right,
        <<A/binary, Byte, B/binary>>
    end),
    ?FORALL(Packet, oneof([binary(), binary(48), Altered]),
        case hydros_sntp:answer(Packet, <<"abcdefgh">>, 0, 1000) of
            {ok, {Delay, Offset}} -> Delay >= 0 andalso is_integer(Offset) andalso binary:part(Packet, 24, 8) =:= <<"abcdefgh">>;
            {error, _} -> true
        end).

%% After the first, what is set is near to the last one that was set, or was said twice in a row.
prop_decide() ->
    Offset = oneof([range(0, 300000), range(0, 10000000), range(0, 1 bsl 50)]),
    ?FORALL(Offsets, list(Offset), begin
        {_, _, _, Right} = lists:foldl(
            fun(Said, {Belief, Set, Before, Right}) ->
                case hydros_sntp:decide(Said, Belief) of
                    {set, New} ->
                        Near = Set =:= none orelse abs(Said - Set) =< 1000000 orelse abs(Said - Before) =< 128000,
                        {New, Said, Said, Right andalso Near};
                    {wait, New} ->
                        {New, Set, Said, Right andalso abs(Said - Set) > 1000000}
                end
            end,
            {hydros_sntp:start(), none, none, true},
            Offsets
        ),
        Right
    end).

properties_test_() ->
    [
        {atom_to_list(P), {timeout, 60, ?_assert(proper:quickcheck(?MODULE:P(), [{numtests, 1000}, quiet]))}}
     || P <- [prop_offset, prop_any_packet, prop_decide]
    ].
