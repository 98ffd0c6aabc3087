#!/usr/bin/env bats
# What the responder needs fails under it; what each of these means is written in failures.py.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/stack.bash"

setup() {
    deployment=$STACK/failures-$BATS_TEST_NUMBER
    new_deployment_with_alice "$deployment"
}

failures() {
    "$python" "$tests/failures.py" "$1" "$deployment" "$bearer"
}

@test "a database of garbage: 503, and health says so" { failures garbage; }
@test "a writer that does not finish holds up nobody" { failures locked; }
@test "a full disk under the log: no line, no token" { failures no_space; }
@test "a log that nobody reads: no line, no token; then it is read again" { failures nobody_reads; }
@test "http.unauthenticated_status: 401" { failures unauthorized; }
