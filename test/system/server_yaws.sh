# SPDX-License-Identifier: Apache-2.0
# Yaws on two nodes: a page made on the node, a file as it is, an upload of 8 MB that comes whole, what is not there.
# LIMIT: 240
. test/system/common
. test/system/server_common
server_image yaws
server_run --nodes=2 --memory=1G --port=$PORT:80 --port=$((PORT + 1)):80@1
here=http://127.0.0.1
for second in $(seq 120); do
    if curl -s -m 5 -o /dev/null $here:$PORT/ && curl -s -m 5 -o /dev/null $here:$((PORT + 1))/; then break; fi
    kill -0 $machine 2> /dev/null || fail "the machine ended"
    sleep 1
done
answer "a page of node 0" '<h1>n0@hydros</h1>' curl -s -m 60 $here:$PORT/
answer "a page of node 1, which knows node 0" 'With it: \[n0@hydros\]' curl -s -m 60 $here:$((PORT + 1))/
answer "a file as it is" "^$(sha256sum < examples/yaws/files/pages/style.css)" sh -c "curl -s -m 60 $here:$PORT/style.css | sha256sum"
head -c 8000000 /dev/urandom > "$WORK/file.bin"
sum=$(sha256sum < "$WORK/file.bin" | cut -d' ' -f1)
answer "an upload" "^file.bin 8000000 $sum\$" curl -s -m 100 -F "file=@$WORK/file.bin" $here:$((PORT + 1))/upload.yaws
answer "what is not there" '^404$' curl -s -m 60 -o /dev/null -w '%{http_code}\n' $here:$PORT/nothing
