#!/usr/bin/env bats
# The API key is rotated while clients ask for tokens.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/stack.bash"

@test "the key is rotated under load: no request fails, tokens of both keys are valid" {
    deployment=$STACK/rotation
    new_deployment "$deployment" <<<'workers: 4'
    in_deployment "$deployment" user add alice >/dev/null
    in_deployment "$deployment" room add stage-1 >/dev/null
    in_deployment "$deployment" member add stage-1 alice --role host >/dev/null
    start_nginx "$deployment" "$((STACK_PORT + 6))"
    "$python" "$tests/rotation.py" "$deployment" "$((STACK_PORT + 6))" >"$deployment/report.txt" || failed=yes
    stop_process "$deployment/nginx.pid"
    sed 's/^/#   /' "$deployment/report.txt" >&3
    [[ ! ${failed:-} ]]
}
