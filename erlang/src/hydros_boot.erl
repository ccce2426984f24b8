%% SPDX-License-Identifier: Apache-2.0
%% @doc Releases in the cluster: what the image builder adds to a release's boot scripts (see script(4)), and what runs
%% there when the release starts.
%%
%% A release in embedded mode has only the modules that its boot script loads, and the carrier has to be there before
%% the application `kernel' starts. So the scripts load ours, too; and those that start the release start the application
%% `hydros' right after `stdlib', so that what the release brings finds the cluster. A script that knows the application
%% `hydros' is left as it is. Without `-proto_dist hydros', which init gives, nothing is started.
-module(hydros_boot).
-export([main/1, add/3, node_flags/1, start/0]).
-export_type([instruction/0]).

-type instruction() :: tuple().

-define(EBIN, "/hydros/ebin").
%% Scripts with these names are for other programs of the release: remote shells and the like.
-define(CLEAN, ["start_clean", "no_dot_erlang"]).
%% Loaded only when an option asks for them (hydros_sup).
-define(OPTIONAL, [hydros_time, hydros_web_sup]).

%% @doc Run by scripts/make-root: `main([EBIN, RELEASE, FILE])' alters the boot scripts in the directory `RELEASE', and
%% writes into `FILE' how Erlang is called there.
-spec main([string()]) -> ok.
main([Ebin, Release, File]) ->
    ok = file:write_file(File, [[Flag, $\n] || Flag <- node_flags(Release)]),
    All = [list_to_atom(filename:basename(Beam, ".beam")) || Beam <- filelib:wildcard(Ebin ++ "/*.beam")],
    Modules = All -- lists:append([[Module | Module:modules()] || Module <- ?OPTIONAL]),
    Boots = filelib:wildcard(Release ++ "/releases/*/*.boot") ++ filelib:wildcard(Release ++ "/bin/*.boot"),
    lists:foreach(fun(Boot) -> alter(Boot, Modules) end, Boots).

alter(File, Modules) ->
    {ok, Binary} = file:read_file(File),
    {script, Name, Instructions} = binary_to_term(Binary),
    Starts = not lists:member(filename:basename(File, ".boot"), ?CLEAN),
    Altered = {script, Name, add(Instructions, Modules, Starts)},
    ok = file:write_file(File, term_to_binary(Altered)).

%% @doc The instructions of a boot script that also loads our modules and, when it `Starts' the release, the application.
-spec add([instruction()], [module()], Starts :: boolean()) -> [instruction()].
add(Instructions, Modules, Starts) ->
    Load = [{path, [?EBIN]}, {primLoad, Modules}],
    Start = [{apply, {code, add_pathz, [?EBIN]}}, {apply, {?MODULE, start, []}}],
    case lists:any(fun is_ours/1, Instructions) of
        true -> Instructions;
        false when Starts -> after_stdlib(before_start(Instructions, Load), Start);
        false -> before_start(Instructions, Load)
    end.

is_ours({apply, {application, load, [{application, hydros, _}]}}) -> true;
is_ours({primLoad, Modules}) -> lists:member(?MODULE, Modules);
is_ours(_) -> false.

%% The instruction `path' that follows in every script puts the path right again.
before_start(Instructions, Load) ->
    lists:flatmap(
        fun
            ({progress, modules_loaded} = Instruction) -> Load ++ [Instruction];
            (Instruction) -> [Instruction]
        end,
        Instructions
    ).

after_stdlib(Instructions, Start) ->
    lists:flatmap(
        fun
            ({apply, {application, start_boot, [stdlib | _]}} = Instruction) -> [Instruction | Start];
            (Instruction) -> [Instruction]
        end,
        Instructions
    ).

%% @doc The name and the cookie that nodes of the release have, as flags of Erlang; for a node in safe mode, which runs
%% nothing of the release and is connected to those that do. A name is kept when it can be the same on all nodes: without
%% host, or with `@n${HYDROS_NODE}'. What only a script of the release could tell is left out.
-spec node_flags(Release :: file:filename()) -> [string()].
node_flags(Release) ->
    Lines = lines(Release, "releases/*/vm.args") ++ lines(Release, "releases/*/vm.args.src"),
    Mix = mix(Release),
    name_flags([Words || [Flag, _] = Words <- Lines, lists:member(Flag, ["-sname", "-name"])] ++ maps:get(name, Mix, [])) ++
        cookie_flags([Cookie || ["-setcookie", Cookie] <- Lines] ++ maps:get(cookie, Mix, [])).

%% `mix release' has no name in vm.args, but in the environment: the name of the script, unless env.sh sets another one.
mix(Release) ->
    case {lines(Release, "releases/COOKIE"), filelib:wildcard(Release ++ "/releases/*/elixir")} of
        {[[Cookie]], [_ | _]} ->
            Set = [string:split(Pair, "=") || ["export", Pair] <- lines(Release, "releases/*/env.sh")],
            Scripts = [filename:basename(Rel, ".rel") || Rel <- filelib:wildcard(Release ++ "/releases/*/*.rel")],
            Names = [Name || Name <- Scripts, filelib:is_regular(filename:join([Release, "bin", Name]))],
            Value = fun(Name, Default) -> [string:trim(V, both, "\"'") || [N, V] <- Set, N =:= Name] ++ Default end,
            #{
                name => [["-" ++ hd(Value("RELEASE_DISTRIBUTION", ["sname"])), Name] || Name <- Value("RELEASE_NODE", Names)],
                cookie => Value("RELEASE_COOKIE", [Cookie])
            };
        _ ->
            #{}
    end.

lines(Release, Files) ->
    [
        string:lexemes(Line, " \t\r")
     || File <- filelib:wildcard(filename:join(Release, Files)),
        {ok, Text} <- [file:read_file(File)],
        Line <- string:lexemes(binary_to_list(Text), "\n")
    ].

name_flags([[Flag, Text] | _]) when Flag =:= "-sname"; Flag =:= "-name" ->
    case re:run(Text, "^([A-Za-z0-9_-]{1,64})(@n\\$\\{?HYDROS_NODE\\}?(\\.hydros)?)?$", [{capture, [1], list}]) of
        {match, [Name]} -> [Flag, Name];
        nomatch -> []
    end;
name_flags(_) ->
    [].

cookie_flags([Cookie | _]) ->
    case re:run(Cookie, "^[A-Za-z0-9_=+/-]{1,255}$") of
        {match, _} -> ["-setcookie", Cookie];
        nomatch -> []
    end;
cookie_flags([]) ->
    [].

%% @doc Called by the boot script. A release that has no name of its own becomes `nK@HOST'. Whatever goes wrong here is
%% told, and the release starts.
-spec start() -> ok.
start() ->
    case init:get_argument(proto_dist) of
        {ok, [["hydros" | _] | _]} ->
            try
                ok = name(),
                hydros:start()
            catch
                Class:Reason:Stack ->
                    logger:error("hydros: not in the cluster: ~ts", [erl_error:format_exception(Class, Reason, Stack)])
            end;
        _ ->
            ok
    end.

name() ->
    case is_alive() of
        true ->
            ok;
        false ->
            Host = hydros_self:host(),
            Domain = case lists:member($., Host) of true -> longnames; false -> shortnames end,
            Name = list_to_atom("n" ++ integer_to_list(hydros_self:number()) ++ "@" ++ Host),
            {ok, _} = net_kernel:start(Name, #{name_domain => Domain}),
            ok
    end.
