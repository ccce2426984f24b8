%% SPDX-License-Identifier: Apache-2.0
%% Runs the programs of this directory on whatever this virtual machine stands on, and prints a line for each case:
%% `ok MODULE/CASE TIME` or `FAIL MODULE/CASE REASON`, at the end `=== end`. A program is a module that exports cases/0:
%% a list of {Name, Fun}; a case fails when its function does not return. Each case has a directory to itself.
-module(program_run).
-export([main/0, directory/0, wait/2, wait/3, erl/1, erl/2, erl_program/0, run/2, run/3, run/4]).

-define(LIMIT, 120000).

%% After -extra: modules, or module/case for single ones.
-spec main() -> no_return().
main() ->
    %% Reports of processes that are meant to die would hide the lines.
    ok = logger:remove_handler(default),
    [program(Name) || Name <- init:get_plain_arguments()],
    io:format("=== end~n"),
    halt(0).

program(Name) ->
    [Module | Only] = [list_to_atom(Part) || Part <- string:lexemes(Name, "/")],
    [begin
         {Time, Result} = timer:tc(fun() -> one(filename:join("/tmp/programs", Case), Fun) end),
         io:format("~ts~n", [line(Module, Case, Result, Time div 1000)])
     end
     || {Case, Fun} <- Module:cases(), Only =:= [] orelse lists:member(Case, Only)].

one(Directory, Fun) ->
    file:del_dir_r(Directory),
    ok = filelib:ensure_path(Directory),
    ok = file:set_cwd(Directory),
    {Pid, Monitor} = spawn_monitor(fun() -> put(directory, Directory), Fun(), exit(passed) end),
    Result = receive
        {'DOWN', Monitor, process, Pid, Reason} -> Reason
    after ?LIMIT ->
        Where = process_info(Pid, current_stacktrace),
        exit(Pid, kill),
        {timeout, Where}
    end,
    ok = file:set_cwd("/"),
    file:del_dir_r(Directory),
    Result.

line(Module, Case, passed, Milliseconds) ->
    io_lib:format("ok ~s/~s ~b ms", [Module, Case, Milliseconds]);
line(Module, Case, Reason, _) ->
    io_lib:format("FAIL ~s/~s ~0tP", [Module, Case, Reason, 60]).

-spec directory() -> file:filename().
directory() ->
    get(directory).

%% Until Fun says true; for what happens soon but not at once.
-spec wait(term(), fun(() -> boolean())) -> ok.
wait(What, Fun) ->
    wait(What, Fun, 30000).

-spec wait(term(), fun(() -> boolean()), integer()) -> ok.
wait(What, _, Left) when Left =< 0 ->
    error({not_in_time, What});
wait(What, Fun, Left) ->
    case Fun() of
        true -> ok;
        false -> timer:sleep(50), wait(What, Fun, Left - 50)
    end.

%% Another virtual machine as a child: {exit status, all its output}.
-spec erl([string()]) -> {integer(), binary()}.
erl(Arguments) ->
    erl(Arguments, []).

-spec erl([string()], [term()]) -> {integer(), binary()}.
erl(Arguments, Options) ->
    run(erl_program(), Arguments, Options).

-spec erl_program() -> file:filename().
erl_program() ->
    filename:join([code:root_dir(), "bin", "erl"]).

-spec run(file:filename(), [string()]) -> {integer(), binary()}.
run(Program, Arguments) ->
    run(Program, Arguments, []).

-spec run(file:filename(), [string()], [term()]) -> {integer(), binary()}.
run(Program, Arguments, Options) ->
    run(Program, Arguments, Options, []).

%% With text for its standard input; the program must end by itself (a port cannot close one side only).
-spec run(file:filename(), [string()], [term()], iodata()) -> {integer(), binary()}.
run(Program, Arguments, Options, Input) ->
    Port = open_port({spawn_executable, Program},
                     [{args, Arguments}, exit_status, stderr_to_stdout, binary, use_stdio, hide | Options]),
    Input =:= [] orelse port_command(Port, Input),
    collect(Port, []).

collect(Port, Sofar) ->
    receive
        {Port, {data, Data}} -> collect(Port, [Sofar, Data]);
        {Port, {exit_status, Status}} -> {Status, iolist_to_binary(Sofar)}
    end.
