%% SPDX-License-Identifier: Apache-2.0
%% One replica of the load's store: for each writer the number and the chain of its last write, and
%% the values of its last writes by key. A replica that begins empty takes all from the others
%% before it counts; one that finds a wrong value in itself says so and begins anew.
-module(chaos_store).
-behaviour(gen_server).
-export([start_link/1, last/1, report/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(KEYS, 64).
-define(LOOK_MS, 250).
-define(ANSWER_MS, 2000).  % a busy node takes its time; a new question forgets all answers

-record(state, {
    nodes :: pos_integer(),
    synced = false :: boolean(),
    writers = #{} :: #{non_neg_integer() => {non_neg_integer(), non_neg_integer()}},
    acked = #{} :: #{non_neg_integer() => non_neg_integer()},
    values = #{} :: #{{non_neg_integer(), non_neg_integer()} => {pos_integer(), binary()}},
    asked :: undefined | reference(),
    asked_ms = 0 :: integer(),
    asked_of = [] :: [node()],
    answers = [] :: [{node(), Synced :: boolean(), map(), map(), map()}],
    repairs = 0 :: non_neg_integer()
}).

-spec start_link(pos_integer()) -> {ok, pid()} | {error, term()}.
start_link(Nodes) ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, Nodes, []).

%% The number of this writer's last write; not before the replica is synced.
-spec last(non_neg_integer()) -> {ok, non_neg_integer()} | not_synced.
last(Writer) ->
    gen_server:call(?MODULE, {last, Writer}, infinity).

-spec report() -> iodata().
report() ->
    gen_server:call(?MODULE, report, infinity).

init(Nodes) ->
    erlang:send_after(?LOOK_MS, self(), look),
    {ok, #state{nodes = Nodes}}.

handle_call({last, _}, _, #state{synced = false} = State) ->
    {reply, not_synced, State};
handle_call({last, Writer}, _, #state{writers = Writers} = State) ->
    {Last, _} = maps:get(Writer, Writers, {0, 0}),
    {reply, {ok, Last}, State};
handle_call(report, _, State) ->
    {reply, text(State), State}.

handle_cast(_, State) ->
    {noreply, State}.

handle_info({write, From, Writer, Number, Value, Acked}, State0) ->
    State = State0#state{acked = maximum(Writer, Acked, State0#state.acked)},
    {Last, Chain} = maps:get(Writer, State#state.writers, {0, 0}),
    Right = chaos_value:check(Writer, Number, Value),
    if
        not Right ->
            chaos_line:say("wrong write of ~b number ~b", [Writer, Number]),
            {noreply, State};
        Number =:= Last + 1 ->
            After = apply_write(Writer, Number, Value, Chain, State),
            _ = [From ! {stored, node(), Number} || State#state.synced],
            {noreply, After};
        Number =< Last ->
            _ = [From ! {stored, node(), Number} || State#state.synced],
            {noreply, State};
        State#state.synced ->
            %% Written while we were away: take all from the others again.
            {noreply, ask(State#state{synced = false})};
        true ->
            {noreply, State}
    end;
handle_info({ask, From, Reference}, #state{synced = Synced} = State) ->
    From ! {answer, Reference, node(), Synced, State#state.writers, State#state.acked,
            State#state.values},
    {noreply, State};
handle_info({answer, Reference, Node, Synced, Writers, Acked, Values},
            #state{asked = Reference, answers = Answers} = State) ->
    {noreply, conclude(State#state{answers = [{Node, Synced, Writers, Acked, Values} | Answers]})};
handle_info(look, State) ->
    erlang:send_after(?LOOK_MS, self(), look),
    case State#state.synced of
        true -> {noreply, scrub(State)};
        false -> {noreply, ask_again(State)}
    end;
handle_info(_, State) ->
    {noreply, State}.

apply_write(Writer, Number, Value, Chain, State) ->
    Next = {Number, chaos_value:chain(Chain, Number, Value)},
    %% A copy of its own in this replica's memory.
    Own = binary:copy(Value),
    State#state{
        writers = maps:put(Writer, Next, State#state.writers),
        values = maps:put({Writer, Number rem ?KEYS}, {Number, Own}, State#state.values)
    }.

maximum(Key, Number, Map) ->
    Map#{Key => max(Number, maps:get(Key, Map, 0))}.

%% ---- becoming one of the replicas ----

ask(#state{nodes = 1} = State) ->
    State#state{synced = true};
ask(State) ->
    Reference = make_ref(),
    _ = [{?MODULE, Node} ! {ask, self(), Reference} || Node <- nodes()],
    State#state{asked = Reference, asked_ms = now_ms(), asked_of = nodes(), answers = []}.

ask_again(#state{asked = Asked, asked_ms = Ms, asked_of = Of} = State) ->
    case Asked =/= undefined andalso Of =:= nodes() andalso now_ms() - Ms < ?ANSWER_MS of
        true -> State;
        false -> ask(State)
    end.

now_ms() ->
    erlang:monotonic_time(millisecond).

%% A write counts once a majority has it, so so many of the others know of each; or all others have
%% spoken (at the very first start none of them knows anything).
conclude(#state{nodes = Nodes, answers = Answers} = State) ->
    Knowing = length([Node || {Node, true, _, _, _} <- Answers]),
    Enough = Nodes - (Nodes div 2 + 1) + 1,
    All = length(Answers) =:= length(nodes()),
    case All andalso (Knowing >= Enough orelse length(Answers) >= Nodes - 1) of
        true ->
            Merged = lists:foldl(fun merge/2, State, Answers),
            scrub(Merged#state{synced = true, asked = undefined, answers = []});
        false ->
            State
    end.

merge({_, _, Writers, Acked, Values}, State) ->
    Newer = fun(_, {A, _} = One, {B, _} = Other) ->
        if A >= B -> One; true -> Other end
    end,
    State#state{
        writers = maps:merge_with(Newer, State#state.writers, Writers),
        acked = maps:merge_with(fun(_, A, B) -> max(A, B) end, State#state.acked, Acked),
        values = maps:merge_with(Newer, State#state.values, maps:filter(fun is_right/2, Values))
    }.

%% ---- looking for damage ----

scrub(#state{values = Values} = State) ->
    Right = maps:filter(fun is_right/2, Values),
    case maps:size(Values) - maps:size(Right) of
        0 ->
            State;
        Wrong ->
            chaos_line:say("damage ~b values of ~b", [Wrong, maps:size(Values)]),
            ask(#state{nodes = State#state.nodes, repairs = State#state.repairs + 1})
    end.

is_right({Writer, _}, {Number, Value}) ->
    chaos_value:check(Writer, Number, Value);
is_right(_, _) ->
    false.

text(#state{writers = Writers, acked = Acked, synced = Synced, repairs = Repairs}) ->
    Words = [io_lib:format(" ~b:~b:~b:~b", [Writer, Last, Chain, maps:get(Writer, Acked, 0)])
             || {Writer, {Last, Chain}} <- lists:sort(maps:to_list(Writers))],
    io_lib:format("state ~p nodes ~b repairs ~b writers~s",
                  [Synced, length(nodes()) + 1, Repairs, Words]).
