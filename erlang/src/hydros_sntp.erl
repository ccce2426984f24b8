%% SPDX-License-Identifier: Apache-2.0
%% @doc What is asked of a time server, what is believed of its answer, and what is made of it: SNTP (RFC 4330, RFC 5905).
%% Pure.
%%
%% Times are microseconds. Ours are of the monotonic clock that all nodes share; what is looked for is the offset that
%% makes it UTC, and this is the same on all nodes.
-module(hydros_sntp).
-export([request/1, answer/4, best/1, start/0, decide/2]).
-export_type([origin/0, sample/0, offset/0, belief/0, refusal/0]).

%% Random, so that only who saw the request can answer it: it stands where our time would, which is nobody's business.
-type origin() :: <<_:64>>.
-type offset() :: integer().
-type sample() :: {Delay :: non_neg_integer(), offset()}.
-type refusal() :: malformed | not_asked_for | unsynchronised | {kiss, binary()} | too_far | slow.
%% What was set, and what was said since and not believed yet.
-opaque belief() :: {none | offset(), none | offset()}.

-define(SERVER, 4).
%% Seconds from 1900 to 1970, and to 2036 from there: RFC 4330, 3.
-define(EPOCH, 2208988800).
-define(ERA, 16#100000000).
%% RFC 5905's MAXDIST: so far, in the worst case, the server may be from the right time.
-define(DISTANCE_MAX, 1500000).
%% Half of what a request takes is how wrong an answer can be.
-define(DELAY_MAX, 1000000).
%% A machine's clock that was set is never so wrong after it; a server may be.
-define(JUMP, 1000000).
-define(AGREE, 128000).
%% 2020 and 2200: no other time is believed of anybody.
-define(EARLIEST, 1577836800000000).
-define(LATEST, 7258118400000000).

%% @doc A client's question, version 4.
-spec request(origin()) -> binary().
request(Origin) ->
    <<0:2, 4:3, 3:3, 0:(39 * 8), Origin/binary>>.

%% @doc What an answer to it says, when it was asked at `Sent' and came at `Received'.
-spec answer(binary(), origin(), Sent :: integer(), Received :: integer()) -> {ok, sample()} | {error, refusal()}.
answer(
    <<Leap:2, Version:3, ?SERVER:3, Stratum, _:16, RootDelay:32/signed, RootDispersion:32, Reference:4/binary, _:64, Origin:8/binary,
        Came:8/binary, Went:8/binary, _/binary>>,
    Asked, Sent, Received
) when Version =:= 3; Version =:= 4 ->
    Distance = short(abs(RootDelay)) div 2 + short(RootDispersion),
    if
        Origin =/= Asked -> {error, not_asked_for};
        Stratum =:= 0 -> {error, {kiss, Reference}};
        Leap =:= 3; Stratum > 15; Went =:= <<0:64>>; Came =:= <<0:64>> -> {error, unsynchronised};
        Distance >= ?DISTANCE_MAX -> {error, too_far};
        true -> sample(utc(Came), utc(Went), Sent, Received)
    end;
answer(_, _, _, _) ->
    {error, malformed}.

%% T1 to T4 of RFC 5905: what lies between request and answer is halved.
sample(Came, Went, Sent, Received) ->
    Delay = (Received - Sent) - (Went - Came),
    Offset = ((Came - Sent) + (Went - Received)) div 2,
    if
        Went < Came; Came < ?EARLIEST; Went > ?LATEST; Delay < -1000 -> {error, malformed};
        Delay > ?DELAY_MAX -> {error, slow};
        %% Its clock and ours may differ in rate.
        true -> {ok, {max(0, Delay), Offset}}
    end.

short(Fraction) ->
    Fraction * 1000000 bsr 16.

utc(<<Seconds:32, Fraction:32>>) ->
    Era = case Seconds band 16#80000000 of 0 -> ?ERA; _ -> 0 end,
    (Seconds + Era - ?EPOCH) * 1000000 + (Fraction * 1000000 bsr 32).

%% @doc Of several samples that of the shortest way, which is the least wrong.
-spec best([sample(), ...]) -> sample().
best(Samples) ->
    lists:min(Samples).

%% @doc Nothing was set yet.
-spec start() -> belief().
start() ->
    {none, none}.

%% @doc Whether an offset is to be set. The first one is, and all that are near to the last; another one only when the next
%% one agrees with it: a server that is wrong once does not move the machine's clock.
-spec decide(offset(), belief()) -> {set | wait, belief()}.
decide(Offset, {Set, _}) when Set =:= none; abs(Offset - Set) =< ?JUMP ->
    {set, {Offset, none}};
decide(Offset, {_, Said}) when is_integer(Said), abs(Offset - Said) =< ?AGREE ->
    {set, {Offset, none}};
decide(Offset, {Set, _}) ->
    {wait, {Set, Offset}}.
