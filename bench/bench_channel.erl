%% SPDX-License-Identifier: Apache-2.0
%% Messages between the Erlang of two nodes, over channels on HydrOS and over TCP loopback on Linux. Node 0 measures, node 1
%% answers. Each line is "channel <name> <nanoseconds>": for one round trip, or for one message of a stream of them. Also
%% the client of epmd on Linux, where nothing but the two nodes runs: their ports are known.
-module(bench_channel).
-export([main/0, echo/0]).
-export([start_link/0, register_node/3, address_please/3, listen_port_please/2]).

-define(PORT, 4370).
-define(SECONDS, 2).

-spec main() -> ok.
main() ->
    Number = list_to_integer(os:getenv("HYDROS_NODE", "0")),
    %% The machine's init says that programs that it does not know do not listen.
    {ok, _} = net_kernel:start(name(Number), #{name_domain => shortnames, dist_listen => true}),
    true = erlang:set_cookie(bench),
    measure(Number).

name(Number) ->
    list_to_atom("n" ++ integer_to_list(Number) ++ "@hydros").

measure(0) ->
    Other = name(1),
    connect(Other, 300),
    Echo = spawn_link(Other, fun echo/0),
    Sink = spawn_link(Other, fun() -> sink(0) end),
    lists:foreach(
        fun({Name, Fun}) -> io:format("channel ~s ~b~n", [Name, Fun()]) end,
        [
            {round_trip_small, fun() -> round_trips(Echo, ping) end},
            {round_trip_1k, fun() -> round_trips(Echo, binary:copy(<<1>>, 1024)) end},
            {round_trip_64k, fun() -> round_trips(Echo, binary:copy(<<1>>, 65536)) end},
            {message, fun() -> stream(Sink, ping, 1000) end},
            {binary_64k, fun() -> stream(Sink, binary:copy(<<1>>, 65536), 50) end},
            {erpc, fun() -> per_call(fun() -> erpc:call(Other, erlang, node, []) end) end}
        ]
    ),
    ok;
measure(_) ->
    timer:sleep(infinity).

connect(Node, Left) when Left > 0 ->
    case net_kernel:connect_node(Node) of
        true -> ok;
        _ -> timer:sleep(100), connect(Node, Left - 1)
    end.

-spec echo() -> no_return().
echo() ->
    receive
        {From, Term} -> From ! {self(), Term}
    end,
    echo().

sink(Count) ->
    receive
        {count, From} -> From ! {self(), Count}, sink(0);
        _ -> sink(Count + 1)
    end.

round_trips(Echo, Term) ->
    per_call(fun() ->
        Echo ! {self(), Term},
        receive
            {Echo, _} -> ok
        end
    end).

%% Batches until the time is over, each ended by an answer, so that what is under way is bounded as in a program's own protocol.
stream(Sink, Term, Batch) ->
    Per = per_call(fun() ->
        send(Sink, Term, Batch),
        Sink ! {count, self()},
        receive
            {Sink, Batch} -> ok
        end
    end),
    Per div Batch.

send(_, _, 0) -> ok;
send(Sink, Term, Count) -> Sink ! Term, send(Sink, Term, Count - 1).

per_call(Fun) ->
    Fun(),
    Start = erlang:monotonic_time(nanosecond),
    calls(Fun, Start, Start + ?SECONDS * 1000000000, 0).

calls(Fun, Start, End, Count) ->
    Fun(),
    case erlang:monotonic_time(nanosecond) of
        Now when Now < End -> calls(Fun, Start, End, Count + 1);
        Now -> (Now - Start) div (Count + 1)
    end.

-spec start_link() -> ignore.
start_link() -> ignore.

-spec register_node(atom(), inet:port_number(), atom()) -> {ok, integer()}.
register_node(_, _, _) -> {ok, 1}.

-spec listen_port_please(atom(), string()) -> {ok, inet:port_number()}.
listen_port_please(Name, _) -> {ok, port_of(atom_to_list(Name))}.

-spec address_please(string(), string(), atom()) -> {ok, inet:ip_address(), inet:port_number(), integer()}.
address_please(Name, _, _) -> {ok, {127, 0, 0, 1}, port_of(Name), 6}.

port_of("n" ++ Number) -> ?PORT + list_to_integer(Number).
