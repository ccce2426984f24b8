%% SPDX-License-Identifier: Apache-2.0
%% On the host: a client of RabbitMQ, made of its own client library. It publishes to a quorum queue and counts what is confirmed; when a connection
%% ends it goes on over another node. What was confirmed must be in the queue, whoever was killed meanwhile.
-module(rabbitmq_client).
-export([run/2]).

-include_lib("amqp_client/include/amqp_client.hrl").

-define(QUEUE, <<"orders">>).
-define(WINDOW, 50). % published and not confirmed, at most
-define(PAUSE_MS, 5). % between two, so that nodes that start get something of the host, too
-define(SILENCE_MS, 30000). % then over another connection: who tells of the queue may be gone without a word
-define(READS, 8). % connections that read nothing, at most

%% Ports lead to RabbitMQ on the nodes. Publishes 1, 2, ... until the file Stop is there, waits for the last confirm, then reads all.
-spec run([inet:port_number()], file:filename()) -> ok.
run(Ports, Stop) ->
    {Connection, _, _} = open(Ports, fun(Channel) ->
        #'queue.declare_ok'{} = amqp_channel:call(Channel, #'queue.declare'{
            queue = ?QUEUE, durable = true, arguments = [{<<"x-queue-type">>, longstr, <<"quorum">>}]
        })
    end),
    say("declared", []),
    ok = close(Connection),
    Confirmed = publish(Ports, {[], 1, Stop}, #{}, connect(Ports)),
    say("confirmed ~b", [map_size(Confirmed)]),
    Read = read(Ports, Confirmed, #{}, ?READS),
    Lost = maps:keys(maps:without(maps:keys(Read), Confirmed)),
    say("read ~b lost ~b ~p", [map_size(Read), length(Lost), lists:sublist(lists:sort(Lost), 10)]),
    [] = Lost,
    ok.

say(Format, Arguments) ->
    io:format("client: " ++ Format ++ "~n", Arguments).

%% ---- publishing ----
%% acks: who hands them on, so that those of a connection that ended are not taken for those of the next one.
-record(link, {connection, channel, acks, open = #{} :: #{pos_integer() => pos_integer()}, next = 1}).

connect(Ports) ->
    Owner = self(),
    Acks = spawn_link(fun() -> hand_on(Owner) end),
    {Connection, Channel, _} = open(Ports, fun(Channel) ->
        #'confirm.select_ok'{} = amqp_channel:call(Channel, #'confirm.select'{}),
        ok = amqp_channel:register_confirm_handler(Channel, Acks)
    end),
    #link{connection = Connection, channel = Channel, acks = Acks}.

hand_on(Owner) ->
    receive Ack -> Owner ! {self(), Ack} end,
    hand_on(Owner).

%% Numbers: those to be published once more, the next new one, and the file that ends it.
publish(Ports, Numbers, Confirmed, #link{open = Open, next = Next} = Link) when map_size(Open) < ?WINDOW ->
    case take(Numbers) of
        {Number, Rest} ->
            Message = #amqp_msg{props = #'P_basic'{delivery_mode = 2}, payload = integer_to_binary(Number)},
            try amqp_channel:call(Link#link.channel, #'basic.publish'{routing_key = ?QUEUE}, Message) of
                ok ->
                    timer:sleep(?PAUSE_MS),
                    publish(Ports, Rest, Confirmed, Link#link{open = Open#{Next => Number}, next = Next + 1});
                _ -> again(Ports, back([Number], Rest), Confirmed, Link)
            catch
                exit:_ -> again(Ports, back([Number], Rest), Confirmed, Link)
            end;
        none when map_size(Open) =:= 0 ->
            ok = close(Link#link.connection),
            Confirmed;
        none ->
            confirms(Ports, Numbers, Confirmed, Link)
    end;
publish(Ports, Numbers, Confirmed, Link) ->
    confirms(Ports, Numbers, Confirmed, Link).

take({[Number | Again], New, Stop}) ->
    {Number, {Again, New, Stop}};
take({[], New, Stop}) ->
    case New rem 50 =:= 0 andalso filelib:is_file(Stop) of
        true -> none;
        false -> {New, {[], New + 1, Stop}}
    end.

back(Again, {More, New, Stop}) ->
    {Again ++ More, New, Stop}.

confirms(Ports, Numbers, Confirmed, #link{open = Open, acks = Acks} = Link) ->
    receive
        {Acks, #'basic.ack'{delivery_tag = Tag, multiple = Multiple}} ->
            Tags = tags(Tag, Multiple, Open),
            New = maps:from_list([{Number, true} || Number <- maps:values(maps:with(Tags, Open))]),
            told(map_size(Confirmed), map_size(Confirmed) + map_size(New)),
            publish(Ports, Numbers, maps:merge(Confirmed, New), Link#link{open = maps:without(Tags, Open)});
        {Acks, #'basic.nack'{delivery_tag = Tag, multiple = Multiple}} ->
            Tags = tags(Tag, Multiple, Open),
            publish(Ports, back(maps:values(maps:with(Tags, Open)), Numbers), Confirmed, Link#link{open = maps:without(Tags, Open)});
        {'DOWN', _, process, Pid, _} when Pid =:= Link#link.connection ->
            again(Ports, Numbers, Confirmed, Link)
    after ?SILENCE_MS ->
        again(Ports, Numbers, Confirmed, Link)
    end.

tags(Tag, false, _) -> [Tag];
tags(Tag, true, Open) -> [One || One <- maps:keys(Open), One =< Tag].

%% What is not confirmed is published once more.
again(Ports, Numbers, Confirmed, #link{open = Open} = Link) ->
    say("connection ended with ~b confirmed", [map_size(Confirmed)]),
    _ = close(Link#link.connection),
    publish(Ports, back(lists:sort(maps:values(Open)), Numbers), Confirmed, connect(Ports)).

%% Lines that the test waits for before it kills.
told(Before, After) when Before div 200 =/= After div 200 -> say("at ~b", [After div 200 * 200]);
told(_, _) -> ok.

%% ---- reading: until all that was confirmed is there, or nothing comes any more ----
read(_, _, Read, 0) ->
    Read;
read(Ports, Confirmed, Read, Tries) ->
    {Connection, Channel, Monitor} = open(Ports, fun(Channel) ->
        #'basic.qos_ok'{} = amqp_channel:call(Channel, #'basic.qos'{prefetch_count = 500}),
        #'basic.consume_ok'{} = amqp_channel:subscribe(Channel, #'basic.consume'{queue = ?QUEUE}, self())
    end),
    Result = read_all(Channel, Monitor, Confirmed, Read),
    _ = close(Connection),
    flush(),
    case Result of
        {done, All} -> All;
        {again, Read} -> read(Ports, Confirmed, Read, Tries - 1);
        {again, Some} -> read(Ports, maps:without(maps:keys(Some), Confirmed), Some, ?READS)
    end.

read_all(_, _, Confirmed, Read) when map_size(Confirmed) =:= 0 ->
    {done, Read};
read_all(Channel, Monitor, Confirmed, Read) ->
    receive
        {#'basic.deliver'{delivery_tag = Tag}, #amqp_msg{payload = Payload}} ->
            ok = amqp_channel:cast(Channel, #'basic.ack'{delivery_tag = Tag}),
            Number = binary_to_integer(Payload),
            read_all(Channel, Monitor, maps:remove(Number, Confirmed), Read#{Number => true});
        {'DOWN', Monitor, process, _, _} ->
            {again, Read}
    after ?SILENCE_MS ->
        {again, Read}
    end.

%% What is left of a connection that ended cannot be acknowledged over the next one, and comes again.
flush() ->
    receive
        {#'basic.deliver'{}, _} -> flush()
    after 0 -> ok
    end.

%% ---- connections: over any node that answers ----
%% A channel as Prepare makes it, with a monitor of its connection. That may end meanwhile, too: then over the next node.
open(Ports, Prepare) -> open(Ports, Prepare, 120).

open(_, _, 0) ->
    exit(nobody_answers);
open([Port | Ports], Prepare, Tries) ->
    case amqp_connection:start(#amqp_params_network{host = "127.0.0.1", port = Port, connection_timeout = 10000}) of
        {ok, Connection} ->
            Monitor = monitor(process, Connection),
            try
                {ok, Channel} = amqp_connection:open_channel(Connection),
                _ = Prepare(Channel),
                {Connection, Channel, Monitor}
            catch
                Class:Reason ->
                    say("port ~b: ~0P", [Port, {Class, Reason}, 12]),
                    _ = close(Connection),
                    timer:sleep(500),
                    open(Ports ++ [Port], Prepare, Tries - 1)
            end;
        {error, Reason} ->
            say("port ~b: ~0P", [Port, Reason, 12]),
            timer:sleep(500),
            open(Ports ++ [Port], Prepare, Tries - 1)
    end.

close(Connection) ->
    _ = (catch amqp_connection:close(Connection, 3000)),
    ok.
