#!/usr/bin/env bats
# What the operator changes, the very next request obeys.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

STAGE='{"roomId": "stage-1"}'

setup() {
    user=user-$BATS_TEST_NUMBER
    {
        tokend user add "$user"
        tokend member add stage-1 "$user" --role speaker
    } >/dev/null
    session=$(new_session "$user")
    ask "$session" "$STAGE"
    assert_equal "$status" 200
}

# Asks the same once a second, until the answer is no token any more.
wait_until_refused() {
    local tries
    for tries in {1..60}; do
        ask "$@"
        if [[ $status != 200 ]]; then return; fi
        sleep 1
    done
    echo "still a token after $tries seconds"
    return 1
}

@test "a session is revoked by its bearer" {
    other=$(new_session "$user")
    tokend session revoke --stdin <<<"$session"
    ask "$session" "$STAGE"
    assert_problem 403 session_invalid
    ask "$other" "$STAGE"
    assert_equal "$status" 200
}

@test "all sessions of a user are revoked" {
    other=$(new_session "$user")
    tokend session revoke --user "$user"
    for bearer in "$session" "$other"; do
        ask "$bearer" "$STAGE"
        assert_problem 403 session_invalid
    done
    # Who signs in again, is in again.
    ask "$(new_session "$user")" "$STAGE"
    assert_equal "$status" 200
}

@test "a user is disabled, and enabled again" {
    tokend user disable "$user"
    ask "$session" "$STAGE"
    assert_problem 403 session_invalid
    tokend user enable "$user"
    ask "$session" "$STAGE"
    assert_equal "$status" 200
}

@test "a user is removed, and a new one of the same name has none of its sessions" {
    tokend user remove "$user"
    ask "$session" "$STAGE"
    assert_problem 403 session_invalid
    tokend user add "$user" >/dev/null
    ask "$session" "$STAGE"
    assert_problem 403 session_invalid
}

@test "a membership is removed" {
    tokend member remove stage-1 "$user"
    ask "$session" "$STAGE"
    assert_problem 403 forbidden
}

@test "a room is removed" {
    tokend room add "room-of-$user" >/dev/null
    tokend member add "room-of-$user" "$user" --role host >/dev/null
    ask "$session" "{\"roomId\": \"room-of-$user\"}"
    assert_equal "$status" 200
    tokend room remove "room-of-$user"
    ask "$session" "{\"roomId\": \"room-of-$user\"}"
    assert_problem 403 forbidden
}

@test "a stream session is opened, caps the token, and is ended" {
    tokend room add "show-of-$user" >/dev/null
    tokend member add "show-of-$user" "$user" --role speaker >/dev/null
    tonight="{\"roomId\": \"show-of-$user\", \"eventId\": \"tonight\"}"
    stream=$(tokend stream add "show-of-$user" --event tonight --closes "$(date --utc --date '+200 seconds' +%FT%TZ)")
    ask "$session" "$tonight"
    assert_equal "$status" 200
    left=$(($(date --date "$(jq --raw-output .expiresAt <<<"$body")" +%s) - $(date +%s)))
    ((left >= 100 && left <= 200))
    tokend stream end "$stream"
    ask "$session" "$tonight"
    assert_problem 403 forbidden
}

@test "a session that ends too soon for a token is over" {
    # A token wants sixty of them. A machine that lets ten pass before the request gets another session.
    for _ in {1..5}; do
        short=$(new_session "$user" --ttl 70s)
        ask "$short" "$STAGE"
        if [[ $status == 200 ]]; then break; fi
    done
    assert_equal "$status" 200
    left=$(($(date --date "$(jq --raw-output .expiresAt <<<"$body")" +%s) - $(date +%s)))
    ((left <= 70))
    wait_until_refused "$short" "$STAGE"
    assert_problem 403 session_invalid
}

@test "a membership ends" {
    # A machine that lets ten seconds pass before the request gets another room.
    for room in "until-$user"{,-2,-3,-4,-5}; do
        tokend room add "$room" >/dev/null
        tokend member add "$room" "$user" --role host --until "$(date --utc --date '+10 seconds' +%FT%TZ)" >/dev/null
        ask "$session" "{\"roomId\": \"$room\"}"
        if [[ $status == 200 ]]; then break; fi
    done
    assert_equal "$status" 200
    wait_until_refused "$session" "{\"roomId\": \"$room\"}"
    assert_problem 403 forbidden
}

# Runs the command in a terminal of 200 columns, with the first argument as what a person types.
in_terminal() {
    local typed=$1 call
    # shellcheck disable=SC2154 # stack.bash sets it
    call=$(printf '%q ' "$tokend" "${@:2}" --config "$STACK/main/config.yaml")
    printf '%s\n' "$typed" | TERM=xterm script --quiet --return --command "stty cols 200; $call" /dev/null | tr -d '\r'
}

@test "on a terminal a list lines up, an empty cell shows, and colours are a wish" {
    tokend user add "$user-long" --name 'Zoë' >/dev/null
    local lines plain
    lines=$(in_terminal '' user list)
    [[ $lines == *$'\e[1mUSER_ID'* ]]
    plain=$(NO_COLOR=1 in_terminal '' user list)
    [[ $plain != *$'\e['* ]]
    # The second column begins at the same place in each line.
    local column
    column=$(grep -o '^USER_ID *' <<<"$plain" | head -n 1)
    grep -q "^$user-long  *enabled .* -  *Zoë  *user-" <<<"$plain"
    grep "^user-\|^$user" <<<"$plain" | while IFS= read -r line; do [[ ${line:${#column}:7} == @(enabled|disable) ]]; done
    # A pipe gets what a script expects: tabs, and nothing for nothing.
    tokend user list | grep -q "^$user-long"$'\tenabled\t[^\t]*\t\tZoë\t'
}

@test "a person is asked before a room with members goes, and a script is not" {
    tokend room add "room-of-$user" >/dev/null
    tokend member add "room-of-$user" "$user" --role host >/dev/null
    run in_terminal n room remove "room-of-$user"
    [[ $output == *'with 1 membership and no stream sessions? [y/N]'* ]]
    tokend room list | grep -q "^room-of-$user"
    run in_terminal y room remove "room-of-$user"
    run -1 grep -q "^room-of-$user" <<<"$(tokend room list)"
    tokend room add "room-of-$user" >/dev/null
    tokend member add "room-of-$user" "$user" --role host >/dev/null
    in_terminal '' room remove "room-of-$user" --yes | grep -q 'removed room'
    tokend room add "room-of-$user" >/dev/null
    tokend member add "room-of-$user" "$user" --role host >/dev/null
    tokend room remove "room-of-$user" </dev/null
}

@test "changes go on while somebody reads for long" {
    mkfifo "$STACK/hold-$BATS_TEST_NUMBER"
    sqlite3 "$STACK/main/directory.sqlite" <"$STACK/hold-$BATS_TEST_NUMBER" >"$STACK/held-$BATS_TEST_NUMBER" 3>&- &
    local reader=$! other writers=()
    exec 8>"$STACK/hold-$BATS_TEST_NUMBER"
    echo "BEGIN; SELECT count(*) FROM users; SELECT 'held';" >&8
    wait_until 60 grep -q held "$STACK/held-$BATS_TEST_NUMBER"
    # Three at once, and a writer that waits for no other after each.
    for other in 1 2 3; do
        (for n in 1 2 3; do tokend user add "$user-$other-$n" >/dev/null || exit; done) 8>&- 3>&- &
        writers+=($!)
    done
    for other in "${writers[@]}"; do wait "$other"; done
    tokend user disable "$user"
    sqlite3 -cmd '.timeout 0' "$STACK/main/directory.sqlite" "INSERT INTO users (user_id) VALUES ('script-of-$user')"
    ask "$session" "$STAGE"
    assert_problem 403 session_invalid
    exec 8>&-
    wait "$reader"
}

# Succeeds if a command fails whose standard output takes nothing: a device that is full, and a pipe that nobody reads.
refused_without_output() {
    local status=0
    "$tokend" "$@" --config "$STACK/main/config.yaml" >/dev/full || status=$?
    assert_equal "$status" 69
    status=0
    "$python" - "$tokend" "$@" --config "$STACK/main/config.yaml" 2>"$BATS_TEST_TMPDIR/said" <<-'PYTHON' || status=$?
	import os, subprocess, sys
	_, full = os.pipe()
	os.set_blocking(full, False)
	try:
	    while True:
	        os.write(full, b"x" * 4096)
	except BlockingIOError:
	    os.set_blocking(full, True)
	sys.exit(subprocess.run(sys.argv[1:], stdout=full, timeout=60).returncode)
	PYTHON
    assert_equal "$status" 69
    grep --quiet 'takes nothing' "$BATS_TEST_TMPDIR/said"
}

# What the directory has of this test's user, and of all.
everything() {
    tokend session list "$user"
    tokend user list
    tokend stream list stage-1
}

@test "what no one can be told of is not made, and holds up no other" {
    local before
    before=$(everything)
    refused_without_output session create "$user"
    refused_without_output user add "$user-unseen"
    refused_without_output stream add stage-1 --opens +1h
    assert_equal "$(everything)" "$before"
}

@test "token create obeys the same policy, and is written down" {
    tokend token create stage-1 "$user" >"$STACK/created" 2>"$STACK/created.err"
    plant "$(head -n 1 "$STACK/created")"
    tokend token decode - <"$STACK/created" >"$STACK/words"
    grep --quiet stage-1 "$STACK/words"
    run -65 tokend token create stage-2 "$user"
    echo "$output" >"$STACK/refused"
    run -1 grep -q eyJ "$STACK/refused" "$STACK/created.err"
    rm "$STACK/created"
}
