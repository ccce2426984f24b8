%% SPDX-License-Identifier: Apache-2.0
%% Keys of a node: made at its start, since an image may be copied; another start, other keys.
-module(otp_keys).
-export([user/1, host/1, tls/0]).

%% @doc Who may come in by ssh: whom the release names, or nobody.
-spec user(file:filename()) -> ok.
user(Directory) ->
    Keys =
        case file:read_file("/release/authorized_keys") of
            {ok, Text} -> Text;
            {error, enoent} -> <<>>
        end,
    file:write_file(filename:join(Directory, "authorized_keys"), Keys).

%% @doc An ECDSA key for the ssh daemon.
-spec host(file:filename()) -> ok.
host(Directory) ->
    Key = public_key:generate_key({namedCurve, secp256r1}),
    Entry = public_key:pem_entry_encode('ECPrivateKey', Key),
    File = filename:join(Directory, "ssh_host_ecdsa_key"),
    ok = file:write_file(File, public_key:pem_encode([Entry])),
    file:change_mode(File, 8#600).

%% @doc An authority of our own, as PEM, and a certificate for "localhost" that it signs, as options of ssl.
-spec tls() -> {Pem :: binary(), [ssl:tls_server_option()]}.
tls() ->
    Curve = [{digest, sha256}, {key, {namedCurve, secp256r1}}],
    Name = {'Extension', {2, 5, 29, 17}, false, [{dNSName, "localhost"}]},
    #{server_config := Server, client_config := Client} = public_key:pkix_test_data(#{
        server_chain => #{root => Curve, intermediates => [], peer => [{extensions, [Name]} | Curve]},
        client_chain => #{root => Curve, intermediates => [], peer => Curve}
    }),
    Authorities = proplists:get_value(cacerts, Client),
    Pem = public_key:pem_encode([{'Certificate', Der, not_encrypted} || Der <- Authorities]),
    {Pem, [{cert, proplists:get_value(cert, Server)}, {key, proplists:get_value(key, Server)}]}.
