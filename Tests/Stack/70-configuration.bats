#!/usr/bin/env bats
# A configuration that cannot be right is refused at the start: exit 78, and one line that names the place and the cure.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/stack.bash"

setup() {
    deployment=$STACK/configuration-$BATS_TEST_NUMBER
    new_deployment "$deployment" <<<''
    # Three lines that are right, for a test to add a fourth.
    right=$(head -n 3 "$deployment/config.yaml")
}

# Starts the responder, which must refuse. What must be in its one line: "file:line" of $1, and the other arguments.
assert_refused() {
    local complaint wanted
    status=0
    complaint=$(timeout 60 "$tokend" serve --config "$deployment/config.yaml" 2>&1 >"$deployment/out.log" </dev/null) ||
        status=$?
    printf '%s\n' "$complaint" >>"$deployment/err.log"
    echo "exit $status: $complaint"
    assert_equal "$status" 78
    assert_equal "$(wc --lines <<<"$complaint")" 1
    assert_equal "$(cat "$deployment/out.log")" ''
    for wanted in "livekit-tokend: " "$deployment/$1" "${@:2}"; do
        [[ $complaint == *"$wanted"* ]] || {
            echo "it does not say: $wanted"
            return 1
        }
    done
    # Whatever is wrong with a secret, it is not shown.
    run ! grep --quiet --fixed-strings --file "$STACK/canaries" <<<"$complaint"
}

# Refuses the right lines with those of the first argument after them; the fourth line is wrong unless $line says other.
refuses() {
    printf '%s\n' "$right" "$1" >"$deployment/config.yaml"
    assert_refused "config.yaml:${line:-4}" "${@:2}"
}

# Refuses a key file of mode ${mode:-600} with the content $1.
refuses_keys() {
    printf '%s' "$1" >"$deployment/keys.yaml"
    chmod "${mode:-600}" "$deployment/keys.yaml"
    assert_refused keys.yaml "${@:2}"
}

@test "what is right is accepted" {
    printf '%s\n' "$right" 'workers: 4' 'token: {ttl: 300, min_ttl: 90s, max_ttl: 1h, identity: session}' \
        'rooms: {pattern: "[a-z]+", open_role: guest}' 'roles:' '  guest: {publish: false, subscribe: true, data: false}' \
        '  musician: {publish_sources: [microphone], subscribe: true, data: true, room_admin: true}' \
        'sessions: {source: directory}' 'peers: [www-data, root]' 'http: {unauthenticated_status: 401}' \
        "audit: {file: ''}" 'development: false' >"$deployment/config.yaml"
    start_responder "$deployment"
    stop_process "$deployment/responder.pid"
}

@test "no file" {
    rm "$deployment/config.yaml"
    assert_refused config.yaml
}
@test "a directory in its place" {
    rm "$deployment/config.yaml"
    mkdir "$deployment/config.yaml"
    assert_refused config.yaml
}
@test "no YAML" {
    # The parser notices on the line after.
    line=5 refuses 'token: {ttl: 5m' YAML
}
@test "a list" {
    echo '- listen' >"$deployment/config.yaml"
    assert_refused config.yaml
}
@test "an unknown key" {
    refuses 'lisen: /run/x.sock' lisen listen
}
@test "an unknown key of a section" {
    refuses 'token: {tll: 5m}' token.tll ttl
}
@test "a key twice" {
    refuses $'workers: 4\nworkers: 5' workers twice
}
@test "a key twice, in a section" {
    refuses 'token: {ttl: 5m, ttl: 6m}' ttl twice
}
@test "a section that is none" {
    refuses 'token: 5m' token
}
@test "a text for a number" {
    refuses 'workers: many' workers
}
@test "a fraction for a number" {
    refuses 'workers: 2.5' workers
}
@test "a negative number" {
    refuses 'workers: -1' workers
}
@test "too large a number" {
    refuses 'workers: 100000' workers
}
@test "a text for a truth value" {
    refuses 'development: perhaps' development true false
}
@test "a text for a list" {
    refuses 'peers: www-data' peers
}
@test "a user whom the machine does not have" {
    refuses 'peers: [no-such-user]' peers no-such-user
}
@test "a relative socket" {
    sed -i 's|^listen: .*|listen: fcgi.sock|' "$deployment/config.yaml"
    assert_refused config.yaml:1 listen absolute
}
@test "a socket with too long a name" {
    sed -i "s|^listen: .*|listen: /tmp/$(filler 120 x)|" "$deployment/config.yaml"
    complaint=$("$tokend" serve --config "$deployment/config.yaml" 2>&1 </dev/null) || status=$?
    assert_equal "$status" 78
    [[ $complaint == *listen*'too long'* ]]
}

@test "ttl below min_ttl" {
    refuses 'token: {ttl: 30s}' token min_ttl ttl max_ttl
}
@test "ttl above max_ttl" {
    refuses 'token: {ttl: 2h}' token min_ttl ttl max_ttl
}
@test "min_ttl above max_ttl" {
    refuses 'token: {min_ttl: 10m, ttl: 10m, max_ttl: 5m}' token min_ttl
}
@test "min_ttl below 10 s" {
    refuses 'token: {min_ttl: 9s}' token.min_ttl 10s
}
@test "max_ttl above 24 h" {
    refuses 'token: {max_ttl: 25h}' token.max_ttl
}
@test "a ttl of nothing" {
    refuses 'token: {ttl: 0}' token.ttl
}
@test "a negative ttl" {
    refuses 'token: {ttl: -5m}' token.ttl 5m
}
@test "a ttl that is no time" {
    refuses 'token: {ttl: soon}' token.ttl 5m
}
@test "a ttl in an unknown unit" {
    refuses 'token: {ttl: 5min}' token.ttl
}
@test "a ttl that overflows" {
    refuses 'token: {ttl: 99999999999999999999h}' token.ttl
}
@test "an unknown identity" {
    refuses 'token: {identity: random}' token.identity user session
}

@test "a pattern that is none" {
    refuses "rooms: {pattern: '[a-z'}" rooms.pattern
}
@test "an empty pattern" {
    refuses "rooms: {pattern: ''}" rooms.pattern
}
@test "a pattern in another dialect" {
    refuses "rooms: {pattern: '\\d+'}" rooms.pattern
}
@test "an open role that is no role" {
    refuses 'rooms: {open_role: guest}' rooms.open_role guest viewer
}
@test "an open role that the roles have not" {
    refuses $'rooms: {open_role: viewer}\nroles: {host: {publish: true}}' rooms.open_role viewer host
}
@test "no role at all" {
    refuses 'roles: {}' roles
}
@test "a role that is none" {
    refuses 'roles: {viewer: yes}' viewer
}
@test "an unknown permission" {
    refuses 'roles: {viewer: {dance: true}}' roles.viewer.dance publish
}
@test "an unknown source" {
    refuses 'roles: {viewer: {publish_sources: [hologram]}}' publish_sources hologram microphone
}
@test "no source" {
    refuses 'roles: {viewer: {publish_sources: []}}' publish_sources
}

@test "grants that nobody may have" {
    for grant in room_create room_list room_record ingress_admin hidden recorder agent destination_room roomCreate; do
        refuses "roles: {viewer: {$grant: true}}" "roles.viewer.$grant"
    done
}

@test "a url that is none" {
    for url in livekit.example.com ftp://livekit.example.com wss:// 'wss://user@livekit.example.com' 'wss://a b'; do
        sed -i "2s|.*|livekit: {url: '$url', key_file: keys.yaml}|" "$deployment/config.yaml"
        assert_refused config.yaml:2 livekit.url wss://
    done
}
@test "sessions from an unknown source" {
    refuses 'sessions: {source: cookies}' sessions.source directory
}
@test "a directory that is no SQLite file" {
    for url in postgres://localhost/x directory.sqlite sqlite:relative.sqlite 'sqlite:'; do
        sed -i "3s|.*|directory: {url: '$url'}|" "$deployment/config.yaml"
        assert_refused config.yaml:3 directory.url sqlite:
    done
}
@test "another status for callers without a session" {
    refuses 'http: {unauthenticated_status: 200}' http.unauthenticated_status 401
}
@test "an audit file that cannot be" {
    refuses 'audit: {file: relative.log}' audit.file absolute
}

@test "no key file is named" {
    sed -i '2s|.*|livekit: {}|' "$deployment/config.yaml"
    complaint=$("$tokend" serve --config "$deployment/config.yaml" 2>&1 </dev/null) || status=$?
    assert_equal "$status" 78
    [[ $complaint == *key_file* ]]
}
@test "a missing key file" {
    rm "$deployment/keys.yaml"
    assert_refused keys.yaml missing
}
@test "an empty key file" {
    refuses_keys '' empty
}
@test "a key file with comments alone" {
    refuses_keys $'# none yet\n\n' empty
}
@test "a key file that is garbage" {
    refuses_keys 'what is this' 'APIkey: secret'
}
@test "a key file of binary garbage" {
    refuses_keys $'\x01\xff\xfe: \x80\x81' 'APIkey: secret'
}
@test "a key twice in the key file" {
    refuses_keys "$(printf 'APIa: %s\nAPIa: %s\n' "$(random_word 43)" "$(random_word 43)")" twice
}
@test "a key file that others can read" {
    for bits in 640 604 644 660 601; do
        mode=$bits refuses_keys "APIa: $(random_word 43)" "$bits" chmod
    done
}
@test "a key file that is a symbolic link" {
    mv "$deployment/keys.yaml" "$deployment/elsewhere.yaml"
    ln -s elsewhere.yaml "$deployment/keys.yaml"
    assert_refused keys.yaml 'symbolic link'
}
@test "a key file of somebody else" {
    chown nobody "$deployment/keys.yaml"
    assert_refused keys.yaml nobody
}
@test "a key file that is a directory, or a pipe" {
    rm "$deployment/keys.yaml"
    mkdir "$deployment/keys.yaml"
    assert_refused keys.yaml
    rmdir "$deployment/keys.yaml"
    mkfifo --mode 600 "$deployment/keys.yaml"
    assert_refused keys.yaml
}
@test "a secret of 31 bytes" {
    refuses_keys "APIa: $(random_word 31)" '31 bytes' 'openssl rand'
}
@test "a secret that everybody knows" {
    refuses_keys 'devkey: secret' "everybody knows" 'openssl rand'
    refuses_keys 'APIa: replace_with_your_own_secret' "everybody knows" 'openssl rand'
}
@test "a secret that is one letter" {
    refuses_keys "APIa: $(filler 40 a)" 'not random' 'openssl rand'
}
@test "an api_key that the key file has not" {
    sed -i "2s|.*|livekit: {key_file: keys.yaml, api_key: APIother}|" "$deployment/config.yaml"
    assert_refused keys.yaml APIother 'name one of its 1'
}

@test "the environment is checked as well" {
    export LIVEKIT_URL=livekit.example.com
    complaint=$("$tokend" serve --config "$deployment/config.yaml" 2>&1 </dev/null) || status=$?
    assert_equal "$status" 78
    [[ $complaint == *LIVEKIT_URL*wss://* ]]
    unset LIVEKIT_URL
    status=0
    complaint=$(LIVEKIT_API_KEY=APIa LIVEKIT_API_SECRET=short "$tokend" serve --config "$deployment/config.yaml" 2>&1 </dev/null) ||
        status=$?
    assert_equal "$status" 78
    [[ $complaint == *LIVEKIT_API_SECRET* && $complaint != *short* ]]
}

@test "development: true lets a short secret through, loudly" {
    echo 'development: true' >>"$deployment/config.yaml"
    echo 'devkey: secret' >"$deployment/keys.yaml"
    start_responder "$deployment"
    stop_process "$deployment/responder.pid"
    grep --quiet '"level":"warning"' "$deployment/out.log"
}
