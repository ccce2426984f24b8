%% SPDX-License-Identifier: Apache-2.0
%% A machine whose firmware describes its cores wrongly: stopped where it enters the loader, its core
%% list (MADT) altered in its memory, let go. Prints what the console says; status of the machine.
-module(chaos_acpi).
-export([main/1]).

-define(HEADER, 36).
-define(ENTRIES, 44).
-define(SECONDS, 60).
-define(MEGABYTES, 512).

%% Arguments: the case, the loader's first instruction (hexadecimal), loader, image.
-spec main([string()]) -> no_return().
main([Case, Entry, Loader, Image]) ->
    Directory = "build/chaos/acpi-" ++ os:getpid(),
    Machine = chaos_machine:start(#{
        directory => Directory, build => "build", loader => Loader, image => Image, nodes => 2,
        memory => ?MEGABYTES, options => ["run=/usr/bin/busybox true", "on-exit@0=poweroff"],
        qemu => ["-S"], seconds => ?SECONDS}),
    Status = try
        Gdb0 = chaos_gdb:connect(maps:get(gdb, Machine)),
        Gdb1 = chaos_gdb:continue(chaos_gdb:break(Gdb0, list_to_integer(Entry, 16))),
        {Core, Gdb2} = chaos_gdb:stopped(Gdb1, ?SECONDS * 1000),
        true = is_integer(Core),
        alter(list_to_atom(Case), maps:get(memory_file, Machine)),
        chaos_gdb:detach(chaos_gdb:unbreak(Gdb2, list_to_integer(Entry, 16))),
        told(maps:get(port, Machine))
    after
        chaos_machine:stop(Machine),
        file:del_dir_r(Directory)
    end,
    erlang:halt(Status).

told(Port) ->
    receive
        {Port, {data, {_, Line}}} -> io:format("~ts~n", [Line]), told(Port);
        {Port, {exit_status, Status}} -> Status
    after ?SECONDS * 2000 -> 124
    end.

%% Every core list in the machine's memory that is whole, until now.
alter(Case, File) ->
    {ok, Bytes} = file:pread(File, 0, ?MEGABYTES bsl 20),
    Tables = [{At, Table} || {At, 4} <- binary:matches(Bytes, <<"APIC">>),
                             {ok, Table} <- [table(Bytes, At)]],
    [_ | _] = Tables,
    lists:foreach(fun({At, Table}) -> ok = file:pwrite(File, At, altered(Case, Table)) end, Tables).

table(Bytes, At) ->
    case Bytes of
        <<_:At/binary, "APIC", Size:32/little, _/binary>> when Size >= ?ENTRIES, At + Size =< byte_size(Bytes) ->
            Table = binary:part(Bytes, At, Size),
            case sum(Table) of
                0 -> {ok, Table};
                _ -> error
            end;
        _ ->
            error
    end.

altered(whole, Table) -> Table;
altered(checksum, <<Before:?HEADER/binary, Byte, Rest/binary>>) -> <<Before/binary, (Byte bxor 1), Rest/binary>>;
altered(size_0, Table) -> entry(Table, 0);
altered(size_1, Table) -> entry(Table, 1);
altered(past_end, Table) -> entry(Table, 255);
altered(short_header, Table) -> resized(Table, 20);
altered(no_entries, Table) -> resized(Table, ?ENTRIES);
altered(cut_entries, Table) -> resized(Table, ?ENTRIES - 4);
altered(huge, Table) -> resized(Table, 16#fffffff0);
altered(disabled, <<Before:?ENTRIES/binary, Entries/binary>>) ->
    summed(<<Before/binary, (disabled(Entries))/binary>>).

%% The size of the second entry.
entry(<<Before:?ENTRIES/binary, Type, Size, First:(6)/binary, Type2, _, Rest/binary>>, Wrong) when Size =:= 8 ->
    summed(<<Before/binary, Type, Size, First/binary, Type2, Wrong, Rest/binary>>).

resized(<<Name:4/binary, _:32, Rest/binary>>, Size) ->
    summed(<<Name/binary, Size:32/little, Rest/binary>>).

disabled(<<0, 8, Ids:2/binary, _:32, Rest/binary>>) -> <<0, 8, Ids/binary, 0:32, (disabled(Rest))/binary>>;
disabled(<<Type, Size, Rest/binary>>) ->
    <<Body:(Size - 2)/binary, Next/binary>> = Rest,
    <<Type, Size, Body/binary, (disabled(Next))/binary>>;
disabled(<<>>) -> <<>>.

%% The sum is right over as much as the table says it is long.
summed(<<Before:9/binary, _, Rest/binary>>) ->
    <<_:4/binary, Size:32/little, _/binary>> = Before,
    Zero = <<Before/binary, 0, Rest/binary>>,
    Sum = sum(binary:part(Zero, 0, min(Size, byte_size(Zero)))),
    <<Before/binary, (-Sum), Rest/binary>>.

sum(Bytes) ->
    lists:sum(binary_to_list(Bytes)) rem 256.
