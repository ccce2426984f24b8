%% SPDX-License-Identifier: Apache-2.0
%% A line of this node for the driver: through the kernel's log, which is shown whichever console
%% is, or to standard output on another system.
-module(chaos_line).
-export([say/2]).

-spec say(io:format(), [term()]) -> ok.
say(Format, Arguments) ->
    Line = iolist_to_binary(["chaos ", io_lib:format(Format, Arguments), "\n"]),
    case filelib:is_dir("/proc/hydros") andalso file:open("/dev/kmsg", [raw, write]) of
        {ok, File} ->
            _ = file:write(File, Line),
            _ = file:close(File),
            ok;
        _ ->
            io:put_chars(Line)
    end.
