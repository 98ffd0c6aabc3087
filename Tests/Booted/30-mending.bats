#!/usr/bin/env bats
# What goes wrong is said where an administrator looks, and once mended it is over, without a further command.
# For bookworm alone.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

# Fails unless the service, started anew, says $1 as its status and check does too; then mends it with the line of
# shell $2 and waits for it to heal by itself.
assert_said_and_healed() {
    inside systemctl restart "$service" || true
    wait_until 60 has_status "$1"
    run inside livekit-tokend check
    ((status != 0))
    [[ $output == *"$1"* ]]
    assert_equal "$(property ActiveState "$socket")" active
    # Nothing else is down because of it, and the journal does not fill up.
    before=$(property NRestarts)
    looked=$(milliseconds)
    sleep 5
    # At most every four seconds, which is what the unit waits after such an end, however long this took.
    restarts=$(($(property NRestarts) - before))
    ((restarts <= 1 + ($(milliseconds) - looked) / 4000))

    inside_shell "$2"
    mended=$(milliseconds)
    wait_until 60 is_active
    gives_a_token
    figure "healed $(($(milliseconds) - mended)) ms after the mend of: $1"
}

@test "an unknown key in the configuration" {
    inside_shell 'echo "wrokers: 4" >>"$1"' "$configuration"
    assert_said_and_healed wrokers "sed -i '\$d' $configuration"
}

@test "a key file that others can read: the service would get a copy that they cannot, and does not mind" {
    inside chmod 644 "$keys"
    run inside livekit-tokend check
    ((status != 0))
    [[ $output == *"chmod o= $keys"* ]]
    inside chmod o= "$keys"
    run -0 inside livekit-tokend check
}

@test "a directory that is no database" {
    inside_shell 'cd /var/lib/livekit-tokend && mkdir /root/kept && mv directory.sqlite* /root/kept &&
        echo "this is not a database, and long enough to be seen as none" >directory.sqlite'
    assert_said_and_healed directory 'cd /var/lib/livekit-tokend && rm -f directory.sqlite* && mv /root/kept/* .'
    inside rmdir /root/kept
}

@test "a minute of crashes: the socket stays, who connects waits, and it heals alone" {
    inside_shell 'mv /usr/bin/livekit-tokend /root/whole
        printf "#!/bin/sh\nkill -ABRT \$\$\n" >/usr/bin/livekit-tokend && chmod +x /usr/bin/livekit-tokend'
    before=$(property NRestarts)
    inside_shell 'kill -KILL "$1"' "$(property MainPID)"
    sleep 60
    # Ten of them at least, and a busy machine takes longer for that.
    wait_until 300 has_restarted $((before + 9))
    crashes=$(($(property NRestarts) - before))
    assert_equal "$(property ActiveState "$socket")" active
    run ! gives_a_token
    inside_shell 'mv /root/whole /usr/bin/livekit-tokend'
    mended=$(milliseconds)
    wait_until 60 is_active
    gives_a_token
    figure "crash loop: $crashes crashes, the next token $(($(milliseconds) - mended)) ms after the mend"
    assert_equal "$(inside dpkg --verify livekit-tokend)" ""
}

# Whether the journal has the words $2 since the cursor $1.
has_said() { [[ $(journal_since "$1") == *"$2"* ]]; }

# Fails unless the watchdog ends the service that now hangs, soon after its time, and all is well then.
assert_watchdog() {
    local hung since limit
    limit=$(inside systemctl show --property WatchdogUSec --value "$service" | tr --delete s)
    hung=$(milliseconds)
    before=$(property NRestarts)
    wait_until $((limit + 60)) has_restarted "$before"
    since=$(($(milliseconds) - hung))
    wait_until 60 is_active
    gives_a_token
    wait_until 60 has_said "$1" 'Watchdog timeout'
    figure "$2 hung: started anew after $since ms, WatchdogSec=$limit"
}

main_thread_sleeps() { grep --quiet '^State:.S' <(inside cat "/proc/$(property MainPID)/status"); }

@test "hung workers are found by the watchdog" {
    cursor=$(journal_cursor)
    inside python3 /root/hung_worker.py "$(property MainPID)" >"$BOOTED/hang" 3>&- &
    wait_until 60 grep --quiet held "$BOOTED/hang"
    # The main thread is well, and would feed a watchdog that a timer feeds: it sleeps, but for moments.
    wait_until 60 main_thread_sleeps
    assert_watchdog "$cursor" "the workers"
    wait
}

@test "so is a process that hangs as a whole" {
    cursor=$(journal_cursor)
    inside_shell 'kill -STOP "$1"' "$(property MainPID)"
    assert_watchdog "$cursor" "the process"
}
