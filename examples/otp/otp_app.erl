%% SPDX-License-Identifier: Apache-2.0
%% On each node: ssh (an Erlang shell, for whom /release/authorized_keys names), http and https (TLS 1.3 only) by inets.
-module(otp_app).
-behaviour(application).
-behaviour(supervisor).
-export([start/2, stop/1, init/1]).

-define(ROOT, "/tmp/otp"). % what is made at start
-define(PAGES, ?ROOT "/pages").

-spec start(application:start_type(), term()) -> {ok, pid()} | {error, term()}.
start(_Type, _Arguments) ->
    ok = filelib:ensure_dir(?PAGES "/x"),
    ok = otp_keys:user(?ROOT),
    ok = otp_keys:host(?ROOT),
    {Authority, Certificate} = otp_keys:tls(),
    ok = file:write_file(?PAGES "/authority.pem", Authority),
    ok = file:write_file(?PAGES "/index.html", ["This page comes from ", atom_to_list(node()), ".\n"]),
    {ok, _} = ssh:daemon(22, [{system_dir, ?ROOT}, {user_dir, ?ROOT}, {auth_methods, "publickey"}]),
    {ok, _} = inets:start(httpd, httpd(80, ip_comm)),
    {ok, _} = inets:start(httpd, httpd(443, {ssl, [{versions, ['tlsv1.3']} | Certificate]})),
    %% Into the machine's log, which is shown whichever console is selected.
    _ = file:write_file("/dev/kmsg", ["otp: ", atom_to_list(node()), " serves ssh, http, https\n"]),
    supervisor:start_link({local, otp_sup}, ?MODULE, []).

httpd(Port, Socket) ->
    [
        {port, Port},
        {socket_type, Socket},
        {server_name, atom_to_list(node())},
        {server_root, ?ROOT},
        {document_root, ?PAGES},
        {directory_index, ["index.html"]},
        {modules, [mod_alias, mod_dir, mod_get, mod_head]},
        {mime_types, [{"html", "text/html"}, {"pem", "application/x-pem-file"}]}
    ].

-spec stop(term()) -> ok.
stop(_State) ->
    ok.

%% ssh and inets supervise what they serve.
-spec init([]) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}}.
init([]) ->
    {ok, {#{}, []}}.
