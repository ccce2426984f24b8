# SPDX-License-Identifier: Apache-2.0
# `make demo`, with shorter rests: each node but n0 is killed once, in turn, and comes back; the client is on n1 and moves when that dies; it
# goes on counting; nothing is called moving that is not; no write is lost, and the machine ends by itself.
# LIMIT: 240
. test/system/common
IMAGE=build/test/debug.img
machine --nodes=4 --memory=1G --option=on-death=stay --option='erl=-pa /t' --eval='demo:main(3, 1)'
expect_status 0
expect_line '^Nodes were killed 3 times. Writes that were acknowledged and then lost: 0\.'
sed -n 's/^ *\(>>>\|<<<\) //p' "$WORK/out" > "$WORK/news"
{
    for node in 1 2 3; do printf '%s\n' "n$node is killed" "n$node is down" "n$node is back, in life 2"; done
} | diff - "$WORK/news" > "$WORK/difference" || fail "not each node in turn: $(cat "$WORK/difference")"
# A second's line: number, a word for each node, the client's node, what it counted. `(moving)` is right only after its node was killed, and until
# it answers; then it is elsewhere, and its number has grown.
awk '
    function wrong(why) { print "failed: line " FNR ": " why ": " $0; bad = 1 }
    function grown() { if (killed != "" && counted <= at) wrong("the client has not counted since " killed " was killed") }
    $1 == ">>>" { grown(); killed = $2; at = counted; if (killed == client) { moves++; from = client } }
    $1 ~ /^[0-9]+$/ && $2 == "n0" && $6 == "(moving)" && from == "" { wrong("the client is not dead") }
    $1 ~ /^[0-9]+$/ && $2 == "n0" && $6 ~ /^n[0-9]$/ {
        if (killed == "" && $6 != "n1") wrong("the client is not on n1")
        if ($6 == from) wrong("the client did not move")
        if ($7 < counted) wrong("what the client counted went back")
        client = $6; counted = $7; from = ""
    }
    END { grown(); if (moves < 1 || from != "") wrong("the client was not seen to move"); exit bad }' "$WORK/out" || fail "of what the client saw"
