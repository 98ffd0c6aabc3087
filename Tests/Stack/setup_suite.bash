# shellcheck shell=bash
# bats runs this once, before the first and after the last file.

# shellcheck source=Tests/Stack/stack.bash
source "${BASH_SOURCE[0]%/*}/stack.bash"

# Whether nobody listens at the port $1 and those after it that tests use.
are_free() {
    local port
    for ((port = $1; port < $1 + 13; port++)); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 1; fi
    done
}

setup_suite() {
    STACK=$(mktemp -d /tmp/livekit-tokend-tests.XXXXXX)
    # This and the next few ports are the suite's.
    STACK_PORT=${STACK_PORT:-18443}
    until are_free "$STACK_PORT"; do STACK_PORT=$((STACK_PORT + 20)); done
    URL=https://127.0.0.1:$STACK_PORT
    export STACK STACK_PORT URL
    # nginx's workers, who are somebody else, must reach the socket.
    chmod 711 "$STACK"
    new_deployment "$STACK/main" <<<'workers: 4'
    start_responder "$STACK/main"
    start_nginx "$STACK/main" "$STACK_PORT"
    seed
}

# Who may enter what, for most tests.
seed() {
    local user room
    for user in alice bob carol; do tokend user add "$user"; done
    tokend user add 0F8FAD5B-D9CB-469F-A165-70867728950E --name 'Ada "L" Ünï' --did did:web:ada.example
    for room in stage-1 stage-2; do tokend room add "$room"; done
    tokend room add lobby --open
    tokend member add stage-1 alice --role host
    tokend member add stage-1 bob --role viewer
    tokend member add stage-1 0F8FAD5B-D9CB-469F-A165-70867728950E --role speaker

    tokend user add disabled
    tokend member add stage-1 disabled --role host
    tokend user disable disabled

    # Roles for a scene, for an event, and until a time that has passed. What only time would bring about is written
    # with sqlite3, as sites do too.
    tokend user add dave
    for room in scenes former; do tokend room add "$room"; done
    tokend member add scenes dave --role speaker --scene s1
    tokend member add scenes dave --role host --event e1
    tokend member add former dave --role host
    sqlite3 "$STACK/main/directory.sqlite" "UPDATE members SET expires_at = unixepoch() - 1 WHERE room_id = 'former'"

    # A room with a schedule.
    tokend room add show
    tokend member add show alice --role host
    tokend stream add show --scene on --closes +1h
    tokend stream add show --scene soon-over --closes +50s
    tokend stream add show --scene over --closes +1h
    sqlite3 "$STACK/main/directory.sqlite" \
        "UPDATE stream_sessions SET closes_at = unixepoch() - 1 WHERE scene_id = 'over'"
    tokend stream add show --scene later --opens +1h
    tokend stream add show --event gala
} >/dev/null

teardown_suite() {
    local file
    # Also what a test that has failed did not stop itself.
    for file in "$STACK"/*/*.pid; do stop_process "$file"; done
    if [[ ${KEEP_STACK:-} ]]; then echo "kept: $STACK" >&2; else rm -rf "$STACK"; fi
}
