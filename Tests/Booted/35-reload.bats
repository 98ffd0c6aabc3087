#!/usr/bin/env bats
# systemctl reload: a good configuration is taken over by the running process, inside of its sandbox and with the copy of
# the key that systemd has passed on; a wrong one is refused in every place where an administrator looks.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

setup_file() { inside cp --archive "$configuration" /root/configuration; }
teardown_file() { inside_shell 'mv /root/configuration "$1" && systemctl restart "$2"' "$configuration" "$service"; }

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
