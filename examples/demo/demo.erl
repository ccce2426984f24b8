%% SPDX-License-Identifier: Apache-2.0
%% `make demo': a replicated store on all nodes of the machine, a client that counts in it, and somebody who kills nodes in
%% turn. One line a second says what the client sees.
-module(demo).
-export([main/0, main/2]).

%% Each node but this one is killed once.
main() ->
    main(hydros_self:count() - 1, 4).

%% Kills so often, each time when the store has run on all nodes for so many seconds; with as many it ends. Runs on the node whose
%% console is shown; that one is not killed, since its lines are what a person reads.
main(Kills, Quiet) ->
    io:format("~nHydrOS: one machine, ~b nodes; each has its own kernel, memory and Erlang.~n", [hydros_self:count()]),
    ok = hydros:wait(),
    ok = hydros_placement:start_child(#{id => demo_store, start => {demo_store, start_link, []}, copies => all}),
    %% Nodes are connected before their agents have met; the client's first place is only free once there is one on each.
    stored(),
    io:format("All are connected. A replicated store runs on each, a client counts in it.~n~n"),
    Others = lists:seq(1, hydros_self:count() - 1) ++ [0],
    ok = hydros_placement:start_child(#{id => demo_client, start => {demo_client, start_link, []}, unique => true, nodes => Others}),
    ok = net_kernel:monitor_nodes(true),
    io:format("second  ~s client on   counted  writes/s  longest pause  lost writes~n", [column("nodes that live")]),
    seconds(1, none, #{kills => 0, quiet => 0, lost => 0, last => {Kills, Quiet}}).

stored() ->
    case is_stored() of
        true -> ok;
        false -> timer:sleep(100), stored()
    end.

%% Does a copy of the store run on each node? One of a node that came back has by then fetched what it missed.
is_stored() ->
    {_, Copies} = lists:keyfind(demo_store, 1, hydros_placement:which_children()),
    length([Pid || {_, Pid} <- Copies, is_pid(Pid)]) =:= hydros_self:count().

%% A line each second. `Before': what the client said last; `quiet': in how many seconds in which the store ran on all nodes it did.
seconds(_, _, #{kills := Kills, quiet := Quiet, lost := Lost, last := {Kills, Quiet}}) ->
    %% One that is back is among the living a moment before that is told.
    news(erlang:monotonic_time(millisecond) + 500),
    io:format("~nNodes were killed ~b times. Writes that were acknowledged and then lost: ~b.~n~n", [Kills, Lost]),
    hydros:i(),
    ok = hydros:poweroff(),
    timer:sleep(infinity);
seconds(Second, Before, #{kills := Kills, quiet := Quiet, lost := Lost, last := {_, Enough}} = State) ->
    news(erlang:monotonic_time(millisecond) + 1000),
    {Text, New, Seen} = look(Before),
    io:format("~5b   ~s ~s~n", [Second, column(living()), Text]),
    Counted = State#{lost := Lost + New},
    case {is_stored(), Seen} of
        {true, _} when Quiet =:= Enough ->
            kill(Kills),
            seconds(Second + 1, Seen, Counted#{kills := Kills + 1, quiet := 0});
        {true, Before} ->
            seconds(Second + 1, Seen, Counted);
        {true, _} ->
            seconds(Second + 1, Seen, Counted#{quiet := Quiet + 1});
        {false, _} ->
            seconds(Second + 1, Seen, Counted#{quiet := 0})
    end.

%% Text, writes that were lost, and of the client when it answered last: its life, its number, what it had lost.
look(Before) ->
    case demo_client:look() of
        {{Number, _} = Life, Count, Lost, Writes, _, Pause} ->
            %% Its number never goes back. What it lost it tells from its beginning on.
            {Highest, Told} = case Before of {Life, Last, Already} -> {Last, Already}; {_, Last, _} -> {Last, 0}; none -> {0, 0} end,
            Back = case Count < Highest of true -> 1; false -> 0 end,
            New = max(0, Lost - Told) + Back,
            Text = io_lib:format("n~-9b ~8b ~9b ~11b ms ~12b", [Number, Count, Writes, Pause, New]),
            {Text, New, {Life, max(Count, Highest), Lost}};
        none ->
            {case is_ended(Before) of true -> "(moving)"; false -> "no answer" end, 0, Before}
    end.

%% Is the life of the node over in which the client answered last? Its kernel's neighbours know; who is slow is not dead.
is_ended(none) ->
    false;
is_ended({{Number, Life}, _, _}) ->
    case hydros_machine:node(Number) of
        {ok, #{state := running, incarnation := Life}} -> false;
        {ok, _} -> true;
        error -> false
    end.

living() ->
    Names = [short(Node) || Node <- hydros:nodes()],
    [case lists:member(Name, Names) of true -> Name ++ " "; false -> "-- " end
     || N <- lists:seq(0, hydros_self:count() - 1), Name <- ["n" ++ integer_to_list(N)]].

%% As wide as the longest that living/0 gives.
column(Text) ->
    string:pad(Text, max(18, 4 * hydros_self:count())).

%% All but this one in turn, so the client's node is among them.
kill(Round) ->
    Victim = 1 + Round rem (hydros_self:count() - 1),
    io:format("        >>> n~b is killed~n", [Victim]),
    ok = hydros:kill(Victim, order).

short(Node) ->
    hd(string:split(atom_to_list(Node), "@")).

%% Tells what happens to nodes until then.
news(Until) ->
    receive
        {nodedown, Node} -> io:format("        <<< ~s is down~n", [short(Node)]), news(Until);
        {nodeup, Node} -> io:format("        <<< ~s is back, in life ~b~n", [short(Node), life(Node)]), news(Until)
    after max(0, Until - erlang:monotonic_time(millisecond)) -> ok
    end.

life(Node) ->
    case [Life || #{name := Name, incarnation := Life} <- hydros:status(), Name =:= Node] of
        [Life] -> Life;
        [] -> 0
    end.
