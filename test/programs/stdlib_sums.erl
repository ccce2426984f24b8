%% SPDX-License-Identifier: Apache-2.0
%% Compiles the sources of OTP's standard library, every Parts-th from Part on, and writes a line `SUM module hash` for
%% each to a file: the hash of all chunks but the one that tells of the compilation itself.
-module(stdlib_sums).
-export([main/0]).

-spec main() -> no_return().
main() ->
    [Part, Parts, Output] = init:get_plain_arguments(),
    Source = filename:join(code:lib_dir(stdlib), "src"),
    ok = file:set_cwd(Source),
    {ok, File} = file:open(Output, [append, raw]),
    Names = lists:sort(filelib:wildcard("*.erl")),
    Numbered = lists:zip(lists:seq(0, length(Names) - 1), Names),
    [ok = file:write(File, sum(Name)) || {N, Name} <- Numbered, N rem list_to_integer(Parts) =:= list_to_integer(Part)],
    ok = file:write(File, ["SUMS DONE ", Part, $\n]),
    halt(0).

sum(Name) ->
    Options = [binary, return, deterministic, {i, filename:join(code:lib_dir(stdlib), "include")},
               {i, filename:join(code:lib_dir(kernel), "include")}],
    case compile:file(Name, Options) of
        {ok, Module, Beam, _Warnings} ->
            {ok, Module, Chunks} = beam_lib:all_chunks(Beam),
            Code = [[Id, <<(byte_size(Data)):32>>, Data] || {Id, Data} <- lists:sort(Chunks), Id =/= "CInf"],
            true = lists:keymember("Code", 1, Chunks),
            io_lib:format("SUM ~s ~s~n", [Module, binary:encode_hex(crypto:hash(sha256, Code))]);
        {error, Errors, _} ->
            io_lib:format("SUM ~s failed ~0p~n", [Name, Errors])
    end.
