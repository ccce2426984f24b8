%% SPDX-License-Identifier: Apache-2.0
%% One machine under QEMU: started as `hydros run` starts it, with sockets into it from outside and
%% its memory in a file, which has no name once both have it open: however we end, nothing stays. Lines of its console come to the owner as {line, Ms, Text}, its end as
%% {ended, Status}.
-module(chaos_machine).
-export([start/1, stop/1, end_all/0, keys/2, now_ms/0]).
-export_type([machine/0]).

-type machine() :: #{port := port(), memory_file := file:fd(), qtest := gen_tcp:socket(),
                     qmp := gen_tcp:socket(), gdb := string(), directory := string()}.

%% Options: directory, build, loader, image, nodes, memory (MiB), options (boot options), seconds;
%% qemu (further arguments of it).
-spec start(map()) -> machine().
start(#{directory := Directory, nodes := Nodes, memory := Megabytes} = Options) ->
    ok = filelib:ensure_dir(Directory ++ "/x"),
    _ = [file:delete(Directory ++ "/" ++ Name) || Name <- ["qmp", "gdb", "qtest"]],
    MemoryFile = "/dev/shm/hydros-chaos-" ++ os:getpid(),
    _ = file:delete(MemoryFile),
    Socket = fun(Name) -> "unix:" ++ Directory ++ "/" ++ Name ++ ",server=on,wait=off" end,
    Size = integer_to_list(Megabytes) ++ "M",
    Qemu = ["-object", "memory-backend-file,id=ram0,share=on,size=" ++ Size ++ ",mem-path=" ++
                MemoryFile,
            "-qmp", Socket("qmp"), "-gdb", Socket("gdb"),
            "-qtest", Socket("qtest"), "-qtest-log", "none",
            %% A reset ends in a pause, so that what led to it can be looked at.
            "-action", "reboot=shutdown,shutdown=pause"],
    Arguments = ["run", "--loader=" ++ maps:get(loader, Options),
                 "--image=" ++ maps:get(image, Options), "--machine=q35,memory-backend=ram0",
                 "--nodes=" ++ integer_to_list(Nodes), "--memory=" ++ Size,
                 "--timeout=" ++ integer_to_list(maps:get(seconds, Options))] ++
                ["--option=" ++ Option || Option <- maps:get(options, Options)] ++
                ["--qemu=" ++ Argument || Argument <- Qemu ++ maps:get(qemu, Options, [])],
    Port = open_port({spawn_executable, maps:get(build, Options) ++ "/hydros"},
                     [{args, Arguments}, {line, 4096}, binary, exit_status, stderr_to_stdout]),
    %% It answers there when it has made all that it was asked for, the memory first of all.
    Qmp = chaos_qmp:connect(Directory ++ "/qmp"),
    {ok, Memory} = file:open(MemoryFile, [raw, read, write, binary]),
    ok = file:delete(MemoryFile),
    #{port => Port, memory_file => Memory, directory => Directory, qmp => Qmp,
      qtest => chaos_qtest:connect(Directory ++ "/qtest"), gdb => Directory ++ "/gdb"}.

-spec stop(machine()) -> ok.
stop(#{port := Port, qmp := Qmp, memory_file := Memory}) ->
    _ = (catch chaos_qmp:command(Qmp, "quit")),
    receive {Port, {exit_status, _}} -> ok after 5000 -> ok end,
    _ = (catch port_close(Port)),
    _ = file:close(Memory),
    ok.

%% All that this driver ever started and that still runs, by whichever process.
-spec end_all() -> ok.
end_all() ->
    _ = [os:cmd("kill " ++ integer_to_list(Pid)) || Port <- erlang:ports(), {os_pid, Pid} <- [erlang:port_info(Port, os_pid)], is_integer(Pid)],
    ok.

%% As a person at the terminal types them.
keys(#{port := Port}, Keys) ->
    true = port_command(Port, Keys),
    ok.

now_ms() ->
    erlang:monotonic_time(millisecond).
