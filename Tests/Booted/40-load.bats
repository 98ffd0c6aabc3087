#!/usr/bin/env bats
# Under load through a keep-alive nginx: what a restart, an upgrade, a kill costs. Counts are asserted; times are shown,
# because they say as much about the machine as about the service.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

setup_file() { raise_limits; }
teardown_file() { restore_limits; }

# What must not change, whatever is done to the service.
socket_identity() {
    inside stat --format %i /run/livekit-tokend.sock
    property ActiveEnterTimestampMonotonic "$socket"
}

# Whether the journal has so many tokens since a cursor.
has_issued() {
    issued=$(journal_since "$1" | grep --count '"event":"token.issued"')
    ((issued >= $2))
}

# A bar that a machine with other things to do may miss: it is shown, and fails nothing.
note_unless_below() {
    if (($2 >= $1)); then figure "NOTE: $3 took $2 ms, and should take less than $1; is this machine busy?"; fi
}

assert_nothing_lost() {
    (($(load_field .requests) >= $1))
    assert_equal "$(load_field .statuses)" "{\"200\":$(load_field .requests)}"
    assert_equal "$(load_field .failures)" '{}'
    note_unless_below 250 "$(load_field .slowestMs)" "the slowest answer"
}

@test "20 restarts during 100,000 requests: every one gets its token, and every token has its line in the journal" {
    cursor=$(journal_cursor)
    before=$(socket_identity)
    start_load 100000
    for _ in {1..20}; do
        inside systemctl restart "$service"
        sleep 1
    done
    end_load "20 restarts"
    assert_nothing_lost 100000
    assert_equal "$(socket_identity)" "$before"
    # A token whose connection broke on the way back to nginx was issued twice. The journal may be a little behind.
    wait_until 60 has_issued "$cursor" "$(load_field .requests)"
    figure "journal: $issued tokens issued for $(load_field .requests) answers"
    figure "memory, after load: $(inside grep VmRSS "/proc/$(property MainPID)/status" | xargs)"
}

@test "an upgrade and a downgrade during 100,000 requests: the same, and the socket stays" {
    before=$(socket_identity)
    start_load 100000
    for package in newer livekit-tokend newer livekit-tokend; do
        inside dpkg --install "/root/$package.deb" >"$BOOTED/dpkg" 2>&1
        sleep 2
    done
    end_load "2 upgrades, 2 downgrades"
    assert_nothing_lost 100000
    assert_equal "$(socket_identity)" "$before"
    is_active
}

@test "20 times SIGKILL: what fails is what was being answered, says so in JSON, and is over in a second" {
    cursor=$(journal_cursor)
    start_load 1000
    for _ in {1..20}; do
        inside_shell 'kill -KILL "$1"' "$(property MainPID)"
        sleep 1
        wait_until 60 is_active
    done
    end_load "20 times SIGKILL"
    workers=$(journal_since "$cursor" | grep --only-matching --max-count 1 '"workers":[0-9]*' | cut --delimiter : --fields 2)
    failed=$(load_field '[.failures[]] | add // 0')
    ((failed <= workers * 20))
    assert_equal "$(load_field '[.failures | keys[] | select(endswith("JSON with Retry-After") | not)]')" '[]'
    note_unless_below 1000 "$(load_field .longestWithoutTokenMs)" "the longest time without a token"
    figure "20 times SIGKILL: $failed failed, at most $((workers * 20)) may"
}

@test "100 stops: none takes a SIGKILL" {
    cursor=$(journal_cursor)
    start_load 1
    for _ in {1..100}; do
        inside_shell 'systemctl stop "$1"; [[ $(systemctl show --property Result --value "$1") == success ]]; systemctl start "$1"' \
            "$service"
    done
    end_load "100 stops and starts"
    assert_equal "$(load_field .statuses)" "{\"200\":$(load_field .requests)}"
    run -1 grep --extended-regexp 'SIGKILL|timed out|status=[1-9]|code=killed' <(journal_since "$cursor")
}
