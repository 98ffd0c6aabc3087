#!/usr/bin/env bats
# Each line of the sandbox, tried from inside: a prober in the place of the service, under the very unit.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

setup_file() {
    inside_shell 'cp /root/probe.py /usr/local/bin/probe.py
        setpriv --reuid nobody --regid nogroup --clear-groups sleep 600 </dev/null >/dev/null 2>&1 &
        echo $! >/root/stranger
        mkdir -p /run/systemd/system/livekit-tokend.service.d
        printf "[Service]\nType=exec\nRestart=no\nWatchdogSec=0\nExecStart=\nExecStart=/usr/bin/python3 /usr/local/bin/probe.py %s\n" \
            "$(cat /root/stranger)" >/run/systemd/system/livekit-tokend.service.d/probe.conf
        mkdir -p /home/somebody
        systemctl stop livekit-tokend.socket livekit-tokend.service
        systemctl daemon-reload'
    cursor=$(journal_cursor)
    inside systemctl start "$service"
    wait_until 60 is_inactive
    journal_since "$cursor" >"$BOOTED/probe"
    inside_shell 'rm -r /run/systemd/system/livekit-tokend.service.d /home/somebody /usr/local/bin/probe.py
        kill "$(cat /root/stranger)"
        systemctl daemon-reload
        systemctl reset-failed
        systemctl start livekit-tokend.socket livekit-tokend.service'
}

is_inactive() { [[ $(property ActiveState) =~ ^(inactive|failed)$ ]]; }

@test "everything that the unit forbids is refused from inside" {
    cat "$BOOTED/probe"
    run -1 grep ALLOWED "$BOOTED/probe"
    assert_equal "$(grep --count '^refused ' "$BOOTED/probe")" "$(grep --count --extended-regexp '^(attempt|core|service_only)\(' "$tests/probe.py")"
}

@test "what the service needs is there" {
    grep --quiet --extended-regexp '^done as user [1-9][0-9]*, [0-9]+ descriptors$' "$BOOTED/probe"
    # Where the tests run may allow less to everybody.
    assert_equal "$(property LimitNOFILE)" 65536
}

@test "the service itself leaves no core file" {
    before=$(property NRestarts)
    inside_shell 'kill -ABRT "$1"' "$(property MainPID)"
    wait_until 60 has_restarted "$before"
    wait_until 60 is_active
    # 2: killed; 3 would be: dumped core.
    journal --unit "$service" >"$BOOTED/ended"
    grep --quiet 'code=killed' "$BOOTED/ended"
    run -1 grep --quiet 'code=dumped' "$BOOTED/ended"
    gives_a_token
}
