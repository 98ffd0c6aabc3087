#!/usr/bin/env bats
# What systemd hears of the service; what each of these means is written in service_manager.py.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/stack.bash"

setup() {
    deployment=$STACK/service-manager-$BATS_TEST_NUMBER
    new_deployment "$deployment" <<<'workers: 4'
    in_deployment "$deployment" user add alice >/dev/null
    in_deployment "$deployment" room add stage-1 >/dev/null
    in_deployment "$deployment" member add stage-1 alice --role host >/dev/null
    bearer=$(in_deployment "$deployment" session create alice)
    plant "$bearer"
}

service_manager() {
    "$python" "$tests/service_manager.py" "$1" "$deployment" "$bearer"
}

@test "ready, alive, in which state, stopping" { service_manager signs; }
@test "workers that hang give no sign of life" { service_manager hung; }
@test "what is wrong with the configuration is the state" { service_manager refused; }
@test "a socket of another user's" { service_manager socket_of_others; }
