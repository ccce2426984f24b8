%% SPDX-License-Identifier: Apache-2.0
%% @doc The machine's whole state for the web console, gathered once a second on the node that serves it, for as long as
%% somebody looks: all who look get the same bytes. Nobody looks: nothing runs here.
-module(hydros_web_state).
-behaviour(gen_server).
-export([start_link/1, subscribe/0, sample/0, death/2, deaths_here/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(EVERY_MS, 1000).
-define(TIMEOUT_MS, 1000).
-define(CALL_MS, 10000).
%% Fewer than connections (hydros_web), so that pages and orders have some left.
-define(WATCHERS_MAX, 48).
%% Events of so many seconds may wait for one of them.
-define(WAITING_MAX, 8).
%% A death is written down after the state has changed; so long deaths are looked for.
-define(LOOKS, 8).

%% A life by its node and incarnation.
-type life() :: {hydros_address:node_number(), pos_integer()}.

-record(state, {
    actions :: boolean(),
    watchers = #{} :: #{pid() => reference()},
    tick = none :: none | reference(),
    samples = #{} :: #{hydros_address:node_number() => hydros_web_view:sample()},
    lives = #{} :: hydros_web_view:lives(),
    shape = none :: term(),
    looks = 0 :: non_neg_integer(),
    deaths = [] :: [hydros_text:death()],
    %% Who asks for deaths that are not known here: those the other nodes are being asked for, and the next ones.
    asker = none :: none | reference(),
    asked_ms :: integer(),
    waiting = [] :: [{life(), gen_server:from()}],
    next = [] :: [{life(), gen_server:from()}],
    told = <<>> :: iodata()
}).

%% @private `Actions': whether there is a token.
-spec start_link(boolean()) -> {ok, pid()} | ignore | {error, term()}.
start_link(Actions) ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, Actions, []).

%% @doc From now on until it ends, the caller gets messages `{hydros_web, Event}', Event being bytes of an event stream; or there are
%% too many already.
-spec subscribe() -> ok | full.
subscribe() ->
    gen_server:call(?MODULE, subscribe).

%% @doc What this node's Erlang says of itself.
-spec sample() -> hydros_web_view:sample().
sample() ->
    {ok, Connections} = net_kernel:nodes_info(),
    Sum = fun(Key) -> lists:sum([proplists:get_value(Key, Info, 0) || {_, Info} <- Connections]) end,
    #{
        incarnation => hydros_self:incarnation(),
        time => erlang:monotonic_time(millisecond),
        in => Sum(in),
        out => Sum(out),
        status => hydros:local_status(),
        lives => own_life()
    }.

own_life() ->
    case application:get_env(hydros, web_since_ms) of
        {ok, Since} -> #{{hydros_self:number(), hydros_self:incarnation()} => Since};
        undefined -> #{}
    end.

%% @doc All that is known of one death: by this node, or else by the others, which are asked at most once a second, for
%% all who want to know. Behind the machine's shared address this may not be the node that told the page of it.
-spec death(hydros_address:node_number(), pos_integer()) -> {ok, hydros_text:death()} | error.
death(Node, Life) ->
    case deaths_here([{Node, Life}]) of
        [Death | _] -> {ok, Death};
        [] -> gen_server:call(?MODULE, {death, {Node, Life}}, ?CALL_MS)
    end.

%% @private Those deaths that this node's kernel or console knows.
-spec deaths_here([life()]) -> [hydros_text:death()].
deaths_here(Lives) ->
    find(Lives, hydros:crashes() ++ gen_server:call(?MODULE, deaths, ?CALL_MS)).

find(Lives, Deaths) ->
    [Death || #{node := Node, incarnation := Life} = Death <- Deaths, lists:member({Node, Life}, Lives)].

%% @private
-spec init(boolean()) -> {ok, #state{}}.
init(Actions) ->
    case application:get_env(hydros, web_since_ms) of
        undefined -> application:set_env(hydros, web_since_ms, now_ms());
        {ok, _} -> ok
    end,
    {ok, #state{actions = Actions, asked_ms = erlang:monotonic_time(millisecond) - ?EVERY_MS}}.

%% @private
-spec handle_call(subscribe | deaths | {death, life()}, gen_server:from(), #state{}) ->
    {reply, ok | full | [hydros_text:death()], #state{}} | {noreply, #state{}}.
handle_call(deaths, _, #state{deaths = Deaths} = State) ->
    {reply, Deaths, State};
handle_call({death, Life}, From, #state{next = Next} = State) ->
    {noreply, ask_others(State#state{next = [{Life, From} | Next]})};
handle_call(subscribe, _, #state{watchers = Watchers} = State) when map_size(Watchers) >= ?WATCHERS_MAX ->
    {reply, full, State};
handle_call(subscribe, {Pid, _}, #state{watchers = Watchers, tick = Tick, told = Told} = State) ->
    _ = [Pid ! {hydros_web, Told} || Tick =/= none],
    New = State#state{watchers = Watchers#{Pid => monitor(process, Pid)}},
    case Tick of
        none -> {reply, ok, New#state{tick = erlang:start_timer(0, self(), tick), shape = none, samples = #{}}};
        _ -> {reply, ok, New}
    end.

%% @private
-spec handle_cast(term(), #state{}) -> {noreply, #state{}}.
handle_cast(_, State) ->
    {noreply, State}.

%% @private
-spec handle_info(term(), #state{}) -> {noreply, #state{}}.
handle_info({timeout, Tick, tick}, #state{tick = Tick, watchers = Watchers} = State) when map_size(Watchers) > 0 ->
    {noreply, (look(State))#state{tick = erlang:start_timer(?EVERY_MS, self(), tick)}};
handle_info({timeout, Tick, tick}, #state{tick = Tick} = State) ->
    {noreply, State#state{tick = none, told = <<>>}};
handle_info({'DOWN', Asker, process, _, Found}, #state{asker = Asker} = State) ->
    {noreply, ask_others(answer(Found, State))};
handle_info({'DOWN', _, process, Pid, _}, #state{watchers = Watchers} = State) ->
    {noreply, State#state{watchers = maps:remove(Pid, Watchers)}};
handle_info(_, State) ->
    {noreply, State}.

look(#state{samples = Before, lives = Lives} = State) ->
    Kernels = hydros_machine:nodes(),
    Samples = samples(),
    Known = hydros_web_view:lives([Lives | [L || #{lives := L} <- maps:values(Samples)]]),
    Nodes = hydros_web_view:nodes(Kernels, Samples, Before),
    Machine = event(state, #{
        node => hydros_self:number(),
        incarnation => hydros_self:incarnation(),
        actions => State#state.actions,
        wall_ms => os:system_time(millisecond),
        nodes => Nodes
    }),
    Looked = look_for_deaths(Kernels, State#state{samples = Samples, lives = Known}),
    Deaths = event(deaths, #{
        deaths => [hydros_web_view:summary(Death) || Death <- Looked#state.deaths],
        recoveries => hydros_web_view:recoveries(Looked#state.deaths, Known)
    }),
    Changed = Looked#state.deaths =/= State#state.deaths orelse Known =/= Lives orelse State#state.told =:= <<>>,
    send([Machine | [Deaths || Changed]], Looked),
    %% Who comes later gets both.
    Looked#state{told = iolist_to_binary([Machine, Deaths])}.

samples() ->
    Names = lists:sort(hydros:nodes()),
    Answers = erpc:multicall(Names, ?MODULE, sample, [], ?TIMEOUT_MS),
    maps:from_list([
        {Number, Sample}
     || {Name, {ok, Sample}} <- lists:zip(Names, Answers), {ok, {Number, _}} <- [hydros_self:place(Name)]
    ]).

%% Deaths take long to read, so only after something has happened. This node may have begun its life after them: who
%% lives longest has seen most.
look_for_deaths(Kernels, #state{shape = Shape, looks = Looks, deaths = Deaths} = State) ->
    case [{Node, State1, Life} || #{node := Node, state := State1, incarnation := Life} <- Kernels] of
        Shape when Looks =:= 0 -> State;
        Shape -> State#state{looks = Looks - 1, deaths = known(Kernels, Deaths)};
        Other -> State#state{shape = Other, looks = ?LOOKS, deaths = known(Kernels, Deaths)}
    end.

known(Kernels, Deaths) ->
    Oldest = [Node || {_, Node} <- lists:reverse(lists:sort([{Uptime, Node} || #{node := Node, uptime_ms := Uptime} <- Kernels]))],
    Connected = hydros:nodes() -- [node()],
    Asked = [Name || Node <- lists:sublist(Oldest, 1), Name <- Connected, {ok, {N, _}} <- [hydros_self:place(Name)], N =:= Node],
    Others = [D || {ok, D} <- erpc:multicall(Asked, hydros, crashes, [], ?TIMEOUT_MS)],
    hydros_web_view:deaths([Deaths, hydros:crashes() | Others]).

%% A process of its own asks: two nodes that ask each other must not wait for each other.
ask_others(#state{asker = none, next = [_ | _] = Next, asked_ms = Asked} = State) ->
    Now = erlang:monotonic_time(millisecond),
    Pause = max(0, Asked + ?EVERY_MS - Now),
    Lives = lists:usort([Life || {Life, _} <- Next]),
    {_, Asker} = spawn_monitor(fun() -> timer:sleep(Pause), exit({found, others_know(Lives)}) end),
    State#state{asker = Asker, asked_ms = Now + Pause, waiting = Next, next = []};
ask_others(State) ->
    State.

others_know(Lives) ->
    Answers = erpc:multicall(hydros:nodes() -- [node()], ?MODULE, deaths_here, [Lives], ?TIMEOUT_MS),
    lists:append([Deaths || {ok, Deaths} <- Answers]).

%% What was found stays; who watches hears of it at the next look.
answer({found, Found}, #state{deaths = Deaths, waiting = Waiting} = State) ->
    lists:foreach(fun({Life, From}) -> gen_server:reply(From, first(find([Life], Found))) end, Waiting),
    Answered = State#state{asker = none, waiting = []},
    case Found of
        [] -> Answered;
        _ -> Answered#state{deaths = hydros_web_view:deaths([Deaths, Found]), told = <<>>}
    end;
answer(_, State) ->
    answer({found, []}, State).

first([Death | _]) -> {ok, Death};
first([]) -> error.

event(Name, Data) ->
    ["event: ", atom_to_list(Name), "\ndata: ", hydros_web_json:encode(Data), "\n\n"].

send(Events, #state{watchers = Watchers}) ->
    Bytes = iolist_to_binary(Events),
    lists:foreach(fun(Pid) -> send_one(Pid, Bytes, process_info(Pid, message_queue_len)) end, maps:keys(Watchers)).

%% Nothing piles up for who reads too slowly (hydros_web_connection ends before, by itself).
send_one(Pid, _, {_, Waiting}) when Waiting > ?WAITING_MAX -> exit(Pid, shutdown);
send_one(Pid, Bytes, _) -> Pid ! {hydros_web, Bytes}.

%% The clock that all nodes share.
now_ms() ->
    {time, Time} = lists:keyfind(time, 1, erlang:system_info(os_monotonic_time_source)),
    erlang:convert_time_unit(Time, native, millisecond).
