# SPDX-License-Identifier: Apache-2.0
# Expressions that crash, exit, do not parse, or end the virtual machine badly: the status is not 0.
# LIMIT: 240
. test/system/common
for expression in 'error(foo)' 'exit(normal), ok' '1 +' 'spawn_link(fun() -> exit(bad) end), receive after infinity -> ok end' \
    'halt(3)' 'erlang:halt("slogan")' 'os:cmd("kill -SEGV " ++ os:getpid()), receive after infinity -> ok end'; do
    machine --nodes=1 --memory=512M --eval="$expression"
    expect_failure
done
