#!/usr/bin/env bats
# Peers on the FastCGI socket that stall, break off or talk nonsense: sixteen at a time, and four workers.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/stack.bash"

setup_file() {
    export PEERS=$STACK/peers
    new_deployment_with_alice "$PEERS"
    export BEARER=$bearer
    start_responder "$PEERS"
}

teardown_file() {
    stop_process "$PEERS/responder.pid"
}

peers() {
    shown "$python" "$tests/peers.py" "$1" "$PEERS" "$BEARER"
}

@test "say nothing" { peers idle; }
@test "half a header" { peers half-header; }
@test "a beginning alone" { peers begin-only; }
@test "half the parameters" { peers half-params; }
@test "parameters without their end" { peers params-without-end; }
@test "half a body" { peers half-body; }
@test "a byte a second" { peers dribble; }
@test "never read an answer" { peers never-reads; }
@test "never close" { peers never-closes; }
@test "garbage" { peers garbage; }
@test "another version of the protocol" { peers garbage-version; }
@test "another role" { peers authorizer; }
@test "a body that breaks off" { peers short-body; }
@test "a body that is shorter than it says" { peers short-body-with-an-end; }
@test "a body that is longer than it says" { peers long-body; }
@test "a body that is far too long" { peers far-too-long-body; }
@test "a request that is aborted" { peers abort; }
@test "half of a second request" { peers half-of-a-second-request; }

@test "parameters that come twice, are malformed, or are none of ours" {
    "$python" "$tests/peers.py" parameters "$PEERS" "$BEARER"
}

@test "a process of another user is closed without an answer" {
    chmod 711 "$PEERS"
    "$python" "$tests/peers.py" stranger "$PEERS"
}

@test "none of them has ended the process" {
    kill -0 "$(cat "$PEERS/responder.pid")"
    assert_equal "$(grep --count '"event":"service.started"' "$PEERS/out.log")" 1
    assert_equal "$(cat "$PEERS/err.log")" ''
}
