#!/usr/bin/env bats
# Threads and memory, watched: each of these builds all of it anew, which takes minutes.

bats_require_minimum_version 1.5.0

watched() {
    local status=0
    "$BATS_TEST_DIRNAME/run.sh" "$1" >"$BATS_TEST_TMPDIR/report.txt" 2>&1 3>&- || status=$?
    sed 's/^/#   /' "$BATS_TEST_TMPDIR/report.txt" >&3
    return "$status"
}

@test "address sanitizer: the Swift tests, a load, damaged requests; no report" { watched address; }

@test "thread sanitizer: the Swift tests, a load, damaged requests; no report" { watched thread; }
