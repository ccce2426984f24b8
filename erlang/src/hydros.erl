%% SPDX-License-Identifier: Apache-2.0
%% @doc The nodes of a HydrOS machine, from any of them: what they do, what happened to them, and what they are asked.
%%
%% A node is named by its number or by the name of its Erlang (`2' or `n2@hydros'). `hydros:i().' in a shell prints them
%% all.
-module(hydros).
-export([start/0]).
-export([nodes/0, wait/0, wait/1, status/0, i/0]).
-export([spawn/1, spawn/2, whereis/1]).
-export([restart/1, kill/2, stop/1, poweroff/0]).
-export([crashes/0, crash_dump/1, log/0, log/1]).
-export([local_status/0]).
-export_type([name/0, status/0]).
-compile({no_auto_import, [nodes/0, spawn/1, spawn/2, whereis/1]}).

-type name() :: hydros_address:node_number() | node().
%% The number of a node, or the name of its Erlang.
-type status() :: #{atom() => term()}.
%% What kernel and Erlang say of a node: `node', `state', `incarnation', `restarts', `uptime_ms', `memory_used' and
%% `memory_total' (KiB), `interrupts', ... (docs/control.md), and `name'; and of one whose Erlang answers also `processes',
%% `run_queue', `messages' (in all mailboxes), `erlang_memory' (KiB) and `safe' (1: this life is in safe mode, in which
%% nothing runs of what the user brought: docs/failure.md). Of one that does not answer within a second these are left out.

-define(TIMEOUT_MS, 1000).
%% A node that was told to end, and whose connection is lost, is seen as dead within this time: as long as a core may be
%% silent (docs/failure.md), and some.
-define(ENDED_MS, 6000).
-define(POLL_MS, 20).

%% @doc Starts the application `hydros' for good: without it a node is none of the machine's, so when it ends, so does
%% this Erlang.
-spec start() -> ok.
start() ->
    case application:ensure_all_started(hydros, permanent) of
        {ok, _} -> ok;
        {error, Reason} -> error(Reason)
    end.

%% @doc The nodes of this machine that are connected, this one included, in the order of their numbers.
-spec nodes() -> [node()].
nodes() ->
    Connected = [node() | erlang:nodes()],
    [Name || {_, Name} <- names(), lists:member(Name, Connected)].

%% @doc The same as `wait(infinity)'.
-spec wait() -> ok | timeout.
wait() ->
    wait(infinity).

%% @doc Waits until all nodes of the machine are connected to this one.
-spec wait(timeout()) -> ok | timeout.
wait(Timeout) ->
    hydros_cluster:wait(Timeout).

%% @doc All nodes of the machine, connected or not.
-spec status() -> [status()].
status() ->
    Names = names(),
    Asked = [Name || {_, Name} <- Names, lists:member(Name, nodes())],
    Answers = lists:zip(Asked, erpc:multicall(Asked, ?MODULE, local_status, [], ?TIMEOUT_MS)),
    [
        maps:merge(Pairs, erlang_status(lists:keyfind(Number, 1, Names), Answers))
     || #{node := Number} = Pairs <- hydros_machine:nodes()
    ].

%% A node whose name is none of the machine's knows no names of the others.
erlang_status(false, _) ->
    #{};
erlang_status({_, Name}, Answers) ->
    case lists:keyfind(Name, 1, Answers) of
        {_, {ok, Status}} -> Status#{name => Name};
        _ -> #{name => Name}
    end.

%% @private What another node asks of this one for status/0 and spawn/1.
-spec local_status() -> status().
local_status() ->
    Lengths = [process_info(Pid, message_queue_len) || Pid <- processes()],
    #{
        processes => erlang:system_info(process_count),
        run_queue => erlang:statistics(total_run_queue_lengths),
        messages => lists:sum([Length || {_, Length} <- Lengths]),
        erlang_memory => erlang:memory(total) div 1024,
        safe => case hydros_self:is_safe() of true -> 1; false -> 0 end
    }.

%% @doc Prints the nodes as a table, and a dash for what is not known. `running, safe': in safe mode.
-spec i() -> ok.
i() ->
    Nodes = status(),
    Longest = fun(Key) -> lists:max([8 | [string:length(cell(Key, Status)) || Status <- Nodes]]) end,
    Columns = [
        {"node", 4, node}, {"name", Longest(name), name}, {"state", Longest(state), state}, {"life", 5, incarnation},
        {"uptime s", 9, uptime}, {"memory MiB", 12, memory}, {"run queue", 9, run_queue}, {"processes", 9, processes},
        {"messages", 8, messages}, {"restarts", 8, restarts}, {"in a row", 8, deaths_in_row}
    ],
    io:format("~ts~n", [[pad(Title, Width) || {Title, Width, _} <- Columns]]),
    lists:foreach(
        fun(Status) -> io:format("~ts~n", [[pad(cell(Key, Status), Width) || {_, Width, Key} <- Columns]]) end,
        Nodes
    ).

pad(Text, Width) ->
    io_lib:format("~*ts ", [Width, Text]).

cell(uptime, #{uptime_ms := Milliseconds}) -> integer_to_list(Milliseconds div 1000);
cell(memory, #{memory_used := Used, memory_total := Total}) -> io_lib:format("~b/~b", [Used div 1024, Total div 1024]);
cell(state, #{offline := 1}) -> "offline";
cell(state, #{safe := 1, state := State}) -> io_lib:format("~tp, safe", [State]);
cell(Key, Status) when is_map_key(Key, Status) -> io_lib:format("~tp", [maps:get(Key, Status)]);
cell(_, _) -> "-".

%% @doc Starts a process on the least loaded node.
-spec spawn(fun(() -> term())) -> pid().
spawn(Fun) ->
    spawn(least_loaded, Fun).

%% @doc Starts a process on this node of the machine.
%% Fails with `{no_such_node, Node}' when the machine has none of this number or name.
-spec spawn(name() | least_loaded, fun(() -> term())) -> pid().
spawn(least_loaded, Fun) ->
    Loads = [
        {Name, Queue, maps:get(memory_total, Status, 0) - maps:get(memory_used, Status, 0)}
     || #{name := Name, run_queue := Queue} = Status <- status()
    ],
    Least = hydros_place:least_loaded([{node(), 1 bsl 32, 0} | Loads]),
    erlang:spawn(Least, Fun);
spawn(Node, Fun) ->
    case [Name || {Number, Name} <- names(), Number =:= Node orelse Name =:= Node] of
        [Name] -> erlang:spawn(Name, Fun);
        [] -> error({no_such_node, Node})
    end.

%% @doc The process of a hosted program (see {@link hydros_placement}), or one that is registered under this name: with
%% `global', or on any node, this one first.
-spec whereis(term()) -> pid() | undefined.
whereis(Name) ->
    Ways = [
        fun() -> hosted(Name) end,
        fun() -> global:whereis_name(Name) end,
        fun() -> registered(Name) end
    ],
    first(Ways).

%% Where the application does not run, nothing is hosted.
hosted(Name) ->
    try
        hydros_placement:whereis(Name)
    catch
        exit:{noproc, _} -> undefined
    end.

first([]) ->
    undefined;
first([Way | Ways]) ->
    case Way() of
        Pid when is_pid(Pid) -> Pid;
        _ -> first(Ways)
    end.

registered(Name) when is_atom(Name) ->
    Nodes = [node() | lists:delete(node(), nodes())],
    case [Pid || {ok, Pid} <- erpc:multicall(Nodes, erlang, whereis, [Name], ?TIMEOUT_MS), is_pid(Pid)] of
        [Pid | _] -> Pid;
        [] -> undefined
    end;
registered(_) ->
    undefined.

%% @doc Starts a node that is dead, stopped or offline; one that runs is ended first.
-spec restart(name()) -> ok | {error, term()}.
restart(Node) ->
    case order("restart ", Node) of
        {error, ealready} -> order("kill ", Node);
        Answer -> Answer
    end.

%% @doc Ends a node and leaves it so until {@link restart/1}. `{error, esrch}': it does not run.
-spec stop(name()) -> ok | {error, term()}.
stop(Node) ->
    order("stop ", Node).

%% @doc Kills a node, or damages it. `Fault' is
%% <ul>
%% <li>`order': its neighbours end it and start it again;</li>
%% <li>`boot_loop': they do so with ten lives of it in a row, each as soon as it runs, so that it comes up in safe
%%   mode; that takes minutes, and a process of this node sees to it;</li>
%% <li>one of {@link hydros_fault:names/0}: its Erlang does it, whichever kernel it has;</li>
%% <li>a fault that its kernel commits (`panic', `hang', `beam_segv', ...: docs/debugging.md), at once or, as
%%   `panic@intent', at a step of it as a guardian. It has to be a debug kernel, else the answer is
%%   `{error, no_debug_kernel}'.</li>
%% </ul>
%% `ok' means that the node was told, and either goes on with the fault or answers no more. One that this node is not
%% connected with cannot be told, except for `order' and `boot_loop': `{error, noconnection}'. Those two need a node that
%% runs, else it is `{error, esrch}', and `boot_loop' another one than this: `{error, own_node}'. `{error, einval}': there
%% is no such fault.
-spec kill(name(), Fault :: atom()) -> ok | {error, term()}.
kill(Node, order) ->
    order("kill ", Node);
kill(Node, boot_loop) ->
    with(Node, fun hydros_fault:boot_loop/1);
kill(Node, Fault) ->
    with(Node, fun(Number) -> commit(Number, lists:keyfind(Number, 1, names()), Fault) end).

commit(Number, {_, Name}, Fault) ->
    case lists:member(Name, [node() | erlang:nodes(connected)]) of
        true -> commit_there(Number, life(Number), Name, Fault);
        false -> {error, noconnection}
    end;
commit(_, false, _) ->
    {error, noconnection}.

commit_there(Number, Life, Name, Fault) ->
    try
        erpc:call(Name, hydros_fault, commit, [Fault], ?TIMEOUT_MS)
    catch
        %% Who does it well does not answer.
        error:{erpc, timeout} ->
            ok;
        error:{erpc, noconnection} ->
            ended(Number, Life, ?ENDED_MS)
    end.

%% A connection may also be lost before the node was told: what tells is that its life is over.
ended(_, _, Left) when Left =< 0 ->
    {error, noconnection};
ended(Number, Life, Left) ->
    case life(Number) of
        Life -> timer:sleep(?POLL_MS), ended(Number, Life, Left - ?POLL_MS);
        _ -> ok
    end.

%% Which of its lives runs now.
life(Number) ->
    case hydros_machine:node(Number) of
        {ok, #{state := running, incarnation := Life}} -> Life;
        _ -> none
    end.

%% @doc Ends the machine.
-spec poweroff() -> ok | {error, term()}.
poweroff() ->
    hydros_machine:command("poweroff 0").

%% @doc The deaths that this node knows of, newest first: whose, which life of it, when, who noticed and how, its
%% `exit_status' (see `hydros_text:death()'), what it left (`text': cause, registers, stack; `log': the end of its kernel log, with how its Erlang ended and the head of
%% its `erl_crash.dump').
-spec crashes() -> [hydros_text:death()].
crashes() ->
    hydros_machine:deaths().

%% @doc The file with the memory of a dead node, an ELF core for gdb. It is there until the node is started again: with
%% the boot option `restart=no', or `restart@N=no' for node N alone, until {@link restart/1}.
-spec crash_dump(name()) -> {ok, file:filename()} | {error, not_kept | no_such_node}.
crash_dump(Node) ->
    with(Node, fun hydros_machine:core/1).

%% @doc Prints the logs of all nodes, kernels' and Erlang's, in the order of time: what is kept of each node's present life.
%% When a life ends, what its Erlang logged is lost; its kernel's log is there until the node is started again, and from
%% then on only its end, in {@link crashes/0} (`log').
-spec log() -> ok.
log() ->
    print(hydros_log:lines([Number || #{node := Number} <- hydros_machine:nodes()], nodes())).

%% @doc Prints those of one node; of its lives before this one see {@link crashes/0}, too.
-spec log(name()) -> ok | {error, no_such_node}.
log(Node) ->
    with(Node, fun(Number) ->
        Connected = nodes(),
        print(hydros_log:lines([Number], [Name || {N, Name} <- names(), N =:= Number, lists:member(Name, Connected)]))
    end).

print(Lines) ->
    lists:foreach(
        fun({Time, Number, Text}) ->
            io:format("[n~b ~b.~6..0b] ~ts~n", [Number, Time div 1000000, Time rem 1000000, Text])
        end,
        Lines
    ).

%% The names of this machine's nodes, this one's own whatever it is.
names() ->
    lists:keysort(1, [{hydros_self:number(), node()} | hydros_cluster:peers()]).

order(Command, Node) ->
    with(Node, fun(Number) -> hydros_machine:command([Command, integer_to_list(Number)]) end).

with(Node, Fun) ->
    Count = hydros_self:count(),
    case Node of
        Number when is_integer(Number), Number >= 0, Number < Count ->
            Fun(Number);
        _ ->
            case lists:keyfind(Node, 2, names()) of
                {Number, _} -> Fun(Number);
                false -> {error, no_such_node}
            end
    end.
