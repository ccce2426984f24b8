%% SPDX-License-Identifier: Apache-2.0
%% `make demo': a replicated store on all nodes of the machine, a client that counts in it, and somebody who kills nodes in
%% turn. One line a second says what the client sees.
-module(demo).
-export([main/0, main/2]).

main() ->
    main(4, 4).

%% Kills so often, each time when all nodes have lived for so many seconds; with as many it ends. Runs on the node whose
%% console is shown; that one is not killed, since its lines are what a person reads.
main(Kills, Quiet) ->
    io:format("~nHydrOS: one machine, ~b nodes; each has its own kernel, memory and Erlang.~n", [hydros_self:count()]),
    ok = hydros:wait(),
    io:format("All are connected. A replicated store runs on each, a client counts in it.~n~n"),
    ok = hydros_placement:start_child(#{id => demo_store, start => {demo_store, start_link, []}, copies => all}),
    Others = lists:seq(1, hydros_self:count() - 1) ++ [0],
    ok = hydros_placement:start_child(#{id => demo_client, start => {demo_client, start_link, []}, unique => true, nodes => Others}),
    ok = net_kernel:monitor_nodes(true),
    io:format("second  nodes that live    client on   counted  writes/s  longest pause  lost writes~n"),
    seconds(1, 0, #{kills => 0, quiet => 0, lost => 0, last => {Kills, Quiet}}).

%% A line each second. `quiet': for how many seconds all nodes have lived.
seconds(_, _, #{kills := Kills, quiet := Quiet, lost := Lost, last := {Kills, Quiet}}) ->
    %% One that is back is among the living a moment before that is told.
    news(erlang:monotonic_time(millisecond) + 500),
    io:format("~nNodes were killed ~b times. Writes that were acknowledged and then lost: ~b.~n~n", [Kills, Lost]),
    hydros:i(),
    hydros:poweroff(),
    timer:sleep(infinity);
seconds(Second, Before, #{kills := Kills, quiet := Quiet, lost := Lost, last := {_, Enough}} = State) ->
    news(erlang:monotonic_time(millisecond) + 1000),
    {Text, New, Count} = look(Before),
    io:format("~5b   ~-18s ~s~n", [Second, living(), Text]),
    Counted = State#{lost := Lost + New},
    case length(hydros:nodes()) =:= hydros_self:count() of
        true when Quiet =:= Enough ->
            kill(Kills),
            seconds(Second + 1, Count, Counted#{kills := Kills + 1, quiet := 0});
        true ->
            seconds(Second + 1, Count, Counted#{quiet := Quiet + 1});
        false ->
            seconds(Second + 1, Count, Counted#{quiet := 0})
    end.

look(Before) ->
    case demo_client:look() of
        {Node, Count, Writes, _, Lost, Pause} ->
            [Name, _] = string:split(atom_to_list(Node), "@"),
            %% Its number never goes back.
            Back = case Count < Before of true -> 1; false -> 0 end,
            {io_lib:format("~-10s ~8b ~9b ~11b ms ~12b", [Name, Count, Writes, Pause, Lost + Back]), Lost + Back, max(Count, Before)};
        none ->
            {"(moving)", 0, Before}
    end.

living() ->
    Names = [hd(string:split(atom_to_list(Node), "@")) || Node <- hydros:nodes()],
    [case lists:member(Name, Names) of true -> Name ++ " "; false -> "-- " end
     || N <- lists:seq(0, hydros_self:count() - 1), Name <- ["n" ++ integer_to_list(N)]].

%% The client's node every second time, else the others in turn.
kill(Round) ->
    Victim =
        case {Round, hydros:whereis(demo_client)} of
            {Even, Pid} when Even rem 2 =:= 0, is_pid(Pid), node(Pid) =/= node() -> node(Pid);
            _ -> lists:nth(1 + Round rem (length(hydros:nodes()) - 1), hydros:nodes() -- [node()])
        end,
    io:format("        >>> ~s is killed~n", [Victim]),
    _ = hydros:kill(Victim, order),
    ok.

%% Tells what happens to nodes until then.
news(Until) ->
    receive
        {nodedown, Node} -> io:format("        <<< ~s is down~n", [Node]), news(Until);
        {nodeup, Node} -> io:format("        <<< ~s is back, in life ~b~n", [Node, life(Node)]), news(Until)
    after max(0, Until - erlang:monotonic_time(millisecond)) -> ok
    end.

life(Node) ->
    case [Life || #{name := Name, incarnation := Life} <- hydros:status(), Name =:= Node] of
        [Life] -> Life;
        [] -> 0
    end.
