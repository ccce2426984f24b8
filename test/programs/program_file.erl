%% SPDX-License-Identifier: Apache-2.0
%% Files and directories through file, filelib, prim_file and io.
-module(program_file).
-export([cases/0]).

cases() ->
    [{read_write, fun read_write/0},
     {positions, fun positions/0},
     {append, fun append/0},
     {modes, fun modes/0},
     {directories, fun directories/0},
     {links, fun links/0},
     {rename, fun rename/0},
     {errors, fun errors/0},
     {file_info, fun file_info/0},
     {delayed, fun delayed/0},
     {lines, fun lines/0},
     {vectors, fun vectors/0},
     {sendfile, fun sendfile/0},
     {truncate, fun truncate/0},
     {deleted_open, fun deleted_open/0},
     {consult, fun consult/0},
     {names, fun names/0},
     {many_open, fun many_open/0},
     {big, fun big/0},
     {at_once, fun at_once/0},
     {devices, fun devices/0},
     {read_only_image, fun read_only_image/0}].

read_write() ->
    [begin
         Data = rand:bytes(Size),
         ok = file:write_file("file", Data),
         {ok, Data} = file:read_file("file"),
         Size = filelib:file_size("file")
     end || Size <- [0, 1, 4095, 4096, 4097, 65536, 1000003]].

positions() ->
    {ok, File} = file:open("file", [read, write, raw, binary]),
    ok = file:write(File, <<"0123456789">>),
    {ok, 3} = file:position(File, 3),
    {ok, <<"345">>} = file:read(File, 3),
    {ok, 4} = file:position(File, {cur, -2}),
    {ok, 8} = file:position(File, {eof, -2}),
    {ok, <<"89">>} = file:read(File, 10),
    eof = file:read(File, 1),
    {error, einval} = file:position(File, {bof, -1}),
    ok = file:pwrite(File, 20, <<"x">>),
    {ok, <<"9", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "x">>} = file:pread(File, 9, 100),
    eof = file:pread(File, 21, 1),
    ok = file:pwrite(File, [{0, <<"a">>}, {2, <<"c">>}]),
    {ok, [<<"a1c">>, eof]} = file:pread(File, [{0, 3}, {100, 3}]),
    ok = file:advise(File, 0, 0, sequential),
    ok = file:allocate(File, 0, 10000),
    ok = file:datasync(File),
    ok = file:sync(File),
    ok = file:close(File).

append() ->
    {ok, One} = file:open("appended", [append, raw]),
    {ok, Two} = file:open("appended", [append, raw]),
    [begin ok = file:write(One, "1"), ok = file:write(Two, "2") end || _ <- lists:seq(1, 100)],
    ok = file:close(One),
    ok = file:close(Two),
    {ok, Data} = file:read_file("appended"),
    Data = binary:copy(<<"12">>, 100).

modes() ->
    ok = file:write_file("file", "text"),
    {error, eexist} = file:open("file", [write, exclusive]),
    {ok, New} = file:open("new", [write, exclusive]),
    ok = file:close(New),
    {ok, Reader} = file:open("file", [read, raw]),
    {error, ebadf} = file:write(Reader, "x"),
    ok = file:close(Reader),
    {ok, Writer} = file:open("file", [write]),
    ok = file:close(Writer),
    0 = filelib:file_size("file"),
    {ok, Directory} = file:open(".", [read, directory, raw]),
    ok = file:close(Directory).

directories() ->
    ok = file:make_dir("one"),
    {error, eexist} = file:make_dir("one"),
    ok = filelib:ensure_path("one/two/three"),
    [ok = file:write_file(filename:join("one", integer_to_list(N)), "") || N <- lists:seq(1, 500)],
    {ok, Names} = file:list_dir("one"),
    501 = length(Names),
    500 = length(filelib:wildcard("one/[0-9]*")),
    {error, eexist} = file:del_dir("one"),
    {error, enotdir} = file:list_dir("one/1"),
    502 = filelib:fold_files("one", ".*", true, fun(_, N) -> N + 1 end, 2),
    {ok, Before} = file:get_cwd(),
    ok = file:set_cwd("one/two/three"),
    {ok, Inside} = file:get_cwd(),
    "three" = filename:basename(Inside),
    ok = file:set_cwd("../../.."),
    {ok, Before} = file:get_cwd(),
    ok = file:del_dir_r("one"),
    {error, enoent} = file:list_dir("one").

links() ->
    ok = file:write_file("target", "text"),
    ok = file:make_symlink("target", "symbolic"),
    {ok, "target"} = file:read_link("symbolic"),
    {ok, <<"text">>} = file:read_file("symbolic"),
    ok = file:make_link("target", "hard"),
    {ok, Info} = file:read_file_info("hard"),
    2 = element(9, Info),
    symlink = element(3, element(2, file:read_link_info("symbolic"))),
    ok = file:delete("target"),
    {error, enoent} = file:read_file("symbolic"),
    {ok, <<"text">>} = file:read_file("hard"),
    ok = file:make_symlink("loop", "loop"),
    {error, eloop} = file:read_file("loop"),
    [ok = file:delete(Name) || Name <- ["symbolic", "hard", "loop"]].

rename() ->
    ok = file:write_file("a", "a"),
    ok = file:write_file("b", "b"),
    ok = file:rename("a", "b"),
    {ok, <<"a">>} = file:read_file("b"),
    {error, enoent} = file:rename("a", "c"),
    ok = filelib:ensure_path("d/e"),
    ok = file:rename("b", "d/e/b"),
    {error, einval} = file:rename("d", "d/e/f"),
    ok = file:rename("d", "g"),
    {ok, <<"a">>} = file:read_file("g/e/b").

errors() ->
    {error, enoent} = file:read_file("missing"),
    ok = file:write_file("plain", ""),
    {error, enotdir} = file:read_file("plain/x"),
    {error, eisdir} = file:read_file("."),
    {error, eisdir} = file:write_file(".", ""),
    {error, enametoolong} = file:read_file(lists:duplicate(300, $x)),
    {error, eperm} = file:delete(".") , 
    {error, badarg} = file:read_file("a\0b").

file_info() ->
    ok = file:write_file("file", "12345"),
    {ok, Info} = file:read_file_info("file", [{time, posix}]),
    {5, regular, read_write} = {element(2, Info), element(3, Info), element(4, Info)},
    ok = file:change_mode("file", 8#640),
    8#640 = element(8, element(2, file:read_file_info("file"))) band 8#777,
    ok = file:change_time("file", {{2001, 2, 3}, {4, 5, 6}}),
    {{2001, 2, 3}, {4, 5, 6}} = filelib:last_modified("file"),
    ok = file:change_owner("file", 0, 0),
    {ok, Directory} = file:read_file_info("."),
    directory = element(3, Directory),
    {ok, Null} = file:read_file_info("/dev/null"),
    device = element(3, Null).

delayed() ->
    {ok, File} = file:open("delayed", [write, {delayed_write, 10000, 200}]),
    [ok = file:write(File, [integer_to_list(N), $\n]) || N <- lists:seq(1, 5000)],
    ok = file:close(File),
    {ok, Data} = file:read_file("delayed"),
    5000 = length(binary:split(Data, <<"\n">>, [global, trim])).

lines() ->
    ok = file:write_file("lines", [[integer_to_list(N), $\n] || N <- lists:seq(1, 3000)]),
    [begin
         {ok, File} = file:open("lines", Options),
         3000 = count_lines(File, 0),
         ok = file:close(File)
     end || Options <- [[read], [read, raw, read_ahead], [read, binary, {encoding, utf8}]]].

count_lines(File, N) ->
    case file:read_line(File) of
        {ok, _} -> count_lines(File, N + 1);
        eof -> N
    end.

vectors() ->
    ok = file:write_file("vector", [<<N:32>> || N <- lists:seq(1, 5000)]),
    {ok, Data} = file:read_file("vector"),
    20000 = byte_size(Data),
    <<4999:32, 5000:32>> = binary:part(Data, 20000, -8).

sendfile() ->
    ok = file:write_file("source", rand:bytes(200000)),
    {ok, 200000} = file:copy("source", "destination"),
    {ok, Data} = file:read_file("source"),
    {ok, Data} = file:read_file("destination").

truncate() ->
    {ok, File} = file:open("cut", [read, write, raw, binary]),
    ok = file:write(File, binary:copy(<<"x">>, 10000)),
    {ok, 100} = file:position(File, 100),
    ok = file:truncate(File),
    100 = filelib:file_size("cut"),
    {ok, 9000} = file:position(File, 9000),
    ok = file:truncate(File),
    {ok, <<0>>} = file:pread(File, 200, 1),
    ok = file:close(File).

%% A file without a name lives until it is closed.
deleted_open() ->
    {ok, File} = file:open("gone", [read, write, raw, binary]),
    ok = file:write(File, "text"),
    ok = file:delete("gone"),
    {ok, <<"text">>} = file:pread(File, 0, 10),
    ok = file:write(File, "more"),
    {ok, <<"textmore">>} = file:pread(File, 0, 10),
    {error, enoent} = file:read_file("gone"),
    ok = file:close(File).

consult() ->
    Terms = [{a, [1, 2.5, "text"]}, #{k => <<"v">>}],
    ok = file:write_file("terms", [io_lib:format("~p.~n", [T]) || T <- Terms]),
    {ok, Terms} = file:consult("terms"),
    ok = file:write_file("script", "X = 4, X * 10."),
    {ok, 40} = file:script("script").

names() ->
    [begin
         ok = file:write_file(Name, Name2),
         {ok, Name2} = file:read_file(Name),
         ok = file:delete(Name)
     end || Name <- ["h\x{e9}\x{20ac}", "with space", "new\nline", "-", lists:duplicate(255, $n)],
            Name2 <- [unicode:characters_to_binary(Name)]],
    ok = file:write_file(<<"raw", 255>>, "x"),
    {ok, All} = file:list_dir_all("."),
    true = lists:member(<<"raw", 255>>, All).

many_open() ->
    Files = [begin {ok, F} = file:open("f" ++ integer_to_list(N), [write, read, raw, binary]), {N, F} end || N <- lists:seq(1, 400)],
    [ok = file:write(F, <<N:32>>) || {N, F} <- Files],
    [{ok, <<N:32>>} = file:pread(F, 0, 4) || {N, F} <- Files],
    [ok = file:close(F) || {_, F} <- Files].

big() ->
    {ok, File} = file:open("big", [write, read, raw, binary]),
    Piece = binary:copy(<<"0123456789abcdef">>, 65536),
    [ok = file:write(File, Piece) || _ <- lists:seq(1, 30)],
    {ok, <<"f0">>} = file:pread(File, 20 * 1048576 - 1, 2),
    ok = file:close(File),
    "31457280\n" = os:cmd("wc -c < big | tr -d ' '"),
    ok = file:delete("big"),
    %% Mostly a hole.
    {ok, Hole} = file:open("hole", [write, read, raw, binary]),
    ok = file:pwrite(Hole, 5000000000, <<"x">>),
    5000000001 = filelib:file_size("hole"),
    {ok, <<0, 0>>} = file:pread(Hole, 4000000000, 2),
    ok = file:close(Hole),
    ok = file:delete("hole").

at_once() ->
    Self = self(),
    [spawn_link(fun() ->
         Name = "p" ++ integer_to_list(N),
         [begin
              Data = rand:bytes(1000 + K),
              ok = file:write_file(Name, Data),
              {ok, Data} = file:read_file(Name),
              ok = file:rename(Name, Name ++ "x"),
              ok = file:delete(Name ++ "x")
          end || K <- lists:seq(1, 20)],
         Self ! done
     end) || N <- lists:seq(1, 20)],
    [receive done -> ok end || _ <- lists:seq(1, 20)].

devices() ->
    ok = file:write_file("/dev/null", "x"),
    {ok, <<>>} = file:read_file("/dev/null"),
    {ok, Zero} = file:open("/dev/zero", [read, raw, binary]),
    {ok, <<0:800>>} = file:read(Zero, 100),
    ok = file:close(Zero),
    {ok, Random} = file:open("/dev/urandom", [read, raw, binary]),
    {ok, Bytes} = file:read(Random, 64),
    64 = byte_size(Bytes),
    ok = file:close(Random),
    {error, enospc} = file:write_file("/dev/full", "x").

%% Files that came with the system can be changed like any others.
read_only_image() ->
    Beam = code:which(?MODULE),
    {ok, Data} = file:read_file(Beam),
    {ok, _} = file:copy(Beam, "copy.beam"),
    {ok, Data} = file:read_file("copy.beam"),
    Copy = Beam ++ ".renamed",
    ok = file:rename(Beam, Copy),
    {error, enoent} = file:read_file(Beam),
    ok = file:rename(Copy, Beam),
    {ok, Data} = file:read_file(Beam).
