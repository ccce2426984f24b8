%% SPDX-License-Identifier: Apache-2.0
%% @doc One connection to the web console: one request, its answer, and the end; or a stream of events for as long as the
%% other side reads it. A module of the httpd of inets (see httpd(3)), which calls it in the process of the connection with a
%% request that is whole.
%%
%% It writes its answers itself: a stream has to see that the other side is slow or gone, which inets' mod_esi (8.2) does not, nor
%% bounds what waits there. Nobody can hold a connection for nothing: who does not read for 5 s is cut off. Orders need the
%% token in a header, which no other site's page can make a browser send, and never stand in an address, which browsers and
%% proxies keep.
-module(hydros_web_connection).
-include_lib("inets/include/httpd.hrl").
-export([do/1]).
-export_type([options/0]).

%% `names': under which the machine is reached, besides those that hydros_web_request:is_ours/2 knows.
-type options() :: #{token := binary() | none, files := file:filename(), names := [binary()]}.

-define(SEND_MS, 5000).
%% Browsers ask again at once; who is gone without a word is found out.
-define(STREAM_MS, 3600000).
%% Who has so many seconds of events waiting begins anew.
-define(WAITING_MAX, 4).
%% How long a wrong token waits for its answer.
-define(WRONG_MS, 1000).
%% Until the answer has left a node that is ordered to end itself.
-define(OWN_END_MS, 300).

%% What may be asked of a node besides `restart'. All but the first two are faults of its kernel (docs/debugging.md).
-define(KILLS, [
    order, stop, panic, assert, null, stack_overflow, hang, hang_irqs_off, nmi_loop, memory_eat, wild_write,
    beam_segv, beam_abort, beam_exit, beam_hang, beam_spin
]).

%% @private
-spec do(#mod{}) -> {break, [{response, {already_sent, 200, 0}}]}.
do(#mod{socket = Socket, method = Method, request_uri = Target, parsed_header = Headers}) ->
    _ = inet:setopts(Socket, [{nodelay, true}, {send_timeout, ?SEND_MS}, {send_timeout_close, true}]),
    _ =
        case hydros_web_request:read(Method, Target, Headers) of
            {ok, Request} -> answer_ours(Request, Socket, hydros_web:options());
            {error, Status} -> reply(Socket, Status, text, reason(Status))
        end,
    finish(Socket),
    %% Which status is for logs only, and there are none.
    {break, [{response, {already_sent, 200, 0}}]}.

%% Closed with bytes unread it would be reset, and the answer lost.
finish(Socket) ->
    _ = gen_tcp:shutdown(Socket, write),
    _ = gen_tcp:recv(Socket, 0, 500),
    gen_tcp:close(Socket).

answer_ours(#{host := Host} = Request, Socket, #{names := Names} = Options) ->
    case hydros_web_request:is_ours(Host, Names) of
        true -> answer(Request, Socket, Options);
        false -> reply(Socket, 421, text, <<"The console does not know this name of the machine: use an address, or tell it the name by boot option web-host.">>)
    end.

answer(#{method := post, path := Path, token := Token}, Socket, #{token := Known}) ->
    case is_allowed(Token, Known) of
        true ->
            {Status, Text} = order(Path),
            reply(Socket, Status, text, Text);
        false ->
            timer:sleep(?WRONG_MS),
            reply(Socket, 403, text, <<"The token is missing or wrong.">>)
    end;
answer(#{path := [<<"events">>], method := get}, Socket, _) ->
    stream(Socket);
answer(#{path := [<<"deaths">>, Node, Life]} = Request, Socket, _) ->
    case {number(Node), number(Life)} of
        {N, I} when is_integer(N), is_integer(I) -> death(hydros_web_state:death(N, I), Request, Socket);
        _ -> missing(Socket)
    end;
answer(#{path := Path} = Request, Socket, #{files := Files}) ->
    case file(Path) of
        {Name, Type} ->
            {ok, Text} = file:read_file(filename:join(Files, Name)),
            reply_to(Request, Socket, Type, Text);
        none ->
            missing(Socket)
    end.

file([]) -> {"index.html", html};
file([<<"page.css">>]) -> {"page.css", css};
file([<<"page.js">>]) -> {"page.js", script};
file(_) -> none.

death({ok, Death}, Request, Socket) -> reply_to(Request, Socket, json, hydros_web_json:encode(Death));
death(error, _, Socket) -> missing(Socket).

missing(Socket) ->
    reply(Socket, 404, text, reason(404)).

%% ---- orders ----

%% In the same time for all wrong ones of the right length.
is_allowed(Token, Known) when is_binary(Token), is_binary(Known), byte_size(Token) =:= byte_size(Known) ->
    Pairs = lists:zip(binary_to_list(Token), binary_to_list(Known)),
    lists:foldl(fun({A, B}, Differs) -> Differs bor (A bxor B) end, 0, Pairs) =:= 0;
is_allowed(_, _) ->
    false.

order([<<"nodes">>, Node, <<"restart">>]) ->
    carry_out(number(Node), fun hydros:restart/1, fun() -> ok end);
order([<<"nodes">>, Node, <<"kill">>, How]) ->
    case [Known || Known <- ?KILLS, atom_to_binary(Known) =:= How] of
        [stop] -> carry_out(number(Node), fun hydros:stop/1, fun() -> ok end);
        [order] -> carry_out(number(Node), fun(Number) -> hydros:kill(Number, order) end, fun() -> ok end);
        [Kill] -> carry_out(number(Node), fun(Number) -> hydros:kill(Number, Kill) end, fun() -> hydros_fault:can_commit(Kill) end);
        [] -> {404, reason(404)}
    end;
order(_) ->
    {404, reason(404)}.

%% Who ends itself cannot tell what came of it, so it is asked before whether it can.
carry_out(Number, Order, OwnCan) when is_integer(Number) ->
    case {Number < hydros_self:count(), Number =:= hydros_self:number()} of
        {false, _} ->
            {404, <<"There is no such node.">>};
        {true, true} ->
            case OwnCan() of
                ok ->
                    _ = spawn(fun() -> timer:sleep(?OWN_END_MS), Order(Number) end),
                    {202, <<"Ordered: this is the node that took the order.">>};
                {error, Reason} ->
                    refused(Reason)
            end;
        {true, false} ->
            case Order(Number) of
                ok -> {202, <<"Ordered.">>};
                {error, Reason} -> refused(Reason)
            end
    end;
carry_out(_, _, _) ->
    {404, reason(404)}.

refused(no_debug_kernel) -> {409, <<"Only a debug kernel commits faults.">>};
refused(noconnection) -> {409, <<"Refused: its Erlang is not connected, and would have to ask its kernel.">>};
refused(Reason) -> {409, iolist_to_binary(io_lib:format("Refused: ~tp.", [Reason]))}.

number(Digits) when byte_size(Digits) =< 9 ->
    try
        binary_to_integer(Digits)
    catch
        error:badarg -> none
    end;
number(_) ->
    none.

%% ---- events ----

stream(Socket) ->
    Watched = monitor(process, hydros_web_state),
    case hydros_web_state:subscribe() of
        ok ->
            _ = inet:setopts(Socket, [{active, once}]),
            case gen_tcp:send(Socket, [head(200, events), "retry: 1000\n\n"]) of
                ok -> events(Socket, Watched, erlang:start_timer(?STREAM_MS, self(), enough));
                {error, _} -> ok
            end;
        full ->
            reply(Socket, 503, text, reason(503))
    end.

%% What the other side sends meanwhile is read away; its end ends the stream.
events(Socket, Watched, Enough) ->
    receive
        {hydros_web, Bytes} ->
            case gen_tcp:send(Socket, Bytes) of
                ok -> still_reads(Socket, Watched, Enough);
                {error, _} -> ok
            end;
        {tcp, Socket, _} ->
            _ = inet:setopts(Socket, [{active, once}]),
            events(Socket, Watched, Enough);
        {tcp_closed, Socket} -> ok;
        {tcp_error, Socket, _} -> ok;
        {'DOWN', Watched, process, _, _} -> ok;
        %% The httpd ends.
        {'EXIT', _, _} -> ok;
        {timeout, Enough, enough} -> ok
    end.

still_reads(Socket, Watched, Enough) ->
    case process_info(self(), message_queue_len) of
        {_, Waiting} when Waiting > ?WAITING_MAX -> ok;
        _ -> events(Socket, Watched, Enough)
    end.

%% ---- answers ----

reply_to(#{method := head}, Socket, Type, Body) ->
    gen_tcp:send(Socket, [head(200, Type), length_of(Body)]);
reply_to(_, Socket, Type, Body) ->
    reply(Socket, 200, Type, Body).

reply(Socket, Status, Type, Body) ->
    gen_tcp:send(Socket, [head(Status, Type), length_of(Body), Body]).

length_of(Body) ->
    ["Content-Length: ", integer_to_list(iolist_size(Body)), "\r\n\r\n"].

%% The headers of all answers but Content-Length; those of a stream are complete.
head(Status, Type) ->
    [
        "HTTP/1.1 ", integer_to_list(Status), " ", reason(Status), "\r\n"
        "Content-Type: ", type(Type), "\r\n",
        [[Name, ": ", Value, "\r\n"] || {Name, Value} <- hydros_web_request:response_default_headers()],
        case Type of events -> "\r\n"; _ -> "" end
    ].

type(html) -> "text/html; charset=utf-8";
type(css) -> "text/css; charset=utf-8";
type(script) -> "text/javascript; charset=utf-8";
type(json) -> "application/json";
type(text) -> "text/plain; charset=utf-8";
type(events) -> "text/event-stream".

reason(200) -> <<"OK">>;
reason(202) -> <<"Accepted">>;
reason(400) -> <<"Bad Request">>;
reason(403) -> <<"Forbidden">>;
reason(404) -> <<"Not Found">>;
reason(405) -> <<"Method Not Allowed">>;
reason(409) -> <<"Conflict">>;
reason(413) -> <<"Content Too Large">>;
reason(421) -> <<"Misdirected Request">>;
reason(503) -> <<"Service Unavailable">>.
