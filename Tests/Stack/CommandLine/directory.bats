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
    tokend member add "show-of-$user" "$user" --role host >/dev/null
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

@test "token create obeys the same policy, and is written down" {
    tokend token create stage-1 "$user" >"$STACK/created" 2>"$STACK/created.err"
    plant "$(head -n 1 "$STACK/created")"
    tokend token decode - <"$STACK/created" >"$STACK/words"
    grep --quiet stage-1 "$STACK/words"
    run ! tokend token create stage-2 "$user" >"$STACK/refused" 2>&1
    run ! grep -q eyJ "$STACK/refused" "$STACK/created.err"
    rm "$STACK/created"
}
