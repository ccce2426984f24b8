%% SPDX-License-Identifier: Apache-2.0
%% What the load writes: a value follows from who writes it, in which life, and its number, so that everybody can
%% tell a right one from a wrong one, and one that was written anew by a later life from the first. A chain of
%% checksums tells a whole history in 32 bits.
-module(chaos_value).
-export([make/3, check/4, chain/3, amount/1, key/1, key_sum/4, keys/0, marker/0]).

-define(SIZE, 160).
-define(KEYS, 64).

%% What a driver looks for in memory that wants to hit just these.
-spec marker() -> binary().
marker() ->
    <<"HydrOSvalue:">>.

-spec make(Writer :: non_neg_integer(), Life :: non_neg_integer(), Number :: pos_integer()) -> binary().
make(Writer, Life, Number) ->
    Head = <<(marker())/binary, Writer:16, Life:48, Number:48>>,
    Seed = erlang:crc32(Head),
    Body = << <<((Seed * (I * 2 + 1)) band 16#ffffffff):32>> || I <- lists:seq(1, ?SIZE div 4) >>,
    Whole = <<Head/binary, Body/binary>>,
    <<Whole/binary, (erlang:crc32(Whole)):32>>.

-spec check(non_neg_integer(), non_neg_integer(), pos_integer(), term()) -> boolean().
check(Writer, Life, Number, Value) ->
    Value =:= make(Writer, Life, Number).

%% The chain up to Number from the one before it.
-spec chain(Before :: non_neg_integer(), Number :: pos_integer(), Value :: binary()) ->
    non_neg_integer().
chain(Before, Number, Value) ->
    erlang:crc32(<<Before:32, Number:48, Value/binary>>).

%% How much this write adds to the counter: 1 to 256.
-spec amount(Value :: binary()) -> pos_integer().
amount(Value) ->
    1 + erlang:crc32(Value) band 255.

%% Which of its writer's keys this write sets.
-spec key(Number :: pos_integer()) -> non_neg_integer().
key(Number) ->
    Number rem ?KEYS.

-spec keys() -> pos_integer().
keys() -> ?KEYS.

%% What a key adds to the sum over all keys.
-spec key_sum(non_neg_integer(), non_neg_integer(), pos_integer(), Value :: binary()) -> non_neg_integer().
key_sum(Writer, Life, Number, Value) ->
    erlang:crc32(<<Writer:16, Life:48, Number:48, (erlang:crc32(Value)):32>>).
