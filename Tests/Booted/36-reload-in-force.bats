#!/usr/bin/env bats
# systemctl reload, which people, Ansible and certbot's hooks type: the configuration is taken over, or refused with the
# reason, by a process that goes on.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

setup_file() {
    inside cp -a "$configuration" /root/config.yaml
    PROCESS=$(property MainPID)
    export PROCESS
}
teardown_file() { inside_shell 'cp -a /root/config.yaml "$1" && systemctl reload livekit-tokend' "$configuration"; }

# Writes $1 as the lifetime of tokens, and tells the service.
reload_with() {
    inside_shell 'cp -a /root/config.yaml "$2" && printf "token:\n  ttl: %s\n" "$1" >>"$2"
        systemctl reload livekit-tokend' "$1" "$configuration"
}

# Whether a token lives for at most $1 seconds, and longer than $2.
lives_for() {
    gives_a_token
    lifetime=$(inside_shell 'jq --raw-output .token /root/answer.json | livekit-tokend token decode - --json' |
        jq '.exp - now | floor')
    ((lifetime <= $1 && lifetime > $2))
}

@test "a configuration that is right is in force, and the process is the same" {
    reload_with 2m
    wait_until 10 lives_for 120 60
    assert_equal "$(property MainPID)" "$PROCESS"
}

@test "one that is wrong is refused: the command fails, status, check and the log have the reason, and tokens go on" {
    cursor=$(journal_cursor)
    run reload_with 2h
    echo "$output"
    ((status != 0))
    wait_until 10 has_status ttl
    run -78 inside livekit-tokend check
    [[ $output == *ttl* ]]
    [[ $(journal_since "$cursor") == *ttl* ]]
    lives_for 120 60
    assert_equal "$(property MainPID)" "$PROCESS"
    is_active
}

@test "mended, it is taken over" {
    reload_with 3m
    wait_until 10 lives_for 180 120
    run ! has_status ttl
    assert_equal "$(property MainPID)" "$PROCESS"
}

@test "10 reloads under load lose nothing; certbot's hook, which reloads nginx too, leaves no answer but tokens" {
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
    assert_equal "$(property MainPID)" "$PROCESS"
}
