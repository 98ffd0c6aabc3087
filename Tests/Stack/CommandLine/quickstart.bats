#!/usr/bin/env bats
# The first command that a newcomer types.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

# How many throw-away directories there are.
directories() {
    find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'livekit-tokend-quickstart.*' | wc --lines
}

setup() {
    before=$(directories)
}

# Fails if anything is left of a quick start at port $1.
assert_nothing_left() {
    assert_equal "$(directories)" "$before"
    run ! curl --silent --max-time 2 --insecure "https://127.0.0.1:$1/"
}

@test "deploy/quickstart.sh --once: a token that is right, and nothing left behind" {
    port=$((STACK_PORT + 3))
    PORT=$port "$root/deploy/quickstart.sh" --once </dev/null >"$STACK/quickstart.txt" 2>&1
    grep --quiet 'room  *stage-1' "$STACK/quickstart.txt"
    assert_nothing_left "$port"
}

@test "deploy/quickstart.sh --livekit wants a URL" {
    for url in '' localhost:7880 'ws://x;y'; do
        run -64 "$root/deploy/quickstart.sh" --once --livekit "$url"
        [[ $output == *ws://127.0.0.1:7880* ]]
    done
}

@test "deploy/quickstart.sh --login wants a login that it knows" {
    for login in '' saml JWT; do
        run -64 "$root/deploy/quickstart.sh" --once --login "$login"
        [[ $output == *jwt* ]]
    done
}

@test "deploy/quickstart.sh says so where its port is taken" {
    status=0
    PORT=$STACK_PORT "$root/deploy/quickstart.sh" --once </dev/null >"$STACK/quickstart.txt" 2>&1 || status=$?
    assert_equal "$status" 69
    grep --quiet "$STACK_PORT" "$STACK/quickstart.txt"
    assert_equal "$(directories)" "$before"
}

# What is typed next: each line of the last quick start that begins with $1, run where it says, with its output.
type_next() {
    local place
    place=$(sed --quiet 's/^  cd //p' "$STACK/quickstart.txt")
    sed --quiet "s|^  \($1.*\)|\1|p" "$STACK/quickstart.txt" | (cd "$place" && bash -euxo pipefail)
}

@test "deploy/quickstart.sh stays up until Ctrl-C, what it says can be typed, and it cleans up then" {
    port=$((STACK_PORT + 3))
    # What is started with & ignores interrupts, and this one is to be interrupted. Some runners ignore SIGPIPE.
    PORT=$port env --default-signal=INT --ignore-signal=PIPE setsid "$root/deploy/quickstart.sh" \
        --livekit ws://localhost:7880 </dev/null >"$STACK/quickstart.txt" 2>&1 3>&- &
    quickstart=$!
    wait_until 120 grep --quiet 'Ctrl-C' "$STACK/quickstart.txt"
    curl --silent --insecure "https://127.0.0.1:$port/livekit/health" >"$STACK/health"
    assert_equal "$(cat "$STACK/health")" '{"status":"ok"}'
    run -1 grep 'write error' "$STACK/quickstart.txt"
    # Short enough for a terminal, and without the session in a command line.
    type_next curl >"$STACK/typed" 2>"$STACK/typed.commands"
    assert_equal "$(jq --slurp --raw-output 'map(if .token then "token" else .code end) | join(" ")' "$STACK/typed")" \
        'token session_missing'
    run -1 grep --extended-regexp 'Bearer|lks_|.{121}' <(sed --quiet '/^What to type/,$p' "$STACK/quickstart.txt")
    type_next ./livekit-tokend >"$STACK/typed" 2>&1
    grep --quiet 'room  *stage-1' "$STACK/typed"
    grep --quiet 'signature  *right, by the key devkey' "$STACK/typed"
    type_next "curl .*-H" >"$STACK/typed" 2>"$STACK/typed.commands"
    assert_equal "$(jq --raw-output .code "$STACK/typed")" session_invalid
    # As a terminal does it: all processes in the foreground are interrupted.
    kill -INT -- "-$quickstart"
    wait "$quickstart"
    assert_nothing_left "$port"
}

@test "deploy/quickstart.sh --livekit with a LiveKit there: in, removed, and not back in" {
    port=$((STACK_PORT + 3)) livekit_port=$((STACK_PORT + 4))
    (umask 077 && echo 'devkey: secret' >"$STACK/devkey.yaml")
    "$python" -m support.livekit_standin "$STACK/devkey.yaml" "$livekit_port" >"$STACK/devkey.out" 2>&1 3>&- &
    livekit=$!
    wait_until 60 curl --silent --output /dev/null "http://127.0.0.1:$livekit_port/"
    status=0
    PORT=$port "$root/deploy/quickstart.sh" --once --livekit "ws://127.0.0.1:$livekit_port" \
        </dev/null >"$STACK/quickstart.txt" 2>&1 || status=$?
    kill "$livekit"
    assert_equal "$status" 0
    sed --quiet '/^The gate:/,$p' "$STACK/quickstart.txt" | grep --only-matching --extended-regexp \
        '✓ .*: (403|200)|✓ 101|join\.[a-z]+ .*' | sed 's/ *$//' >"$STACK/shown"
    diff "$STACK/shown" - <<-SHOWN
	✓ 101
	✓ the renewed token at the gate: 403
	✓ at LiveKit's own address the same token is still good: 200
	✓ a member again, and the gate lets the same token in: 200
	join.admitted  ada  stage-1
	join.refused  ada  stage-1  not_member
	join.admitted  ada  stage-1
	SHOWN
    run -1 grep --extended-regexp 'eyJ|lks_' "$STACK/quickstart.txt"
    assert_nothing_left "$port"
}

@test "deploy/quickstart.sh --login jwt: a token by a JWT, what it says can be typed, and nothing left behind" {
    port=$((STACK_PORT + 3))
    PORT=$port env --default-signal=INT --ignore-signal=PIPE setsid "$root/deploy/quickstart.sh" \
        --login jwt </dev/null >"$STACK/quickstart.txt" 2>&1 3>&- &
    quickstart=$!
    wait_until 120 grep --quiet 'Ctrl-C' "$STACK/quickstart.txt"
    # It shows what it runs, and no JWT.
    grep --quiet 'livekit-tokend keyset from-pem - > key-set.json' "$STACK/quickstart.txt"
    run -1 grep --extended-regexp 'eyJ|.{121}' "$STACK/quickstart.txt"
    grep --quiet 'room  *stage-1' "$STACK/quickstart.txt"
    type_next ./jwt >"$STACK/typed" 2>&1
    grep --quiet 'ada' "$STACK/typed"
    grep --quiet 'host' "$STACK/typed"
    # What the service makes of the JWT, and then whether its user may enter.
    grep --quiet 'source  *sessions.source: jwt' "$STACK/typed"
    grep --quiet 'may enter, as host' "$STACK/typed"
    type_next '(printf' 2>/dev/null
    type_next curl >"$STACK/typed" 2>"$STACK/typed.commands"
    assert_equal "$(jq --slurp --raw-output 'map(if .token then "token" else .code end) | join(" ")' "$STACK/typed")" \
        'token session_missing'
    kill -INT -- "-$quickstart"
    wait "$quickstart"
    assert_nothing_left "$port"
}
