%% SPDX-License-Identifier: Apache-2.0
%% QEMU's gdb stub: cores are threads, one more than their number. To connect stops the machine;
%% then all cores go on, or all but some.
-module(chaos_gdb).
-export([connect/1, detach/1, stop/1, continue/1, continue_but/3, register/3, set_register/4,
         break/2, unbreak/2, stopped/2]).

-define(RIP, 16).

connect(Path) ->
    {ok, Socket} = chaos_socket:connect(Path, []),
    Gdb = {Socket, <<>>},
    {_, Gdb1} = ask(Gdb, "qSupported:multiprocess+;vContSupported+"),
    %% Only who read the description may write single registers.
    {_, Gdb2} = ask(Gdb1, "qXfer:features:read:target.xml:0,ffb"),
    Gdb2.

detach(Gdb) ->
    {Socket, _} = send(Gdb, "D;1"),
    %% An answer; or the machine has come to its end before it gave one.
    _ = gen_tcp:recv(Socket, 0, 60000),
    gen_tcp:close(Socket).

stop({Socket, Rest}) ->
    ok = gen_tcp:send(Socket, <<3>>),
    {_, Gdb} = reply({Socket, Rest}),
    Gdb.

continue(Gdb) ->
    send(Gdb, "vCont;c").

continue_but(Gdb, Held, Cores) ->
    send(Gdb, ["vCont" | [io_lib:format(";c:p1.~.16b", [C + 1]) || C <- Cores -- Held]]).

break(Gdb, Address) ->
    {<<"OK">>, Gdb2} = ask(Gdb, io_lib:format("Z1,~.16b,1", [Address])),
    Gdb2.

unbreak(Gdb, Address) ->
    {<<"OK">>, Gdb2} = ask(Gdb, io_lib:format("z1,~.16b,1", [Address])),
    Gdb2.

%% {Core, Gdb} when the machine has stopped at a core, {none, Gdb} when it has not within Ms.
stopped({Socket, Buffer}, Ms) ->
    case packet(Buffer) of
        {Text, Rest} ->
            ok = gen_tcp:send(Socket, "+"),
            case re:run(Text, "thread:p01\\.([0-9a-f]+);", [{capture, all_but_first, list}]) of
                {match, [Thread]} -> {list_to_integer(Thread, 16) - 1, {Socket, Rest}};
                nomatch -> stopped({Socket, Rest}, Ms)
            end;
        none ->
            case gen_tcp:recv(Socket, 0, Ms) of
                {ok, More} -> stopped({Socket, <<Buffer/binary, More/binary>>}, Ms);
                {error, timeout} -> {none, {Socket, Buffer}}
            end
    end.

register(Gdb, Core, Name) ->
    {Text, Gdb2} = ask(select(Gdb, Core), io_lib:format("p~.16b", [number(Name)])),
    {binary:decode_unsigned(binary:decode_hex(Text), little), Gdb2}.

set_register(Gdb, Core, Name, Value) ->
    Bytes = case Name of
        flags -> <<Value:32/little>>;
        _ -> <<Value:64/little>>
    end,
    {<<"OK">>, Gdb2} = ask(select(Gdb, Core),
                           io_lib:format("P~.16b=~s", [number(Name), binary:encode_hex(Bytes)])),
    Gdb2.

select(Gdb, Core) ->
    {<<"OK">>, Gdb2} = ask(Gdb, io_lib:format("Hgp1.~.16b", [Core + 1])),
    Gdb2.

number(rip) -> ?RIP;
number(flags) -> ?RIP + 1;
number(cs) -> ?RIP + 2;
number(General) when is_integer(General), General < 16 -> General;
number(rsp) -> 7.

ask(Gdb, Text) ->
    answer(send(Gdb, Text)).

%% That the machine stopped is told by itself, also by connecting.
answer(Gdb) ->
    case reply(Gdb) of
        {<<"T0", _/binary>>, Gdb2} -> answer(Gdb2);
        Answer -> Answer
    end.

send({Socket, Rest}, Text0) ->
    Text = iolist_to_binary(Text0),
    Sum = lists:sum(binary_to_list(Text)) rem 256,
    ok = gen_tcp:send(Socket, [$$, Text, $#, io_lib:format("~2.16.0b", [Sum])]),
    {Socket, Rest}.

%% The next packet, acknowledged.
reply({Socket, Buffer}) ->
    case packet(Buffer) of
        {Text, Rest} ->
            ok = gen_tcp:send(Socket, "+"),
            {Text, {Socket, Rest}};
        none ->
            {ok, More} = gen_tcp:recv(Socket, 0, 60000),
            reply({Socket, <<Buffer/binary, More/binary>>})
    end.

packet(Buffer) ->
    case re:run(Buffer, "\\$([^#]*)#..", [{capture, all, index}, dotall]) of
        {match, [{Start, Size}, {TextStart, TextSize}]} ->
            {binary:part(Buffer, TextStart, TextSize),
             binary:part(Buffer, Start + Size, byte_size(Buffer) - Start - Size)};
        nomatch ->
            none
    end.
