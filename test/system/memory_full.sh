# SPDX-License-Identifier: Apache-2.0
# A small node whose files take all they may, and then a child that wants all memory: errors for those who ask for too much,
# and the virtual machine goes on.
# LIMIT: 240
. test/system/common
machine --nodes=1 --memory=320M --eval='
    Full = os:cmd("dd if=/dev/zero of=/tmp/big bs=1M count=1000 2>&1"),
    true = string:find(Full, "No space left on device") =/= nomatch,
    {error, enospc} = file:write_file("/tmp/more", binary:copy(<<1>>, 1000000)),
    %% Native code of new modules is memory, not a file.
    [{module, _} = code:ensure_loaded(M) || M <- [dets, mnesia, xmerl_scan, ssl, erl_tar, compile, beam_ssa_opt, sofs]],
    "6\n" = os:cmd("echo $((1 + 5))"),
    ok = file:delete("/tmp/big"),
    ok = file:write_file("/tmp/more", binary:copy(<<1>>, 1000000)),
    Greedy = "erl -noshell -eval \"F = fun F(L) -> F([lists:duplicate(100000,x)|L]) end, F([]).\" > /dev/null 2>&1; echo $?",
    "137\n" = os:cmd(Greedy),
    "7\n" = os:cmd("echo $((1 + 6))"),
    io:format("went on~n")'
expect_status 0
expect_output 'went on'
expect_line 'beam.smp) killed: out of memory'
