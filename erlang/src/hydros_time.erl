%% SPDX-License-Identifier: Apache-2.0
%% @doc Keeps the time of day right, by the server that boot option `time=SERVER' or `time=SERVER:PORT' names (docs/time.md).
%%
%% The connected node with the lowest name asks. Since all nodes have the same monotonic clock, what it learns is true
%% for all: it tells them, and each tells its kernel, which melts small errors away and steps over large ones. A node
%% that starts asks the others first. The monotonic clock is never touched.
-module(hydros_time).
-behaviour(gen_server).
-export([start_link/0, modules/0, offset/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(PORT, 123).
-define(QUESTIONS, 4).
-define(ANSWER_MS, 2000).
-define(PAUSE_MS, 2000).
%% Until something is known: the network may still wait for its address.
-define(FIRST_MS, 3000).
%% The kernel takes 262 s for the largest error that it melts.
-define(SHORTEST_MS, 64000).
-define(LONGEST_MS, 1024000).
%% So right that the next question can wait longer.
-define(NEAR_US, 5000).

-record(state, {
    server :: {string(), inet:port_number()},
    belief = hydros_sntp:start() :: hydros_sntp:belief(),
    offset = none :: none | hydros_sntp:offset(),
    pause = ?FIRST_MS :: pos_integer(),
    round = none :: none | reference(),
    told = none :: term()
}).

%% @private
-spec start_link() -> {ok, pid()} | ignore | {error, term()}.
start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% @private
-spec modules() -> [module()].
modules() ->
    [hydros_sntp].

%% @doc What was set last, on this node: UTC less the clock that all nodes share, in microseconds.
-spec offset() -> {ok, integer()} | unknown.
offset() ->
    gen_server:call(?MODULE, offset).

%% @private
-spec init([]) -> {ok, #state{}} | ignore.
init([]) ->
    case server(os:getenv("HYDROS_TIME", "")) of
        {ok, Server} ->
            ok = net_kernel:monitor_nodes(true),
            abcast({wish, self()}),
            %% By then the nodes that start together are connected.
            {ok, again(#state{server = Server})};
        error ->
            logger:error("hydros: option time: it wants SERVER or SERVER:PORT; the clock is not kept"),
            ignore
    end.

server(Text) ->
    case string:split(Text, ":", trailing) of
        [[_ | _] = Name] -> {ok, {Name, ?PORT}};
        [[_ | _] = Name, Port] ->
            case string:to_integer(Port) of
                {Number, ""} when Number > 0, Number < 65536 -> {ok, {Name, Number}};
                _ -> error
            end;
        _ -> error
    end.

%% @private
-spec handle_call(offset, gen_server:from(), #state{}) -> {reply, {ok, integer()} | unknown, #state{}}.
handle_call(offset, _, #state{offset = none} = State) ->
    {reply, unknown, State};
handle_call(offset, _, #state{offset = Offset} = State) ->
    {reply, {ok, Offset}, State}.

%% @private
-spec handle_cast(term(), #state{}) -> {noreply, #state{}}.
handle_cast({wish, Pid}, #state{offset = Offset} = State) ->
    _ = [gen_server:cast(Pid, {offset, Offset}) || is_integer(Offset)],
    {noreply, State};
handle_cast({offset, Offset}, State) ->
    %% For the time when this node asks itself.
    {_, Belief} = hydros_sntp:decide(Offset, hydros_sntp:start()),
    {noreply, set(Offset, State#state{belief = Belief, pause = max(?SHORTEST_MS, State#state.pause)})};
handle_cast(_, State) ->
    {noreply, State}.

%% @private
-spec handle_info(term(), #state{}) -> {noreply, #state{}}.
handle_info(ask, #state{server = Server} = State) ->
    case node() =:= lists:min([node() | hydros:nodes()]) of
        true ->
            {_, Monitor} = spawn_monitor(fun() -> exit({samples, round(Server, ?QUESTIONS, [])}) end),
            {noreply, State#state{round = Monitor}};
        false ->
            {noreply, again(State)}
    end;
handle_info({'DOWN', Round, process, _, Reason}, #state{round = Round} = State) ->
    {noreply, again(judge(Reason, State#state{round = none}))};
handle_info({nodeup, Node}, #state{offset = Offset} = State) ->
    _ = [gen_server:cast({?MODULE, Node}, {offset, Offset}) || is_integer(Offset)],
    {noreply, State};
handle_info(_, State) ->
    {noreply, State}.

again(#state{pause = Pause} = State) ->
    _ = erlang:send_after(Pause, self(), ask),
    State.

judge({samples, {[_ | _] = Samples, _}}, #state{belief = Belief, offset = Known, pause = Pause} = State) ->
    {_, Offset} = hydros_sntp:best(Samples),
    case hydros_sntp:decide(Offset, Belief) of
        {set, New} ->
            abcast({offset, Offset}),
            Longer = case is_integer(Known) andalso abs(Offset - Known) < ?NEAR_US of true -> 2 * Pause; false -> ?SHORTEST_MS end,
            set(Offset, State#state{belief = New, pause = min(?LONGEST_MS, Longer), told = none});
        {wait, New} ->
            say({"is ~b s off; it is asked once more", [(Offset - Known) div 1000000]}, State#state{belief = New, pause = ?SHORTEST_MS})
    end;
judge({samples, {[], Reason}}, #state{pause = Pause} = State) ->
    %% RFC 4330, 8: who is not answered, or told to go away, asks less often.
    say({"cannot be used: ~tp", [Reason]}, State#state{pause = min(?LONGEST_MS, 2 * Pause)});
judge(Reason, State) ->
    say({"cannot be asked: ~tp", [Reason]}, State).

%% Once, not at each attempt.
say(Text, #state{told = Text} = State) ->
    State;
say({Format, Values} = Text, #state{server = {Name, Port}} = State) ->
    logger:warning("hydros: time server ~ts:~b " ++ Format, [Name, Port | Values]),
    State#state{told = Text}.

set(Offset, #state{offset = Known} = State) ->
    _ = [logger:notice("hydros: the time of day is kept, offset ~b us", [Offset]) || Known =:= none],
    _ = hydros_machine:command(["clock ", integer_to_list(Offset)]),
    State#state{offset = Offset}.

abcast(Message) ->
    lists:foreach(fun(Node) -> gen_server:cast({?MODULE, Node}, Message) end, hydros:nodes() -- [node()]).

%% ---- asking, in a process of its own ----

round({Name, Port}, Questions, Samples) ->
    case address(Name) of
        {ok, Address} -> round(Address, Port, Questions, Samples, none);
        {error, Reason} -> {Samples, Reason}
    end.

round(_, _, 0, Samples, Reason) ->
    {Samples, Reason};
round(Address, Port, Left, Samples, Reason) ->
    case question(Address, Port) of
        {ok, Sample} ->
            _ = [timer:sleep(?PAUSE_MS) || Left > 1],
            round(Address, Port, Left - 1, [Sample | Samples], Reason);
        {error, {kiss, _} = Kiss} ->
            {[], Kiss};
        {error, Other} ->
            _ = [timer:sleep(?PAUSE_MS) || Left > 1],
            round(Address, Port, Left - 1, Samples, Other)
    end.

address(Name) ->
    case inet:getaddr(Name, inet) of
        {ok, Address} -> {ok, Address};
        {error, _} -> inet:getaddr(Name, inet6)
    end.

%% From a port that nobody can guess; only the server's packets come in.
question(Address, Port) ->
    Family = case tuple_size(Address) of 4 -> inet; 8 -> inet6 end,
    {ok, Socket} = gen_udp:open(0, [binary, Family, {active, false}, {recbuf, 2048}]),
    try
        Origin = random(),
        Sent = now_us(),
        case gen_udp:connect(Socket, Address, Port) =:= ok andalso gen_udp:send(Socket, hydros_sntp:request(Origin)) of
            ok -> wait(Socket, Origin, Sent);
            false -> {error, unreachable};
            {error, Reason} -> {error, Reason}
        end
    after
        gen_udp:close(Socket)
    end.

wait(Socket, Origin, Sent) ->
    case gen_udp:recv(Socket, 0, max(0, ?ANSWER_MS - (now_us() - Sent) div 1000)) of
        {ok, {_, _, Packet}} ->
            case hydros_sntp:answer(Packet, Origin, Sent, now_us()) of
                {error, not_asked_for} -> wait(Socket, Origin, Sent);
                Answer -> Answer
            end;
        {error, Reason} ->
            {error, Reason}
    end.

random() ->
    {ok, Device} = file:open("/dev/urandom", [read, raw, binary]),
    {ok, <<Bytes:8/binary>>} = file:read(Device, 8),
    ok = file:close(Device),
    Bytes.

%% The clock that all nodes and their kernels share.
now_us() ->
    {time, Time} = lists:keyfind(time, 1, erlang:system_info(os_monotonic_time_source)),
    erlang:convert_time_unit(Time, native, microsecond).
