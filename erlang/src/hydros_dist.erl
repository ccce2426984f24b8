%% SPDX-License-Identifier: Apache-2.0
%% @doc Distribution between the nodes of one machine: `-proto_dist hydros inet_tcp'.
%%
%% A carrier as `erts' describes it ("How to Implement an Alternative Carrier"). Each node listens at the local
%% stream socket `/node/K/dist', which the other nodes reach over channels; there is no epmd and there are no ports.
%% The handshake is `dist_util''s, and the connected socket is handed to the virtual machine's own driver. A node's
%% creation is its incarnation, so nothing of an earlier life is taken for this one. The kernel says from which node
%% a connection comes, and another node's name is not accepted over it.
%% Names that are not of this machine are left to the next carrier.
-module(hydros_dist).
-export([listen/1, listen/2, accept/1, accept_connection/5, setup/5, close/1, select/1, address/0]).
-export([is_node_name/1, setopts/2, getopts/2]).
%% Starts of processes, and what they call.
-export([accept_loop/2, do_accept/6, do_setup/6, tick/1]).

-include_lib("kernel/include/net_address.hrl").
-include_lib("kernel/include/dist_util.hrl").

-define(FAMILY, local).
-define(PROTOCOL, hydros).
-define(HANDSHAKE, [{active, false}, {packet, 2}]).
%% A whole fragment of a large message (64 KiB and its header) in one read.
-define(BUFFER, 72 * 1024).

%% @doc Whether this carrier reaches `Node'.
-spec select(node()) -> boolean().
select(Node) ->
    hydros_self:place(Node) =/= error.

%% @private
-spec address() -> #net_address{}.
address() ->
    #net_address{host = hydros_self:host(), protocol = ?PROTOCOL, family = ?FAMILY}.

%% @private
-spec is_node_name(atom()) -> boolean().
is_node_name(Node) ->
    dist_util:is_node_name(atom_to_list(Node)).

%% @private
-spec listen(atom()) -> {ok, {port(), #net_address{}, integer()}} | {error, term()}.
listen(Name) ->
    listen(Name, hydros_self:host()).

%% @doc Listens for the node `Name@Host', which has to be a name for this node of the machine.
-spec listen(atom(), string()) -> {ok, {port(), #net_address{}, integer()}} | {error, term()}.
listen(Name, Host) ->
    Number = hydros_self:number(),
    case hydros_self:place(atom_to_list(Name) ++ "@" ++ Host) of
        {ok, {Number, Socket}} -> listen_at(hydros_self:path({Number, Socket}), creation(Socket));
        _ -> {error, not_a_name_of_this_node}
    end.

listen_at(Path, Creation) ->
    case local_tcp:listen(0, [{ifaddr, {local, Path}}, {backlog, 128} | ?HANDSHAKE]) of
        {ok, Socket} -> {ok, {Socket, (address())#net_address{address = {local, Path}}, Creation}};
        {error, eaddrinuse} -> listen_again(Path, Creation);
        {error, enoent} -> listen_made(Path, Creation);
        {error, Reason} -> {error, Reason}
    end.

%% A HydrOS kernel has made the directory.
listen_made(Path, Creation) ->
    Directory = filename:dirname(Path),
    _ = prim_file:make_dir(filename:dirname(Directory)),
    case prim_file:make_dir(Directory) of
        ok -> listen_at(Path, Creation);
        {error, Reason} -> {error, Reason}
    end.

%% The name is there: of a program that listens, or of one that ended.
listen_again(Path, Creation) ->
    case local_tcp:connect({local, Path}, 0, ?HANDSHAKE) of
        {ok, Socket} ->
            ok = local_tcp:close(Socket),
            {error, duplicate_name};
        {error, econnrefused} ->
            _ = prim_file:delete(Path),
            listen_at(Path, Creation);
        {error, Reason} ->
            {error, Reason}
    end.

%% The incarnation, in 24 bits as in the channels. The rest tells apart what has the same name in one incarnation:
%% distribution that was stopped and started again, and programs that are not the node's own.
creation(Socket) ->
    Starts = persistent_term:get(?MODULE, 0),
    persistent_term:put(?MODULE, Starts + 1),
    Other =
        case Socket of
            "dist" -> Starts;
            _ -> list_to_integer(os:getpid()) + Starts
        end,
    (hydros_self:incarnation() band 16#ffffff) bor ((Other band 16#ff) bsl 24).

%% @private
-spec close(port()) -> ok.
close(Socket) ->
    local_tcp:close(Socket).

%% @private
-spec accept(port()) -> pid().
accept(Listen) ->
    spawn_opt(?MODULE, accept_loop, [self(), Listen], [link, {priority, max}]).

%% @private
-spec accept_loop(pid(), port()) -> no_return().
accept_loop(Kernel, Listen) ->
    case local_tcp:accept(Listen) of
        {ok, Socket} ->
            Kernel ! {accept, self(), Socket, ?FAMILY, ?PROTOCOL},
            receive
                {Kernel, controller, Pid} ->
                    ok = hand_over(Socket, Pid),
                    Pid ! {self(), controller};
                {Kernel, unsupported_protocol} ->
                    exit(unsupported_protocol)
            end,
            accept_loop(Kernel, Listen);
        {error, econnaborted} ->
            accept_loop(Kernel, Listen);
        {error, Reason} ->
            exit({error, Reason})
    end.

%% It is passive, so no message of it is under way. It may be closed already: the new owner sees that.
hand_over(Socket, Pid) ->
    _ = local_tcp:controlling_process(Socket, Pid),
    ok.

%% @private
-spec accept_connection(pid(), port(), node(), list(), timeout()) -> pid().
accept_connection(AcceptPid, Socket, MyNode, Allowed, SetupTime) ->
    spawn_opt(?MODULE, do_accept, [self(), AcceptPid, Socket, MyNode, Allowed, SetupTime],
              dist_util:net_ticker_spawn_options()).

%% @private
-spec do_accept(pid(), pid(), port(), node(), list(), timeout()) -> no_return().
do_accept(Kernel, AcceptPid, Socket, MyNode, Allowed, SetupTime) ->
    receive
        {AcceptPid, controller} ->
            Timer = dist_util:start_timer(SetupTime),
            Data = data(Kernel, MyNode, Socket, Timer),
            dist_util:handshake_other_started(
                Data#hs_data{
                    allowed = allowed(Socket, Allowed),
                    f_address = fun(_, Node) -> remote(Node) end
                })
    end.

%% Who may be at the other end: names of the node that the connection comes from, less those that
%% net_kernel:allow/1 leaves out.
allowed(Socket, Allowed) ->
    case peer(Socket) of
        {ok, Number} -> intersection(hydros_address:allowed(Number), Allowed);
        unknown -> Allowed
    end.

intersection(Ours, []) ->
    Ours;
intersection(Ours, Allowed) ->
    Both = [Name || Name <- Allowed, dist_util:is_allowed(Name, Ours)] ++
        [Name || Name <- Ours, dist_util:is_allowed(Name, Allowed)],
    case Both of
        [] -> ["-@-"]; % an empty list would allow all
        _ -> Both
    end.

%% A connection over a channel has a path below the directory of its node; one without is from this node.
peer(Socket) ->
    case inet:peername(Socket) of
        {ok, {local, [_ | _] = Path}} -> path_peer(Path);
        {ok, {local, <<_, _/binary>> = Path}} -> path_peer(Path);
        _ -> unnamed_peer()
    end.

path_peer(Path) ->
    case hydros_address:number_of_path(hydros_self:prefix(), Path) of
        {ok, Number} -> {ok, Number};
        error -> unnamed_peer()
    end.

unnamed_peer() ->
    case hydros_self:is_machine() of
        true -> {ok, hydros_self:number()};
        false -> unknown
    end.

%% @private
-spec setup(node(), term(), node(), shortnames | longnames, timeout()) -> pid().
setup(Node, Type, MyNode, _LongOrShortNames, SetupTime) ->
    spawn_opt(?MODULE, do_setup, [self(), Node, Type, MyNode, SetupTime, hydros_self:place(Node)],
              dist_util:net_ticker_spawn_options()).

%% @private
-spec do_setup(pid(), node(), term(), node(), timeout(), {ok, hydros_address:place()} | error) -> no_return().
do_setup(Kernel, Node, Type, MyNode, SetupTime, {ok, Place}) ->
    Timer = dist_util:start_timer(SetupTime),
    case local_tcp:connect({local, hydros_self:path(Place)}, 0, ?HANDSHAKE) of
        {ok, Socket} ->
            Data = data(Kernel, MyNode, Socket, Timer),
            dist_util:handshake_we_started(
                Data#hs_data{
                    other_node = Node,
                    other_version = 6,
                    request_type = Type,
                    f_address = fun(_, _) -> remote(Node) end
                });
        {error, _} ->
            ?shutdown(Node)
    end;
do_setup(_, Node, _, _, _, error) ->
    ?shutdown(Node).

remote(Node) ->
    {ok, Place} = hydros_self:place(Node),
    (address())#net_address{address = {local, hydros_self:path(Place)}}.

%% What both sides tell the handshake. The socket is one of inet_drv's, so its driver carries the distribution.
data(Kernel, MyNode, Socket, Timer) ->
    #hs_data{
        kernel_pid = Kernel,
        this_node = MyNode,
        socket = Socket,
        timer = Timer,
        this_flags = 0,
        f_send = fun local_tcp:send/2,
        f_recv = fun local_tcp:recv/3,
        f_setopts_pre_nodeup = fun(S) -> inet:setopts(S, [{active, false}, {packet, 4}]) end,
        f_setopts_post_nodeup = fun(S) ->
            inet:setopts(S, [{active, true}, {deliver, port}, {packet, 4}, {buffer, ?BUFFER}, binary])
        end,
        f_getll = fun inet:getll/1,
        mf_tick = fun ?MODULE:tick/1,
        mf_getstat = fun inet_tcp_dist:getstat/1,
        mf_setopts = fun ?MODULE:setopts/2,
        mf_getopts = fun ?MODULE:getopts/2
    }.

%% @private
-spec tick(port()) -> ok | {error, term()}.
tick(Socket) ->
    inet_tcp_dist:tick(local_tcp, Socket).

%% @private
-spec setopts(port(), list()) -> ok | {error, term()}.
setopts(Socket, Options) ->
    inet_tcp_dist:setopts(Socket, Options).

%% @private
-spec getopts(port(), list()) -> {ok, list()} | {error, term()}.
getopts(Socket, Options) ->
    inet_tcp_dist:getopts(Socket, Options).
