%% SPDX-License-Identifier: Apache-2.0
%% @doc Requests to the web console: what is read of them, and no more. Pure. Whatever the bytes are, the answer is a
%% request, the wish for more bytes, or the status that refuses them (RFC 9110, RFC 9112).
-module(hydros_web_request).
-export([parse/1]).
-export_type([request/0, status/0]).

%% `path': the parts between slashes, of letters that need no decoding. `token': of the header `X-Hydros-Token'.
-type request() :: #{method := get | head | post, path := [binary()], token := binary() | none}.
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
        {Known, Parts} -> headers(Rest, ?HEADERS_MAX, #{method => Known, path => Parts, token => none})
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
header(<<"X-Hydros-Token">>, Token, Rest, Left, Request) -> headers(Rest, Left, Request#{token := Token});
header(_, _, Rest, Left, Request) -> headers(Rest, Left, Request).
