#!/usr/bin/env bats
# A short version of what is run by hand for longer.
#
#     SOAK_MINUTES=10 Tests/run.sh soak       instead of 4
#     OVERLOAD_SECONDS=60 Tests/run.sh soak   instead of 10; from 60 on, what is held up is judged too

bats_require_minimum_version 1.5.0

# Runs the script $1 of this directory with the other arguments, and shows what it says.
soak() {
    local script=$BATS_TEST_DIRNAME/$1 status=0
    shift
    "$script" "$@" >"$BATS_TEST_TMPDIR/report.txt" 2>&1 3>&- || status=$?
    sed 's/^/#   /' "$BATS_TEST_TMPDIR/report.txt" >&3
    return "$status"
}

@test "minutes of load, refusals, stalls, damage, reloads and restarts: nothing grows, a restart loses nothing" {
    # Of few minutes each responder has more if there are three of them: what it holds when it is young is compared with
    # what it holds after half a million requests.
    LIVES=${LIVES:-3} soak run.sh --minutes "${SOAK_MINUTES:-4}"
}

@test "ten times as many clients as it takes to be busy: who is answered is answered well, then all is as before" {
    soak overload.sh "${OVERLOAD_SECONDS:-10}"
}
