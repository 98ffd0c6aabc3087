#!/usr/bin/env bats
# check: a service that is well, and what goes wrong on real machines, with the cure.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

setup() {
    deployment=$STACK/check-$BATS_TEST_NUMBER
    new_deployment "$deployment" <<<'workers: 4'
    in_deployment "$deployment" migrate >/dev/null 2>&1
    chmod 711 "$deployment"
}

teardown() {
    stop_process "$deployment/responder.pid"
}

# The findings of check on the deployment, in $findings; the exit status is in $status. Arguments go to check.
check() {
    status=0
    findings=$(in_deployment "$deployment" check "$@" 2>"$STACK/check-summary.txt") || status=$?
    printf '%s\n' "$findings"
}

# Fails unless the finding on $1 has the level $2 and holds the other arguments.
assert_finding() {
    local line wanted
    line=$(grep -E "^[a-z]+ +$1 " <<<"$findings")
    [[ $line == "$2 "* ]]
    for wanted in "${@:3}"; do [[ $line == *"$wanted"* ]]; done
}

@test "a service that is well: a line each, all ok, and nothing is changed or logged" {
    chown -R nobody "$deployment"
    setpriv --reuid=nobody --regid=nogroup --clear-groups "$tokend" serve --config "$deployment/config.yaml" \
        >"$deployment/out.log" 2>"$deployment/err.log" </dev/null 3>&- &
    echo $! >"$deployment/responder.pid"
    wait_until 60 grep --quiet service.started "$deployment/out.log"
    before=$(find "$deployment" -printf '%p %m %u %s %T@\n' | sort)
    check --as nobody
    assert_equal "$status" 0
    assert_equal "$(cut -d ' ' -f 1 <<<"$findings" | sort -u)" ok
    assert_equal "$(wc --lines <<<"$findings")" 10
    assert_finding socket ok answers
    assert_finding nginx ok www-data
    assert_equal "$(cat "$STACK/check-summary.txt")" ''
    assert_equal "$(find "$deployment" -printf '%p %m %u %s %T@\n' | sort)" "$before"
}

@test "a service that hangs is seen" {
    start_responder "$deployment"
    kill -STOP "$(cat "$deployment/responder.pid")"
    check
    kill -CONT "$(cat "$deployment/responder.pid")"
    assert_equal "$status" 69
    assert_finding socket error "does not answer"
}

@test "a service that is not started, or was killed" {
    check
    assert_equal "$status" 0
    assert_finding socket warning "systemctl start"
    start_responder "$deployment"
    kill -KILL "$(cat "$deployment/responder.pid")"
    wait_until 60 is_gone "$(cat "$deployment/responder.pid")"
    check
    assert_equal "$status" 69
    assert_finding socket error "no process listens"
    [[ $(cat "$STACK/check-summary.txt") == 'livekit-tokend: 1 error'* ]]
}

@test "root sees what the user of the service will see" {
    chown root "$deployment"/directory.sqlite*
    check --as nobody
    # The key file is root's, and no systemd passes it on.
    assert_equal "$status" 78
    assert_finding 'api key' error 'cannot be read'
    assert_finding directory error 'chown -R nobody:'
    chown nobody "$deployment/keys.yaml"
    check --as nobody
    assert_equal "$status" 69
    assert_finding user ok nobody
    assert_finding 'api key' ok 'changed today'
    assert_finding directory error 'chown -R nobody:'
    chown -R nobody "$deployment"
    check --as nobody
    assert_equal "$status" 0
    assert_finding directory ok 'schema' 'of nobody' 0600
    chmod 644 "$deployment/directory.sqlite"
    check --as nobody
    assert_finding directory warning 'chmod 600'
}

@test "what only root may ask, and who is not there" {
    run --separate-stderr setpriv --reuid=nobody --regid=nogroup --clear-groups \
        "$tokend" check --config "$deployment/config.yaml" --as www-data
    assert_equal "$status" 64
    run --separate-stderr "$tokend" check --config "$deployment/config.yaml" --as no-such-user
    assert_equal "$status" 64
}

@test "a directory that is not a database, and an old key" {
    echo 'This is a text, and long enough to be taken for more than an empty file.' >"$deployment/directory.sqlite"
    touch --date '200 days ago' "$deployment/keys.yaml"
    check
    assert_equal "$status" 69
    assert_finding directory error 'not a SQLite database'
    assert_finding 'api key' warning '200 days ago' 'rotate'
}

@test "a broken configuration is one line and 78, also in JSON" {
    echo 'wokers: 4' >>"$deployment/config.yaml"
    check
    assert_equal "$status" 78
    assert_equal "$(wc --lines <<<"$findings")" 1
    assert_finding configuration error config.yaml:5 wokers workers
    check --json
    assert_equal "$status" 78
    assert_equal "$(jq --compact-output 'map([.level, .subject])' <<<"$findings")" '[["error","configuration"]]'
    assert_equal "$(cat "$STACK/check-summary.txt")" ''
}

# Runs a script with the arguments after it where it sees no process but its own, so that no other nginx is there.
alone() {
    unshare --pid --fork --kill-child --mount-proc bash -c "source $tests/stack.bash; $1" bash "${@:2}" 3>&-
}

@test "nginx of another user than www-data: check names the cure, and it is one" {
    local port=$((STACK_PORT + 4))
    throwaway_nginx "$deployment/nginx" "$root/nginx" "$port" "$deployment/fcgi.sock"
    sed -i 's/^user www-data;/user nobody nogroup;/' "$deployment/nginx/nginx.conf"
    # shellcheck disable=SC2016
    alone '
        start_responder "$1"
        run_throwaway_nginx "$1/nginx" &
        # The first that asks is refused at the socket.
        wait_until 60 curl --silent --insecure --output "$1/before.json" "https://127.0.0.1:$2/livekit/health"
        in_deployment "$1" check >"$1/before.txt" || echo "$?" >"$1/before.status"
        stop_process "$1/responder.pid"
        echo "peers: [nobody]" >>"$1/config.yaml"
        start_responder "$1"
        curl --silent --insecure --output "$1/after.json" "https://127.0.0.1:$2/livekit/health"
        in_deployment "$1" check >"$1/after.txt"
        echo "$?" >"$1/after.status"
        stop_process "$1/responder.pid"
    ' "$deployment" "$port"
    cat "$deployment/before.txt" "$deployment/after.txt"
    assert_equal "$(jq .status "$deployment/before.json")" 502
    assert_equal "$(cat "$deployment/before.status")" 78
    findings=$(cat "$deployment/before.txt")
    assert_finding nginx error nobody 'peers: [nobody]'
    assert_equal "$(cat "$deployment/after.json")" '{"status":"ok"}'
    assert_equal "$(cat "$deployment/after.status")" 0
    findings=$(cat "$deployment/after.txt")
    assert_finding nginx ok nobody
}
