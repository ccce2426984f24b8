# SPDX-License-Identifier: Apache-2.0
# 4 KiB pasted at once: into the Erlang shell, and into a program that reads lines. Nothing is lost.
# LIMIT: 240
. test/system/common
on_console '
expect 60 "1> "
send "length([\r"
paste 4096
send "1]).\r"
expect 60 "1985\r\n"
send "\x1dq"
exit 0' --nodes=1 --memory=512M
on_console '
expect 30 "# "
send "cat > /tmp/f\r"
pause 500
paste 4096
send "\x04"
expect 30 "# "
send "wc -c < /tmp/f\r"
expect 40 "4096"
# and while the program does not read for a while
send "sleep 3; cat > /tmp/f\r"
pause 300
paste 16384
send "\x04"
expect 60 "# "
send "wc -c < /tmp/f\r"
expect 40 "16384"
send "\x1dq"
exit 0' --nodes=1 --memory=512M --option=shell=/bin/sh
