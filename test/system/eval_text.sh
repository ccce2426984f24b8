# SPDX-License-Identifier: Apache-2.0
# UTF-8, quotes and percent signs go through the boot options unharmed; much output comes whole.
# LIMIT: 240
. test/system/common
machine --nodes=1 --memory=512M --eval='io:format("~ts ~p~n", ["h\x{e9}llo 100% \"é€😀\"", '"'a b'"'])'
expect_status 0
expect_output "héllo 100% \"é€😀\" 'a b'"
machine --nodes=1 --memory=512M --eval='[io:format("~8..0b~s~n",[N,lists:duplicate(91,$x)]) || N <- lists:seq(1,3000)]'
expect_status 0
[ "$(grep -c '^[0-9]\{8\}x\{91\}$' "$WORK/out")" = 3000 ] || fail "lines were lost"
