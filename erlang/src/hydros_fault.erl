%% SPDX-License-Identifier: Apache-2.0
%% @doc Faults on purpose, as {@link hydros:kill/2} orders them: those that a node's Erlang does to itself. Nothing here
%% is more than any program on the node could do. Those that a kernel commits are handed to the node's.
-module(hydros_fault).
-export([names/0, kernel_names/0, kernel_steps/0, commit/1, can_commit/1, boot_loop/1, sink/0]).

-define(LIVES, 10). % then it comes up in safe mode (docs/failure.md)
-define(LOOP_MS, 600000).
-define(POLL_MS, 20).
-define(ANSWER_MS, 50). % so long the answer has to reach who asked
-define(SINK_MS, 60000).
-define(STORM, 20000). % messages to each node
-define(CRASHES, 3000).
-define(FILES, 5000).
-define(PROCESSES, 50000).

%% @doc Faults of Erlang: what ends the node by way of its virtual machine, and what only strains it.
%% <ul>
%% <li>`erl_exit', `erl_abort', `erl_stop': `halt(3)', `halt(abort)', `init:stop()'; after the last one the node stays down
%%   until {@link hydros:restart/1};</li>
%% <li>`erl_atoms', `erl_memory': atoms, binaries until there is no room: the virtual machine ends;</li>
%% <li>`erl_processes', `erl_files', `erl_ports': as many as the limits allow, for half a second, then none of them;</li>
%% <li>`erl_storm': 20,000 messages of 1 KB to each other node; `erl_deaf': a process that for a minute reads none of
%%   as many that each other node sends to it;</li>
%% <li>`erl_crashes': 3000 processes that fail; `erl_escalate': a child of the application's supervisor that fails until
%%   that gives up, and with it the node;</li>
%% <li>`erl_partition': this node ends its connections with all others, which then connect again;</li>
%% <li>`erl_native_never': a native function that does not return, on the one scheduler that a node has.</li>
%% </ul>
-spec names() -> [atom()].
names() ->
    [
        erl_exit, erl_abort, erl_stop, erl_atoms, erl_memory, erl_processes, erl_files, erl_ports, erl_storm, erl_deaf,
        erl_crashes, erl_escalate, erl_partition, erl_native_never
    ].

%% @private Faults of a debug kernel, the tables in kernel/debug/fault_*.c: a release kernel knows none of them, and would not
%% say that a name is a wrong one.
-spec kernel_names() -> [atom()].
kernel_names() ->
    [
        partition, peek, published, foreign_ring, store, image, text, text_direct, null, user, canonical, nx, jump,
        panic, assert, undefined, invalid_instruction, general_protection, divide, stack_overflow, hang, hang_irqs_off,
        nmi_loop, halt, gates, triple_fault,
        heap_overrun, off_by_one, double_free, use_after_free, memory_eat, memory_eat_all, wild_write,
        beam_segv, beam_abort, beam_exit, beam_hang, beam_spin, beam_wild,
        ring_size, ring_torn, ring_sequence, ring_duplicate, ring_checksum, ring_kind, ring_session, stale_session,
        ring_position, ring_position_back, ring_position_odd, ring_read_position, ring_noise, bell_silenced, flood,
        quarrel, outcast,
        store_first, store_second, store_both, store_machine, trampoline, resume_address, clock_jump, page_words,
        page_life
    ].

%% @private Steps of a guardian, at which a fault may wait.
-spec kernel_steps() -> [atom()].
kernel_steps() ->
    [idle, intent, fence, bury, load, start].

%% @private On the node itself. Returns before the fault shows, for those of its Erlang.
-spec commit(term()) -> ok | {error, term()}.
commit(Fault) ->
    case owner(Fault) of
        erlang -> _ = spawn(fun() -> begin_at_home(Fault) end), ok;
        {kernel, Name} -> of_kernel(Name);
        none -> {error, einval}
    end.

%% Who commits it.
owner(Fault) when is_atom(Fault) ->
    Name = atom_to_list(Fault),
    case {lists:member(Fault, names()), is_of_kernel(string:split(Name, "@"))} of
        {true, _} -> erlang;
        {_, true} -> {kernel, Name};
        _ -> none
    end;
owner(_) ->
    none.

is_of_kernel([Name | Step]) ->
    is_among(Name, kernel_names()) andalso (Step =:= [] orelse is_among(hd(Step), kernel_steps())).

is_among(Name, Known) ->
    lists:any(fun(One) -> atom_to_list(One) =:= Name end, Known).

%% @private Whether this node can do it at all, without doing it: a kernel that commits faults says of an unknown name that
%% it is one.
-spec can_commit(atom()) -> ok | {error, term()}.
can_commit(Fault) ->
    case owner(Fault) of
        erlang ->
            ok;
        {kernel, _} ->
            case of_kernel("unknown") of
                {error, einval} -> ok;
                Refused -> Refused
            end;
        none ->
            {error, einval}
    end.

of_kernel(Name) ->
    case hydros_machine:command(["fault ", Name]) of
        {error, enotsup} -> {error, no_debug_kernel};
        Answer -> Answer
    end.

%% Its output and what is logged of it stay here: the group leader is the caller's, which may be on another node.
begin_at_home(Fault) ->
    true = group_leader(whereis(init), self()),
    timer:sleep(?ANSWER_MS),
    act(Fault).

act(erl_exit) -> erlang:halt(3);
act(erl_abort) -> erlang:halt(abort);
act(erl_stop) -> init:stop();
act(erl_atoms) -> atoms(0);
act(erl_memory) -> memory([]);
act(erl_processes) -> processes_make(?PROCESSES, []);
act(erl_files) -> hold(fun() -> file:open("/dev/null", [raw, read]) end);
act(erl_ports) -> hold(fun() -> gen_udp:open(0, [inet, {ip, {127, 0, 0, 1}}]) end);
act(erl_storm) -> lists:foreach(fun storm/1, nodes());
act(erl_deaf) -> deaf();
act(erl_crashes) -> crashes(?CRASHES);
act(erl_escalate) -> escalate();
act(erl_partition) -> lists:foreach(fun erlang:disconnect_node/1, nodes());
act(erl_native_never) -> never().

atoms(N) ->
    _ = list_to_atom("hydros_fault_" ++ integer_to_list(N)),
    atoms(N + 1).

memory(Held) ->
    memory([binary:copy(<<1:8192>>, 4096) | Held]).

%% Up to the limit: whoever asks for one more fails, and nobody else.
processes_make(0, Pids) ->
    processes_end(Pids);
processes_make(Left, Pids) ->
    try spawn(fun() -> timer:sleep(?SINK_MS) end) of
        Pid -> processes_make(Left - 1, [Pid | Pids])
    catch
        error:system_limit -> processes_end(Pids)
    end.

processes_end(Pids) ->
    timer:sleep(500),
    lists:foreach(fun(Pid) -> exit(Pid, kill) end, Pids).

%% What a process holds is closed when it ends.
hold(Open) ->
    Held = hold(Open, ?FILES, []),
    timer:sleep(500),
    length(Held).

hold(_, 0, Held) ->
    Held;
hold(Open, Left, Held) ->
    case Open() of
        {ok, One} -> hold(Open, Left - 1, [One | Held]);
        {error, _} -> Held
    end.

storm(Node) ->
    Text = binary:copy(<<"storm">>, 200),
    Sink = spawn(Node, ?MODULE, sink, []),
    lists:foreach(fun(N) -> Sink ! {Text, N} end, lists:seq(1, ?STORM)),
    Sink ! stop.

%% @private Reads until it is told to stop, or nothing comes any more.
-spec sink() -> ok.
sink() ->
    receive
        stop -> ok;
        _ -> sink()
    after ?SINK_MS -> ok
    end.

deaf() ->
    Self = self(),
    Text = binary:copy(<<"storm">>, 200),
    _ = [spawn(Node, fun() -> shout(Self, Text, ?STORM) end) || Node <- nodes()],
    timer:sleep(?SINK_MS).

shout(_, _, 0) ->
    ok;
shout(Pid, Text, N) ->
    Pid ! {N, Text},
    shout(Pid, Text, N - 1).

crashes(0) ->
    ok;
crashes(N) ->
    _ = spawn(fun() -> erlang:error(hydros_fault) end),
    _ = [timer:sleep(1) || N rem 100 =:= 0],
    crashes(N - 1).

escalate() ->
    case whereis(hydros_sup) of
        undefined ->
            ok;
        _ ->
            _ = [exit(Pid, kill) || Pid <- [whereis(hydros_log)], is_pid(Pid)],
            timer:sleep(10),
            escalate()
    end.

%% The emulator's own function for its tests of blocked schedulers.
never() ->
    _ = erts_debug:set_internal_state(available_internal_state, true),
    erts_debug:set_internal_state(sleep, 3600000).

%% @private On the node that was asked.
-spec boot_loop(hydros_address:node_number()) -> ok | {error, term()}.
boot_loop(Number) ->
    case {Number =:= hydros_self:number(), life(Number)} of
        {true, _} -> {error, own_node};
        {false, none} -> {error, esrch};
        {false, Life} -> _ = spawn(fun() -> again(Number, Life, ?LIVES, now_ms() + ?LOOP_MS) end), ok
    end.

%% Ends this life, and so many in all.
again(_, _, 0, _) ->
    ok;
again(Number, Life, Left, Until) ->
    _ = hydros_machine:command(["kill ", integer_to_list(Number)]),
    next(Number, Life, Left - 1, Until).

next(Number, Old, Left, Until) ->
    timer:sleep(?POLL_MS),
    case {now_ms() < Until, life(Number)} of
        {false, _} -> ok;
        {true, Life} when Life =:= Old; Life =:= none -> next(Number, Old, Left, Until);
        {true, Life} -> again(Number, Life, Left, Until)
    end.

life(Number) ->
    case hydros_machine:node(Number) of
        {ok, #{state := running, incarnation := Life}} -> Life;
        _ -> none
    end.

now_ms() ->
    erlang:monotonic_time(millisecond).
