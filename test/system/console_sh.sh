# SPDX-License-Identifier: Apache-2.0
# A shell with job control on the console: Ctrl-C, Ctrl-Z, fg, Ctrl-D, stty, line editing of the terminal itself.
# LIMIT: 240
. test/system/common
on_console '
expect 30 "# "
send "echo one\x7f\x7f\x7ftwo\r"
expect 40 "two\r\n"
expect 40 "# "
send "sleep 100\r"
pause 700
send "\x03"
expect 40 "^C"
expect 40 "# "
send "sleep 100\r"
pause 700
send "\x1a"
expect 40 "Stopped"
expect 40 "# "
send "fg\r"
pause 700
send "\x03"
expect 40 "# "
send "stty size; tty; cat\r"
expect 40 "24 80\r\n"
expect 40 "/dev/console"
send "abc\r"
expect 40 "abc\r\nabc\r\n"
send "\x04"
expect 40 "# "
send "cat /dev/tty & sleep 1; jobs\r"
expect 40 "Stopped"
send "exit 3\r"
pause 500
send "exit 3\r"
expect 40 "ended with status"
send "\x1dq"
exit 0' --nodes=1 --memory=512M --option=shell=/bin/sh
