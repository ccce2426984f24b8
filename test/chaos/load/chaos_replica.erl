%% SPDX-License-Identifier: Apache-2.0
%% What one replica of the load holds, pure: for each writer a log (the number of its last write, the chain over all
%% of them, what they add to the counter, its last lives), and the values of its last writes by key. A writer's life
%% begins behind what it finds; what is written again under the same number by another life is seen, for values differ.
-module(chaos_replica).
-export([new/0, write/6, acked/4, last/2, merge/2, damage/1, lines/4]).
-export_type([replica/0]).

-define(LIVES, 3).    % of each writer that are told and kept
-define(GROUP, 2).    % writers in a line: /dev/kmsg takes 255 bytes at a time

%% Sealed, since a flipped bit here would else become part of what all believe.
-type life() :: {Life :: non_neg_integer(), First :: pos_integer(), Acked :: non_neg_integer()}.
-record(log, {
    last = 0 :: non_neg_integer(),
    chain = 0 :: non_neg_integer(),
    sum = 0 :: non_neg_integer(),
    lives = [] :: [life()],        % newest first
    seal = 0 :: non_neg_integer()
}).
-type writer() :: non_neg_integer().
-opaque replica() :: {#{writer() => #log{}},
                      #{{writer(), Key :: non_neg_integer()} => {pos_integer(), non_neg_integer(), binary()}}}.

-spec new() -> replica().
new() -> {#{}, #{}}.

%% By: the life that writes it now; a life repeats the last write of the one before it. stored: it is there, now or before.
%% behind: writes before it are missing here. old: of a life after which another has begun. conflict: another life's write
%% stands under its number; {lost, N}: and number N was acknowledged there.
-spec write(writer(), By :: non_neg_integer(), Life :: non_neg_integer(), pos_integer(), term(), replica()) ->
    {stored, replica()} | behind | old | conflict | {lost, pos_integer()} | wrong | damaged.
write(Writer, By, Life, Number, Value, {Logs, _} = Replica) ->
    Log = maps:get(Writer, Logs, seal(#log{})),
    case {chaos_value:check(Writer, Life, Number, Value), is_sealed(Log)} of
        {false, _} -> wrong;
        {_, false} -> damaged;
        _ -> write_checked(Writer, By, Life, Number, Value, Log, Replica)
    end.

write_checked(Writer, By, Life, Number, Value, #log{last = Last, lives = Lives} = Log, Replica) ->
    Newest = newest(Log),
    case life_of(Number, Lives) of
        Life when Number =< Last -> {stored, Replica};
        _ when By < Newest -> old;
        _ when Number =< Last ->
            case lists:max([Acked || {_, _, Acked} <- Lives]) of
                Acked when Acked >= Number -> {lost, Acked};
                _ -> conflict
            end;
        _ when Number > Last + 1 -> behind;
        _ -> {stored, append(Writer, Life, Number, Value, Log, Replica)}
    end.

append(Writer, Life, Number, Value, #log{chain = Chain, sum = Sum, lives = Lives} = Log, {Logs, Values}) ->
    Begun = case newest(Log) of
        Life when Lives =/= [] -> Lives;
        _ -> lists:sublist([{Life, Number, 0} | Lives], ?LIVES)
    end,
    Next = seal(Log#log{last = Number, chain = chaos_value:chain(Chain, Number, Value),
                        sum = Sum + chaos_value:amount(Value), lives = Begun}),
    %% A copy of its own in this replica's memory.
    {Logs#{Writer => Next}, Values#{{Writer, chaos_value:key(Number)} => {Number, Life, binary:copy(Value)}}}.

%% Its writer says that this write counts.
-spec acked(writer(), Life :: non_neg_integer(), pos_integer(), replica()) -> replica().
acked(Writer, Life, Number, {Logs, Values} = Replica) ->
    case Logs of
        #{Writer := #log{lives = Lives} = Log} ->
            case is_sealed(Log) andalso lists:keyfind(Life, 1, Lives) of
                {Life, First, Acked} when Acked < Number ->
                    {Logs#{Writer := seal(Log#log{lives = lists:keystore(Life, 1, Lives, {Life, First, Number})})}, Values};
                _ -> Replica
            end;
        _ ->
            Replica
    end.

%% The last write of a writer: its number, its life and its value. The value is gone only by damage.
-spec last(writer(), replica()) -> none | {pos_integer(), non_neg_integer()}.
last(Writer, {Logs, _}) ->
    case Logs of
        #{Writer := #log{last = Last, lives = Lives}} -> {Last, life_of(Last, Lives)};
        _ -> none
    end.

%% The newest of both: of a writer's logs the one that knows the later life, then the longer one.
-spec merge(replica(), replica()) -> replica().
merge({Logs1, Values1}, {Logs2, Values2}) ->
    {maps:merge_with(fun(_, A, B) -> log_merge(A, B) end, maps:filter(fun(_, Log) -> is_sealed(Log) end, Logs1),
                     maps:filter(fun(_, Log) -> is_sealed(Log) end, Logs2)),
     maps:merge_with(fun(_, A, B) -> value_newer(A, B) end, maps:filter(fun is_right/2, Values1),
                     maps:filter(fun is_right/2, Values2))}.

log_merge(A, B) ->
    case {newest(A), A#log.last} >= {newest(B), B#log.last} of
        true -> acked_merge(A, B);
        false -> acked_merge(B, A)
    end.

acked_merge(#log{lives = Lives} = Log, #log{lives = Others}) ->
    seal(Log#log{lives = [case lists:keyfind(Life, 1, Others) of
                              {_, _, More} -> {Life, First, max(Acked, More)};
                              false -> {Life, First, Acked}
                          end || {Life, First, Acked} <- Lives]}).

%% Of one key, so of one writer: a later life decides what stands under a number.
value_newer({NumberA, LifeA, _} = A, {NumberB, LifeB, _} = B) ->
    case {NumberA, LifeA} >= {NumberB, LifeB} of
        true -> A;
        false -> B
    end.

%% How many logs and values are not as they were written.
-spec damage(replica()) -> non_neg_integer().
damage({Logs, Values}) ->
    length([x || Log <- maps:values(Logs), not is_sealed(Log)]) +
        maps:size(Values) - maps:size(maps:filter(fun is_right/2, Values)).

is_right({Writer, _}, {Number, Life, Value}) ->
    chaos_value:check(Writer, Life, Number, Value);
is_right(_, _) ->
    false.

seal(Log) -> Log#log{seal = seal_of(Log)}.
is_sealed(#log{seal = Seal} = Log) -> Seal =:= seal_of(Log).
seal_of(Log) -> erlang:crc32(term_to_binary(Log#log{seal = 0})).

newest(#log{lives = [{Life, _, _} | _]}) -> Life;
newest(#log{lives = []}) -> 0.

%% Newest first: the latest that began at or before it.
life_of(Number, [{Life, First, _} | _]) when First =< Number -> Life;
life_of(Number, [_ | Lives]) -> life_of(Number, Lives);
life_of(_, []) -> 0.

%% How it stands, for the driver (chaos_history). Each line holds some writers, and the counter and the keys of these.
-spec lines(boolean(), pos_integer(), non_neg_integer(), replica()) -> [iodata()].
lines(Synced, Nodes, Repairs, {Logs, Values}) ->
    [begin
        Writers = [Writer || {Writer, _} <- Group],
        Counter = lists:sum([Sum || {_, #log{sum = Sum}} <- Group]),
        Keys = lists:sum([chaos_value:key_sum(Writer, Life, Number, Value)
                          || {{Writer, _}, {Number, Life, Value}} <- maps:to_list(Values),
                             lists:member(Writer, Writers)]) band 16#ffffffff,
        Line = io_lib:format("state ~p nodes ~b repairs ~b counter ~b keys ~b writers~s",
                             [Synced, Nodes, Repairs, Counter, Keys, [word(Writer, Log) || {Writer, Log} <- Group]]),
        [Line, $\s, short(erlang:crc32(Line))]
     end || Group <- groups(lists:sort(maps:to_list(Logs)))].

word(Writer, #log{last = Last, chain = Chain, lives = Lives}) ->
    [$\s, lists:join($:, [short(Writer), short(Last), short(Chain),
                          lists:join($., [[short(Life), $@, short(First), $-, short(Acked)]
                                          || {Life, First, Acked} <- Lives])])].

short(Number) -> integer_to_list(Number, 36).

groups(Logs) when length(Logs) =< ?GROUP -> [Logs];
groups(Logs) ->
    {Group, Rest} = lists:split(?GROUP, Logs),
    [Group | groups(Rest)].
