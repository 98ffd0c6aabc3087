#!/usr/bin/env bats
# check of the gate: a site of its own network, where LiveKit's stand-in is behind nginx; what opens a way around the
# gate, with the cure.

# shellcheck disable=SC2030,SC2031,SC2016 # scripts for another bash
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

setup() {
    # A folder deeper than what the suite stops by number: the numbers of these processes are of a table of their own.
    deployment=$STACK/check-gate/$BATS_TEST_NUMBER
    mkdir -p "$STACK/check-gate" && chmod 711 "$STACK/check-gate"
    new_deployment "$deployment" <<<'gate: on'
    sed -i 's|wss://livekit.school.edu|wss://media.school.edu|' "$deployment/config.yaml"
    chmod 711 "$deployment"
    throwaway_nginx "$deployment/nginx" "$root/nginx" 8443 "$deployment/fcgi.sock" 2>/dev/null
    throwaway_gate "$deployment/nginx" 127.0.0.1:7880
    site=$deployment/nginx/sites-enabled/livekit-tokend
    sed -i 's/server_name .*;/server_name media.school.edu;/; s/listen 127.0.0.1:8443/listen 8443/' "$site"
}

# Runs check on the deployment where the machine has loopback and 192.0.2.77, and no process but what the site is made
# of: LiveKit's stand-in, the service and nginx. The script $1 runs before nginx starts. The findings are in $findings,
# the exit status in $status.
check_site() {
    status=0
    findings=$(unshare --net --pid --fork --kill-child --mount-proc bash -euc '
        source "$1/stack.bash"
        deployment=$2
        ip link set lo up && ip address add 192.0.2.77/32 dev lo
        "$python" -m support.livekit_standin "$deployment/keys.yaml" 7880 >"$deployment/livekit.out" 2>&1 &
        livekit=$!
        start_responder "$deployment"
        wait_until 60 curl --silent --output /dev/null http://127.0.0.1:7880/
        eval "$3"
        run_nginx "$deployment" 8443 2>/dev/null
        in_deployment "$deployment" check 2>/dev/null
    ' bash "$tests" "$deployment" "${1:-}" 3>&-) || status=$?
    printf '%s\n' "$findings"
}

# Fails unless one finding on $1 has the level $2 and holds the other arguments.
assert_finding() {
    local line wanted
    line=$(grep -E "^$2 +$1 " <<<"$findings")
    for wanted in "${@:3}"; do [[ $line == *"$wanted"* ]]; done
}

assert_no_errors() { run -1 grep -E '^error' <<<"$findings"; }

@test "a gate that is well: two lines, a join that is refused in the log, and no token there" {
    check_site
    assert_equal "$status" 0
    assert_finding livekit ok '127.0.0.1:7880, and at no other address'
    assert_finding gate ok 'nginx at https://media.school.edu:8443 asks before each join'
    run -1 grep -E '^(warning|error) +(gate|livekit) ' <<<"$findings"
    assert_equal "$(jq --raw-output 'select(.event | startswith("join.")) | .reason' "$deployment/out.log")" \
        token_key_unknown
    run -1 grep --recursive 'eyJ' "$deployment/out.log" "$deployment/nginx/log"
}

@test "an older location that still leads to LiveKit" {
    sed -i 's|location / {|location / {\n        proxy_pass http://127.0.0.1:7880;|; /return 404;/d' "$site"
    check_site
    assert_equal "$status" 69
    assert_finding gate ok 'asks before each join'
    assert_finding gate error 'past the gate to LiveKit: /, ' 'livekit-tokend:' 'take that out'
}

@test "an older location below a path of its own" {
    sed -i 's|location / {|location /sfu/ { proxy_pass http://livekit_server/; }\n    location / {|' "$site"
    check_site
    assert_equal "$status" 69
    assert_finding gate error 'past the gate to LiveKit: /sfu/, by proxy_pass in '
}

@test "a server beside it that clients reach, and one that only this machine does" {
    cat >"$deployment/nginx/sites-enabled/other" <<-SITE
	server { listen 8081; server_name old.school.edu; location / { proxy_pass http://127.0.0.1:7880; } }
	server { listen 127.0.0.1:8082; location / { proxy_pass http://127.0.0.1:7880; } }
	SITE
    check_site
    assert_equal "$status" 69
    assert_finding gate error 'http://old.school.edu:8081 leads past the gate' /rtc/validate
    run -1 grep 8082 <<<"$findings"
}

@test "nginx without the gate in the server that clients know" {
    sed -i 's|include .*/gate.conf;|location /rtc { proxy_pass http://livekit_server; }|' "$site"
    check_site
    assert_equal "$status" 69
    assert_finding gate error 'nginx asks it nowhere' 'gate-http.conf'
}

@test "a location of the site's that comes before the gate's" {
    sed -i 's|include .*/gate.conf;|&\n    rewrite ^/rtc/validate /old last; location = /old { proxy_pass http://livekit_server/rtc/validate; }|' "$site"
    check_site
    assert_equal "$status" 69
    assert_finding gate error "that is LiveKit's own answer, so that no join is barred"
}

@test "a gate that is off, and one that does not answer" {
    sed -i 's/^gate: on/gate: off/' "$deployment/config.yaml"
    check_site
    assert_equal "$status" 78
    assert_finding gate error 'it is off, so that everybody is refused' 'set gate: on'
    sed -i 's/^gate: off/gate: on/' "$deployment/config.yaml"
    check_site 'stop_process "$deployment/responder.pid"'
    assert_equal "$status" 69
    assert_finding gate error 'answered 503' 'the gate does not answer'
}

@test "LiveKit that answers at another address too, and LiveKit that does not" {
    check_site '"$python" -c "
import asyncio
async def pump(a, b):
    while data := await a.read(65536):
        b.write(data)
    b.close()
async def serve(a, b):
    c, d = await asyncio.open_connection(\"127.0.0.1\", 7880)
    await asyncio.gather(pump(a, d), pump(c, b))
async def main():
    await (await asyncio.start_server(serve, \"192.0.2.77\", 7880)).serve_forever()
asyncio.run(main())" & wait_until 60 curl --silent --output /dev/null http://192.0.2.77:7880/'
    assert_equal "$status" 69
    assert_finding livekit error '192.0.2.77:7880 too' 'bind_addresses: [127.0.0.1]'
    check_site 'kill "$livekit" && wait_until 60 is_gone "$livekit"'
    assert_equal "$status" 0
    assert_finding livekit warning 'does not answer at 127.0.0.1:7880'
    assert_finding gate ok 'asks before each join'
}

@test "LiveKit's clock" {
    cc -shared -fPIC -O -o "$deployment/clock.so" "$tests/Process/clock.c"
    local behind='kill "$livekit" && wait_until 60 is_gone "$livekit"
        echo $(($(date +%s) - SHIFT)) >"$deployment/time"
        LD_PRELOAD=$deployment/clock.so TEST_CLOCK=$deployment/time \
            "$python" -m support.livekit_standin "$deployment/keys.yaml" 7880 >/dev/null 2>&1 &
        wait_until 60 curl --silent --output /dev/null http://127.0.0.1:7880/'
    check_site "${behind//SHIFT/90}"
    assert_equal "$status" 69
    assert_finding livekit error ' s behind: at a minute it takes no new token; run NTP'
    check_site "${behind//SHIFT/-40}"
    assert_equal "$status" 0
    assert_finding livekit warning ' s ahead: each token lives that much shorter'
}

@test "WHIP with a LiveKit that answers as older ones do" {
    sed -i 's|\(include .*/\)gate.conf;|&\n    \1gate-whip.conf;|' "$site"
    check_site
    assert_equal "$status" 0
    assert_finding livekit warning 1.13.11 'answers as older ones do' 'gate-whip.conf'
}

@test "a log with a token, of which no part is shown" {
    local token='eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2VjcmV0'
    printf '127.0.0.1 - "GET /rtc?access_token=%s HTTP/1.1" 101\n' "$token" >"$deployment/nginx/log/site.written"
    sed -i "s|location / {|access_log $deployment/nginx/log/site.written;\n    location / {|" "$site"
    check_site
    assert_equal "$status" 0
    assert_finding gate warning "$deployment/nginx/log/site.written has access_token=eyJ…" 'remove the log'
    run -1 grep --fixed-strings "${token:3:12}" <<<"$findings"
}
