%% SPDX-License-Identifier: Apache-2.0
%% The process around one replica (chaos_replica). One that begins empty takes all from the others before it counts;
%% one that finds a wrong value in itself says so and begins anew.
-module(chaos_store).
-behaviour(gen_server).
-export([start_link/1, last/1, report/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(LOOK_MS, 250).
-define(ANSWER_MS, 2000).  % a busy node takes its time; a new question forgets all answers

-record(state, {
    nodes :: pos_integer(),
    synced = false :: boolean(),
    replica = chaos_replica:new() :: chaos_replica:replica(),
    asked :: undefined | reference(),
    asked_ms = 0 :: integer(),
    asked_of = [] :: [node()],
    answers = [] :: [{node(), Synced :: boolean(), chaos_replica:replica()}],
    repairs = 0 :: non_neg_integer()
}).

-spec start_link(pos_integer()) -> {ok, pid()} | {error, term()}.
start_link(Nodes) ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, Nodes, []).

%% This writer's last write, its number and the life that wrote it; not before the replica is synced.
-spec last(non_neg_integer()) -> none | {pos_integer(), non_neg_integer()} | not_synced.
last(Writer) ->
    gen_server:call(?MODULE, {last, Writer}, infinity).

-spec report() -> [iodata()].
report() ->
    gen_server:call(?MODULE, report, infinity).

init(Nodes) ->
    erlang:send_after(?LOOK_MS, self(), look),
    {ok, #state{nodes = Nodes}}.

handle_call({last, _}, _, #state{synced = false} = State) ->
    {reply, not_synced, State};
handle_call({last, Writer}, _, #state{replica = Replica} = State) ->
    {reply, chaos_replica:last(Writer, Replica), State};
%% What is told of it was right: looked at after that, since values are altered from outside at any moment.
handle_call(report, _, State) ->
    Lines = lines(State),
    case scrub(State) of
        State -> {reply, Lines, State};
        Anew -> {reply, lines(Anew), Anew}
    end.

lines(#state{synced = Synced, repairs = Repairs, replica = Replica}) ->
    chaos_replica:lines(Synced, length(nodes()) + 1, Repairs, Replica).

handle_cast(_, State) ->
    {noreply, State}.

handle_info({write, From, Writer, By, Life, Number, Value}, #state{replica = Replica, synced = Synced} = State) ->
    case chaos_replica:write(Writer, By, Life, Number, Value, Replica) of
        {stored, Next} ->
            _ = [From ! {stored, node(), Number} || Synced],
            {noreply, State#state{replica = Next}};
        behind when Synced ->
            %% Written while we were away: take all from the others again.
            {noreply, ask(State#state{synced = false})};
        conflict ->
            %% What reached only us of its writer's last life.
            {noreply, anew(State)};
        {lost, Acked} ->
            chaos_line:say("lost write ~b of writer ~b, acknowledged: its life ~b writes ~b", [Acked, Writer, By, Number]),
            {noreply, anew(State)};
        wrong ->
            chaos_line:say("wrong write of ~b number ~b", [Writer, Number]),
            {noreply, State};
        damaged ->
            {noreply, scrub(State)};
        _ ->
            {noreply, State}
    end;
handle_info({acked, Writer, Life, Number}, #state{replica = Replica} = State) ->
    {noreply, State#state{replica = chaos_replica:acked(Writer, Life, Number, Replica)}};
handle_info({ask, From, Reference}, #state{synced = Synced, replica = Replica} = State) ->
    From ! {answer, Reference, node(), Synced, Replica},
    {noreply, State};
handle_info({answer, Reference, Node, Synced, Replica}, #state{asked = Reference, answers = Answers} = State) ->
    {noreply, conclude(State#state{answers = [{Node, Synced, Replica} | Answers]})};
handle_info(look, State) ->
    erlang:send_after(?LOOK_MS, self(), look),
    case State#state.synced of
        true -> {noreply, scrub(State)};
        false -> {noreply, ask_again(State)}
    end;
handle_info(_, State) ->
    {noreply, State}.

%% ---- becoming one of the replicas ----

anew(#state{nodes = Nodes, repairs = Repairs}) ->
    ask(#state{nodes = Nodes, repairs = Repairs + 1}).

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
conclude(#state{nodes = Nodes, answers = Answers, replica = Replica} = State) ->
    Knowing = length([Node || {Node, true, _} <- Answers]),
    Enough = Nodes - (Nodes div 2 + 1) + 1,
    All = length(Answers) =:= length(nodes()),
    case All andalso (Knowing >= Enough orelse length(Answers) >= Nodes - 1) of
        true ->
            Merged = lists:foldl(fun({_, _, Other}, Sum) -> chaos_replica:merge(Sum, Other) end, Replica, Answers),
            scrub(State#state{replica = Merged, synced = true, asked = undefined, answers = []});
        false ->
            State
    end.

scrub(#state{replica = Replica} = State) ->
    case chaos_replica:damage(Replica) of
        0 ->
            State;
        Wrong ->
            chaos_line:say("damage ~b in its replica", [Wrong]),
            anew(State)
    end.
