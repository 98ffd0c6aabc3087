#!/usr/bin/env bats
# systemctl reload: a good configuration is taken over by the running process, inside of its sandbox and with the copy of
# the key that systemd has passed on; a wrong one is refused in every place where an administrator looks.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

drop_ins=/etc/systemd/system/livekit-tokend.service.d

setup_file() { inside_shell 'cp --archive "$1" /root/configuration && cp --archive "$2" /root/keys' "$configuration" "$keys"; }

# Each test finds the machine as the first did.
teardown() {
    inside_shell 'rm -rf "$1" && cp --archive /root/keys "$2" && cp --archive /root/configuration "$3"
        systemctl daemon-reload && systemctl restart "$4"' "$drop_ins" "$keys" "$configuration" "$service"
}

# What check has to say of the reload.
findings() { inside livekit-tokend check --json | jq --raw-output '.[] | select(.subject == "reload") | .message'; }
has_reloaded() { [[ $(findings) == "" ]]; }
has_said() { [[ $(journal_since "$1") == *"$2"* ]]; }

# Whether a token lives for at most $1 seconds, and longer than $2.
lives_for() {
    gives_a_token
    lifetime=$(inside_shell 'jq --raw-output .token /root/answer.json | livekit-tokend token decode - --json' |
        jq '.exp - now | floor')
    ((lifetime <= $1 && lifetime > $2))
}

@test "a good configuration is taken over by the same process" {
    process=$(property MainPID)
    cursor=$(journal_cursor)
    inside_shell 'echo "token: {ttl: 77s}" >>"$1"' "$configuration"
    [[ $(findings) == *"systemctl reload livekit-tokend"* ]]
    inside systemctl reload "$service"
    wait_until 60 has_reloaded
    wait_until 60 has_said "$cursor" '"event":"service.reloaded"'
    [[ $(journal_since "$cursor") == *'"ttl":"77s"'* ]]
    assert_equal "$(property MainPID)" "$process"
    is_active
    lives_for 77 60
}

@test "a wrong one fails the reload, and status, journal and check say why" {
    process=$(property MainPID)
    cursor=$(journal_cursor)
    inside_shell 'echo "lisen: x" >>"$1"' "$configuration"
    run ! inside systemctl reload "$service"
    wait_until 60 has_ended_with 78
    wait_until 60 has_status "lisen is unknown"
    wait_until 60 has_said "$cursor" '"event":"reload.refused"'
    has_said "$cursor" "livekit-tokend: $configuration"
    run -78 inside livekit-tokend check
    [[ $output == *"lisen is unknown"* ]]
    assert_equal "$(property MainPID)" "$process"
    is_active
    gives_a_token

    inside sed -i '$d' "$configuration"
    [[ $(findings) == *"lisen is unknown"* ]]
    inside systemctl reload "$service"
    wait_until 60 has_reloaded
    wait_until 60 has_status "Serving: "
}

# Whether the reload has ended with the status $1, which systemd may show a moment after the command has.
has_ended_with() { [[ $(property ExecReload) == *"status=$1"* ]]; }

# Restarts the service with a drop-in of these lines for its key, and reloads it: a good configuration is taken over, a
# wrong one is refused, and the command says which. The service alone can judge that.
reloads_with() {
    # No whole minutes, which the log writes as such.
    local lifetime=$((RANDOM % 16 * 60 + 107)) cursor
    if (($#)); then
        inside_shell 'mkdir -p "$1" && printf "%s\n" "[Service]" "${@:2}" >"$1/key.conf"' "$drop_ins" "$@"
    fi
    inside_shell 'systemctl daemon-reload && systemctl restart "$1"' "$service"
    cursor=$(journal_cursor)
    inside_shell 'echo "token: {ttl: $2s}" >>"$1"' "$configuration" "$lifetime"
    inside systemctl reload "$service"
    wait_until 60 has_said "$cursor" '"event":"service.reloaded"'
    [[ $(journal_since "$cursor") == *"\"ttl\":\"${lifetime}s\""* ]]
    lives_for "$lifetime" 0

    inside_shell 'echo "lisen: x" >>"$1"' "$configuration"
    run ! inside systemctl reload "$service"
    has_said "$cursor" "livekit-tokend: $configuration:"
    wait_until 60 has_ended_with 78
    inside sed -i '$d' "$configuration"
    inside systemctl reload "$service"
    gives_a_token
}

@test "with a key file of the service's user" {
    inside chown livekit-tokend "$keys"
    reloads_with
}

@test "with a key file that its group may read" {
    inside_shell 'chown root:livekit-tokend "$1" && chmod 640 "$1"' "$keys"
    reloads_with
}

@test "with a key from another file, by LoadCredential=" {
    inside_shell 'echo "# none" >"$1"' "$keys"
    reloads_with LoadCredential= LoadCredential=livekit-keys.yaml:/root/keys
}

@test "with a key in the unit itself, by SetCredential=" {
    inside_shell 'echo "# none" >"$1"' "$keys"
    reloads_with LoadCredential= "SetCredential=livekit-keys.yaml:$(inside cat /root/keys)"
}

@test "with an encrypted key, by LoadCredentialEncrypted=" {
    inside_shell 'echo "# none" >"$1"
        systemd-creds encrypt --with-key=host --name=livekit-keys.yaml /root/keys /root/keys.encrypted' "$keys"
    reloads_with LoadCredential= SetCredential= LoadCredentialEncrypted=livekit-keys.yaml:/root/keys.encrypted
}

@test "with a key in a variable" {
    inside_shell 'echo "# none" >"$1"' "$keys"
    reloads_with "Environment=\"LIVEKIT_KEYS=$(inside cat /root/keys)\""
}

@test "with a key file that is no credential, which a reload reads again and judges" {
    inside_shell 'install -o livekit-tokend -m 600 /root/keys /var/lib/livekit-tokend/keys.yaml
        sed -i "s|key_file: .*|key_file: /var/lib/livekit-tokend/keys.yaml|" "$1"' "$configuration"
    reloads_with
    inside chmod 644 /var/lib/livekit-tokend/keys.yaml
    run ! inside systemctl reload "$service"
    wait_until 60 has_status "run: chmod "
    inside rm /var/lib/livekit-tokend/keys.yaml
}

@test "a key that came after the start fails the reload that names it, and a restart takes it" {
    cursor=$(journal_cursor)
    inside_shell 'printf "APIafter: %s\n" "$(openssl rand -base64 32)" >>"$1"
        sed -i "s|key_file: .*|&\n  api_key: APIafter|" "$2"' "$keys" "$configuration"
    run ! inside systemctl reload "$service"
    wait_until 60 has_ended_with 78
    has_said "$cursor" 'livekit-tokend: '
    has_said "$cursor" 'systemd passes a changed key file on at a restart alone'
    gives_a_token
    inside systemctl restart "$service"
    gives_a_token
}

@test "a changed key file is said to take a restart" {
    cursor=$(journal_cursor)
    inside touch "$keys"
    [[ $(findings) == *"systemctl restart livekit-tokend"* ]]
    inside systemctl reload "$service"
    wait_until 60 has_said "$cursor" '"event":"reload.incomplete"'
    [[ $(findings) == *"systemctl restart livekit-tokend"* ]]
    inside systemctl restart "$service"
    wait_until 60 is_active
    assert_equal "$(findings)" ""
}

@test "root asks as the service's user, and is not refused as a peer" {
    cursor=$(journal_cursor)
    process=$(property MainPID)
    inside_shell 'echo "token: {ttl: 66s}" >>"$1"' "$configuration"
    inside livekit-tokend reload "$process"
    lives_for 66 50
    inside_shell 'echo "lisen: x" >>"$1"' "$configuration"
    run -78 inside livekit-tokend reload "$process"
    [[ $output == *"lisen is unknown"* ]]
    run ! has_said "$cursor" peer.refused
}

@test "the verdict comes from the socket unit's path, also with a configuration elsewhere" {
    inside_shell 'mkdir -p "$1" && printf "%s\n" "[Service]" "Environment=LIVEKIT_TOKEND_CONFIG=$2" >"$1/path.conf"
        cp --archive "$2" "$2.elsewhere" && sed -i "s|CONFIG=.*|&.elsewhere|" "$1/path.conf"
        echo "listen: /run/elsewhere.sock" >>"$2.elsewhere"
        systemctl daemon-reload && systemctl restart "$3"' "$drop_ins" "$configuration" "$service"
    inside systemctl reload "$service"
    # The service alone can judge that.
    inside_shell 'sed -i "s|key_file: .*|&\n  api_key: APIafter|" "$1.elsewhere"' "$configuration"
    run ! inside systemctl reload "$service"
    wait_until 60 has_ended_with 78
    inside rm "$configuration.elsewhere"
}

@test "a reload whose verdict cannot be asked for fails, and is done" {
    cursor=$(journal_cursor)
    path=$(inside systemctl show --property=Listen --value livekit-tokend.socket | sed "s/ (.*//")
    inside mv "$path" "$path.away"
    run inside systemctl reload "$service"
    # First of all, for the tests after this one.
    inside mv "$path.away" "$path"
    assert_equal "$((status != 0))" 1
    wait_until 60 has_ended_with 69
    wait_until 60 has_said "$cursor" '"event":"service.reloaded"'
    has_said "$cursor" "cannot be asked for its verdict"
    is_active
}

@test "10 reloads under load lose nothing; certbot's hook, which reloads nginx too, leaves no answer but tokens" {
    process=$(property MainPID)
    inside_shell 'mkdir -p /etc/letsencrypt/renewal-hooks/deploy
        printf "#!/bin/sh\nsystemctl reload nginx livekit-tokend\n" >/etc/letsencrypt/renewal-hooks/deploy/reload
        chmod +x /etc/letsencrypt/renewal-hooks/deploy/reload'
    raise_limits
    start_load 1
    for _ in {1..10}; do
        inside systemctl reload "$service"
        sleep 0.3
    done
    end_load "10 reloads"
    assert_equal "$(load_field .failures)" '{}'
    start_load 1
    for _ in {1..3}; do
        inside /etc/letsencrypt/renewal-hooks/deploy/reload
        sleep 0.3
    done
    end_load "3 reloads of nginx and of the service"
    restore_limits
    inside rm -r /etc/letsencrypt
    # At its own reload nginx closes kept connections, some of them just as a client sends on them.
    assert_equal "$(load_field '.statuses | keys')" '["200"]'
    assert_equal "$(property MainPID)" "$process"
}
