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
take(_, Id, Node, Fault) ->
    chaos_line:say("order ~s taken", [Id]),
    %% As a person would, from another node.
    _ = spawn(fun() -> answered(Fault, hydros:kill(Node, list_to_atom(Fault))) end),
    ok.

%% Faults of programs are done here, all others by the kernel.
-spec act(string()) -> term().
act("erl_exit") -> erlang:halt(3);
act("erl_abort") -> erlang:halt(abort);
act("erl_atoms") -> atoms(0);
act("erl_memory") -> memory([]);
act("erl_processes") -> many();
act("erl_crashes") -> crashes(3000);
act("erl_files") -> files();
act("erl_storm") -> storm(20000);
act("erl_partition") -> [erlang:disconnect_node(Node) || Node <- nodes()];
act("erl_nif_wild") -> chaos_nif:wild(), memory([]);
act("erl_nif_never") -> chaos_nif:never();
act("erl_store") -> exit(whereis(chaos_store), kill);
act(Fault) ->
    {ok, File} = file:open("/dev/hydros", [raw, write]),
    answered(Fault, file:write(File, ["fault ", Fault])),
    file:close(File).

answered(_, ok) -> ok;
answered(Fault, Answer) -> chaos_line:say("fault ~s refused: ~0p", [Fault, Answer]).

atoms(N) ->
    _ = list_to_atom("chaos_atom_" ++ integer_to_list(N)),
    atoms(N + 1).

memory(Held) ->
    memory([binary:copy(<<1:8192>>, 4096) | Held]).

%% Up to the limit and over it: whoever asks for one more fails, and nobody else.
many() ->
    Pids = try_spawn([]),
    timer:sleep(200),
    [exit(Pid, kill) || Pid <- Pids].

try_spawn(Pids) when length(Pids) rem 1000 =:= 999, length(Pids) > 50000 ->
    Pids;
try_spawn(Pids) ->
    try spawn(fun() -> timer:sleep(60000) end) of
        Pid -> try_spawn([Pid | Pids])
    catch
        error:system_limit -> Pids
    end.

crashes(0) ->
    ok;
crashes(N) ->
    spawn(fun() -> erlang:error(chaos) end),
    _ = [timer:sleep(1) || N rem 100 =:= 0],
    crashes(N - 1).

files() ->
    Files = try_open([]),
    timer:sleep(500),
    [file:close(File) || File <- Files].

try_open(Files) ->
    case file:open("/etc/passwd", [raw, read]) of
        {ok, File} when length(Files) < 5000 -> try_open([File | Files]);
        {ok, File} -> [File | Files];
        {error, _} -> Files
    end.

storm(Count) ->
    Text = binary:copy(<<"storm">>, 200),
    [{chaos_sink, Node} ! {Text, N} || Node <- nodes(), N <- lists:seq(1, Count)].
