%% SPDX-License-Identifier: Apache-2.0
%% @doc Requests to the web console, as the httpd of inets has read them: what is taken of them, and no more. Pure. Whatever
%% is in them, the answer is a request, or the status that refuses it (RFC 9110). Also what all of the httpd's answers say,
%% its own ones included (see httpd_custom_api(3)).
-module(hydros_web_request).
-behaviour(httpd_custom_api).
-export([read/3, is_ours/2]).
-export([request_header/1, response_header/1, response_default_headers/0]).
-export_type([request/0, status/0]).

%% `path': the parts between slashes, of letters that need no decoding. `token': of the header `X-Hydros-Token'. `host': whom
%% the client believes to ask; no browser leaves it out.
-type request() :: #{method := get | head | post, path := [binary()], token := binary() | none, host := binary() | none}.
-type status() :: 400 | 404 | 405 | 413.

%% The httpd waits for a body for as long as it takes: no timer runs then. So it does not hear of one.
-define(BODY, "x-hydros-body").

%% @doc What a request's method, target and headers (their names in small letters) say.
-spec read(string(), string(), [{string(), string()}]) -> {ok, request()} | {error, status()}.
read(Method, Target, Headers) ->
    Values = fun(Name) -> [list_to_binary(Value) || {N, Value} <- Headers, N =:= Name] end,
    case {method(Method), path(Target), Values("host"), Values("x-hydros-token"), Values(?BODY)} of
        {error, _, _, _, _} -> {error, 405};
        {_, _, [_, _ | _], _, _} -> {error, 400};
        {_, _, _, [_, _ | _], _} -> {error, 400};
        {_, _, _, _, [_ | _]} -> {error, 413};
        {_, error, _, _, _} -> {error, 404};
        {Known, Parts, Hosts, Tokens, []} -> {ok, #{method => Known, path => Parts, host => one(Hosts), token => one(Tokens)}}
    end.

one([Value]) -> Value;
one([]) -> none.

method("GET") -> get;
method("HEAD") -> head;
method("POST") -> post;
method(_) -> error.

%% What follows a question mark is for nobody here.
path(Target) ->
    Path = lists:takewhile(fun(C) -> C =/= $? end, Target),
    case lists:all(fun is_plain/1, Path) of
        true -> [list_to_binary(Part) || Part <- string:lexemes(Path, "/")];
        false -> error
    end.

is_plain(C) ->
    (C >= $a andalso C =< $z) orelse (C >= $0 andalso C =< $9) orelse C =:= $_ orelse C =:= $. orelse C =:= $/.

%% @private What the httpd is to hear of a header. It would ask for the body that a client announces by `expect'.
-spec request_header({string(), string()}) -> {true, {string(), string()}} | false.
request_header({"content-length", Length}) when Length =/= "0" -> {true, {?BODY, Length}};
request_header({"transfer-encoding", Encoding}) -> {true, {?BODY, Encoding}};
request_header({"expect", _}) -> false;
request_header(Header) -> {true, Header}.

%% @private
-spec response_header({string(), string()}) -> {true, {string(), string()}}.
response_header(Header) ->
    {true, Header}.

%% @private The headers of all answers.
-spec response_default_headers() -> [{string(), string()}].
response_default_headers() ->
    [
        {"Connection", "close"},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
    ].

%% @doc Whether a request with this header may be meant for us. A page of somebody else's can have a name that they let point
%% to this machine once a browser has loaded it (DNS rebinding): the browser takes us for part of it, and lets it read. Nobody
%% can do that with an address, nor with `localhost', `n0' and `n0.hydros', which no one can own. Other names must be among those
%% that the machine was given, in small letters.
-spec is_ours(binary() | none, [binary()]) -> boolean().
is_ours(none, _) ->
    true;
is_ours(Host, Names) ->
    case re:run(Host, "^(?:\\[([0-9a-fA-F:.]+)\\]|([0-9a-zA-Z._-]+))(?::[0-9]*)?$", [dollar_endonly, {capture, all_but_first, list}]) of
        {match, [Inner]} -> is_address(inet:parse_ipv6strict_address(Inner));
        {match, ["", Name]} -> is_address(inet:parse_ipv4strict_address(Name)) orelse is_name(string:lowercase(Name), Names);
        nomatch -> false
    end.

is_address({ok, _}) -> true;
is_address({error, _}) -> false.

is_name("localhost", _) -> true;
is_name(Name, Names) -> re:run(Name, "^n[0-9]+([.]hydros)?$", [dollar_endonly]) =/= nomatch orelse lists:member(list_to_binary(Name), Names).
