%% SPDX-License-Identifier: Apache-2.0
%% @private Supervisor of the web console, which is there when boot option `web=PORT' asks for it. When it fails again and
%% again it ends, and the node goes on without it.
-module(hydros_web_sup).
-behaviour(supervisor).
-export([start_link/0, modules/0, init/1]).

%% As many characters as nobody guesses.
-define(TOKEN_MIN, 12).

-spec start_link() -> supervisor:startlink_ret().
start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

%% The modules that only the console needs: a release in embedded mode loads nothing by itself.
-spec modules() -> [module()].
modules() ->
    [hydros_web, hydros_web_connection, hydros_web_json, hydros_web_request, hydros_web_state, hydros_web_view].

-spec init([]) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}} | ignore.
init([]) ->
    case hydros_web:is_possible() of
        true ->
            children();
        false ->
            logger:error("hydros: option web: it needs the application inets of OTP in the release; there is no web console"),
            ignore
    end.

children() ->
    case port(os:getenv("HYDROS_WEB", "")) of
        {ok, Port} ->
            Token = token(os:getenv("HYDROS_WEB_TOKEN")),
            %% Programs that this Erlang starts need not know.
            true = os:unsetenv("HYDROS_WEB_TOKEN"),
            Files = filename:join(filename:dirname(filename:dirname(code:which(?MODULE))), "web"),
            Children = [
                worker(hydros_web_state, [Token =/= none]),
                %% It has connections to end, which may take as long as a request.
                (worker(hydros_web, [Port, #{token => Token, files => Files, names => names(os:getenv("HYDROS_WEB_HOST", ""))}]))#{shutdown => 15000}
            ],
            {ok, {#{strategy => one_for_one, intensity => 5, period => 60}, Children}};
        error ->
            logger:error("hydros: option web: it wants a port number, 1 to 65535; there is no web console"),
            ignore
    end.

worker(Module, Arguments) ->
    #{id => Module, start => {Module, start_link, Arguments}}.

port(Text) ->
    case string:to_integer(Text) of
        {Port, ""} when Port > 0, Port < 65536 -> {ok, Port};
        _ -> error
    end.

%% Names with commas between them, as a browser writes them into its requests.
names(Text) ->
    [unicode:characters_to_binary(string:lowercase(Name)) || Name <- string:lexemes(Text, ",")].

%% Without a word of its own, the option's token comes from the machine's cookie: random, the same on all nodes and in all
%% their lives, and told only on their consoles.
token(false) ->
    none;
token("") ->
    case file:read_file("/proc/hydros/cookie") of
        {ok, Cookie} ->
            Token = string:lowercase(binary:encode_hex(erlang:md5(["web console ", Cookie]))),
            io:format("web console: token ~s~n", [Token]),
            Token;
        {error, _} ->
            none
    end;
token(Word) when length(Word) < ?TOKEN_MIN ->
    logger:error("hydros: option web-token: fewer than ~b characters; the web console is read-only", [?TOKEN_MIN]),
    none;
token(Word) ->
    %% What a browser puts into a header whole.
    case lists:all(fun(C) -> C > $\s andalso C < 127 end, Word) of
        true ->
            list_to_binary(Word);
        false ->
            logger:error("hydros: option web-token: only ASCII letters, digits and signs, no blanks; the web console is read-only"),
            none
    end.
