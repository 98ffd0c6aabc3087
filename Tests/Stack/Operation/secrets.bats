#!/usr/bin/env bats
# At the end (Tests/run.sh runs it last): nothing secret of all that was used turns up where it should not.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

# Fails if a canary is in one of the files of the arguments, and names those in which there is one.
assert_clean() {
    local status=0
    LC_ALL=C grep --text --fixed-strings --file "$STACK/canaries" --files-with-matches "$@" || status=$?
    # 1: in none of them; 2 would be a file that cannot be read.
    ((status == 1))
}

@test "there are canaries, and they would be found" {
    (($(sort --unique "$STACK/canaries" | wc --lines) > 500))
    head -n 1 "$STACK/canaries" >"$STACK/would-be.found"
    run ! assert_clean "$STACK/would-be.found"
    rm "$STACK/would-be.found"
}

@test "no log holds a bearer, a token or a secret" {
    mapfile -t logs < <(find "$STACK" -name '*.log')
    ((${#logs[@]} >= 10))
    assert_clean "${logs[@]}"
}

@test "no log holds anything that looks like a token" {
    mapfile -t logs < <(find "$STACK" -name '*.log')
    run -1 grep --text --files-with-matches 'eyJhbGciOi' "${logs[@]}"
}

@test "no error body holds one" {
    (($(wc --lines <"$STACK/error-bodies.log") > 100))
    assert_clean "$STACK/error-bodies.log"
}

@test "no environment or command line of a process holds one" {
    for process in main/responder main/nginx; do
        pid=$(cat "$STACK/$process.pid")
        tr '\0' '\n' <"/proc/$pid/environ" >"$STACK/environ"
        tr '\0' '\n' <"/proc/$pid/cmdline" >"$STACK/cmdline"
        assert_clean "$STACK/environ" "$STACK/cmdline"
    done
}

@test "no database holds a bearer" {
    mapfile -t files < <(find "$STACK" -name 'directory.sqlite*')
    ((${#files[@]} >= 5))
    assert_clean "${files[@]}"
}

# Fails unless grep finds nothing in the file $1 that commands a terminal or ends a line of JSON. 1: it has looked; 127
# and 2 would be a command or a file that is not there.
assert_tame() {
    run -1 env LC_ALL=C grep --text --quiet -P '[\x00-\x08\x0b-\x1f\x7f]' "$1" &&
        run -1 grep --text --quiet $'\u2028' "$1"
}

@test "a control character and a line separator in a log would be found" {
    local wild
    for wild in '\x01' '\x00' '\x1b[2J' '\x7f' '\r' '\u2028'; do
        printf '{"time":"x"}\n{"time":"%b"}\n' "$wild" >"$STACK/would-be.found"
        run ! assert_tame "$STACK/would-be.found"
    done
    printf '{"time":"\u00e9"}\n' >"$STACK/would-be.found"
    assert_tame "$STACK/would-be.found"
    rm "$STACK/would-be.found"
}

@test "every line of the responder's log is one JSON object without control characters" {
    for log in "$STACK"/*/out.log; do
        jq --compact-output 'select((.time and .level and .event) | not)' "$log" >"$STACK/odd"
        assert_equal "$(cat "$STACK/odd")" ''
        assert_tame "$log"
    done
}

@test "every line of nginx's access log is one JSON object, without a path, a query or a header" {
    jq --slurp --exit-status 'length > 300 and all(has("requestId") and has("status") and (has("uri") | not))' \
        "$STACK"/main*/nginx/log/livekit-tokend.access.log >"$STACK/verdict"
}

@test "nginx's error log has no line at all" {
    assert_equal "$(cat "$STACK"/main*/nginx/log/livekit-tokend.error.log)" ''
}

@test "the program leaves no core and says nothing on standard error" {
    assert_equal "$(cat "$STACK"/main*/err.log)" ''
    assert_equal "$(prlimit --noheadings --output HARD --core --pid "$(cat "$STACK/main/responder.pid")" | tr -d ' ')" 0
}
