%% SPDX-License-Identifier: Apache-2.0
%% The machine's memory as a file on this side: the machine plan, what each node publishes, where a
%% node's kernel is. Looking at it stops nobody. Writing goes through qtest (chaos_qtest), which
%% also tells QEMU to forget what it translated.
-module(chaos_memory).
-export([open/2, read/3, word/3, nodes/1, core/2, published/3, channel/4, burial/2, epitaph/2,
         physical/3, extents/2, start_info/3, store_kernel/2, store_root/1, ring/3, ring_size/1, ring_bytes/5,
         published_address/3, channel_address/4, trampoline/1, layout/1, find/3, parts/1]).
-export_type([memory/0]).
-compile({no_auto_import, [nodes/1]}).

-record(memory, {
    file :: file:fd(),
    layout :: chaos_layout:layout(),
    machine = 0 :: non_neg_integer(),
    published = 0 :: non_neg_integer(),
    count = 0 :: non_neg_integer()
}).
-type memory() :: #memory{}.

-define(MAGIC, <<"Machine1">>).
-define(CHUNK, 16#1000000).

%% {error, no_plan} before the loader wrote it.
-spec open(file:fd(), chaos_layout:layout()) -> {ok, memory()} | {error, term()}.
open(File, Layout) ->
    Memory = #memory{file = File, layout = Layout},
    case machine_find(Memory, 0) of
        {ok, Machine} ->
            Found = Memory#memory{machine = Machine},
            {ok, Found#memory{
                published = machine_field(Found, published_base),
                count = machine_field(Found, node_count)
            }};
        Error ->
            Error
    end.

%% The plan names its own address.
machine_find(#memory{file = File, layout = Layout} = Memory, At) ->
    case file:pread(File, At, ?CHUNK) of
        {ok, Bytes} ->
            Offset = chaos_layout:offset(Layout, machine, store_base),
            Right = [At + Position || {Position, _} <- binary:matches(Bytes, ?MAGIC),
                                      (At + Position) rem 4096 =:= 0,
                                      word(Memory, At + Position + Offset, 8) =:= At + Position],
            case Right of
                [Machine | _] -> {ok, Machine};
                [] -> machine_find(Memory, At + ?CHUNK)
            end;
        eof ->
            {error, no_plan}
    end.

layout(#memory{layout = Layout}) -> Layout.

-spec read(memory(), non_neg_integer(), pos_integer()) -> binary().
read(#memory{file = File}, Address, Size) ->
    {ok, Bytes} = file:pread(File, Address, Size),
    Bytes.

-spec word(memory(), non_neg_integer(), 1..8) -> non_neg_integer().
word(Memory, Address, Size) ->
    binary:decode_unsigned(read(Memory, Address, Size), little).

field(#memory{layout = Layout} = Memory, Base, Structure, Field) ->
    word(Memory, Base + chaos_layout:offset(Layout, Structure, Field),
         chaos_layout:size(Layout, Structure, Field)).

machine_field(#memory{machine = Machine} = Memory, Field) ->
    field(Memory, Machine, machine, Field).

nodes(#memory{count = Count}) -> lists:seq(0, Count - 1).

node_address(#memory{layout = Layout, machine = Machine}, Node) ->
    Machine + chaos_layout:offset(Layout, machine, nodes) +
        Node * chaos_layout:size(Layout, machine_node, size).

%% The core a node runs on, as QEMU counts them.
core(Memory, Node) ->
    field(Memory, node_address(Memory, Node), machine_node, apic_id).

%% [{Base, Size}] of its partition.
extents(#memory{layout = Layout} = Memory, Node) ->
    Address = node_address(Memory, Node),
    Count = field(Memory, Address, machine_node, extent_count),
    First = Address + chaos_layout:offset(Layout, machine_node, extents),
    [{word(Memory, First + 16 * I, 8), word(Memory, First + 16 * I + 8, 8)}
     || I <- lists:seq(0, Count - 1)].

start_info(Memory, Node, Field) ->
    [{Base, _} | _] = extents(Memory, Node),
    field(Memory, Base, start_info, Field).

%% Of an address in the kernel's own copy.
physical(#memory{layout = Layout} = Memory, Node, Virtual) ->
    [{Base, _} | _] = extents(Memory, Node),
    Base + chaos_layout:number(Layout, page_size) + Virtual -
        chaos_layout:number(Layout, kernel_virtual).

published_address(#memory{layout = Layout, published = Published}, Node, Field) ->
    Published + Node * chaos_layout:number(Layout, published_size) +
        chaos_layout:offset(Layout, published, Field).

published(#memory{layout = Layout} = Memory, Node, Field) ->
    word(Memory, published_address(Memory, Node, Field),
         chaos_layout:size(Layout, published, Field)).

%% What Node publishes of its channels with Peer.
channel(#memory{layout = Layout} = Memory, Node, Peer, Field) ->
    word(Memory, channel_address(Memory, Node, Peer, Field),
         chaos_layout:size(Layout, channel_ends, Field)).

channel_address(#memory{layout = Layout} = Memory, Node, Peer, Field) ->
    published_address(Memory, Node, channels) +
        Peer * chaos_layout:size(Layout, channel_ends, size) +
        chaos_layout:offset(Layout, channel_ends, Field).

%% The last one that Node made, as a peer reads it: the number before and after, or what is read is of two burials.
-spec burial(memory(), non_neg_integer()) -> {ok, #{atom() => non_neg_integer()}} | being_written.
burial(#memory{layout = Layout} = Memory, Node) ->
    First = published_address(Memory, Node, burials),
    All = [First + chaos_layout:size(Layout, burial, size) * At || At <- lists:seq(0, chaos_layout:number(Layout, burials) - 1)],
    {_, Base} = lists:max([{field(Memory, Address, burial, number), Address} || Address <- All]),
    Number = field(Memory, Base, burial, number),
    Burial = maps:from_list([{Field, field(Memory, Base, burial, Field)} || Field <- [node, incarnation, guardian, notice]]),
    case field(Memory, Base, burial, number) of
        Number when Number rem 2 =:= 0 -> {ok, Burial#{number => Number}};
        _ -> being_written
    end.

epitaph(#memory{layout = Layout} = Memory, Node) ->
    Base = published_address(Memory, Node, epitaph),
    Size = min(field(Memory, Base, epitaph, text_size), 3072),
    case Size of
        0 -> <<>>;
        _ -> read(Memory, Base + chaos_layout:offset(Layout, epitaph, text), Size)
    end.

store_part(#memory{layout = Layout, machine = Machine} = Memory, Field, Index) ->
    Base = Machine + chaos_layout:offset(Layout, machine, Field) + 24 * Index,
    {field(Memory, Base, store_part, base), field(Memory, Base, store_part, size)}.

store_kernel(Memory, Index) -> store_part(Memory, kernel, Index).
store_root(Memory) -> store_part(Memory, root, 0).

ring_size(Memory) -> machine_field(Memory, ring_size).
ring(#memory{count = Count} = Memory, Writer, Reader) ->
    machine_field(Memory, channels_base) + (Writer * Count + Reader) * ring_size(Memory).

%% So many from this position of a session on; fewer than the ring has.
ring_bytes(Memory, Writer, Reader, Position, Count) ->
    {Base, Size} = {ring(Memory, Writer, Reader), ring_size(Memory)},
    Bytes = read(Memory, Base, Size),
    binary:part(<<Bytes/binary, Bytes/binary>>, Position rem Size, Count).

trampoline(#memory{layout = Layout}) ->
    chaos_layout:number(Layout, trampoline).

%% What nobody ever changes once the machine runs: {Name, Owner, Base, Size}.
parts(#memory{layout = Layout, machine = Machine} = Memory) ->
    {Text, TextSize} = chaos_layout:section(Layout, ".text"),
    {Constants, ConstantsSize} = chaos_layout:section(Layout, ".rodata"),
    {Kernel0, Size0} = store_kernel(Memory, 0),
    {Kernel1, Size1} = store_kernel(Memory, 1),
    [{machine, store, Machine, chaos_layout:size(Layout, machine, size)},
     {kernel_0, store, Kernel0, Size0}, {kernel_1, store, Kernel1, Size1}] ++
    lists:append([[{text, Node, physical(Memory, Node, Text), TextSize},
                   {constants, Node, physical(Memory, Node, Constants), ConstantsSize}]
                  || Node <- nodes(Memory)]).

%% Addresses in the node's partition, from offset From on, at which Pattern stands.
find(Memory, Node, Pattern) ->
    lists:append([find_in(Memory, Base, Base + Size, Pattern)
                  || {Base, Size} <- extents(Memory, Node)]).

find_in(_, At, End, _) when At >= End -> [];
find_in(Memory, At, End, Pattern) ->
    Bytes = read(Memory, At, min(?CHUNK, End - At)),
    [At + Position || {Position, _} <- binary:matches(Bytes, Pattern)] ++
        find_in(Memory, At + ?CHUNK, End, Pattern).
