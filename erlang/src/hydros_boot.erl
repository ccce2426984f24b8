%% SPDX-License-Identifier: Apache-2.0
%% @doc Releases in the cluster: what the image builder adds to a release's boot scripts (see script(4)), and what runs
%% there when the release starts.
%%
%% A release in embedded mode has only the modules that its boot script loads, and the carrier has to be there before
%% the application `kernel' starts. So the scripts load ours, too; and those that start the release start the application
%% `hydros' right after `stdlib', so that what the release brings finds the cluster. A script that knows the application
%% `hydros' is left as it is. Without `-proto_dist hydros', which init gives, nothing is started.
-module(hydros_boot).
-export([main/1, add/3, start/0]).
-export_type([instruction/0]).

-type instruction() :: tuple().

-define(EBIN, "/hydros/ebin").
%% Scripts with these names are for other programs of the release: remote shells and the like.
-define(CLEAN, ["start_clean", "no_dot_erlang"]).
%% Loaded only when an option asks for them (hydros_sup).
-define(OPTIONAL, [hydros_time, hydros_web_sup]).

%% @doc Run by scripts/make-root: `main([EBIN, RELEASE])' alters the boot scripts in the directory `RELEASE'.
-spec main([string()]) -> ok.
main([Ebin, Release]) ->
    All = [list_to_atom(filename:basename(File, ".beam")) || File <- filelib:wildcard(Ebin ++ "/*.beam")],
    Modules = All -- lists:append([[Module | Module:modules()] || Module <- ?OPTIONAL]),
    Files = filelib:wildcard(Release ++ "/releases/*/*.boot") ++ filelib:wildcard(Release ++ "/bin/*.boot"),
    lists:foreach(fun(File) -> alter(File, Modules) end, Files).

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
