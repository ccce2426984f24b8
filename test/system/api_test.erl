%% SPDX-License-Identifier: Apache-2.0
%% The module `hydros' as a user calls it on node 0 of three (api.sh). Node 2 stays dead until it is asked for (restart@2=no). A line for
%% each thing that held; anything else ends the expression with an error. The last call ends the machine.
-module(api_test).
-export([main/0]).

-define(LIMIT_MS, 60000).
-define(STAYS_MS, 1500). % a node that does come back is there in less (docs/failure.md)

main() ->
    ok = hydros:wait(?LIMIT_MS),
    seen(),
    dead(2),
    started(),
    used(),
    found(),
    logs(),
    armed(1),
    ended(1),
    back(2, 2),
    ok = hydros:poweroff(),
    timer:sleep(infinity).

held(Text) ->
    io:format("held: ~s~n", [Text]).

until(Fun) ->
    until(Fun, erlang:monotonic_time(millisecond) + ?LIMIT_MS).

until(Fun, Limit) ->
    case Fun() of
        true -> ok;
        _ -> true = erlang:monotonic_time(millisecond) < Limit, timer:sleep(20), until(Fun, Limit)
    end.

%% What a function prints.
printed(Fun) ->
    Self = self(),
    {Pid, Monitor} = spawn_monitor(fun() -> group_leader(Self, self()), ok = Fun() end),
    printed(Pid, Monitor, []).

printed(Pid, Monitor, Texts) ->
    receive
        {io_request, From, As, {put_chars, unicode, Module, Function, Arguments}} ->
            From ! {io_reply, As, ok},
            printed(Pid, Monitor, [apply(Module, Function, Arguments) | Texts]);
        {io_request, From, As, {put_chars, unicode, Text}} ->
            From ! {io_reply, As, ok},
            printed(Pid, Monitor, [Text | Texts]);
        {io_request, From, As, getopts} ->
            From ! {io_reply, As, [{encoding, unicode}]},
            printed(Pid, Monitor, Texts);
        {io_request, From, As, _} ->
            From ! {io_reply, As, {error, enotsup}},
            printed(Pid, Monitor, Texts);
        {'DOWN', Monitor, process, Pid, normal} ->
            string:split(unicode:characters_to_list(lists:reverse(Texts)), "\n", all)
    end.

has(Lines, Pattern) ->
    [] =/= [Line || Line <- Lines, re:run(Line, Pattern, [unicode]) =/= nomatch].

is_state(Number, State) ->
    [State] =:= [S || #{node := N, state := S} <- hydros:status(), N =:= Number].

seen() ->
    [Head | Rows] = printed(fun hydros:i/0),
    true = has([Head], "node +name +state .*run queue +processes +messages"),
    [true = has(Rows, io_lib:format("^ +~b +n~b@hydros +running +1 .*[0-9]+/[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ +0 +0", [N, N])) || N <- [0, 1, 2]],
    held("i/0 shows three nodes"),
    true = has(printed(fun() -> c:h(hydros) end), "nodes of a HydrOS machine"),
    true = has(printed(fun() -> c:h(hydros, kill) end), "no_such_node|noconnection"),
    held("h(hydros) is documentation").

started() ->
    Self = self(),
    [begin
        _ = Spawn(fun() -> Self ! {here, node()} end),
        receive {here, Node} -> true = lists:member(Node, Where) end
     end || {Spawn, Where} <- [
        {fun hydros:spawn/1, [n0@hydros, n1@hydros]}, {fun(F) -> hydros:spawn(1, F) end, [n1@hydros]},
        {fun(F) -> hydros:spawn(n1@hydros, F) end, [n1@hydros]}
    ]],
    least_loaded(n0@hydros, n1@hydros),
    least_loaded(n1@hydros, n0@hydros),
    held("spawn/1,2").

%% Many choices in a row, so that no chance makes them, and few attempts at that: on a busy host a node may once not say in time
%% what it has to do.
least_loaded(Busy, Free) ->
    Loops = [erlang:spawn(Busy, fun busy/0) || _ <- lists:seq(1, 8)],
    until(fun() -> [] =/= [Q || #{name := Name, run_queue := Q} <- hydros:status(), Name =:= Busy, Q >= 7] end),
    true = lists:any(fun(_) -> lists:all(fun(_) -> chosen() =:= Free end, lists:seq(1, 10)) end, lists:seq(1, 3)),
    [exit(Loop, kill) || Loop <- Loops].

chosen() ->
    Self = self(),
    _ = hydros:spawn(fun() -> Self ! {here, node()} end),
    receive {here, Node} -> Node end.

busy() ->
    busy().

%% What a node uses is known of one whose core has no rest, too.
used() ->
    Used = fun() -> hd([KiB || #{node := 1, memory_used := KiB} <- hydros:status()]) end,
    Loop = erlang:spawn(n1@hydros, fun busy/0),
    Before = Used(),
    Holder = erlang:spawn(n1@hydros, fun() -> Held = binary:copy(<<1>>, 100 bsl 20), receive stop -> Held end end),
    until(fun() -> Used() - Before > 90 bsl 10 end),
    [exit(Pid, kill) || Pid <- [Holder, Loop]],
    held("the memory of a busy node").

%% On another node, there and here (this one's own first), and by a name of global's.
found() ->
    Self = self(),
    There = erlang:spawn(n1@hydros, fun() -> true = register(api_name, self()), Self ! registered, timer:sleep(infinity) end),
    receive registered -> ok end,
    There = hydros:whereis(api_name),
    true = register(api_name, Self),
    Self = hydros:whereis(api_name),
    true = unregister(api_name),
    yes = global:register_name({api, name}, There),
    There = hydros:whereis({api, name}),
    true = exit(There, kill),
    until(fun() -> {undefined, undefined} =:= {hydros:whereis(api_name), hydros:whereis({api, name})} end),
    held("whereis/1").

%% Kernel and Erlang of two nodes in one order.
logs() ->
    ok = erpc:call(n1@hydros, file, write_file, ["/dev/kmsg", "the first mark"]),
    ok = erpc:call(n1@hydros, logger, error, ["the second mark"]),
    ok = file:write_file("/dev/kmsg", "the third mark"),
    Marks = fun(Lines) -> [re:replace(Line, "^(\\[n.) .*(the .* mark).*$", "\\1 \\2", [unicode, {return, list}]) || Line <- Lines, has([Line], " mark")] end,
    until(fun() -> length(Marks(printed(fun hydros:log/0))) =:= 3 end),
    All = printed(fun hydros:log/0),
    ["[n1 the first mark", "[n1 the second mark", "[n0 the third mark"] = Marks(All),
    Times = [list_to_float(Time) || Line <- All, {match, [Time]} <- [re:run(Line, "^\\[n. ([0-9]+\\.[0-9]{6})\\]", [unicode, {capture, all_but_first, list}])]],
    Times = lists:sort(Times),
    ["[n1 the first mark", "[n1 the second mark"] = Marks(printed(fun() -> hydros:log(1) end)),
    held("log/0,1 are in order").

%% The memory of a node is kept until it is started again, and of no other one.
dead(Number) ->
    {error, not_kept} = hydros:crash_dump(Number),
    {error, einval} = hydros:kill(Number, nothing),
    [{error, einval} = hydros:kill(Number, Fault) || Fault <- ['panic@nothing', 'nothing@load', "x"]],
    ok = hydros:kill(Number, panic),
    until(fun() -> is_state(Number, dead) end),
    until(fun() -> {error, not_kept} =/= hydros:crash_dump(Number) end),
    {ok, Path} = hydros:crash_dump(Number),
    {ok, File} = file:open(Path, [read, raw, binary]),
    {ok, <<127, "ELF", 2, 1, _:10/binary, 4:16/little, 62:16/little, _/binary>>} = file:read(File, 64),
    ok = file:close(File),
    [{error, not_kept} = hydros:crash_dump(Other) || Other <- [0, 1]],
    {error, noconnection} = hydros:kill(Number, panic),
    {error, no_such_node} = hydros:kill(3, panic),
    true = has(printed(fun hydros:i/0), io_lib:format("^ +~b +n~b@hydros +dead ", [Number, Number])),
    held("crash_dump/1 of a node that stays dead").

%% A fault that waits until the node begins to start another one.
armed(Number) ->
    ok = hydros:kill(Number, 'panic@intent'),
    timer:sleep(100),
    [running] = [State || #{node := N, state := State} <- hydros:status(), N =:= Number],
    ok = erpc:cast(n1@hydros, hydros, restart, [2]),
    back(Number, 2),
    [#{node := Number, notice := last_words, text := [<<"panic: asked for">> | _]} | _] = hydros:crashes(),
    held("a guardian that dies at its step").

%% In each of three ways.
ended(Number) ->
    ok = hydros:restart(Number),
    back(Number, 3),
    ok = hydros:stop(Number),
    until(fun() -> is_state(Number, dead) end),
    stays(Number, dead),
    ok = hydros:restart(Number),
    back(Number, 4),
    ok = hydros:kill(Number, erl_stop),
    until(fun() -> is_state(Number, stopped) end),
    stays(Number, stopped),
    [{error, esrch} = Order(Number) || Order <- [fun(N) -> hydros:kill(N, order) end, fun(N) -> hydros:kill(N, boot_loop) end, fun hydros:stop/1]],
    ok = hydros:restart(Number),
    back(Number, 5),
    {error, not_kept} = hydros:crash_dump(Number),
    ok = hydros:restart(2),
    held("restart/1, stop/1, init:stop/0").

stays(Number, State) ->
    timer:sleep(?STAYS_MS),
    true = is_state(Number, State).

back(Number, Life) ->
    Name = list_to_atom("n" ++ integer_to_list(Number) ++ "@hydros"),
    until(fun() -> lists:member(Name, hydros:nodes()) andalso [Life] =:= [L || #{node := N, incarnation := L, processes := _} <- hydros:status(), N =:= Number] end),
    held(io_lib:format("node ~b is back, in life ~b", [Number, Life])).
