%% SPDX-License-Identifier: Apache-2.0
%% Faults that are ordered from outside, by lines `order ID NODE FAULT` on the console. The order is
%% confirmed in the log before it is carried out, and carried out once.
-module(chaos_order).
-export([start_link/1, run/1, act/1]).

-spec start_link(non_neg_integer()) -> {ok, pid()}.
start_link(Self) ->
    {ok, spawn_link(?MODULE, run, [Self])}.

-spec run(non_neg_integer()) -> ok.
run(Self) ->
    read(Self, []).

read(Self, Done) ->
    case io:get_line("") of
        Line when is_list(Line) ->
            case string:lexemes(Line, " \r\n") of
                ["order", Id, Node, Fault] ->
                    _ = [take(Self, Id, list_to_integer(Node), Fault) || not lists:member(Id, Done)],
                    read(Self, lists:sublist([Id | Done], 100));
                _ ->
                    read(Self, Done)
            end;
        _ ->
            ok
    end.

take(Self, Id, Self, Fault) ->
    chaos_line:say("order ~s taken", [Id]),
    _ = spawn(?MODULE, act, [Fault]),
    ok;
%% To bring back a node that is offline.
take(_, Id, Node, "restart") ->
    chaos_line:say("order ~s taken", [Id]),
    _ = spawn(fun() -> answered("restart", hydros_machine:command(["restart ", integer_to_list(Node)])) end),
    ok;
take(_, Id, Node, Fault) ->
    chaos_line:say("order ~s taken", [Id]),
    %% As a person would, from another node.
    _ = spawn(fun() -> answered(Fault, kill(Node, list_to_atom(Fault), 150)) end),
    ok.

%% The injection before this one may have cut the connection: it comes back by itself. Asked once: this fault may cut it, too,
%% and then nobody answers.
kill(Node, _, 0) ->
    {not_connected, Node};
kill(Node, Fault, Tries) ->
    case [Name || Name <- nodes(), lists:prefix("n" ++ integer_to_list(Node) ++ "@", atom_to_list(Name))] of
        [] ->
            timer:sleep(200),
            kill(Node, Fault, Tries - 1);
        [_] ->
            case hydros:kill(Node, Fault) of
                {error, noconnection} -> ok;
                Answer -> Answer
            end
    end.

%% Those that have to tell what they met are done here (hydros_fault has the like of some), all others by hydros_fault or
%% the kernel.
-spec act(string()) -> term().
act("erl_processes") -> many();
act("erl_crashes") -> crashes(3000, 0);
act("erl_escalation") -> chaos_crash:begin_crashing();
act("erl_files") -> files();
act("erl_storm") -> storm(20000);
act("erl_nif_wild") -> chaos_nif:wild(), memory([]);
act("erl_nif_never") -> chaos_nif:never();
act("erl_store") -> store();
act("clock_jump") -> clock();
act(Fault) -> answered(Fault, hydros_fault:commit(list_to_atom(Fault))).

answered(_, ok) -> ok;
answered(Fault, Answer) -> chaos_line:say("fault ~s refused: ~0p", [Fault, Answer]).

memory(Held) ->
    memory([binary:copy(<<1:8192>>, 4096) | Held]).

%% Up to the limit and over it: whoever asks for one more fails, and nobody else.
many() ->
    Pids = try_spawn([]),
    timer:sleep(200),
    did("erl_processes", "~b until one was refused", [length(Pids)]),
    [exit(Pid, kill) || Pid <- Pids].

%% As many as the option +P lets be.
try_spawn(Pids) ->
    try spawn(fun() -> timer:sleep(60000) end) of
        Pid -> try_spawn([Pid | Pids])
    catch
        error:system_limit -> Pids
    end.

crashes(0, Crashed) ->
    did("erl_crashes", "~b processes", [Crashed]);
crashes(N, Crashed) ->
    {_, Monitor} = spawn_monitor(fun() -> erlang:error(chaos) end),
    receive {'DOWN', Monitor, process, _, {chaos, _}} -> ok end,
    crashes(N - 1, Crashed + 1).

%% Its supervisor starts it again.
store() ->
    Old = whereis(chaos_store),
    exit(Old, kill),
    again(Old).

again(Old) ->
    case whereis(chaos_store) of
        Pid when is_pid(Pid), Pid =/= Old -> did("erl_store", "started again", []);
        _ -> timer:sleep(10), again(Old)
    end.

%% Descriptors, some thousand; then ports of the virtual machine until it gives no more (option +Q).
files() ->
    Files = [File || _ <- lists:seq(1, 3000), {ok, File} <- [file:open("/etc/passwd", [raw, read])]],
    Ports = try_ports([]),
    did("erl_files", "~b files, ~b sockets until one was refused", [length(Files), length(Ports)]),
    timer:sleep(500),
    _ = [gen_udp:close(Port) || Port <- Ports],
    [file:close(File) || File <- Files].

try_ports(Ports) ->
    case gen_udp:open(0) of
        {ok, Port} -> try_ports([Port | Ports]);
        {error, _} -> Ports
    end.

storm(Count) ->
    Text = binary:copy(<<"storm">>, 200),
    Sent = [{chaos_sink, Node} ! {Text, N} || Node <- nodes(), N <- lists:seq(1, Count)],
    did("erl_storm", "~b messages", [length(Sent)]).

did(Fault, Format, Arguments) ->
    chaos_line:say("did ~s " ++ Format, [Fault | Arguments]).

%% This node's time of day: an hour on, two back, 1970, and right again. Timers go by the other clock.
clock() ->
    Right = os:system_time(microsecond) - mono(),
    Hour = 3600 * 1000000,
    Jumps = [jump(Offset) || Offset <- [Right + Hour, Right - Hour, 0, Right]],
    Far = lists:max([Off || {Off, _} <- Jumps]),
    Took = [Ms || {_, Ms} <- Jumps],
    case Far < 1000 andalso lists:min(Took) >= 99 of
        true -> did("clock_jump", "at most ~b ms off, timers of 100 ms took ~w ms", [Far, Took]);
        false -> chaos_line:say("clock ~b ms off, timers ~0p", [Far, Took])
    end.

%% How far the time of day is from what was asked for, and how long a timer of 100 ms took then.
jump(Offset) ->
    ok = hydros_machine:command(["clock ", integer_to_list(Offset)]),
    Off = abs(os:system_time(microsecond) - mono() - Offset) div 1000,
    Begun = mono(),
    erlang:send_after(100, self(), over),
    receive over -> ok end,
    {Off, (mono() - Begun) div 1000}.

%% The machine's, since power-on: what `clock` counts from.
mono() -> os:perf_counter(microsecond).
