#!/usr/bin/env bats
# Many clients at once.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/stack.bash"

teardown() {
    stop_process "$STACK/restarts/nginx.pid"
}

@test "64 kept connections on 4 workers: no request waits for an idle one" {
    local bearers=()
    for _ in {1..128}; do bearers+=("$(new_session alice)"); done
    shown "$python" "$tests/load.py" kept "${bearers[@]}"
}

@test "three restarts on a socket that stays lose no request" {
    new_deployment "$STACK/restarts" <<<'workers: 4'
    start_nginx "$STACK/restarts" "$((STACK_PORT + 2))"
    shown "$python" "$tests/load.py" restarts "$STACK/restarts" "$((STACK_PORT + 2))"
}
