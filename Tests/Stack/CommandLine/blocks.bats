#!/usr/bin/env bats
# A block bars a person at the very next request, whatever memberships say, and the log alone says so.

# shellcheck disable=SC2030,SC2031,SC2154 # bats runs each test in a shell of its own, and stack.bash sets the others
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

STAGE='{"roomId": "stage-1"}'
MANUAL='until removed: see "Throw somebody out, for good" in /usr/share/doc/livekit-tokend/deploy.md.gz'
WITHOUT_GATE="livekit-tokend: new tokens alone are barred, as gate is off: LiveKit takes one that was issued before \
until a minute after its end, and keeps who is inside $MANUAL"

setup() {
    user=person-$BATS_TEST_NUMBER
    {
        tokend user add "$user"
        tokend member add stage-1 "$user" --role speaker
    } >/dev/null
    session=$(new_session "$user")
    ask "$session" "$STAGE"
    assert_equal "$status" 200
}

# What the log says of the last answer.
reason() {
    grep "$(header X-Request-Id)" "$STACK/main/out.log" | jq --raw-output .reason
}

assert_blocked() {
    ask "$session" "$1"
    assert_problem 403 forbidden
    # No word of it for the client.
    [[ $body != *block* && $body != *spam* ]]
    assert_equal "$(reason)" blocked
}

# Fails unless a command succeeds, and says these lines and no other.
says() {
    local expected=$1
    shift
    run -0 "$@"
    assert_equal "$output" "$expected"
}

@test "a block of one room bars from that room, and is lifted" {
    says "livekit-tokend: user $user is blocked in room stage-1 without end (spam)
$WITHOUT_GATE" tokend block "$user" --room stage-1 --why spam
    assert_blocked "$STAGE"
    ask "$session" '{"roomId": "lobby"}'
    assert_equal "$status" 200
    says "livekit-tokend: user $user was blocked in room stage-1 without end (spam), and is no more" \
        tokend unblock "$user"
    ask "$session" "$STAGE"
    assert_equal "$status" 200
}

@test "a block of every room bars from each, an open one too, and as one who is no member" {
    tokend block "$user" 2>/dev/null
    assert_blocked "$STAGE"
    local barred
    barred=$(jq --sort-keys 'del(.requestId)' <<<"$body")
    assert_blocked '{"roomId": "lobby"}'
    assert_blocked '{"roomId": "nowhere"}'
    tokend unblock "$user" 2>/dev/null
    ask "$session" '{"roomId": "nowhere"}'
    assert_problem 403 forbidden
    assert_equal "$(reason)" unknown_room
    assert_equal "$(jq --sort-keys 'del(.requestId)' <<<"$body")" "$barred"
}

@test "a block ends, and the same again gets a new end" {
    run -0 tokend block "$user" --for 1h
    assert_blocked "$STAGE"
    local end
    end=$(date --utc --date '+10 seconds' +%FT%TZ)
    run -0 tokend block "$user" --until "$end" --why 'not so long'
    [[ $output == "livekit-tokend: user $user was blocked in every room until "????-??-??T??:??:??Z" already, and is now \
until $end (not so long)"* ]]
    let_in() { ask "$session" "$STAGE" && [[ $status == 200 ]]; }
    wait_until 60 let_in
    # It is listed until it is lifted.
    tokend block list | grep --quiet "^$user"$'\t\t'"$end"$'\tnot so long\t'
    says "livekit-tokend: user $user was blocked in every room until $end (not so long), which is over" \
        tokend unblock "$user"
}

@test "block list lists, and a user who is called list is blocked after two dashes" {
    tokend user add list >/dev/null
    tokend block list >"$BATS_TEST_TMPDIR/list"
    run -1 grep --quiet ^list "$BATS_TEST_TMPDIR/list"
    run -64 tokend block --room stage-1 list
    [[ $output == *"list is a command, which is livekit-tokend block list; an operand of that name comes after --"* ]]
    "$tokend" block --config "$STACK/main/config.yaml" --for 1h -- list 2>/dev/null
    tokend block list | grep --quiet '^list'
    tokend unblock list 2>/dev/null
    run -65 tokend unblock list
    assert_equal "$output" "livekit-tokend: user list has no such block; see livekit-tokend block list"
}

@test "a list is for people and for scripts, of a room too" {
    tokend block "$user" --room stage-2 --for 1h --why 'a "reason"' 2>/dev/null
    tokend block "$user" --room stage-1 2>/dev/null
    assert_equal "$(tokend block list --json | jq --compact-output --arg user "$user" \
        'map(select(.userId == $user)) | map([.roomId, .why, (.expiresAt == null), (.identity | length)])')" \
        '[["stage-1",null,true,41],["stage-2","a \"reason\"",false,41]]'
    assert_equal "$(tokend block list --room stage-2 | grep --count "^$user")" 1
    tokend unblock "$user" 2>/dev/null
}

@test "a person whom the directory does not know is blocked by an id, and no other spelling of one whom it knows" {
    run tokend block "${user^^}" --room stage-1
    assert_equal "$status" 65
    assert_equal "$output" \
        "livekit-tokend: user ${user^^} does not exist; user $user does, who differs in case alone"
    says "livekit-tokend: user ${user}x is blocked in room Stage-1 without end
livekit-tokend: the directory does not know user ${user}x: the block is for logins of that id
livekit-tokend: the directory does not list room Stage-1: the block is for a room of that id
livekit-tokend: room stage-1 is another room: it differs from Stage-1 in case alone; to bar from that, name it, and: \
livekit-tokend unblock ${user}x --room Stage-1" tokend block "${user}x" --room Stage-1
    ask "$session" "$STAGE"
    assert_equal "$status" 200
    tokend unblock "${user}x" 2>/dev/null
}

@test "a disabled user who is removed, and added again, stays out" {
    tokend user disable "$user" 2>/dev/null
    run -0 tokend user remove "$user"
    [[ $output == *"user $user was disabled, and is therefore blocked in every room without end; livekit-tokend unblock \
$user lifts that" ]]
    run -0 tokend user add "$user"
    [[ $output == *"user $user is blocked in every room without end (disabled when removed); livekit-tokend unblock \
$user lifts that"* ]]
    session=$(new_session "$user")
    assert_blocked '{"roomId": "lobby"}'
    tokend unblock "$user" 2>/dev/null
    ask "$session" '{"roomId": "lobby"}'
    assert_equal "$status" 200
}

@test "explain says what bars, until when and why, and how to lift it" {
    tokend block "$user" --room stage-1 --why spam 2>/dev/null
    run -65 tokend explain "$user" stage-1
    [[ $output == *"verdict       no token: blocked"* ]]
    [[ $output == *"run: livekit-tokend unblock $user"* ]]
    [[ $output == *"block         in room stage-1, without end: spam"* ]]
    run -65 tokend token create stage-1 "$user"
    [[ $output == *blocked* ]]
    tokend unblock "$user" 2>/dev/null
    run -0 tokend explain "$user" stage-1
}

@test "a row that a script has written bars as well, and one that cannot be read lets nobody in" {
    local uuid=5f0c3c1e-2222-4000-8000-00000000000$BATS_TEST_NUMBER
    tokend user add "$uuid" >/dev/null
    session=$(new_session "$uuid")
    ask "$session" '{"roomId": "lobby"}'
    assert_equal "$status" 200
    sqlite3 "$STACK/main/directory.sqlite" \
        "INSERT INTO blocks (identity, user_id, why) VALUES ('user-$uuid', '$uuid', 'by a script')"
    assert_blocked '{"roomId": "lobby"}'
    local trigger
    trigger=$(sqlite3 "$STACK/main/directory.sqlite" "SELECT sql FROM sqlite_schema WHERE name = 'blocks_key_kept'")
    sqlite3 "$STACK/main/directory.sqlite" "PRAGMA ignore_check_constraints = ON; DROP TRIGGER blocks_key_kept;
        UPDATE blocks SET user_id = 'a b' WHERE user_id = '$uuid'; $trigger;"
    ask "$session" '{"roomId": "lobby"}'
    assert_problem 503 unavailable
    run -69 tokend block list
    [[ $output == *"the row a b of blocks is left out: it holds what the schema rules out; mend or delete it with sqlite3"* ]]
    sqlite3 "$STACK/main/directory.sqlite" "DELETE FROM blocks WHERE identity = 'user-$uuid'"
    ask "$session" '{"roomId": "lobby"}'
    assert_equal "$status" 200
}

@test "a deployment without a directory has no blocks, and is told how to have them" {
    local site=$BATS_TEST_TMPDIR/site command
    new_deployment "$site" <<<$'sessions: {source: nginx, users: any}\nmemberships: {source: claims}'
    sed -i 's/^directory: .*/directory: {url: none}/' "$site/config.yaml"
    for command in 'block ada' 'unblock ada' 'block list'; do
        # shellcheck disable=SC2086 # two words
        run -69 in_deployment "$site" $command
        assert_equal "$output" "livekit-tokend: blocks are kept in a directory, and this deployment has none \
(directory.url: none); set directory.url: sqlite:/var/lib/livekit-tokend/directory.sqlite, and restart the service"
    done
}

@test "a directory that is locked is 69, and nothing is said to be done" {
    mkfifo "$STACK/hold-block"
    sqlite3 "$STACK/main/directory.sqlite" <"$STACK/hold-block" >"$STACK/held-block" 3>&- &
    local holder=$!
    exec 8>"$STACK/hold-block"
    echo "BEGIN IMMEDIATE; SELECT 'held';" >&8
    wait_until 60 grep --quiet held "$STACK/held-block"
    run -69 tokend block "$user"
    exec 8>&-
    wait "$holder"
    [[ $output == *locked* && $output != *"is blocked"* ]]
    ask "$session" "$STAGE"
    assert_equal "$status" 200
}

@test "a directory of an earlier version is brought up to date by each command, without a question" {
    local site command
    for file in directory directory-2; do
        for command in 'block gone' 'block list' 'user list' 'explain gone lobby' 'token create lobby gone' migrate; do
            site=$BATS_TEST_TMPDIR/$file-${command// /-}
            new_deployment "$site" <<<''
            cp "$root/Tests/Recorded/$file.sqlite" "$site/directory.sqlite"
            # shellcheck disable=SC2086 # several words
            run in_deployment "$site" $command </dev/null
            assert_equal "$(sqlite3 "$site/directory.sqlite" 'PRAGMA user_version')" 3
            if [[ $command == migrate ]]; then
                local before=1
                [[ $file == directory-2 ]] && before=2
                assert_equal "$output" "livekit-tokend: brought $site/directory.sqlite from version $before to 3
3"
            fi
        done
    done
}

@test "an identity is no user's id: it is refused, with where that is" {
    run tokend block user-519c354e-32b8-4b2b-9d3c-6a0f1a2b3c4d
    assert_equal "$status" 65
    [[ $output == *"is an identity in LiveKit"*userId ]]
}
