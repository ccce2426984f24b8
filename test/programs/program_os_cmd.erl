%% SPDX-License-Identifier: Apache-2.0
%% os:cmd with dash and busybox: pipes, status, environment, much output, many at once.
-module(program_os_cmd).
-export([cases/0]).

cases() ->
    [{plain, fun plain/0},
     {pipes, fun pipes/0},
     {status, fun status/0},
     {environment, fun environment/0},
     {big_output, fun big_output/0},
     {limit, fun limit/0},
     {many, fun many/0},
     {at_once, fun at_once/0},
     {background, fun background/0},
     {files, fun files/0},
     {script, fun script/0},
     {signals, fun signals/0},
     {errors, fun errors/0},
     {here_document, fun here_document/0},
     {substitution, fun substitution/0},
     {tools, fun tools/0}].

plain() ->
    "hello\n" = os:cmd("echo hello"),
    "" = os:cmd("true"),
    "one\ntwo\n" = os:cmd("echo one; echo two >&2"),
    "h\x{e9}\x{20ac}\n" = os:cmd("printf 'h\\303\\251\\342\\202\\254\\n'"),
    %% No terminal and nothing to read.
    "0\n" = os:cmd("wc -c | tr -d ' '"),
    "not a tty\n" = os:cmd("tty 2> /dev/null | head -n 1 | grep -v dev").

pipes() ->
    "5\n" = os:cmd("seq 1 1000 | grep 99 | sed 's/9/x/g' | grep '^x*$' | wc -l | awk '{ print $1 + 3 }'"),
    "b\na\n" = os:cmd("printf 'a\\nb\\n' | sort -r | cat | cat | cat | cat | cat | cat"),
    %% A writer whose reader has gone is ended by SIGPIPE.
    "y\ny\n" = os:cmd("yes 2> /dev/null | head -n 2"),
    "out\n" = os:cmd("(echo err >&2; echo out) 2> /dev/null | cat").

status() ->
    "0 1 3 127\n" = os:cmd("true; a=$?; false; b=$?; sh -c 'exit 3'; c=$?; /no/such 2> /dev/null; echo $a $b $c $?"),
    "137 143 134\n" = os:cmd("for s in KILL TERM ABRT; do sh -c \"kill -$s \\$\\$\" 2> /dev/null > /dev/null; printf '%s ' $?; done 2> /dev/null | sed 's/ $//'; echo"),
    "126\n" = os:cmd("/etc/passwd 2> /dev/null; echo $?").

environment() ->
    true = os:putenv("PROGRAM_WORD", "from erlang"),
    "from erlang\n" = os:cmd("echo $PROGRAM_WORD"),
    true = os:unsetenv("PROGRAM_WORD"),
    "none\n" = os:cmd("echo ${PROGRAM_WORD-none}"),
    {ok, Directory} = file:get_cwd(),
    Directory = string:trim(os:cmd("pwd")),
    "/usr\n" = os:cmd("cd /usr && pwd"),
    "A=b c\n" = os:cmd("env -i 'A=b c' /usr/bin/env").

big_output() ->
    Output = os:cmd("seq 1 200000"),
    200000 = length(string:lexemes(Output, "\n")),
    3000000 = length(os:cmd("head -c 3000000 /dev/zero | tr '\\0' x")).

limit() ->
    10 = length(os:cmd("head -c 100000 /dev/zero | tr '\\0' x", #{max_size => 10})).

many() ->
    [begin Text = integer_to_list(N) ++ "\n", Text = os:cmd("echo " ++ integer_to_list(N)) end || N <- lists:seq(1, 100)].

at_once() ->
    Self = self(),
    [spawn_link(fun() -> Self ! {N, os:cmd("sleep 0.5; seq 1 500 | tail -n 1; echo " ++ integer_to_list(N))} end)
     || N <- lists:seq(1, 30)],
    [receive {N, Text} -> Text = "500\n" ++ integer_to_list(N) ++ "\n" end || N <- lists:seq(1, 30)].

%% os:cmd waits for the shell, not for what it left behind.
background() ->
    {Time, "started\n"} = timer:tc(fun() -> os:cmd("sleep 30 > /dev/null 2>&1 < /dev/null & echo started") end),
    true = Time < 20000000,
    os:cmd("sh -c 'sleep 0.3; echo late > late' > /dev/null 2>&1 &"),
    program_run:wait(late, fun() -> file:read_file("late") =:= {ok, <<"late\n">>} end).

files() ->
    "3\n" = os:cmd("mkdir -p a/b && cd a/b && for i in 1 2 3; do echo $i > f$i; done && ls | wc -l | tr -d ' '"),
    "f1\nf2\nf3\n" = os:cmd("cd a/b; for f in f*; do echo $f; done"),
    "1\n2\n3\n" = os:cmd("cat a/b/f?"),
    "a/b/f2\n" = os:cmd("find a -name f2"),
    "" = os:cmd("cp -r a c && diff -r a c"),
    "" = os:cmd("tar -cf - a | (mkdir d; cd d; tar -xf -) && diff -r a d/a"),
    "" = os:cmd("gzip -c a/b/f1 | gunzip -c | cmp - a/b/f1"),
    "link a/b/f1\n" = os:cmd("ln -s a/b/f1 l; test -L l && echo link $(readlink l)"),
    "rwxr-x---\n" = os:cmd("chmod 750 a/b/f1; ls -l a/b/f1 | cut -c 2-10"),
    "appended\n2\n" = os:cmd("echo appended >> a/b/f1; tail -n 1 a/b/f1; wc -l < a/b/f1 | tr -d ' '"),
    "" = os:cmd("rm -rf a c d l; ls").

script() ->
    ok = file:write_file("script", "#!/bin/sh\necho \"$0:$#:$1\"\nread line\necho \"got $line\"\nexit 9\n"),
    ok = file:change_mode("script", 8#755),
    "./script:2:a b\ngot word\n9\n" = os:cmd("echo word | { ./script 'a b' c; echo $?; }").

signals() ->
    "trapped\n5\n" = os:cmd("sh -c 'trap \"echo trapped; exit 5\" TERM; kill -TERM $$; sleep 5'; echo $?"),
    "waited 7\n" = os:cmd("(exit 7) & wait $!; echo waited $?"),
    "gone\n" = os:cmd("sleep 100 & kill $!; wait $! 2> /dev/null; kill -0 $! 2> /dev/null || echo gone"),
    "124\n" = os:cmd("busybox timeout 1 sleep 20 > /dev/null 2>&1; s=$?; [ $s = 143 ] && s=124; echo $s"),
    "alarm\n" = os:cmd("trap '' PIPE; sh -c 'trap \"echo alarm; exit\" ALRM; kill -ALRM $$; while :; do sleep 1; done'").

errors() ->
    true = string:find(os:cmd("no_such_program_here"), "not found") =/= nomatch,
    true = string:find(os:cmd("cat /no/such/file"), "No such file or directory") =/= nomatch,
    true = string:find(os:cmd("cd /etc/passwd"), "can't cd") =/= nomatch,
    true = string:find(os:cmd("mkdir /proc/x"), "mkdir") =/= nomatch.

here_document() ->
    "a 3\nb\n" = os:cmd("cat <<E\na $((1 + 2))\nb\nE\n").

substitution() ->
    "x-1-y\n" = os:cmd("echo x-$(echo $(expr 3 - 2))-y"),
    "6\n" = os:cmd("n=0; for i in 1 2 3; do n=$((n + i)); done; echo $n"),
    "50\n" = os:cmd("i=0; while [ $i -lt 50 ]; do i=$(expr $i + 1); done; echo $i").

tools() ->
    "900150983cd24fb0d6963f7d28e17f72\n" = os:cmd("printf abc | md5sum | cut -d' ' -f1"),
    "3\n" = os:cmd("dd if=/dev/zero bs=1024 count=3 2> /dev/null | wc -c | awk '{ print $1 / 1024 }'"),
    "1970\n" = os:cmd("date -u -d @0 +%Y"),
    "aGVsbG8=\n" = os:cmd("printf hello | base64"),
    "a:b\n" = os:cmd("printf 'a\\nb\\n' | xargs echo | tr ' ' :"),
    "1 2 3 4\n" = os:cmd("printf '1\\n2\\n3\\n4\\n' | xargs -n 1 echo | xargs"),
    Pid = os:getpid(),
    "ok\n" = os:cmd("test -d /proc/" ++ Pid ++ " && tr '\\0' ' ' < /proc/" ++ Pid ++ "/cmdline | grep -q beam && echo ok"),
    "ok\n" = os:cmd("ps | grep -q '[b]eam' && echo ok").
