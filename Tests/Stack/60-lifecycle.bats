#!/usr/bin/env bats
# How the responder starts and stops; what each of these means is written in lifecycle.py.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/stack.bash"

setup() {
    deployment=$STACK/lifecycle-$BATS_TEST_NUMBER
    new_deployment_with_alice "$deployment"
}

lifecycle() {
    shown "$python" "$tests/lifecycle.py" "$1" "$deployment" "$bearer"
}

@test "SIGTERM ends an idle responder at once, with 0" { lifecycle idle; }
@test "SIGTERM under load: every answer is whole, exit 0" { lifecycle under_load; }
@test "SIGTERM with a request half arrived: it is answered" { lifecycle in_flight; }
@test "SIGINT ends it too; SIGPIPE does not" { lifecycle interrupted; }
@test "out of descriptors: it lives, and recovers" { lifecycle descriptors; }
@test "the socket comes from systemd, as descriptor 3" { lifecycle systemd; }
@test "the socket comes as descriptor 0" { lifecycle descriptor_0; }
@test "an inherited socket that is none of ours is refused" { lifecycle not_ours; }
@test "a stale socket is replaced; a live one and another file are not" { lifecycle stale; }
