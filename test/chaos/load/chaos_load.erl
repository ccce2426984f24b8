%% SPDX-License-Identifier: Apache-2.0
%% The load on one node: store, writer, orders, and a line each half second that says how it stands.
%% `-s chaos_load` on every node of a cluster n0@..., n1@...; HYDROS_NODES says how many there are.
%% With `-chaos alone` each node is its own cluster; with `-chaos busy` it is never idle.
-module(chaos_load).
-behaviour(supervisor).
-export([start/0, init/1, report_link/0, report/2, work/0]).

-define(AGAIN, 10). % reports from one time that all counters are told to the next

-spec start() -> ok.
start() ->
    %% The boot goes on; a name and a cluster may come later.
    _ = spawn(fun() ->
        is_alone() orelse named(),
        {ok, _} = supervisor:start_link({local, ?MODULE}, ?MODULE, []),
        timer:sleep(infinity)
    end),
    ok.

is_alone() ->
    init:get_argument(chaos) =:= {ok, [["alone"]]}.

named() ->
    case node() of
        nonode@nohost -> timer:sleep(50), named();
        _ -> ok
    end.

init([]) ->
    Nodes = case is_alone() of
        true -> 1;
        false -> list_to_integer(os:getenv("HYDROS_NODES", "1"))
    end,
    Self = self_number(is_alone()),
    Child = fun(Id, Function, Arguments) ->
        #{id => Id, start => {Id, Function, Arguments}, shutdown => brutal_kill}
    end,
    %% Faults are wanted here: however often a child ends, it comes again.
    _ = [spawn(?MODULE, work, []) || init:get_argument(chaos) =:= {ok, [["busy"]]}],
    {ok, {#{strategy => one_for_one, intensity => 1000, period => 10}, [
        Child(chaos_store, start_link, [Nodes]),
        Child(chaos_writer, start_link, [Self, Nodes]),
        Child(chaos_order, start_link, [Self]),
        Child(?MODULE, report_link, [])
    ]}}.

self_number(true) ->
    list_to_integer(os:getenv("HYDROS_NODE", "0"));
self_number(false) ->
    "n" ++ Rest = atom_to_list(node()),
    list_to_integer(hd(string:split(Rest, "@"))).

-spec report_link() -> {ok, pid()}.
report_link() ->
    {ok, spawn_link(?MODULE, report, [#{}, 0])}.

-spec report(map(), non_neg_integer()) -> no_return().
report(Channels, Turn) ->
    _ = [chaos_line:say("~s", [Line]) || Line <- chaos_store:report()],
    Told = case Turn rem ?AGAIN of
        0 -> chaos_channels:tell_again(Channels);
        _ -> Channels
    end,
    Next = chaos_channels:tell(Told),
    timer:sleep(500),
    report(Next, Turn + 1).

-spec work() -> no_return().
work() ->
    process_flag(priority, low),
    work_on().

work_on() ->
    _ = lists:sum(lists:seq(1, 20000)),
    work_on().
