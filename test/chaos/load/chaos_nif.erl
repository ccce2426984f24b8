%% SPDX-License-Identifier: Apache-2.0
%% Native code that breaks the virtual machine; see chaos_nif.c. Loaded at its first use.
-module(chaos_nif).
-on_load(init/0).
-nifs([wild/0, never/0]).
-export([wild/0, never/0]).

init() ->
    erlang:load_nif(filename:join(filename:dirname(code:which(?MODULE)), "chaos_nif"), 0).

-spec wild() -> ok.
wild() -> erlang:nif_error(not_loaded).

-spec never() -> no_return().
never() -> erlang:nif_error(not_loaded).
