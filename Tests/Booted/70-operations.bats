#!/usr/bin/env bats
# What deploy/README.md tells an administrator to type, typed.
# For bookworm alone.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

setup_file() {
    # A moment of the machine's own clock: what these tests did is after it.
    BEGUN=$(inside date +%s)
    export BEGUN
    raise_limits
}
teardown_file() { restore_limits; }

directory=/var/lib/livekit-tokend/directory.sqlite
backup=/var/backups/livekit-tokend.sqlite

# The block of commands in the manual's section on backups that has the text $1; the machine's only user is root.
recipe() {
    awk -v text="$1" '
        /^## / { inside = /^## Back up and restore/ }
        inside && /^    / { block = block $0 "\n"; next }
        inside { if (index(block, text)) printf "%s", block; block = "" }' "$root/deploy/README.md" |
        sed 's/^    //; 1i sudo() { "$@"; }' | grep .
}

@test "back up, with the service running" {
    inside_shell "$(recipe .backup)"
    assert_equal "$(inside sqlite3 /var/backups/livekit-tokend.sqlite 'SELECT user_id FROM users; PRAGMA integrity_check')" \
        $'ada\nok'
    assert_equal "$(inside stat --format '%U %a' /var/backups/livekit-tokend.sqlite)" "root 600"
}

@test "restore, with the service running: what came after the backup is gone, and no request is lost" {
    inside livekit-tokend user add late
    start_load 1
    inside_shell "$(recipe .restore)"
    sleep 1
    end_load "restored under load"
    assert_equal "$(load_field .statuses)" "{\"200\":$(load_field .requests)}"
    assert_equal "$(inside livekit-tokend user list | cut --fields 1)" ada
    # The file is the service's still, with what SQLite keeps beside it.
    assert_equal "$(inside_shell 'stat --format %U "$1"*' "$directory" | sort --unique)" livekit-tokend
    gives_a_token
}

@test "restore of a backup that is not there changes nothing" {
    inside mv "$backup" /root/backup
    run ! inside_shell "$(recipe .restore)"
    run ! inside_shell "$(recipe 'install -o')"
    inside mv /root/backup "$backup"
    assert_equal "$(inside livekit-tokend user list | cut --fields 1)" ada
}

@test "a command alone, in a shell where its variables are not set, changes nothing" {
    inside_shell 'mkdir /root/elsewhere && touch /root/elsewhere/file'
    for text in .backup .restore 'install -o' 'DELETE FROM'; do
        commands=$(recipe "$text" | sed '/^d=/d')
        [[ $commands == *"$text"* ]]
        # As typed, and as a script.
        run inside bash -c 'cd /root/elsewhere && bash --norc --noprofile -i <<<"$1"' bash "$commands"
        [[ $output == *"d: parameter null or not set"* || $output == *"b: parameter null or not set"* ]]
        run ! inside sh -c "cd /root/elsewhere; $commands"
        assert_equal "$(inside ls -A /root/elsewhere)" file
    done
    inside rm -r /root/elsewhere
    assert_equal "$(inside livekit-tokend user list | cut --fields 1)" ada
    gives_a_token
}

@test "restore where the file is broken" {
    inside_shell 'rm "$1"*; echo "broken, and for long enough to be seen as no database" >"$1"' "$directory"
    assert_equal "$(ask "$(cat "$BOOTED/bearer")")" 503
    inside_shell "$(recipe 'install -o')"
    gives_a_token
    is_active
}

@test "all users sign in again" {
    inside_shell "$(recipe 'DELETE FROM')"
    assert_equal "$(ask "$(cat "$BOOTED/bearer")")" 403
    run -0 journal --unit "$service" --grep session_unknown
    inside_shell "$(recipe .restore)"
    gives_a_token
}

# The recipes, with "yesterday" turned into when this file began: the machine is young, and its journal is full.
@test "the audit: who got into a room, and why somebody was refused" {
    inside livekit-tokend user add eve
    inside livekit-tokend room add backstage
    eve=$(inside livekit-tokend session create eve)
    assert_equal "$(ask "$eve" backstage)" 403
    inside journalctl --sync
    run -0 inside_shell 'journalctl -u livekit-tokend -o cat --since "@$1" |
        jq -rR "fromjson? | select(.event == \"token.issued\" and .roomId == \"stage-1\") | [.time, .userId, .client, (.roles | join(\",\"))] | @tsv"' "$BEGUN"
    [[ ${lines[-1]} == 20*Z$'\t'ada$'\t'127.0.0.1$'\t'viewer ]]
    run -0 inside_shell 'journalctl -u livekit-tokend -o cat --since "@$1" |
        jq -rR "fromjson? | select(.event == \"token.refused\" and .userId == \"eve\") | [.time, .session, .roomId, .reason, .fault] | @tsv"' "$BEGUN"
    session=$(inside livekit-tokend session list eve --json | jq --raw-output '.[0].sha256Prefix')
    [[ ${lines[-1]} == 20*Z$'\t'$session$'\t'backstage$'\t'not_member* ]]
    run -0 inside_shell 'journalctl -u livekit-tokend -o cat --since "@$1" |
        jq -rR "fromjson? | select(.event == \"token.refused\") | .reason" | sort | uniq -c | sort -rn' "$BEGUN"
    [[ $output == *not_member* ]]
    run -0 inside_shell 'journalctl -u livekit-tokend -o cat --since "@$1" |
        jq -rR "fromjson? | select(.status == 503) | [.time, .reason, .fault] | @tsv"' "$BEGUN"
    [[ $output == *directory_unavailable* ]]
}

@test "no request fails while the key is rotated, and both keys have signed" {
    start_load 1
    inside_shell 'printf "APInew: %s\n" "$(openssl rand -base64 32)" >>"$1"
        sed -i "s/^livekit:/&\n  api_key: APInew/" "$2"
        livekit-tokend check && systemctl restart livekit-tokend' "$keys" "$configuration"
    sleep 1
    end_load "rotated under load"
    assert_equal "$(load_field .statuses)" "{\"200\":$(load_field .requests)}"
    gives_a_token
    assert_equal "$(inside_shell 'jq --raw-output .token /root/answer.json | livekit-tokend token decode - --json | jq --raw-output .iss')" APInew
    # The old one goes once its last token has expired.
    inside_shell 'sed -i "/^APIbooted:/d" "$1"; systemctl restart livekit-tokend; sed -i "s/APInew/APIbooted/" "$1" "$2"
        systemctl restart livekit-tokend' "$keys" "$configuration"
    gives_a_token
}

@test "the alert rules are where the manual says" {
    inside test -s /usr/share/doc/livekit-tokend/examples/prometheus-rules.yaml
}
