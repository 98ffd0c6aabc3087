#!/usr/bin/env bats
# The world around the responder breaks, and is mended while it runs; what each of these means is written in faults.py.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/stack.bash"

setup() {
    deployment=$STACK/faults-$BATS_TEST_NUMBER
    new_deployment_with_alice "$deployment"
}

# Some mount a disk of their own, or become another user.
needs_root() {
    ((EUID == 0)) || skip 'only root can'
}

faults() {
    shown "$python" "$tests/faults.py" "$1" "$deployment" "$bearer"
}

@test "a directory that somebody holds for himself: it says so, and serves when it is let go" { faults taken; }
@test "a directory that is replaced again and again: each answer is of the one or of the other" { faults replaced; }
@test "a directory that is moved away, and comes back" { faults gone; }
@test "a directory that may not be read, and then may be" { needs_root && faults unreadable; }
@test "a full disk under the directory: answers go on, changes are refused; then there is room" { needs_root && faults full_disk; }
@test "a log whose disk fills up in the midst of a line, and is emptied" { needs_root && faults full_log; }
@test "no standard streams: no line goes astray, no token leaves" { faults closed_streams; }
@test "a clock in 1970, in 2038, in 2106" { faults wrong_clock; }
@test "a clock that jumps an hour forth and back" { faults jumping_clock; }
@test "a web server that is killed under load, and started anew" {
    throwaway_nginx "$deployment/nginx" "$root/nginx" "$((STACK_PORT + 8))" "$deployment/fcgi.sock"
    shown "$python" "$tests/faults.py" web_server_killed "$deployment" "$bearer" "$((STACK_PORT + 8))"
}
@test "storms of descriptors that run out" { faults storms; }
# bats test_tags=memory
@test "no more memory" { faults no_memory; }
