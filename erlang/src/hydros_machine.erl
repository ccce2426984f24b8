%% SPDX-License-Identifier: Apache-2.0
%% @doc What the kernel knows of the machine's nodes, and what it can be asked to do (docs/control.md).
%%
%% On a system that only plays a machine (see {@link hydros_self}) a node runs when its Erlang listens, and nothing can
%% be asked for.
-module(hydros_machine).
-export([nodes/0, node/1, deaths/0, log/1, core/1, command/1, device_open/0]).
-compile({no_auto_import, [nodes/0, node/1]}).

-define(FILES, "/proc/hydros/").
-define(DEVICE, "/dev/hydros").

%% @doc All nodes in the order of their numbers, as the kernel sees them now; none, when it cannot be asked (no file can be
%% opened).
-spec nodes() -> [hydros_text:pairs()].
nodes() ->
    case read("nodes") of
        {ok, Text} -> hydros_text:nodes(Text);
        {error, _} -> played(hydros_self:is_machine())
    end.

%% @doc One of them.
-spec node(hydros_address:node_number()) -> {ok, hydros_text:pairs()} | error.
node(Number) ->
    case read("nodes") of
        {ok, Text} -> hydros_text:node(Text, Number);
        {error, _} -> played_node(Number, played(hydros_self:is_machine()))
    end.

%% @doc The deaths that this node knows of, newest first.
-spec deaths() -> [hydros_text:death()].
deaths() ->
    case read("deaths") of
        {ok, Text} -> hydros_text:deaths(Text);
        {error, _} -> []
    end.

%% @doc The kernel log of a node.
-spec log(hydros_address:node_number()) -> [hydros_text:line()].
log(Number) ->
    case read("log." ++ integer_to_list(Number)) of
        {ok, Text} -> hydros_text:log(Text);
        {error, _} -> []
    end.

%% @doc The file that holds the memory of a node's last death as an ELF core, when it was kept.
-spec core(hydros_address:node_number()) -> {ok, file:filename()} | {error, not_kept}.
core(Number) ->
    Path = ?FILES "core." ++ integer_to_list(Number),
    %% The file is always there; it can be opened while there is something in it.
    case file:open(Path, [read, raw, binary]) of
        {ok, Core} -> _ = file:close(Core), {ok, Path};
        {error, _} -> {error, not_kept}
    end.

%% @doc Asks the kernel for something: one command of /dev/hydros.
-spec command(iodata()) -> ok | {error, file:posix() | badarg | terminated | system_limit}.
command(Text) ->
    case device_open() of
        {ok, Device} ->
            Answer = file:write(Device, Text),
            _ = file:close(Device),
            Answer;
        {error, Reason} ->
            {error, Reason}
    end.

%% @doc The device, for one who writes often.
-spec device_open() -> {ok, file:fd()} | {error, file:posix() | badarg | system_limit}.
device_open() ->
    %% Asked first, since opening a file for writing makes it.
    case hydros_self:is_machine() of
        true -> file:open(?DEVICE, [read, write, raw, binary]);
        false -> {error, enoent}
    end.

read(Name) ->
    file:read_file(?FILES ++ Name).

played(true) ->
    [];
played(false) ->
    Self = hydros_self:number(),
    [played(Number, Number =:= Self orelse listens(Number)) || Number <- lists:seq(0, hydros_self:count() - 1)].

played_node(Number, Nodes) ->
    case [Pairs || #{node := N} = Pairs <- Nodes, N =:= Number] of
        [Pairs] -> {ok, Pairs};
        [] -> error
    end.

played(Number, true) -> #{node => Number, state => running, incarnation => 1};
played(Number, false) -> #{node => Number, state => absent, incarnation => 0}.

listens(Number) ->
    case gen_tcp:connect({local, hydros_self:path({Number, "dist"})}, 0, [local]) of
        {ok, Socket} -> gen_tcp:close(Socket), true;
        {error, _} -> false
    end.
