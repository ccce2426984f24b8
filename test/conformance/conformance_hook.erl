%% SPDX-License-Identifier: Apache-2.0
%% A Common Test hook that leaves out the cases named in a file, in lines "APPLICATION SUITE CASE REASON". They are
%% skipped with that reason, on either system. And of a suite in several parts it leaves all others' cases out, of which
%% conformance_events says nothing; nor of those that are not among CASES=a,b,..., if this is set.
-module(conformance_hook).
-export([init/2, pre_init_per_testcase/4]).

-type state() :: {Part :: string(), #{{Suite :: string(), Case :: string()} => Reason :: string()}}.

%% Part "K/N", K from 1.
-spec init(term(), [file:filename() | string()]) -> {ok, state()}.
init(_, [File, Part]) ->
    Lines =
        case file:read_file(File) of
            {ok, Text} -> string:lexemes(binary_to_list(Text), "\n");
            {error, enoent} -> []
        end,
    {ok, {Part, maps:from_list([reason(Line) || Line <- Lines, hd(Line) =/= $#])}}.

reason(Line) ->
    {match, [Suite, Case, Reason]} = re:run(Line, "^\\S+ (\\S+) (\\S+) (.*)$", [{capture, all_but_first, list}]),
    {{Suite, Case}, Reason}.

-spec pre_init_per_testcase(module(), atom(), Config, state()) -> {Config | {skip, string()}, state()}.
pre_init_per_testcase(Suite, Case, Config, {Part, Reasons} = State) ->
    Name = hd(string:replace(atom_to_list(Suite), "_SUITE", "")),
    Wanted = string:lexemes(os:getenv("CASES", ""), ","),
    Is_wanted = Wanted =:= [] orelse lists:member(atom_to_list(Case), Wanted),
    [K, N] = [list_to_integer(Number) || Number <- string:lexemes(Part, "/")],
    case {1 + erlang:phash2(Case, N), maps:find({Name, atom_to_list(Case)}, Reasons)} of
        {Other, _} when Other =/= K; not Is_wanted -> {{skip, "of another part"}, State};
        {K, {ok, Reason}} -> {{skip, Reason}, State};
        {K, error} -> {Config, State}
    end.
