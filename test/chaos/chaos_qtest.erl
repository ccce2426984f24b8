%% SPDX-License-Identifier: Apache-2.0
%% Writes into the running machine from outside, through QEMU's qtest socket.
-module(chaos_qtest).
-export([connect/1, write/3, flip/4, out/3, interrupt/3]).

connect(Path) ->
    {ok, Socket} = chaos_socket:connect(Path, [{packet, line}]),
    Socket.

write(Socket, Address, Bytes) ->
    command(Socket, io_lib:format("write 0x~.16b 0x~.16b 0x~s",
                                  [Address, byte_size(Bytes), binary:encode_hex(Bytes)])).

%% Inverts one bit of a byte.
-spec flip(gen_tcp:socket(), chaos_memory:memory(), non_neg_integer(), 0..7) -> ok.
flip(Socket, Memory, Address, Bit) ->
    write(Socket, Address, <<(chaos_memory:word(Memory, Address, 1) bxor (1 bsl Bit))>>).

out(Socket, Port, Byte) ->
    command(Socket, io_lib:format("outb 0x~.16b 0x~.16b", [Port, Byte])).

interrupt(Socket, Line, Level) ->
    command(Socket, io_lib:format("set_irq_in /machine/q35/ioapic unnamed-gpio-in ~b ~b",
                                  [Line, Level])).

command(Socket, Command) ->
    case chaos_socket:line(Socket, Command) of
        {ok, <<"OK", _/binary>>} -> ok;
        Other -> error({qtest, iolist_to_binary(Command), Other})
    end.
