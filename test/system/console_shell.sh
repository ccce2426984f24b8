# SPDX-License-Identifier: Apache-2.0
# The Erlang shell at a terminal: editing, history, UTF-8, window size, Ctrl-C, Ctrl-G.
# LIMIT: 240
. test/system/common
on_console '
expect 20 "Ctrl-]: send it"
expect 60 "1> "
send "1+1.\r"
expect 40 "2\r\n"
expect 40 "2> "
# editing: left, insert, home, delete
send "12+4.\e[D\e[D\e[D3\r"
expect 40 "127\r\n"
expect 40 "3> "
send "99+1.\e[H\x04\r"
expect 40 "10\r\n"
expect 40 "4> "
# history
send "\e[A"
pause 500
send "\e[A"
pause 500
send "\r"
expect 40 "127\r\n"
expect 40 "5> "
send "length(\"h\xc3\xa9\xe2\x82\xac\").\r"
expect 40 "3\r\n"
expect 40 "6> "
size 40 132
pause 500
send "{io:columns(),io:rows()}.\r"
expect 40 "{{ok,132},{ok,40}}"
expect 40 "7> "
# Ctrl-C and back
send "\x03"
expect 40 "(a)bort"
send "c\r"
send "3*5.\r"
expect 40 "15\r\n"
expect 40 "8> "
# Ctrl-G: a hanging job is interrupted
send "timer:sleep(infinity).\r"
pause 500
send "\x07"
expect 40 "User switch command"
expect 40 "--> "
send "i\r"
expect 40 "--> "
send "c\r"
expect 40 "exception exit: killed"
expect 40 "> "
send "6*7.\r"
expect 40 "42\r\n"
send "\x1dq"
exit 0' --nodes=1 --memory=512M
