%% SPDX-License-Identifier: Apache-2.0
%% @doc Supervises programs over all nodes of the machine: each runs where its placement says, and on a living node
%% when its node dies.
%%
%% ```
%% hydros_placement:start_child(#{id => counter, start => {counter, start_link, []}, unique => true}).
%% '''
%% `start' is as in a supervisor's child specification. The other keys may be left out:
%% <ul>
%% <li>`nodes': `all', or a list of numbers of nodes in the order of preference;</li>
%% <li>`copies': on how many nodes it runs, or `all'; 1 unless given;</li>
%% <li>`unique': `true' when never two copies may run on nodes that see each other: it is started only when all nodes
%%   agree on who decides, and when a node that may have it is silent without being dead, that is waited for: some
%%   seconds, and as long as another node sees it. Nodes that were apart for longer may each have a copy when they
%%   meet: then all but one are ended;</li>
%% <li>`return': `true' when it goes back to a node that is preferred when that returns;</li>
%% <li>`restart', `shutdown': as in a supervisor, `shutdown' in milliseconds. One that is `transient' or `temporary' and ends,
%%   or whose start gives `ignore', is done: it is forgotten, and its other copies end, too.</li>
%% </ul>
%% On each node there is one agent. The one on the lowest node leads, once the others have granted it that: it alone
%% starts and stops, by {@link hydros_place:plan/2}. What is wanted is known to all agents, so any of them can lead; that
%% a program was removed is known for ten minutes, so a node that was apart for longer brings it back. An agent that
%% fails is started anew and takes over what runs.
-module(hydros_placement).
-behaviour(gen_server).
-export([start_link/0, start_child/1, stop_child/1, which_children/0, whereis/1, leader/0, started/3]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).
-compile({no_auto_import, [whereis/1]}).

-define(TICK_MS, 100).
%% Before a program that failed on a node is tried again.
-define(AGAIN_MS, 1000).
%% After that no message of a connected node is under way that still knows a removed program.
-define(FORGET_MS, 600000).

-type node_number() :: hydros_address:node_number().
-type child() :: #{id := term(), start := {module(), atom(), [term()]}, atom() => term()}.
-type version() :: {integer(), node_number()}.
-type wishes() :: #{term() => {version(), hydros_program:program() | deleted}}.
-type life() :: {node_number(), Incarnation :: pos_integer()}.
-type running() :: #{term() => pid() | starting}.
-export_type([child/0]).

-record(member, {
    pid :: pid(),
    monitor :: reference(),
    incarnation :: pos_integer(),
    granted = false :: boolean(),
    running = #{} :: running(),
    %% The other agents that it knows, as it tells the one that may lead.
    sees = [] :: [life()]
}).
-record(state, {
    number :: node_number(),
    members = #{} :: #{node_number() => #member{}},
    wishes = #{} :: wishes(),
    %% The highest count of a version ever seen.
    clock = 0 :: integer(),
    %% Programs here, and their keepers.
    running = #{} :: running(),
    keepers = #{} :: #{pid() => term()},
    %% Whose orders are obeyed; who asked too early to be the one.
    leader = none :: none | pid(),
    asker = none :: none | pid(),
    %% Whom we told last which agents we know, and what.
    told = none :: none | {pid(), [life()]},
    %% As leader: programs that a step is under way for, and where.
    busy = #{} :: #{term() => node_number()},
    %% Until when a node is waited for that may have programs: all at the start, later those whose connection was
    %% lost without a death.
    start_until :: integer() | met,
    lost = #{} :: #{node_number() => {Incarnation :: pos_integer(), Until :: integer(), running()}},
    tick = none :: none | reference()
}).

%% @private
-spec start_link() -> {ok, pid()} | {error, term()} | ignore.
start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], [{spawn_opt, [{priority, high}]}]).

%% @doc Places a program. Each node may ask for the same one; asking again changes nothing.
-spec start_child(child()) -> ok | {error, already_present | {bad_child, term()}}.
start_child(#{id := _} = Child) ->
    gen_server:call(?MODULE, {start_child, Child});
start_child(_) ->
    {error, {bad_child, id}}.

%% @doc Stops a program on all nodes and forgets it.
-spec stop_child(Id :: term()) -> ok | {error, not_found}.
stop_child(Id) ->
    gen_server:call(?MODULE, {stop_child, Id}).

%% @doc All programs, and on which nodes they run.
-spec which_children() -> [{Id :: term(), [{node_number(), pid() | starting}]}].
which_children() ->
    gen_server:call(?MODULE, which_children).

%% @doc The process of a program.
-spec whereis(Id :: term()) -> pid() | undefined.
whereis(Id) ->
    case lists:keyfind(Id, 1, which_children()) of
        {_, Copies} ->
            case [Pid || {_, Pid} <- Copies, is_pid(Pid)] of
                [Pid | _] -> Pid;
                [] -> undefined
            end;
        false ->
            undefined
    end.

%% @doc The node whose agent decides.
-spec leader() -> node() | none.
leader() ->
    gen_server:call(?MODULE, leader).

%% @private A keeper tells that its program runs.
-spec started(term(), pid(), pid()) -> ok.
started(Id, Keeper, Pid) ->
    gen_server:cast(?MODULE, {started, Id, Keeper, Pid}).

program(#{id := _, start := {Module, Function, Arguments}} = Child) when
    is_atom(Module), is_atom(Function), is_list(Arguments)
->
    Defaults = #{
        nodes => all, copies => 1, unique => false, return => false, restart => permanent, shutdown => 5000
    },
    case maps:to_list(maps:without([id, start | maps:keys(Defaults)], Child)) of
        [] -> checked(maps:merge(Defaults, Child));
        [{Key, _} | _] -> {error, Key}
    end;
program(_) ->
    {error, start}.

checked(Program) ->
    Checks = [
        {nodes, fun(V) -> V =:= all orelse (is_list(V) andalso V =/= [] andalso lists:all(fun is_number_of_node/1, V)) end},
        {copies, fun(V) -> V =:= all orelse (is_integer(V) andalso V > 0) end},
        {unique, fun is_boolean/1},
        {return, fun is_boolean/1},
        {restart, fun(V) -> lists:member(V, [permanent, transient, temporary]) end},
        {shutdown, fun(V) -> is_integer(V) andalso V > 0 end}
    ],
    case [Key || {Key, Check} <- Checks, not Check(maps:get(Key, Program))] of
        [] -> {ok, Program};
        [Key | _] -> {error, Key}
    end.

is_number_of_node(V) -> is_integer(V) andalso V >= 0.

%% @private
-spec init([]) -> {ok, #state{}}.
init([]) ->
    case is_alive() of
        true -> ok = net_kernel:monitor_nodes(true);
        false -> ok
    end,
    New = #state{number = hydros_self:number(), start_until = now_ms() + wait_ms()},
    State = lists:foldl(fun wish_first/2, inherit(New), programs()),
    [gen_server:cast({?MODULE, Node}, hello(true, State)) || Node <- nodes()],
    {ok, act(State)}.

%% From an agent before this one: what was wanted, and what runs.
inherit(State) ->
    Wanting =
        case hydros_programs:recall() of
            {ok, {Clock, Wishes}} -> wishes_set(Wishes, State#state{clock = Clock});
            none -> State
        end,
    lists:foldl(fun adopt/2, Wanting, hydros_programs:keepers()).

adopt({Keeper, Id, What}, #state{running = Running, keepers = Keepers} = State) ->
    _ = monitor(process, Keeper),
    State#state{running = Running#{Id => What}, keepers = Keepers#{Keeper => Id}}.

programs() ->
    {ok, Programs} = application:get_env(hydros, programs),
    Programs.

wish_first(Child, #state{wishes = Wishes} = State) ->
    case program(Child) of
        {ok, #{id := Id}} when is_map_key(Id, Wishes) -> State;
        {ok, #{id := Id} = Program} -> wish(Id, Program, State);
        {error, Reason} -> logger:error("hydros: no program: ~tp: ~tp", [Child, Reason]), State
    end.

%% Nodes of a crowd take longer to find each other (hydros_cluster).
wait_ms() ->
    {ok, Milliseconds} = application:get_env(hydros, placement_wait_ms),
    Milliseconds * hydros_self:crowd().

%% @private
-spec handle_call(term(), gen_server:from(), #state{}) -> {reply, term(), #state{}}.
handle_call({start_child, #{id := Id} = Child}, _, #state{wishes = Wishes} = State) ->
    case {program(Child), Wishes} of
        {{ok, Program}, #{Id := {_, Program}}} -> {reply, ok, State};
        {{ok, _}, #{Id := {_, #{}}}} -> {reply, {error, already_present}, State};
        {{ok, Program}, _} -> {reply, ok, act(wish(Id, Program, State))};
        {{error, Reason}, _} -> {reply, {error, {bad_child, Reason}}, State}
    end;
handle_call({stop_child, Id}, _, #state{wishes = Wishes} = State) ->
    case Wishes of
        #{Id := {_, #{}}} -> {reply, ok, act(wish(Id, deleted, State))};
        _ -> {reply, {error, not_found}, State}
    end;
handle_call(which_children, _, #state{wishes = Wishes} = State) ->
    All = all_running(State),
    Children = [{Id, copies(Id, All)} || {Id, {_, #{}}} <- maps:to_list(Wishes)],
    {reply, Children, State};
handle_call(leader, _, #state{leader = none} = State) ->
    {reply, none, State};
handle_call(leader, _, #state{leader = Leader} = State) ->
    {reply, node(Leader), State};
handle_call(_, _, State) ->
    {reply, {error, unknown_call}, State}.

copies(Id, All) ->
    lists:sort([{Number, maps:get(Id, Running)} || {Number, Running} <- All, is_map_key(Id, Running)]).

all_running(#state{number = Number, running = Running, members = Members}) ->
    [{Number, Running} | [{N, R} || {N, #member{running = R}} <- maps:to_list(Members)]].

%% @private What agents and keepers tell.
-spec handle_cast(term(), #state{}) -> {noreply, #state{}}.
handle_cast({hello, Answer, Number, Pid, Incarnation, Wishes, Running}, State) when
    is_integer(Number), Number =/= State#state.number, is_pid(Pid), is_map(Wishes), is_map(Running)
->
    Met = meet(Number, Pid, Incarnation, Running, State),
    case Answer of
        true -> gen_server:cast(Pid, hello(false, Met));
        false -> ok
    end,
    {noreply, act(wishes_merge(Wishes, Met))};
handle_cast({wishes, Wishes}, State) when is_map(Wishes) ->
    {noreply, act(wishes_merge(Wishes, State))};
handle_cast({lead, Pid}, State) when is_pid(Pid) ->
    {noreply, act(State#state{asker = Pid})};
handle_cast({sees, Number, Pid, Sees}, #state{members = Members} = State) when is_list(Sees) ->
    case Members of
        #{Number := #member{pid = Pid} = Member} ->
            {noreply, act(State#state{members = Members#{Number => Member#member{sees = Sees}}})};
        _ ->
            {noreply, State}
    end;
handle_cast({granted, Number, Pid, Running}, #state{members = Members} = State) when is_map(Running) ->
    case Members of
        #{Number := #member{pid = Pid} = Member} ->
            Granted = Member#member{granted = true, running = Running},
            {noreply, act(State#state{members = Members#{Number => Granted}})};
        _ ->
            {noreply, State}
    end;
handle_cast({running, Number, Pid, Running, News}, #state{members = Members} = State) when is_map(Running) ->
    case Members of
        #{Number := #member{pid = Pid} = Member} ->
            Seen = State#state{members = Members#{Number => Member#member{running = Running}}},
            {noreply, act(news(News, Number, Seen))};
        _ ->
            {noreply, State}
    end;
handle_cast({do, Leader, Step}, #state{leader = Leader} = State) ->
    {noreply, act(do(Step, State))};
handle_cast({do, Leader, {_, _} = Step}, State) when is_pid(Leader) ->
    %% Of one who leads no more; what it learns is that nothing was done.
    gen_server:cast(Leader, running([{done, id(Step)}], State)),
    {noreply, State};
handle_cast({started, Id, Keeper, Pid}, #state{running = Running, keepers = Keepers} = State) ->
    case Keepers of
        #{Keeper := Id} -> {noreply, tell([], State#state{running = Running#{Id => Pid}})};
        _ -> {noreply, State}
    end;
handle_cast(_, State) ->
    {noreply, State}.

%% @private
-spec handle_info(term(), #state{}) -> {noreply, #state{}}.
handle_info({nodeup, Node}, State) when is_atom(Node) ->
    gen_server:cast({?MODULE, Node}, hello(true, State)),
    {noreply, State};
handle_info({'DOWN', Monitor, process, Pid, Reason}, #state{keepers = Keepers, members = Members} = State) ->
    case Keepers of
        #{Pid := Id} ->
            {noreply, act(ended(Id, Pid, Reason, State))};
        _ ->
            Gone = [Number || {Number, #member{monitor = M}} <- maps:to_list(Members), M =:= Monitor],
            {noreply, act(lists:foldl(fun part/2, State, Gone))}
    end;
handle_info({timeout, Tick, tick}, #state{tick = Tick} = State) ->
    {noreply, act(State#state{tick = none})};
handle_info({again, Id, Number}, #state{busy = Busy} = State) ->
    case Busy of
        #{Id := Number} -> {noreply, act(State#state{busy = maps:remove(Id, Busy)})};
        _ -> {noreply, State}
    end;
handle_info({forget, Id, Version}, #state{wishes = Wishes} = State) ->
    case Wishes of
        #{Id := {Version, deleted}} -> {noreply, wishes_set(maps:remove(Id, Wishes), State)};
        _ -> {noreply, State}
    end;
handle_info(_, State) ->
    {noreply, State}.

%% ---- the other agents ----

hello(Answer, #state{number = Number, wishes = Wishes, running = Running}) ->
    {hello, Answer, Number, self(), hydros_self:incarnation(), Wishes, Running}.

meet(Number, Pid, Incarnation, Running, #state{members = Members, lost = Lost} = State) ->
    case Members of
        #{Number := #member{pid = Pid} = Old} ->
            State#state{members = Members#{Number := Old#member{running = Running}}, lost = maps:remove(Number, Lost)};
        #{Number := #member{monitor = Monitor}} ->
            %% Its greeting came before the end of the one before it.
            demonitor(Monitor, [flush]),
            meet(Number, Pid, Incarnation, Running, part(Number, State));
        _ ->
            State#state{members = Members#{Number => member(Pid, Incarnation, Running)}, lost = maps:remove(Number, Lost)}
    end.

member(Pid, Incarnation, Running) ->
    #member{pid = Pid, monitor = monitor(process, Pid), incarnation = Incarnation, running = Running}.

%% An agent is gone. Its node is dead, or else what it runs may still run.
part(Number, #state{members = Members, lost = Lost, busy = Busy, leader = Leader, told = Told} = State) ->
    {#member{pid = Pid, incarnation = Incarnation, running = Running}, Rest} = maps:take(Number, Members),
    State#state{
        members = Rest,
        lost = Lost#{Number => {Incarnation, now_ms() + wait_ms(), Running}},
        busy = maps:filter(fun(_, Where) -> Where =/= Number end, Busy),
        leader = case Leader of Pid -> none; _ -> Leader end,
        told = case Told of {Pid, _} -> none; _ -> Told end
    }.

%% Tells all agents what runs here; `News' is for the leader.
tell(News, #state{members = Members} = State) ->
    [gen_server:cast(Pid, running(News, State)) || #member{pid = Pid} <- maps:values(Members)],
    news(News, State#state.number, State).

running(News, #state{number = Number, running = Running}) ->
    {running, Number, self(), Running, News}.

news(News, Number, State) ->
    lists:foldl(fun(New, S) -> new(New, Number, S) end, State, News).

new({done, Id}, Number, #state{busy = Busy} = State) ->
    case Busy of
        #{Id := Number} -> State#state{busy = maps:remove(Id, Busy)};
        _ -> State
    end;
new({failed, Id}, Number, #state{busy = Busy, leader = Leader} = State) when Leader =:= self() ->
    _ = erlang:send_after(?AGAIN_MS, self(), {again, Id, Number}),
    State#state{busy = Busy#{Id => Number}};
new({failed, _}, _, State) ->
    State.

%% ---- what is wanted ----

wish(Id, Program, #state{wishes = Wishes, clock = Clock, number = Number, members = Members} = State) ->
    New = #{Id => {{Clock + 1, Number}, Program}},
    [gen_server:cast(Pid, {wishes, New}) || #member{pid = Pid} <- maps:values(Members)],
    wishes_set(maps:merge(Wishes, New), State).

wishes_merge(New, #state{wishes = Wishes} = State) ->
    Good = maps:filter(fun is_wish/2, New),
    wishes_set(maps:merge_with(fun(_, One, Other) -> max(One, Other) end, Wishes, Good), State).

is_wish(_, {{Count, Number}, deleted}) -> is_integer(Count) andalso is_integer(Number);
is_wish(Id, {{Count, Number}, #{id := Id} = Program}) ->
    is_integer(Count) andalso is_integer(Number) andalso program(Program) =:= {ok, Program};
is_wish(_, _) -> false.

%% What was removed is forgotten after a time, but for a program that stands in the application's environment: a node
%% that starts would bring that back.
wishes_set(Wishes, #state{wishes = Wishes} = State) ->
    State;
wishes_set(Wishes, #state{wishes = Old, clock = Clock} = State) ->
    Kept = [Id || #{id := Id} <- programs()],
    maps:foreach(
        fun (Id, {Version, deleted} = Wish) ->
                case maps:get(Id, Old, none) =:= Wish orelse lists:member(Id, Kept) of
                    true -> ok;
                    false -> _ = erlang:send_after(?FORGET_MS, self(), {forget, Id, Version}), ok
                end;
            (_, _) -> ok
        end,
        Wishes
    ),
    Latest = lists:max([Clock | [Count || {{Count, _}, _} <- maps:values(Wishes)]]),
    hydros_programs:remember({Latest, Wishes}),
    State#state{wishes = Wishes, clock = Latest}.

%% ---- programs here ----

do({start, #{id := Id} = Program}, #state{running = Running} = State) ->
    case is_map_key(Id, Running) orelse is_elsewhere(Program, State) of
        true ->
            tell([{done, Id}], State);
        false ->
            {ok, Keeper} = hydros_programs:start(Program),
            tell([{done, Id}], adopt({Keeper, Id, starting}, State))
    end;
do({stop, Id}, #state{keepers = Keepers} = State) ->
    case [Keeper || {Keeper, Of} <- maps:to_list(Keepers), Of =:= Id] of
        [] -> tell([{done, Id}], State);
        Found -> lists:foreach(fun hydros_program:stop/1, Found), State
    end.

id({start, #{id := Id}}) -> Id;
id({stop, Id}) -> Id.

%% A unique program that runs on a node which the leader does not see, or did not when it decided.
is_elsewhere(#{unique := true, id := Id}, #state{members = Members, lost = Lost}) ->
    Seen = [{N, Life} || {N, #member{running = #{Id := _}, incarnation = Life}} <- maps:to_list(Members)],
    not are_gone(Seen ++ [{N, Life} || {N, {Life, _, #{Id := _}}} <- maps:to_list(Lost)]);
is_elsewhere(_, _) ->
    false.

ended(Id, Keeper, Reason, #state{running = Running, keepers = Keepers} = State) ->
    Without = State#state{running = maps:remove(Id, Running), keepers = maps:remove(Keeper, Keepers)},
    case Reason of
        {shutdown, stopped} -> tell([{done, Id}], Without);
        {shutdown, finished} -> tell([{done, Id}], wish(Id, deleted, Without));
        _ -> tell([{failed, Id}], Without)
    end.

%% ---- deciding ----

%% After each change: who leads, and if it is this agent, what is to be done.
act(State) ->
    #state{number = Number, members = Members} = Seen = look(State),
    case lists:min([Number | maps:keys(Members)]) of
        Number -> tick(lead(Seen));
        Lowest -> tick(follow(maps:get(Lowest, Members), Seen))
    end.

follow(#member{pid = Pid}, State) ->
    grant(Pid, tell_who(Pid, State)).

grant(Pid, #state{asker = Pid, number = Number, running = Running} = State) ->
    gen_server:cast(Pid, {granted, Number, self(), Running}),
    State#state{leader = Pid, asker = none, busy = #{}};
grant(Pid, #state{leader = Pid} = State) ->
    State;
grant(_, State) ->
    State#state{leader = none, busy = #{}}.

%% Before it is granted anything, one that may lead knows whom we see, and whom we do not see any more though they may live.
tell_who(Pid, #state{number = Number, members = Members, lost = Lost, told = Told} = State) ->
    Lives = [{N, Life} || {N, #member{incarnation = Life}} <- maps:to_list(Members)],
    case {Pid, Lives ++ [{N, Life} || {N, {Life, _, _}} <- maps:to_list(Lost)]} of
        Told -> State;
        {_, Sees} = New -> gen_server:cast(Pid, {sees, Number, self(), Sees}), State#state{told = New}
    end.

lead(#state{members = Members, leader = Leader} = State) ->
    Asked =
        case Leader =:= self() of
            true -> State;
            %% What was granted to an earlier time of leading is not valid any more.
            false -> State#state{members = maps:map(fun(_, M) -> M#member{granted = false} end, Members), busy = #{}}
        end,
    [gen_server:cast(Pid, {lead, self()}) || #member{pid = Pid, granted = false} <- maps:values(Asked#state.members)],
    plan(Asked#state{leader = self()}).

plan(#state{wishes = Wishes, number = Number, members = Members, busy = Busy} = State) ->
    Granted = [N || {N, #member{granted = true}} <- maps:to_list(Members)],
    View = #{
        nodes => lists:sort([Number | Granted]),
        running => maps:from_list([{N, maps:keys(Running)} || {N, Running} <- all_running(State)]),
        busy => maps:keys(Busy),
        agreed => length(Granted) =:= map_size(Members) andalso is_complete(State) andalso are_gone(hidden(State))
    },
    Wanted = [Program || {_, #{} = Program} <- maps:values(Wishes)],
    lists:foldl(fun order/2, State, hydros_place:plan(Wanted, View)).

order({What, Id, Node}, #state{number = Number, members = Members, busy = Busy, wishes = Wishes} = State) ->
    Step =
        case What of
            start -> {start, element(2, maps:get(Id, Wishes))};
            stop -> {stop, Id}
        end,
    Pid =
        case Node of
            Number -> self();
            _ -> (maps:get(Node, Members))#member.pid
        end,
    gen_server:cast(Pid, {do, self(), Step}),
    State#state{busy = Busy#{Id => Node}}.

%% ---- nodes that may run programs and do not answer ----

is_complete(#state{start_until = Start, lost = Lost}) ->
    Start =:= met andalso map_size(Lost) =:= 0.

%% Lives that other agents see and we do not: among them and us there must not be two of a kind either.
hidden(#state{number = Number, members = Members}) ->
    [
        Life
     || #member{sees = Sees} <- maps:values(Members),
        {N, _} = Life <- Sees,
        N =/= Number,
        not is_map_key(N, Members)
    ].

are_gone([]) ->
    true;
are_gone(Hidden) ->
    Lives = lives(),
    not lists:any(fun({N, Life}) -> is_life(N, Life, Lives) end, Hidden).

%% Who lives, by the kernel. When that cannot be asked, nobody is taken for gone.
lives() ->
    maps:from_list([{N, Life} || #{node := N, state := running, incarnation := Life} <- hydros_machine:nodes()]).

is_life(_, _, Lives) when map_size(Lives) =:= 0 -> true;
is_life(N, Life, Lives) -> maps:get(N, Lives, none) =:= Life.

look(#state{start_until = met, lost = Lost} = State) when map_size(Lost) =:= 0 ->
    State;
look(#state{number = Number, members = Members, start_until = Start, lost = Lost} = State) ->
    Now = now_ms(),
    Lives = lives(),
    Missing = maps:keys(Lives) -- [Number | maps:keys(Members)],
    State#state{
        start_until =
            case Start =:= met orelse (Missing =:= [] andalso map_size(Lives) > 0) orelse Now >= Start of
                true -> met;
                false -> Start
            end,
        lost = maps:filter(fun(N, {Life, Until, _}) -> is_life(N, Life, Lives) andalso Now < Until end, Lost)
    }.

%% While something is waited for.
tick(#state{tick = none, leader = Leader, members = Members} = State) ->
    Ungranted = [N || {N, #member{granted = false}} <- maps:to_list(Members)],
    case is_complete(State) andalso (Leader =/= self() orelse (Ungranted =:= [] andalso hidden(State) =:= [])) of
        true -> State;
        false -> State#state{tick = erlang:start_timer(?TICK_MS, self(), tick)}
    end;
tick(State) ->
    State.

now_ms() ->
    erlang:monotonic_time(millisecond).
