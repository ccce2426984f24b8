%% SPDX-License-Identifier: Apache-2.0
%% zip, erl_tar, zlib, and the system's own tar and unzip on what they made.
-module(program_archive).
-export([cases/0]).

cases() ->
    [{zip, fun zip/0},
     {zip_memory, fun zip_memory/0},
     {tar, fun tar/0},
     {tar_system, fun tar_system/0},
     {zlib, fun zlib/0},
     {code_archive, fun code_archive/0}].

make_tree() ->
    ok = filelib:ensure_path("tree/a/b"),
    Files = [{"tree/small", <<"text\n">>}, {"tree/a/empty", <<>>}, {"tree/a/b/random", rand:bytes(300000)},
             {"tree/a/repeat", binary:copy(<<"line of text\n">>, 50000)}, {"tree/h\x{e9}\x{20ac}", <<"unicode">>}],
    [ok = file:write_file(Name, Data) || {Name, Data} <- Files],
    ok = file:change_mode("tree/small", 8#750),
    Files.

same(Directory, Files) ->
    [{ok, Data} = file:read_file(filename:join(Directory, Name)) || {Name, Data} <- Files].

zip() ->
    Files = make_tree(),
    {ok, "tree.zip"} = zip:create("tree.zip", ["tree"]),
    {ok, [_ | Table]} = zip:table("tree.zip"),
    true = length(Table) >= length(Files),
    {ok, _} = zip:extract("tree.zip", [{cwd, "unzipped"}]),
    same("unzipped", Files),
    {ok, Handle} = zip:zip_open("tree.zip", [memory]),
    {ok, {"tree/small", <<"text\n">>}} = zip:zip_get("tree/small", Handle),
    ok = zip:zip_close(Handle),
    "text\n" = os:cmd("busybox unzip -p tree.zip tree/small").

zip_memory() ->
    {ok, {_, Zip}} = zip:create("name", [{"one", <<"1">>}, {"two", binary:copy(<<"2">>, 100000)}], [memory]),
    {ok, [{"one", <<"1">>}, {"two", Two}]} = zip:extract(Zip, [memory]),
    100000 = byte_size(Two),
    {error, _} = zip:extract(binary:part(Zip, 0, byte_size(Zip) div 2), [memory]).

tar() ->
    Files = make_tree(),
    ok = file:make_symlink("small", "tree/link"),
    [begin
         ok = erl_tar:create(Name, ["tree"], Options),
         {ok, Names} = erl_tar:table(Name, Options),
         true = lists:member("tree/small", Names),
         Out = "out." ++ Name,
         ok = erl_tar:extract(Name, [{cwd, Out} | Options]),
         same(Out, Files),
         {ok, "small"} = file:read_link(filename:join(Out, "tree/link")),
         "750" = string:trim(os:cmd("stat -c %a " ++ filename:join(Out, "tree/small")))
     end || {Name, Options} <- [{"tree.tar", []}, {"tree.tgz", [compressed]}]],
    ok = file:delete("tree/link").

tar_system() ->
    Files = make_tree(),
    ok = erl_tar:create("ours.tar.gz", ["tree"], [compressed]),
    "" = os:cmd("mkdir theirs && cd theirs && busybox tar -xzf ../ours.tar.gz"),
    same("theirs", Files),
    "" = os:cmd("busybox tar -czf theirs.tar.gz tree"),
    ok = erl_tar:extract("theirs.tar.gz", [compressed, {cwd, "ours"}]),
    same("ours", Files).

zlib() ->
    Data = [rand:bytes(10000), binary:copy(<<"abc">>, 100000)],
    Flat = iolist_to_binary(Data),
    Flat = zlib:uncompress(zlib:compress(Flat)),
    Flat = zlib:gunzip(zlib:gzip(Flat)),
    Flat = zlib:unzip(zlib:zip(Flat)),
    16#cbf43926 = erlang:crc32("123456789"),
    Flat = binary_to_term(term_to_binary(Flat, [{compressed, 9}])),
    ok = file:write_file("data.gz", zlib:gzip(Flat)),
    {ok, File} = file:open("data.gz", [read, binary, compressed]),
    {ok, Flat} = file:read(File, byte_size(Flat) + 10),
    ok = file:close(File).

%% A module loaded out of an archive.
code_archive() ->
    {ok, hot_archived, Beam} = compile:forms([{attribute, 1, module, hot_archived}, {attribute, 1, export, [{f, 0}]},
                                              {function, 2, f, 0, [{clause, 2, [], [], [{atom, 2, archived}]}]}]),
    {ok, _} = zip:create("app-1.ez", [{"app-1/ebin/hot_archived.beam", Beam}]),
    true = code:add_patha(filename:absname("app-1.ez/app-1/ebin")),
    archived = hot_archived:f(),
    true = code:del_path(filename:absname("app-1.ez/app-1/ebin")).
