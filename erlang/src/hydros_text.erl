%% SPDX-License-Identifier: Apache-2.0
%% @doc What the kernel writes in /proc/hydros, as terms (docs/control.md). Pure. Pairs, words and lines that a later
%% kernel may add are kept or skipped; nothing that it writes makes these fail.
-module(hydros_text).
-export([nodes/1, node/2, deaths/1, log/1, pairs/1]).
-export_type([pairs/0, death/0, line/0]).

-type pairs() :: #{atom() => integer() | atom() | binary()}.
-type death() :: #{atom() => integer() | atom() | binary() | [binary()]}.
%% The pairs of a death, its `text' and its `log', each a list of lines. `exit_status' of its first program is as a shell
%% tells it: what it ended with, or 128 and the signal that ended it; -1: the node ended otherwise.
-type line() :: {integer(), non_neg_integer(), binary()}.
%% Microseconds on the clock that all nodes share, the node, and the text.

%% @doc `/proc/hydros/nodes': one map for each node, without `safe'.
-spec nodes(binary()) -> [pairs()].
nodes(Text) ->
    [Pairs || Line <- lines(Text), #{node := _} = Pairs <- [node_pairs(Line)]].

%% @doc The line of one node in it; the others are not read.
-spec node(binary(), non_neg_integer()) -> {ok, pairs()} | error.
node(Text, Number) ->
    Begin = <<"node ", (integer_to_binary(Number))/binary, " ">>,
    Size = byte_size(Begin),
    case [Line || <<Words:Size/binary, _/binary>> = Line <- lines(Text), Words =:= Begin] of
        [Line | _] -> {ok, node_pairs(Line)};
        [] -> error
    end.

%% A kernel knows `safe' of its own node only, writes 0 for the others, and takes it back when the life has lasted. Each Erlang
%% says it of itself (hydros:local_status/0).
node_pairs(Line) ->
    maps:remove(safe, pairs(words(Line))).

%% @doc `/proc/hydros/deaths': one map for each death, newest first.
-spec deaths(binary()) -> [death()].
deaths(Text) ->
    deaths([binary:split(Line, <<" ">>) || Line <- lines(Text)], none, []).

deaths([[<<"death">> | Rest] | Lines], _, Done) ->
    Pairs = pairs([<<"death">> | words(iolist_to_binary(Rest))]),
    deaths(Lines, Pairs#{text => [], log => []}, Done);
deaths([[<<"end">> | _] | Lines], #{} = Death, Done) ->
    deaths(Lines, none, [maps:map(fun turn/2, Death) | Done]);
deaths([[Word | Rest] | Lines], #{} = Death, Done) when Word =:= <<"text">>; Word =:= <<"log">> ->
    Key = binary_to_existing_atom(Word),
    deaths(Lines, Death#{Key := [iolist_to_binary(Rest) | maps:get(Key, Death)]}, Done);
deaths([_ | Lines], Death, Done) ->
    deaths(Lines, Death, Done);
deaths([], _, Done) ->
    lists:reverse(Done).

turn(Key, Lines) when Key =:= text; Key =:= log -> lists:reverse(Lines);
turn(_, Value) -> Value.

%% @doc `/proc/hydros/log.N': the lines that begin with node and time.
-spec log(binary()) -> [line()].
log(Text) ->
    [Line || {ok, Line} <- [log_line(Line) || Line <- lines(Text)]].

log_line(Line) ->
    case re:run(Line, "^\\[n([0-9]{1,3}) +([0-9]{1,12})\\.([0-9]{6})\\] (.*)$", [{capture, all_but_first, binary}]) of
        {match, [Node, Seconds, Micro, Text]} ->
            {ok, {binary_to_integer(Seconds) * 1000000 + binary_to_integer(Micro), binary_to_integer(Node), Text}};
        nomatch ->
            error
    end.

%% @doc Keys and values that follow each other.
-spec pairs([binary()]) -> pairs().
pairs([Key, Value | Rest]) ->
    Pairs = pairs(Rest),
    case word(Key) of
        Name when is_atom(Name) -> Pairs#{Name => value(Name, Value)};
        _ -> Pairs
    end;
pairs(_) ->
    #{}.

value(exit_status, Value) -> exit_status(integer(Value, 10));
value(Key, Value) when Key =:= address; Key =:= instruction -> integer(Value, 16);
value(Key, Value) when Key =:= state; Key =:= step; Key =:= notice -> word(Value);
value(_, Value) -> integer(Value, 10).

%% From what wait(2) gives.
exit_status(Status) when is_integer(Status), Status >= 0, Status band 16#7f =:= 0 -> Status bsr 8;
exit_status(Status) when is_integer(Status), Status >= 0 -> 128 + Status band 16#7f;
exit_status(Status) -> Status.

%% As an atom when it looks like one of the kernel's words.
word(Value) when byte_size(Value) > 0, byte_size(Value) < 32 ->
    case << <<C>> || <<C>> <= Value, (C >= $a andalso C =< $z) orelse (C >= $0 andalso C =< $9) orelse C =:= $_ >> of
        Value -> binary_to_atom(Value);
        _ -> Value
    end;
word(Value) ->
    Value.

integer(Value, Base) ->
    try
        binary_to_integer(Value, Base)
    catch
        error:badarg -> Value
    end.

lines(Text) -> binary:split(Text, <<"\n">>, [global, trim_all]).
words(Line) -> binary:split(Line, <<" ">>, [global, trim_all]).
