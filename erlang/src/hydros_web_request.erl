%% SPDX-License-Identifier: Apache-2.0
%% @doc Requests to the web console: what is read of them, and no more. Pure. Whatever the bytes are, the answer is a
%% request, the wish for more bytes, or the status that refuses them (RFC 9110, RFC 9112).
-module(hydros_web_request).
-export([parse/1, is_ours/2]).
-export_type([request/0, status/0]).

%% `path': the parts between slashes, of letters that need no decoding. `token': of the header `X-Hydros-Token'. `host': whom
%% the client believes to ask; no browser leaves it out.
-type request() :: #{method := get | head | post, path := [binary()], token := binary() | none, host := binary() | none}.
-type status() :: 400 | 404 | 405 | 413 | 431 | 505.

%% Browsers send less than 2 KiB here.
-define(HEAD_MAX, 8192).
-define(HEADERS_MAX, 64).
-define(PATH_MAX, 128).

%% @doc What the bytes that came so far say.
-spec parse(binary()) -> {ok, request()} | more | {error, status()}.
parse(Bytes) ->
    case binary:match(Bytes, <<"\r\n\r\n">>, [{scope, {0, min(byte_size(Bytes), ?HEAD_MAX)}}]) of
        {_, _} -> line(erlang:decode_packet(http_bin, Bytes, []));
        nomatch when byte_size(Bytes) >= ?HEAD_MAX -> {error, 431};
        nomatch -> more
    end.

line({ok, {http_request, Method, {abs_path, Path}, {1, _}}, Rest}) ->
    case {method(Method), path(Path)} of
        {error, _} -> {error, 405};
        {_, error} -> {error, 404};
        {Known, Parts} -> headers(Rest, ?HEADERS_MAX, #{method => Known, path => Parts, token => none, host => none})
    end;
line({ok, {http_request, _, _, {Major, _}}, _}) when Major =/= 1 ->
    {error, 505};
line(_) ->
    {error, 400}.

method('GET') -> get;
method('HEAD') -> head;
method('POST') -> post;
method(_) -> error.

%% What follows a question mark is for nobody here.
path(Target) when byte_size(Target) =< ?PATH_MAX ->
    [Path | _] = binary:split(Target, <<"?">>),
    case [C || <<C>> <= Path, not is_plain(C)] of
        [] -> binary:split(Path, <<"/">>, [global, trim_all]);
        _ -> error
    end;
path(_) ->
    error.

is_plain(C) ->
    (C >= $a andalso C =< $z) orelse (C >= $0 andalso C =< $9) orelse C =:= $_ orelse C =:= $. orelse C =:= $/.

headers(_, 0, _) ->
    {error, 431};
headers(Bytes, Left, Request) ->
    case erlang:decode_packet(httph_bin, Bytes, []) of
        {ok, http_eoh, _} -> {ok, Request};
        {ok, {http_header, _, Name, _, Value}, Rest} -> header(Name, Value, Rest, Left - 1, Request);
        _ -> {error, 400}
    end.

%% No request has a body.
header('Content-Length', <<"0">>, Rest, Left, Request) -> headers(Rest, Left, Request);
header('Content-Length', _, _, _, _) -> {error, 413};
header('Transfer-Encoding', _, _, _, _) -> {error, 413};
header('Host', Host, Rest, Left, #{host := none} = Request) -> headers(Rest, Left, Request#{host := Host});
header('Host', _, _, _, _) -> {error, 400};
header(<<"X-Hydros-Token">>, Token, Rest, Left, Request) -> headers(Rest, Left, Request#{token := Token});
header(_, _, Rest, Left, Request) -> headers(Rest, Left, Request).

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
