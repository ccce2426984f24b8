%% SPDX-License-Identifier: Apache-2.0
%% What this node's kernel counts of its channels, for the driver: a line for each peer of which something is new, and again
%% from time to time, since a dying kernel may have written into it.
%% The number of frames is told only where it grew as by a flood.
-module(chaos_channels).
-export([tell/1, tell_again/1]).

-define(COUNTERS, "/proc/hydros/channels").
-define(FLOOD, 5000).   % frames between two looks, half a second: the load alone has some hundred

%% As if nothing had been told yet.
-spec tell_again(#{string() => term()}) -> #{string() => term()}.
tell_again(Before) ->
    maps:map(fun(_, {_, Seen}) -> {#{}, Seen} end, Before).

%% From one look to the next.
-spec tell(#{string() => term()}) -> #{string() => term()}.
tell(Before) ->
    case file:read_file(?COUNTERS) of
        {ok, Text} ->
            maps:from_list([peer(string:lexemes(Line, " "), Before)
                            || Line <- string:lexemes(binary_to_list(Text), "\n")]);
        {error, _} ->
            Before
    end.

peer(["peer", Peer | Words], Before) ->
    Counters = pairs(Words),
    #{"frames_in" := Frames} = Counters,
    {Old, Seen} = maps:get(Peer, Before, {#{}, Frames}),
    Rules = maps:filter(fun(Key, Value) ->
        Value > 0 andalso (Key =:= "sessions" orelse lists:prefix("bad_", Key))
    end, Counters),
    Told = case Frames - Seen > ?FLOOD of
        true -> Rules#{"frames_in" => Frames};
        false -> Rules
    end,
    _ = [chaos_line:say("channels ~s~s", [Peer, [io_lib:format(" ~s ~b", [Key, Value])
                                                 || {Key, Value} <- lists:sort(maps:to_list(Told))]]) || Told =/= Old],
    {Peer, {Rules, Frames}}.

pairs([Key, Value | Words]) -> (pairs(Words))#{Key => list_to_integer(Value)};
pairs(_) -> #{}.
