%% SPDX-License-Identifier: Apache-2.0
%% Hot code loading: old and new code of a module side by side, purging, code_change, loading from disc.
-module(program_code).
-export([cases/0]).

cases() ->
    [{two_versions, fun two_versions/0},
     {purge_kills, fun purge_kills/0},
     {code_change, fun code_change/0},
     {from_disc, fun from_disc/0},
     {many, fun many/0},
     {on_load, fun on_load/0},
     {literals, fun literals/0},
     {breakpoints, fun breakpoints/0},
     {while_running, fun while_running/0}].

build(Module, Text) ->
    {ok, Tokens, _} = erl_scan:string("-module(" ++ atom_to_list(Module) ++ ").\n" ++ Text),
    {ok, Module, Binary} = compile:forms(forms(Tokens, []), [return_errors]),
    Binary.

forms([], []) ->
    [];
forms([{dot, _} = Dot | Rest], Form) ->
    {ok, Parsed} = erl_parse:parse_form(lists:reverse(Form, [Dot])),
    [Parsed | forms(Rest, [])];
forms([Token | Rest], Form) ->
    forms(Rest, [Token | Form]).

load(Module, Text) ->
    {module, Module} = code:load_binary(Module, atom_to_list(Module), build(Module, Text)).

counter(Version) ->
    "-export([start/0, loop/1]). start() -> spawn(fun() -> loop(0) end). "
    "loop(N) -> receive {version, From} -> From ! {" ++ Version ++ ", N}, loop(N + 1);"
    " upgrade -> ?MODULE_:loop(N) end.".

counter_load(Version) ->
    load(hot, lists:flatten(string:replace(counter(Version), "?MODULE_", "hot", all))).

ask(Pid) ->
    Pid ! {version, self()},
    receive Answer -> Answer after 10000 -> error(no_answer) end.

%% A process that runs old code goes on with it until it calls by the full name.
two_versions() ->
    counter_load("one"),
    Pid = hot:start(),
    {one, 0} = ask(Pid),
    counter_load("two"),
    {one, 1} = ask(Pid),
    New = hot:start(),
    {two, 0} = ask(New),
    true = erlang:check_process_code(Pid, hot),
    false = code:soft_purge(hot),
    Pid ! upgrade,
    {two, 2} = ask(Pid),
    true = code:soft_purge(hot),
    true = is_process_alive(Pid),
    exit(Pid, kill),
    exit(New, kill).

purge_kills() ->
    counter_load("one"),
    Pid = hot:start(),
    {one, 0} = ask(Pid),
    Monitor = monitor(process, Pid),
    counter_load("two"),
    true = code:purge(hot),
    receive {'DOWN', Monitor, process, Pid, killed} -> ok end,
    code:delete(hot),
    code:purge(hot),
    {'EXIT', {undef, _}} = catch hot:start().

server(Version, Change) ->
    "-behaviour(gen_server). -export([init/1, handle_call/3, handle_cast/2, code_change/3]). "
    "init(N) -> {ok, N}. handle_cast(_, S) -> {noreply, S}. code_change(_Old, S, Extra) -> " ++ Change ++ ". "
    "handle_call(get, _, S) -> {reply, {" ++ Version ++ ", S}, S}.".

code_change() ->
    load(hot_server, server("v1", "{ok, {S, Extra}}")),
    {ok, Pid} = gen_server:start(hot_server, 5, []),
    {v1, 5} = gen_server:call(Pid, get),
    ok = sys:suspend(Pid),
    load(hot_server, server("v2", "{ok, {upgraded, S, Extra}}")),
    ok = sys:change_code(Pid, hot_server, "1", more),
    ok = sys:resume(Pid),
    {v2, {upgraded, 5, more}} = gen_server:call(Pid, get),
    true = code:soft_purge(hot_server),
    gen_server:stop(Pid).

from_disc() ->
    Beam = filename:join(program_run:directory(), "hot_disc.beam"),
    true = code:add_patha(program_run:directory()),
    [begin
         ok = file:write_file(Beam, build(hot_disc, "-export([f/0]). f() -> " ++ integer_to_list(N) ++ ".")),
         code:purge(hot_disc),
         {module, hot_disc} = code:load_file(hot_disc),
         N = hot_disc:f()
     end || N <- lists:seq(1, 20)],
    Beam = code:which(hot_disc),
    [hot_disc] = [M || M <- code:modified_modules(), M =:= hot_disc] ++ [hot_disc || code:modified_modules() =:= []],
    ok = file:write_file(Beam, <<"FOR1 no beam at all">>),
    {error, badfile} = code:load_file(hot_disc),
    20 = hot_disc:f(),
    ok = file:delete(Beam),
    true = code:del_path(program_run:directory()).

%% Native code comes and goes: several hundred modules, each loaded, replaced, called, removed.
many() ->
    Names = [list_to_atom("hot_many_" ++ integer_to_list(N)) || N <- lists:seq(1, 60)],
    Body = "-export([f/1]). f(X) -> {?, lists:sum(lists:seq(1, X)), [Y || Y <- [a, X, \"s\"], Y =/= a]}.",
    [[begin
          load(Name, lists:flatten(string:replace(Body, "?", Version))),
          Value = list_to_atom(Version),
          {Value, 55, [10, "s"]} = Name:f(10),
          code:purge(Name)
      end || Name <- Names] || Version <- ["a", "b", "c"]],
    ok = code:atomic_load([{Name, "x", build(Name, "-export([f/1]). f(_) -> atomic.")} || Name <- Names]),
    [atomic = Name:f(1) || Name <- Names],
    [begin code:purge(Name), code:delete(Name), code:purge(Name), false = code:is_loaded(Name) end || Name <- Names].

on_load() ->
    load(hot_on_load, "-on_load(go/0). -export([f/0]). go() -> persistent_term:put(hot, went), ok. f() -> persistent_term:get(hot)."),
    went = hot_on_load:f(),
    {error, on_load_failure} =
        code:load_binary(hot_bad, "x", build(hot_bad, "-on_load(go/0). -export([f/0]). go() -> {error, no}. f() -> 1.")),
    false = code:is_loaded(hot_bad).

%% Literals of purged code live on in those who hold them.
literals() ->
    load(hot_literal, "-export([f/0]). f() -> {some, \"literal text\", [1, 2, 3], #{a => {b, c}}}."),
    Held = hot_literal:f(),
    Pid = spawn(fun() -> H = hot_literal:f(), receive {get, From} -> From ! H end end),
    timer:sleep(50),
    code:delete(hot_literal),
    code:purge(hot_literal),
    {some, "literal text", [1, 2, 3], #{a := {b, c}}} = Held,
    Pid ! {get, self()},
    receive {some, "literal text", [1, 2, 3], #{a := {b, c}}} -> ok end.

%% Tracing rewrites native code in place.
breakpoints() ->
    load(hot_trace, "-export([f/1]). f(X) -> X + 1."),
    1 = erlang:trace(self(), true, [call]),
    Self = self(),
    Tracer = spawn(fun() -> Self ! ready, timer:sleep(infinity) end),
    receive ready -> ok end,
    exit(Tracer, kill),
    1 = erlang:trace_pattern({hot_trace, f, 1}, [{'_', [], [{return_trace}]}], [local]),
    Traced = spawn(fun() -> receive go -> 8 = hot_trace:f(7) end end),
    1 = erlang:trace(Traced, true, [call]),
    Traced ! go,
    receive {trace, Traced, call, {hot_trace, f, [7]}} -> ok after 5000 -> error(no_call) end,
    receive {trace, Traced, return_from, {hot_trace, f, 1}, 8} -> ok after 5000 -> error(no_return) end,
    1 = erlang:trace_pattern({hot_trace, f, 1}, false, [local]),
    9 = hot_trace:f(8).

%% Code is replaced while a busy process calls it; every answer is one of the two.
while_running() ->
    load(hot_busy, "-export([f/1]). f(X) -> {a, X}."),
    Pid = spawn_link(fun() -> busy(0) end),
    [begin
         load(hot_busy, "-export([f/1]). f(X) -> {" ++ Letter ++ ", X}."),
         code:purge(hot_busy)
     end || _ <- lists:seq(1, 15), Letter <- ["b", "a"]],
    Pid ! {stop, self()},
    receive {done, Calls} when Calls > 100 -> ok end.

busy(N) ->
    {Letter, N} = hot_busy:f(N),
    true = Letter =:= a orelse Letter =:= b,
    receive {stop, From} -> From ! {done, N} after 0 -> busy(N + 1) end.
