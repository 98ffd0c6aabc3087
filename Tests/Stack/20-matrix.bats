#!/usr/bin/env bats
# Hundreds of requests and what must come back for each; the choices and their verdicts are in matrix.py.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/stack.bash"

matrix() {
    shown "$python" "$tests/matrix.py" "$1"
}

@test "the order of judgement: method × media type × session × body" { matrix order; }

@test "methods × paths" { matrix methods_and_paths; }

@test "media types × sessions" { matrix media_types; }

@test "spellings of Authorization × sessions" { matrix sessions; }

@test "bodies, with and without a session" { matrix bodies; }

@test "memberships: who, which room, scene and event; every token accepted by LiveKit's SDK" { matrix memberships; }

@test "forgeries: every bit flipped, other algorithms, other keys; all refused by LiveKit's SDK" { matrix forgeries; }
