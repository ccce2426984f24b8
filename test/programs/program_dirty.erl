%% SPDX-License-Identifier: Apache-2.0
%% Dirty schedulers and the rest of what native code asks of the system; see program_dirty_nif.c.
-module(program_dirty).
-on_load(init/0).
-nifs([compute/1, block/1, hop/0, thread/1, pipe_open/0, pipe_select/2, pipe_stop_select/1, pipe_write/2, pipe_read/1,
       pipes_destroyed/0]).
-export([cases/0]).

cases() ->
    [{computing, fun computing/0},
     {blocking, fun blocking/0},
     {others_run, fun others_run/0},
     {hopping, fun hopping/0},
     {own_thread, fun own_thread/0},
     {select, fun select/0},
     {resources, fun resources/0}].

init() ->
    erlang:load_nif(filename:join(filename:dirname(code:which(?MODULE)), "program_dirty_nif"), 0).

compute(_) -> erlang:nif_error(not_loaded).
block(_) -> erlang:nif_error(not_loaded).
hop() -> erlang:nif_error(not_loaded).
thread(_) -> erlang:nif_error(not_loaded).
pipe_open() -> erlang:nif_error(not_loaded).
pipe_select(_, _) -> erlang:nif_error(not_loaded).
pipe_stop_select(_) -> erlang:nif_error(not_loaded).
pipe_write(_, _) -> erlang:nif_error(not_loaded).
pipe_read(_) -> erlang:nif_error(not_loaded).
pipes_destroyed() -> erlang:nif_error(not_loaded).

computing() ->
    {dirty_cpu, Rounds, Zero} = compute(200),
    true = Rounds > 0 andalso abs(Zero) < 1.0e-6.

blocking() ->
    {Time, dirty_io} = timer:tc(fun() -> block(300) end),
    true = Time >= 300000.

%% Erlang processes go on while native code computes and blocks, also when one core has to be shared.
others_run() ->
    Self = self(),
    [spawn_link(fun() -> Self ! {done, Fun()} end)
     || Fun <- [fun() -> compute(1500) end, fun() -> compute(1500) end, fun() -> block(1500) end, fun() -> block(1500) end]],
    Ticks = ticks(0),
    true = Ticks >= 10,
    [receive {done, Result} -> answered(Result) end || _ <- [1, 2, 3]].

answered({dirty_cpu, _, Zero}) when abs(Zero) < 1.0e-3 -> ok;
answered(dirty_io) -> ok.

ticks(N) ->
    receive {done, Result} -> answered(Result), N
    after 10 -> ticks(N + 1)
    end.

hopping() ->
    [{{normal, dirty_cpu}, normal} = hop() || _ <- lists:seq(1, 200)].

own_thread() ->
    ok = thread(50),
    [receive {thread, N} -> ok after 5000 -> error({missing, N}) end || N <- lists:seq(1, 50)].

select() ->
    Pipe = pipe_open(),
    [begin
         Reference = make_ref(),
         0 = pipe_select(Pipe, Reference),
         receive {select, Pipe, Reference, _} -> error(nothing_there) after 20 -> ok end,
         4 = pipe_write(Pipe, <<"text">>),
         receive {select, Pipe, Reference, ready_input} -> ok after 10000 -> error(not_ready) end,
         <<"text">> = pipe_read(Pipe)
     end || _ <- lists:seq(1, 30)],
    true = pipe_stop_select(Pipe) >= 0.

resources() ->
    Before = pipes_destroyed(),
    spawn(fun() -> [P || P <- [pipe_open() || _ <- lists:seq(1, 20)], pipe_stop_select(P) < 0] end),
    program_run:wait(destroyed, fun() -> pipes_destroyed() >= Before + 20 end).
