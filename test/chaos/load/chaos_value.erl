%% SPDX-License-Identifier: Apache-2.0
%% What the load writes: a value follows from who writes it and its number, so that everybody can
%% tell a right one from a wrong one, and a chain of checksums tells a whole history in 32 bits.
-module(chaos_value).
-export([make/2, check/3, chain/3, chain_to/2, marker/0]).

-define(SIZE, 160).

%% What a driver looks for in memory that wants to hit just these.
-spec marker() -> binary().
marker() ->
    <<"HydrOSvalue:">>.

-spec make(Writer :: non_neg_integer(), Number :: pos_integer()) -> binary().
make(Writer, Number) ->
    Seed = erlang:crc32(<<Writer:16, Number:48>>),
    Head = <<(marker())/binary, Writer:16, Number:48>>,
    Body = << <<((Seed * (I * 2 + 1)) band 16#ffffffff):32>> || I <- lists:seq(1, ?SIZE div 4) >>,
    Whole = <<Head/binary, Body/binary>>,
    <<Whole/binary, (erlang:crc32(Whole)):32>>.

-spec check(non_neg_integer(), pos_integer(), term()) -> boolean().
check(Writer, Number, Value) ->
    Value =:= make(Writer, Number).

%% The chain up to Number from the one before it.
-spec chain(Before :: non_neg_integer(), Number :: pos_integer(), Value :: binary()) ->
    non_neg_integer().
chain(Before, Number, Value) ->
    erlang:crc32(<<Before:32, Number:48, Value/binary>>).

-spec chain_to(non_neg_integer(), non_neg_integer()) -> non_neg_integer().
chain_to(Writer, Last) ->
    lists:foldl(fun(N, Chain) -> chain(Chain, N, make(Writer, N)) end, 0, lists:seq(1, Last)).
