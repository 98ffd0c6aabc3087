#!/usr/bin/env bats
# A configuration that cannot be right is refused at the start: exit 78, and one line that names the place and the cure.
# Which values are right is in the tables of Tests/ConfigurationTests; here is what a process adds.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

setup() {
    deployment=$STACK/configuration-$BATS_TEST_NUMBER
    new_deployment "$deployment" <<<''
}

# Starts the responder, which must refuse with one line that holds the arguments. Variables before it are its
# environment.
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
    for wanted in "livekit-tokend: " "$@"; do
        [[ $complaint == *"$wanted"* ]] || {
            echo "it does not say: $wanted"
            return 1
        }
    done
    # A secret that is wrong is not shown.
    run -1 grep --quiet --fixed-strings --file "$STACK/canaries" <<<"$complaint"
}

# Replaces the key file by one with a secret of $1 characters that must not be shown.
write_key() {
    local secret
    secret=$(random_word "$1")
    plant "$secret"
    echo "APIa: $secret" >"$deployment/keys.yaml"
}

@test "every section there is, with values that are right" {
    printf '%s\n' "$(head -n 3 "$deployment/config.yaml")" 'workers: 4' \
        'token: {ttl: 300, min_ttl: 90s, max_ttl: 1h, identity: session}' \
        'rooms: {pattern: "[a-z]+", open_role: guest}' 'roles:' '  guest: {publish: false, subscribe: true, data: false}' \
        '  musician: {publish_sources: [microphone], subscribe: true, data: true, room_admin: true}' \
        'token_source: {participant_name: true, participant_attributes: [seat], agents: [narrator]}' \
        'sessions: {source: directory}' 'peers: [www-data, root]' 'http: {unauthenticated_status: 401}' \
        "audit: {file: ''}" 'development: false' >"$deployment/config.yaml"
    start_responder "$deployment"
    stop_process "$deployment/responder.pid"
}

@test "a configuration is refused with its line, the key and the cure" {
    echo 'lisen: /run/x.sock' >>"$deployment/config.yaml"
    assert_refused "$deployment/config.yaml:5: lisen" listen
}

@test "a configuration that is missing" {
    rm "$deployment/config.yaml"
    assert_refused "$deployment/config.yaml" --config
}

@test "a socket whose name is too long for the kernel" {
    sed -i "s|^listen: .*|listen: /tmp/$(filler 120 x)|" "$deployment/config.yaml"
    assert_refused listen 'the path of a socket may have 99'
}

@test "no key file is named" {
    sed -i '2s|.*|livekit: {}|' "$deployment/config.yaml"
    assert_refused key_file
}

@test "a key file is refused with its line and the cure, and without its secret" {
    write_key 31
    assert_refused "$deployment/keys.yaml:1: " '31 bytes' 'openssl rand'
}

@test "a key file that others can read" {
    write_key 43
    chmod 644 "$deployment/keys.yaml"
    assert_refused "$deployment/keys.yaml" 644 'chmod o='
}

@test "a key file of another user" {
    ((EUID == 0)) || skip 'only root can give a file away'
    chown nobody "$deployment/keys.yaml"
    assert_refused "$deployment/keys.yaml" nobody
}

@test "a key file that is a pipe, for which no writer is waited" {
    rm "$deployment/keys.yaml"
    mkfifo --mode 600 "$deployment/keys.yaml"
    assert_refused "$deployment/keys.yaml"
}

@test "a key file among the credentials of systemd" {
    mkdir "$deployment/credentials"
    mv "$deployment/keys.yaml" "$deployment/credentials/keys.yaml"
    assert_refused "$deployment/keys.yaml" missing
    CREDENTIALS_DIRECTORY=$deployment/credentials start_responder "$deployment"
    stop_process "$deployment/responder.pid"
    # The file to mend is the original beside the configuration.
    echo 'what is this' >"$deployment/credentials/keys.yaml"
    CREDENTIALS_DIRECTORY=$deployment/credentials assert_refused "$deployment/keys.yaml:1: " 'APIkey: secret'
}

@test "an address in the environment" {
    LIVEKIT_URL=livekit.example.com assert_refused LIVEKIT_URL wss://
}

@test "a key in the environment" {
    secret=$(random_word 31)
    plant "$secret"
    LIVEKIT_API_KEY=APIa LIVEKIT_API_SECRET=$secret assert_refused LIVEKIT_API_SECRET '31 bytes'
}

@test "development: true lets a short secret through, with a warning" {
    echo 'development: true' >>"$deployment/config.yaml"
    echo 'devkey: secret' >"$deployment/keys.yaml"
    start_responder "$deployment"
    stop_process "$deployment/responder.pid"
    grep --quiet '"level":"warning"' "$deployment/out.log"
}
