#!/usr/bin/env bats
# What an administrator asks about logins: explain, session show, keyset, and check of a back end.

# shellcheck disable=SC2030,SC2031 # bats runs each test in a shell of its own
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

setup() {
    deployment=$STACK/logins-$BATS_TEST_NUMBER
    new_deployment "$deployment" <<<'workers: 1'
    run_tokend migrate >/dev/null 2>&1
}

teardown() {
    stop_process "$deployment/backend.pid"
}

run_tokend() { in_deployment "$deployment" "$@"; }

# Starts a back end, and sets $port.
serve_backend() {
    "$python" - "$deployment/port" <<-'PYTHON' >"$deployment/backend.log" 2>&1 3>&- &
	import http.server, sys, time
	class Backend(http.server.BaseHTTPRequestHandler):
	    def do_GET(self):
	        cookie = self.headers.get("Cookie")
	        assert self.request_version == "HTTP/1.0" and "Authorization" not in self.headers
	        if self.path == "/auth":
	            self.send_response(301); self.send_header("Location", "/auth/")
	        elif self.headers["Host"] != "meet.example.com":
	            self.send_response(400)
	        elif self.path == "/hang":
	            time.sleep(60); return
	        elif cookie == "sessionid=good":
	            self.send_response(204); self.send_header("X-Livekit-User", "ada")
	        else:
	            self.send_response(401)
	        self.end_headers()
	server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
	open(sys.argv[1], "w").write(str(server.server_port))
	server.serve_forever()
	PYTHON
    echo $! >"$deployment/backend.pid"
    wait_until 60 test -s "$deployment/port"
    port=$(<"$deployment/port")
}

ask_backend() { run_tokend check --auth-url "http://127.0.0.1:$port$1" "${@:2}"; }

@test "explain says who may enter, and the answer of the endpoint is the same" {
    run_tokend user add ada
    run_tokend room add stage-1
    run -65 run_tokend explain ada stage-1
    assert_output_has 'no token: not_member' 'livekit-tokend member add stage-1 ada'
    run_tokend member add stage-1 ada --role speaker
    run -0 run_tokend explain ada stage-1
    assert_output_has 'may enter, as speaker'
    identity=$(run_tokend explain ada stage-1 --json | jq --raw-output .identity)
    token=$(run_tokend token create stage-1 ada 2>/dev/null)
    assert_equal "$(run_tokend token decode - --json <<<"$token" | jq --raw-output .sub)" "$identity"
    run_tokend session create ada >"$deployment/bearer"
    run -0 run_tokend explain - stage-1 <"$deployment/bearer"
    run -0 run_tokend session show - <"$deployment/bearer"
    assert_output_has 'ada, of the directory'
    [[ $output != *$(<"$deployment/bearer")* ]]
}

@test "keyset makes a set of what openssl writes, and refuses what it must" {
    cd "$deployment"
    for kind in 'RSA -pkeyopt rsa_keygen_bits:2048' 'EC -pkeyopt ec_paramgen_curve:P-256' \
        'EC -pkeyopt ec_paramgen_curve:P-384' ED25519; do
        # shellcheck disable=SC2086
        openssl genpkey -algorithm $kind -out private.pem 2>/dev/null
        openssl pkey -in private.pem -pubout >>public.pem
        run -65 run_tokend keyset from-pem private.pem
        assert_output_has 'holds a private key'
    done
    openssl req -x509 -key private.pem -subj /CN=x -days 1 -out certificate.pem
    run_tokend keyset from-pem public.pem certificate.pem >set.json
    run -0 --separate-stderr run_tokend keyset check set.json
    assert_equal "$(cut -f 2 <<<"$output" | paste -sd ,)" 'RSA of 2048 bits,P-256,P-384,Ed25519'
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 2>/dev/null | openssl pkey -pubout >weak.pem
    run -65 run_tokend keyset from-pem weak.pem
    assert_output_has 'RSA of 1024 bits'
}

@test "a back end is asked once, and its answer explained" {
    serve_backend
    run -69 ask_backend /auth --host meet.example.com
    assert_output_has 301 '/auth/'
    run -69 ask_backend /auth/
    assert_output_has 400 --host
    run -0 ask_backend /auth/ --host meet.example.com
    assert_output_has 401 session_invalid
    run -0 ask_backend /auth/ --host meet.example.com --cookie - <<<'Cookie: sessionid=good'
    assert_output_has 204 "the user's id"
    run -0 ask_backend /auth/ --host meet.example.com --cookie - <<<'sessionid=bad'
    assert_output_has warning 'does not take this cookie'
    run -64 ask_backend /auth/ --cookie sessionid=good
    # Within its deadline.
    run -69 timeout 30 "$tokend" check --auth-url "http://127.0.0.1:$port/hang" --host meet.example.com
    assert_output_has 'no answer within'
    stop_process "$deployment/backend.pid"
    run -69 ask_backend /auth/
    assert_output_has refused
}

# Fails unless the output of the last command holds all of these.
assert_output_has() {
    local wanted
    for wanted in "$@"; do
        [[ $output == *"$wanted"* ]] || { echo "no $wanted in: $output" >&2 && return 1; }
    done
}
