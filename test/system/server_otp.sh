# SPDX-License-Identifier: Apache-2.0
# What comes with OTP, reached from this host with its own tools: ssh, http, TLS 1.3 both ways, a remote shell, and a node here that is
# connected with one there over TCP while those are connected over channels.
# LIMIT: 300
. test/system/common
. test/system/server_common
ssh-keygen -q -t ed25519 -N '' -f "$WORK/key" || fail "ssh-keygen"
ssh-keygen -q -t ed25519 -N '' -f "$WORK/other" || fail "ssh-keygen"
export SSH_KEYS="$WORK/key.pub" HOME="$WORK"
# Made before the machine starts: its clock is a second late at most, and a certificate is not valid before it was made.
certificate() { # NAME SUBJECT ARGUMENT...
    local name="$1" subject="$2"
    shift 2
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$subject" -keyout "$WORK/$name.key" \
        -out "$WORK/$name.pem" "$@" 2> /dev/null || fail "openssl req $name"
}
certificate root "authority of the test"
certificate host host -addext subjectAltName=DNS:host -addext basicConstraints=CA:false -CA "$WORK/root.pem" -CAkey "$WORK/root.key"
server_image otp
server_run --nodes=2 --memory=1G --option=cookie=sesame --option=dist-port=4370 --port=$PORT:22 --port=$((PORT + 1)):80 \
    --port=$((PORT + 2)):443 --port=$((PORT + 3)):22@1 --port=$((PORT + 4)):4370 --port=$((PORT + 5)):4370@1
said 2 'otp: n[01]@hydros serves'

shell_on() { # PORT KEY ARGUMENT...
    local port="$1" key="$2"
    shift 2
    timeout 120 ssh -F none -i "$WORK/$key" -p "$port" -o UserKnownHostsFile="$WORK/known" -o StrictHostKeyChecking=accept-new \
        -o LogLevel=ERROR -o BatchMode=yes root@127.0.0.1 "$@"
}
answer "ssh, an expression" 'n1@hydros' shell_on $((PORT + 3)) key 'node().'
answer "ssh, the other node" '\[n1@hydros\]' shell_on $PORT key 'nodes().'
printf 'lists:sum(lists:seq(1, 1000)).\nexit().\n' > "$WORK/typed"
INPUT=$WORK/typed
answer "ssh, a shell" 500500 shell_on $PORT key -tt
INPUT=/dev/null
if shell_on $PORT other 'node().' > "$WORK/answer" 2>&1; then fail "ssh let in who is not named"; fi

answer "http" 'comes from n0@hydros' curl -s -m 60 http://127.0.0.1:$((PORT + 1))/
curl -s -m 60 -o "$WORK/authority.pem" http://127.0.0.1:$((PORT + 1))/authority.pem || fail "authority.pem"
answer "https, TLS 1.3, verified" 'comes from n0@hydros' curl -s -m 60 --tlsv1.3 --cacert "$WORK/authority.pem" https://localhost:$((PORT + 2))/
if curl -s -m 60 --tls-max 1.2 --cacert "$WORK/authority.pem" https://localhost:$((PORT + 2))/ > /dev/null; then fail "TLS 1.2 was taken"; fi

# The node is the client: this host's certificate is verified there; one of somebody else is not taken.
openssl s_server -quiet -www -tls1_3 -accept 127.0.0.1:$((PORT + 6)) -key "$WORK/host.key" -cert "$WORK/host.pem" > /dev/null 2>&1 &
host_server=$!
trap 'kill $machine $host_server 2> /dev/null; wait $machine; rm -rf "$WORK"' EXIT
body=$(grep -v -e '-----' "$WORK/root.pem" | tr -d '\n')
tls="{_, S} = ssl:connect(\"10.0.2.2\", $((PORT + 6)), [{active, false}, {versions, ['tlsv1.3']}, {verify, verify_peer},
    {server_name_indication, \"NAME\"}, {cacerts, [base64:decode(\"$body\")]}]), is_tuple(S) andalso element(1, S) =:= sslsocket
    andalso begin ok = ssl:send(S, \"GET / HTTP/1.0\\r\\n\\r\\n\"), {ok, T} = ssl:recv(S, 15), {T, ssl:connection_information(S, [protocol])} end."
answer "TLS 1.3 from a node" "HTTP/1.0 200.*tlsv1.3" shell_on $PORT key "$(echo "$tls" | sed s/NAME/host/)"
answer "TLS, not the host it should be" "^false" shell_on $PORT key "$(echo "$tls" | sed s/NAME/other/)"

# ---- Erlang of this host: it finds the name hydros, and is told the port ----
printf '{host, {127,0,0,1}, ["hydros"]}.\n{lookup, [file, native]}.\n' > "$WORK/inetrc"
desk() { # PORT ARGUMENT...
    local port="$1"
    shift
    ERL_INETRC="$WORK/inetrc" timeout 120 erl -kernel net_setuptime 60 -sname "desk$port" -hidden -setcookie sesame -start_epmd false -dist_listen false -erl_epmd_port "$port" "$@"
}
answer "a node of this host" '{n1@hydros,\[n0@hydros\],true}' desk $((PORT + 5)) -noinput -eval "
    io:format(\"~p~n\", [begin N = 'n1@hydros', pong = net_adm:ping(N),
    Bytes = rand:bytes(3000000), {N, erpc:call(N, erlang, nodes, []), Bytes =:= erpc:call(N, lists, last, [[Bytes]])} end]), halt()."
cat > "$WORK/script" << 'END'
expect 40 "(n0@hydros)1> "
send "node().\r"
expect 40 "n0@hydros\r\n"
send "\x07"
expect 40 "--> "
send "q\r"
exit 0
END
answer "erl -remsh" "n0@hydros" env ERL_INETRC="$WORK/inetrc" timeout 200 build/pty "$WORK/script" erl -kernel net_setuptime 60 -sname far -setcookie sesame -start_epmd false \
    -dist_listen false -erl_epmd_port $((PORT + 4)) -remsh n0@hydros
