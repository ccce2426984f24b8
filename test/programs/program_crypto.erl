%% SPDX-License-Identifier: Apache-2.0
%% The crypto application against published vectors: FIPS 180/202, RFC 4231, 7748, 7914, 8032, 8439, SP 800-38A,
%% and the test cases of the GCM specification.
-module(program_crypto).
-export([cases/0]).

cases() ->
    {ok, _} = application:ensure_all_started(crypto),
    [{hash, fun hash/0},
     {hash_stream, fun hash_stream/0},
     {hmac, fun hmac/0},
     {aes, fun aes/0},
     {aes_gcm, fun aes_gcm/0},
     {chacha20_poly1305, fun chacha20_poly1305/0},
     {aead_refuses, fun aead_refuses/0},
     {ed25519, fun ed25519/0},
     {x25519, fun x25519/0},
     {ecdsa, fun ecdsa/0},
     {rsa, fun rsa/0},
     {pbkdf2, fun pbkdf2/0},
     {random, fun random/0},
     {random_at_once, fun random_at_once/0}].

hex(Text) ->
    binary:decode_hex(list_to_binary(string:replace(Text, " ", "", all))).

hash() ->
    [begin Expected = hex(Text), Expected = crypto:hash(Kind, <<"abc">>) end || {Kind, Text} <-
        [{md5, "900150983cd24fb0d6963f7d28e17f72"},
         {sha, "a9993e364706816aba3e25717850c26c9cd0d89d"},
         {sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
         {sha384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
         {sha512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
         {sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
         {sha3_512, "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"},
         {blake2s, "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"}]],
    Empty = hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    Empty = crypto:hash(sha256, <<>>).

%% FIPS 180: a million times "a", in pieces of several sizes.
hash_stream() ->
    Million = hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    Million = crypto:hash(sha256, binary:copy(<<"a">>, 1000000)),
    Context = lists:foldl(fun(Size, C) -> crypto:hash_update(C, binary:copy(<<"a">>, Size)) end, crypto:hash_init(sha256),
                          [1, 63, 64, 65, 999 | [9976 || _ <- lists:seq(1, 100)] ++ [1208]]),
    Million = crypto:hash_final(Context).

hmac() ->
    Key1 = binary:copy(<<16#0b>>, 20),
    Mac1 = hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    Mac1 = crypto:mac(hmac, sha256, Key1, <<"Hi There">>),
    Mac2 = hex("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"),
    Mac2 = crypto:mac(hmac, sha512, <<"Jefe">>, <<"what do ya want for nothing?">>),
    Mac6 = hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    Mac6 = crypto:mac(hmac, sha256, binary:copy(<<16#aa>>, 131), <<"Test Using Larger Than Block-Size Key - Hash Key First">>).

%% SP 800-38A, F.2.1 and F.5.1.
aes() ->
    Key = hex("2b7e151628aed2a6abf7158809cf4f3c"),
    Text = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"),
    Cbc = hex("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"),
    Iv = hex("000102030405060708090a0b0c0d0e0f"),
    Cbc = crypto:crypto_one_time(aes_128_cbc, Key, Iv, Text, true),
    Text = crypto:crypto_one_time(aes_128_cbc, Key, Iv, Cbc, false),
    Ctr = hex("874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"),
    Ctr = crypto:crypto_one_time(aes_128_ctr, Key, hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), Text, true),
    State = crypto:crypto_init(aes_128_ctr, Key, hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), true),
    Ctr = iolist_to_binary([crypto:crypto_update(State, <<Byte>>) || <<Byte>> <= Text]).

%% The GCM specification, test cases 4 and 16.
aes_gcm() ->
    Text = hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
    Aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
    Iv = hex("cafebabefacedbaddecaf888"),
    Key = hex("feffe9928665731c6d6a8f9467308308"),
    Cipher4 = hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"),
    Tag4 = hex("5bc94fbc3221a5db94fae95ae7121a47"),
    {Cipher4, Tag4} = crypto:crypto_one_time_aead(aes_128_gcm, Key, Iv, Text, Aad, true),
    Text = crypto:crypto_one_time_aead(aes_128_gcm, Key, Iv, Cipher4, Aad, Tag4, false),
    Cipher16 = hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"),
    Tag16 = hex("76fc6ece0f4e1768cddf8853bb2d551b"),
    {Cipher16, Tag16} = crypto:crypto_one_time_aead(aes_256_gcm, <<Key/binary, Key/binary>>, Iv, Text, Aad, true).

%% RFC 8439, 2.8.2.
chacha20_poly1305() ->
    Text = <<"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.">>,
    Key = << <<Byte>> || Byte <- lists:seq(16#80, 16#9f) >>,
    Nonce = hex("070000004041424344454647"),
    Aad = hex("50515253c0c1c2c3c4c5c6c7"),
    Cipher = hex("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116"),
    Tag = hex("1ae10b594f09e26a7e902ecbd0600691"),
    {Cipher, Tag} = crypto:crypto_one_time_aead(chacha20_poly1305, Key, Nonce, Text, Aad, true),
    Text = crypto:crypto_one_time_aead(chacha20_poly1305, Key, Nonce, Cipher, Aad, Tag, false).

aead_refuses() ->
    Key = crypto:strong_rand_bytes(32),
    Iv = crypto:strong_rand_bytes(12),
    Text = crypto:strong_rand_bytes(100000),
    [begin
         {Cipher, <<First, Rest/binary>>} = crypto:crypto_one_time_aead(Kind, Key, Iv, Text, <<"a">>, true),
         Text = crypto:crypto_one_time_aead(Kind, Key, Iv, Cipher, <<"a">>, <<First, Rest/binary>>, false),
         error = crypto:crypto_one_time_aead(Kind, Key, Iv, Cipher, <<"a">>, <<(First bxor 1), Rest/binary>>, false),
         error = crypto:crypto_one_time_aead(Kind, Key, Iv, Cipher, <<"b">>, <<First, Rest/binary>>, false)
     end || Kind <- [aes_256_gcm, chacha20_poly1305]].

%% RFC 8032, 7.1, tests 1 to 3.
ed25519() ->
    [begin
         {Public, Secret, Text, Signature} = {hex(P), hex(S), hex(T), hex(G)},
         {Public, _} = crypto:generate_key(eddsa, ed25519, Secret),
         Signature = crypto:sign(eddsa, none, Text, [Secret, ed25519]),
         true = crypto:verify(eddsa, none, Text, Signature, [Public, ed25519]),
         false = crypto:verify(eddsa, none, <<Text/binary, 0>>, Signature, [Public, ed25519])
     end || {S, P, T, G} <-
        [{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
          "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
          "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
         {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
          "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
         {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
          "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
          "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"}]].

%% RFC 7748, 5.2 and 6.1.
x25519() ->
    Product = hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"),
    Product = crypto:compute_key(ecdh, hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
                                 hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"), x25519),
    Secret = hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
    Public = hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
    {Public, Secret} = crypto:generate_key(ecdh, x25519, Secret),
    Shared = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"),
    Other = hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
    Shared = crypto:compute_key(ecdh, Other, Secret, x25519).

ecdsa() ->
    [begin
         {Public, Secret} = crypto:generate_key(ecdh, Curve),
         Signature = crypto:sign(ecdsa, sha256, <<"text">>, [Secret, Curve]),
         true = crypto:verify(ecdsa, sha256, <<"text">>, Signature, [Public, Curve]),
         false = crypto:verify(ecdsa, sha256, <<"tExt">>, Signature, [Public, Curve]),
         {Public2, Secret2} = crypto:generate_key(ecdh, Curve),
         Shared = crypto:compute_key(ecdh, Public2, Secret, Curve),
         Shared = crypto:compute_key(ecdh, Public, Secret2, Curve)
     end || Curve <- [secp256r1, secp384r1]].

rsa() ->
    {Public, Private} = crypto:generate_key(rsa, {1024, 65537}),
    Signature = crypto:sign(rsa, sha256, <<"text">>, Private),
    true = crypto:verify(rsa, sha256, <<"text">>, Signature, Public),
    Sealed = crypto:public_encrypt(rsa, <<"secret">>, Public, [{rsa_padding, rsa_pkcs1_oaep_padding}]),
    <<"secret">> = crypto:private_decrypt(rsa, Sealed, Private, [{rsa_padding, rsa_pkcs1_oaep_padding}]).

%% RFC 7914, 11.
pbkdf2() ->
    Key = hex("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
              "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"),
    Key = crypto:pbkdf2_hmac(sha256, <<"passwd">>, <<"salt">>, 1, 64).

random() ->
    Bytes = crypto:strong_rand_bytes(1 bsl 20),
    Other = crypto:strong_rand_bytes(1 bsl 20),
    true = Bytes =/= Other,
    %% A million bytes: each value about 4096 times; six sigma is 384.
    Counts = lists:foldl(fun(Byte, C) -> maps:update_with(Byte, fun(N) -> N + 1 end, 1, C) end, #{}, binary_to_list(Bytes)),
    256 = map_size(Counts),
    [true = abs(N - 4096) < 450 || {_, N} <- maps:to_list(Counts)],
    State = crypto:rand_seed_s(),
    {Value, _} = rand:uniform_s(100, State),
    true = Value >= 1 andalso Value =< 100,
    %% The system's own source, and a child with its own draws.
    true = os:cmd("head -c 16 /dev/urandom | md5sum") =/= os:cmd("head -c 16 /dev/urandom | md5sum").

random_at_once() ->
    Self = self(),
    [spawn_link(fun() -> Self ! {bytes, [crypto:strong_rand_bytes(16) || _ <- lists:seq(1, 50)]} end) || _ <- lists:seq(1, 20)],
    All = lists:append([receive {bytes, B} -> B end || _ <- lists:seq(1, 20)]),
    1000 = length(lists:usort(All)).
