%% SPDX-License-Identifier: Apache-2.0
%% Which bytes of a ring a reader must not take when they are altered.
-module(chaos_ring_tests).
-include_lib("eunit/include/eunit.hrl").

frame(Payload) ->
    Padding = (32 - Payload rem 32) rem 32,
    <<Payload:32/little, 0:(28 * 8), 0:(Payload * 8), 0:(Padding * 8)>>.

must_refuse(Unread) ->
    [At || At <- lists:seq(0, byte_size(Unread) + 100), chaos_ring:must_refuse(Unread, At, 32, 32)].

bytes_test() ->
    %% Of 0 to 95, 96 to 127, and 128 to 223, of which 165 are the last payload's; the first one may be taken.
    Unread = <<(frame(40))/binary, (frame(0))/binary, (frame(37))/binary>>,
    ?assertEqual(224, byte_size(Unread)),
    ?assertEqual(lists:seq(96, 127) ++ lists:seq(128, 128 + 32 + 36), must_refuse(Unread)),
    ?assertEqual([], must_refuse(frame(40))),
    ?assertEqual([], must_refuse(<<>>)).

%% Not what the writer says it is: nothing is known of it.
torn_test() ->
    ?assertEqual(lists:seq(32, 63), must_refuse(<<(frame(0))/binary, (frame(0))/binary, 99:32/little, 0:(28 * 8)>>)),
    ?assertEqual([], must_refuse(<<16#ffffffff:32/little, 0:(60 * 8)>>)).
