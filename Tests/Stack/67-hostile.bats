#!/usr/bin/env bats
# What nobody sends but who means harm, and what nobody must learn. By hand with more of it than in every run:
#
#     HOSTILE_CASES=1000000 ORACLE_REQUESTS=10000 Tests/run.sh hostile

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/stack.bash"

setup() {
    deployment=$STACK/hostile-$BATS_TEST_NUMBER
    new_deployment_with_alice "$deployment"
}

teardown() {
    stop_process "$deployment/nginx.pid"
    stop_process "$deployment/responder.pid"
}

@test "requests damaged by chance harm neither the process nor the good ones in between" {
    start_responder "$deployment"
    shown "$python" "$tests/mutations.py" "$deployment" "$bearer" "${HOSTILE_CASES:-20000}" "${HOSTILE_SEED:-1}"
}

@test "unknown and forbidden take the same number of looks at the directory" {
    start_responder "$deployment"
    shown "$python" "$tests/oracle.py" queries "$deployment" "$bearer" "$(cat "$deployment/responder.pid")"
}

@test "unknown and forbidden have one answer, and as good as one time" {
    start_responder "$deployment"
    # Without the limits on requests, which end at the measured number: sessions and addresses would have to be many.
    throwaway_nginx "$deployment/nginx" "$root/nginx" "$((STACK_PORT + 3))" "$deployment/fcgi.sock"
    sed -i -E 's/rate=[0-9]+r/rate=1000000r/; s/burst=[0-9]+/burst=100000/' "$deployment"/nginx/snippets/*.conf
    run_nginx "$deployment" "$((STACK_PORT + 3))"
    shown "$python" "$tests/oracle.py" fastcgi "$deployment" "$bearer" "${ORACLE_REQUESTS:-2000}"
    shown "$python" "$tests/oracle.py" nginx "$deployment" "$bearer" "${ORACLE_REQUESTS:-2000}" "$((STACK_PORT + 3))"
}

@test "a process of the same user sees nothing of the responder's memory, and no core is left" {
    ((EUID == 0)) || skip 'only root can become another user'
    chown -R nobody:nogroup "$deployment"
    shown "$python" "$tests/memory.py" refused "$deployment" "$(cut -d ' ' -f 2 "$deployment/keys.yaml")"
}

@test "in memory nothing is left of the secret, and bearers and tokens do not gather, even for root to see" {
    ((EUID == 0)) || skip 'only root can'
    start_responder "$deployment"
    "$python" "$tests/mutations.py" "$deployment" "$bearer" 500 7
    shown "$python" "$tests/memory.py" remains "$deployment" "$(cut -d ' ' -f 2 "$deployment/keys.yaml")"
}
