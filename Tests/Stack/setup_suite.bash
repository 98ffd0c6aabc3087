# shellcheck shell=bash
# bats runs this once, before the first and after the last file. A $STACK that is given is the suite's directory.

# shellcheck source=Tests/Stack/stack.bash
source "${BASH_SOURCE[0]%/*}/stack.bash"

# Whether no process listens at the port $1 and those after it that tests use.
are_free() {
    local port
    for ((port = $1; port < $1 + 13; port++)); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 1; fi
    done
}

setup_suite() {
    OWN_STACK=
    if [[ ! ${STACK:-} ]]; then
        STACK=$(mktemp -d /tmp/livekit-tokend-tests.XXXXXX)
        OWN_STACK=yes
    fi
    # This and the next few ports are the suite's.
    STACK_PORT=${STACK_PORT:-18443}
    until are_free "$STACK_PORT"; do STACK_PORT=$((STACK_PORT + 20)); done
    URL=https://127.0.0.1:$STACK_PORT
    export STACK STACK_PORT URL OWN_STACK
    # nginx's workers, who are somebody else, must reach the socket.
    chmod 711 "$STACK"
    new_deployment "$STACK/main" <<<'workers: 4'
    start_responder "$STACK/main"
    start_nginx "$STACK/main" "$STACK_PORT"
    "$python" -m support.deployment --seed "$STACK/main"
}

teardown_suite() {
    local file
    # Also what a test that has failed did not stop itself.
    for file in "$STACK"/*/*.pid; do stop_process "$file"; done
    if [[ ! $OWN_STACK ]]; then return; fi
    if [[ ${KEEP_STACK:-} ]]; then echo "kept: $STACK" >&2; else rm -rf "$STACK"; fi
}
