%% SPDX-License-Identifier: Apache-2.0
%% A Common Test hook that leaves out the cases named in a file, in lines "APPLICATION SUITE CASE REASON". They are
%% skipped with that reason, on either system.
-module(conformance_hook).
-export([init/2, pre_init_per_testcase/4]).

-type reasons() :: #{{Suite :: string(), Case :: string()} => Reason :: string()}.

-spec init(term(), [file:filename()]) -> {ok, reasons()}.
init(_, [File]) ->
    Lines =
        case file:read_file(File) of
            {ok, Text} -> string:lexemes(binary_to_list(Text), "\n");
            {error, enoent} -> []
        end,
    {ok, maps:from_list([reason(Line) || Line <- Lines, hd(Line) =/= $#])}.

reason(Line) ->
    {match, [Suite, Case, Reason]} = re:run(Line, "^\\S+ (\\S+) (\\S+) (.*)$", [{capture, all_but_first, list}]),
    {{Suite, Case}, Reason}.

-spec pre_init_per_testcase(module(), atom(), Config, reasons()) -> {Config | {skip, string()}, reasons()}.
pre_init_per_testcase(Suite, Case, Config, Reasons) ->
    Name = hd(string:replace(atom_to_list(Suite), "_SUITE", "")),
    case maps:find({Name, atom_to_list(Case)}, Reasons) of
        {ok, Reason} -> {{skip, Reason}, Reasons};
        error -> {Config, Reasons}
    end.
