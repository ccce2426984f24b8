%% SPDX-License-Identifier: Apache-2.0
%% Ports to programs: packets and lines, exit status, closing, many at a time, programs that die or are killed.
-module(program_port).
-export([cases/0]).

cases() ->
    [{echo, fun echo/0},
     {lines, fun lines/0},
     {packets, fun packets/0},
     {exit_status, fun exit_status/0},
     {stderr, fun stderr/0},
     {descriptors_3_4, fun descriptors_3_4/0},
     {close, fun close/0},
     {close_ends_reader, fun close_ends_reader/0},
     {killed, fun killed/0},
     {many, fun many/0},
     {repeated, fun repeated/0},
     {big, fun big/0},
     {busy, fun busy/0},
     {arguments, fun arguments/0},
     {directory, fun directory/0},
     {missing, fun missing/0},
     {owner_dies, fun owner_dies/0},
     {info, fun info/0},
     {no_leak, fun no_leak/0}].

open(Program, Arguments, Options) ->
    open_port({spawn_executable, Program}, [{args, Arguments}, binary | Options]).

sh(Text, Options) ->
    open("/bin/sh", ["-c", Text], Options).

get_data(Port) ->
    receive {Port, Data} -> Data after 60000 -> error(no_data) end.

collect(Port, Size, Sofar) when byte_size(Sofar) < Size ->
    {data, Data} = get_data(Port),
    collect(Port, Size, <<Sofar/binary, Data/binary>>);
collect(_, _, Sofar) ->
    Sofar.

echo() ->
    Port = open("/bin/cat", [], []),
    [begin
         Text = integer_to_binary(N),
         true = port_command(Port, Text),
         {data, Text} = get_data(Port)
     end || N <- lists:seq(1, 200)],
    true = port_close(Port).

lines() ->
    Port = sh("echo one; printf 'two\\nthr'; printf 'ee\\n0123456789ABCDEF\\nlast'", [{line, 10}, exit_status]),
    Expected = [{data, {eol, <<"one">>}}, {data, {eol, <<"two">>}}, {data, {eol, <<"three">>}},
                {data, {noeol, <<"0123456789">>}}, {data, {eol, <<"ABCDEF">>}}, {data, {noeol, <<"last">>}}, {exit_status, 0}],
    %% What has no end of line comes when the program's end is seen, before or after its status.
    {Same, Same} = {lists:sort(Expected), lists:sort([get_data(Port) || _ <- Expected])}.

packets() ->
    [begin
         Port = open("/bin/cat", [], [{packet, Head}]),
         Texts = [rand:bytes(Size) || Size <- [0, 1, 100, 255 | [1000 || Head > 1]]],
         [true = port_command(Port, Text) || Text <- Texts],
         [{data, Text} = get_data(Port) || Text <- Texts],
         port_close(Port)
     end || Head <- [1, 2, 4]].

exit_status() ->
    [begin Port = sh("exit " ++ integer_to_list(N), [exit_status]), {exit_status, N} = get_data(Port) end || N <- [0, 1, 2, 127, 255]],
    [begin
         Port = sh("kill -" ++ integer_to_list(N) ++ " $$", [exit_status]),
         Status = 128 + N,
         {exit_status, Status} = get_data(Port)
     end || N <- [1, 9, 11, 15]].

stderr() ->
    Port = sh("echo a; echo b >&2; echo c", [stderr_to_stdout, exit_status, {line, 100}]),
    [{data, {eol, <<"a">>}}, {data, {eol, <<"b">>}}, {data, {eol, <<"c">>}}, {exit_status, 0}] =
        [get_data(Port) || _ <- [1, 2, 3, 4]].

descriptors_3_4() ->
    Port = sh("read line <&3; echo \"got $line\" >&4", [nouse_stdio, exit_status]),
    true = port_command(Port, "word\n"),
    {data, <<"got word\n">>} = get_data(Port),
    {exit_status, 0} = get_data(Port).

alive(Pid) ->
    case file:read_file("/proc/" ++ integer_to_list(Pid) ++ "/stat") of
        {ok, Text} -> not lists:member(<<"Z">>, binary:split(Text, <<" ">>, [global]));
        _ -> false
    end.

os_pid(Port) ->
    {os_pid, Pid} = erlang:port_info(Port, os_pid),
    Pid.

close() ->
    Port = open("/bin/cat", [], []),
    Pid = os_pid(Port),
    true = alive(Pid),
    true = port_close(Port),
    program_run:wait(cat_ends, fun() -> not alive(Pid) end),
    {'EXIT', {badarg, _}} = catch port_command(Port, "x"),
    undefined = erlang:port_info(Port).

close_ends_reader() ->
    Port = sh("cat > closed; echo end > closed.end", [in, out]),
    true = port_command(Port, "text"),
    timer:sleep(300),
    true = port_close(Port),
    program_run:wait(written, fun() -> file:read_file("closed.end") =:= {ok, <<"end\n">>} end),
    {ok, <<"text">>} = file:read_file("closed").

killed() ->
    process_flag(trap_exit, true),
    Port = open("/bin/cat", [], [exit_status]),
    Pid = os_pid(Port),
    "" = os:cmd("kill -9 " ++ integer_to_list(Pid)),
    {exit_status, 137} = get_data(Port),
    Closed = open("/bin/cat", [], []),
    "" = os:cmd("kill -9 " ++ integer_to_list(os_pid(Closed))),
    receive {'EXIT', Closed, normal} -> ok after 30000 -> error(no_exit) end,
    false = alive(Pid).

many() ->
    Ports = [{N, open("/bin/cat", [], [exit_status])} || N <- lists:seq(1, 60)],
    [true = port_command(Port, integer_to_binary(N)) || {N, Port} <- Ports],
    [begin Text = integer_to_binary(N), {data, Text} = get_data(Port) end || {N, Port} <- Ports],
    Pids = [os_pid(Port) || {_, Port} <- Ports],
    60 = length(lists:usort(Pids)),
    [port_close(Port) || {_, Port} <- Ports],
    program_run:wait(all_end, fun() -> not lists:any(fun alive/1, Pids) end).

repeated() ->
    [begin
         Port = open("/bin/true", [], [exit_status]),
         {exit_status, 0} = get_data(Port)
     end || _ <- lists:seq(1, 100)].

big() ->
    Data = rand:bytes(2000000),
    Port = open("/bin/cat", [], [stream]),
    true = port_command(Port, Data),
    Data = collect(Port, byte_size(Data), <<>>),
    port_close(Port).

%% A program that does not read makes its port busy; the sender waits and goes on when it reads.
busy() ->
    "" = os:cmd("mkfifo fifo"),
    Port = sh("read go < fifo; cat > busy.out", [exit_status]),
    Self = self(),
    spawn_link(fun() ->
        [true = port_command(Port, binary:copy(<<"0123456789">>, 1000)) || _ <- lists:seq(1, 100)],
        Self ! sent
    end),
    timer:sleep(500),
    false = port_command(Port, <<"more">>, [nosuspend]),
    "" = os:cmd("echo > fifo"),
    receive sent -> ok after 30000 -> error(still_busy) end,
    program_run:wait(all_read, fun() -> filelib:file_size("busy.out") =:= 1000000 end),
    port_close(Port).

arguments() ->
    Words = ["", "a b", "\"q\"", "'", "$HOME", "h\x{e9}\x{20ac}", lists:duplicate(5000, $x), "*"],
    Port = open("/bin/sh", ["-c", "for w; do printf '<%s>' \"$w\"; done", "sh" | Words], [exit_status, {arg0, "name"}]),
    Expected = unicode:characters_to_binary([["<", Word, ">"] || Word <- Words]),
    Expected = collect(Port, byte_size(Expected), <<>>),
    {exit_status, 0} = get_data(Port).

directory() ->
    ok = filelib:ensure_path("below"),
    Port = sh("pwd; echo $WORD", [{cd, "below"}, {env, [{"WORD", "x y"}]}, exit_status, {line, 200}]),
    {data, {eol, Where}} = get_data(Port),
    <<"below">> = filename:basename(Where),
    {data, {eol, <<"x y">>}} = get_data(Port),
    {exit_status, 0} = get_data(Port).

missing() ->
    {'EXIT', {enoent, _}} = catch open("/no/such/program", [], []),
    {'EXIT', {eacces, _}} = catch open("/etc/passwd", [], []),
    ok = file:write_file("bad", "\177ELF no program"),
    ok = file:change_mode("bad", 8#755),
    Port = open("bad", [], [exit_status, stderr_to_stdout, hide]),
    Status = fun Next() -> case get_data(Port) of {exit_status, S} -> S; _ -> Next() end end,
    true = Status() =/= 0.

owner_dies() ->
    Self = self(),
    Owner = spawn(fun() ->
        Port = open("/bin/cat", [], []),
        Self ! {pid, os_pid(Port)},
        receive stop -> exit(gone) end
    end),
    receive {pid, Pid} -> ok end,
    true = alive(Pid),
    Owner ! stop,
    program_run:wait(cat_ends, fun() -> not alive(Pid) end).

info() ->
    Port = open("/bin/cat", [], []),
    {connected, Self} = erlang:port_info(Port, connected),
    Self = self(),
    true = port_command(Port, "12345"),
    {data, <<"12345">>} = get_data(Port),
    {output, 5} = erlang:port_info(Port, output),
    {input, 5} = erlang:port_info(Port, input),
    port_close(Port).

%% Descriptors of this virtual machine are as many after as before.
no_leak() ->
    Count = fun() -> {ok, Names} = file:list_dir("/proc/self/fd"), length(Names) end,
    Before = Count(),
    [begin Port = open("/bin/cat", [], []), port_close(Port) end || _ <- lists:seq(1, 50)],
    program_run:wait(closed, fun() -> Count() =< Before end),
    Port = sh("ls /proc/self/fd | wc -l", [exit_status, {line, 100}]),
    {data, {eol, Text}} = get_data(Port),
    true = binary_to_integer(string:trim(Text)) =< 5.
