%% SPDX-License-Identifier: Apache-2.0
%% @doc Terms as JSON (RFC 8259): maps, lists, numbers, `true', `false', `null', other atoms and binaries as strings.
%% Pure. Bytes that are no UTF-8 become U+FFFD: what a dying kernel left may be anything.
-module(hydros_web_json).
-export([encode/1]).
-export_type([json/0]).

-type json() :: #{atom() | binary() => json()} | [json()] | number() | atom() | binary().

%% @doc The text of a term.
-spec encode(json()) -> iodata().
encode(Map) when is_map(Map) ->
    [${, lists:join($,, [[string(Key), $:, encode(Value)] || {Key, Value} <- maps:to_list(Map)]), $}];
encode(List) when is_list(List) ->
    [$[, lists:join($,, [encode(Value) || Value <- List]), $]];
encode(Number) when is_integer(Number) ->
    integer_to_binary(Number);
encode(Number) when is_float(Number) ->
    float_to_binary(Number, [{decimals, 3}, compact]);
encode(Atom) when Atom =:= true; Atom =:= false; Atom =:= null ->
    atom_to_binary(Atom);
encode(Text) ->
    string(Text).

string(Atom) when is_atom(Atom) ->
    string(atom_to_binary(Atom));
string(Text) ->
    [$", escape(Text, <<>>), $"].

escape(<<$", Rest/binary>>, Done) -> escape(Rest, <<Done/binary, "\\\"">>);
escape(<<$\\, Rest/binary>>, Done) -> escape(Rest, <<Done/binary, "\\\\">>);
escape(<<C/utf8, Rest/binary>>, Done) when C >= 32 -> escape(Rest, <<Done/binary, C/utf8>>);
escape(<<C, Rest/binary>>, Done) when C < 32 ->
    escape(Rest, <<Done/binary, (iolist_to_binary(io_lib:format("\\u~4.16.0b", [C])))/binary>>);
escape(<<_, Rest/binary>>, Done) -> escape(Rest, <<Done/binary, 16#FFFD/utf8>>);
escape(<<>>, Done) -> Done.
