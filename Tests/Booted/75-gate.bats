#!/usr/bin/env bats
# The gate, turned on as the manual says, before LiveKit's stand-in; and off again.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

site=/etc/nginx/sites-available/livekit-tokend
snippets=/etc/nginx/snippets

# The status of a GET of $1 with ada's token, through nginx, or at LiveKit's own address with a second argument; curl
# gives up on a WebSocket that is open.
get() {
    local place=${2:-https://$host}
    inside_shell 'printf "Authorization: Bearer %s\n" "$(jq --raw-output .token /root/answer.json)" |
        curl --silent --output /dev/null --write-out "%{http_code}\n" --header @- --http1.1 --max-time 10 \
            --cacert /etc/ssl/tokend/fullchain.pem --resolve "$1:443:127.0.0.1" --header "Connection: Upgrade" \
            --header "Upgrade: websocket" --header "Sec-WebSocket-Version: 13" \
            --header "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==" "$2" || [[ $? == 28 ]]' "$host" "$place$1"
}

# The lines of tokens for LiveKit's API.
admin_lines() { inside journalctl --identifier livekit-tokend --output cat --since -5min --grep admin_issued; }

@test "from a version without it: the site's files come, nginx is as it was, and check has no word of it" {
    before=$(inside nginx -T 2>/dev/null)
    inside rm "$snippets"/livekit-tokend-gate{,-bursts}.conf
    inside apt-get install --yes --reinstall /root/livekit-tokend.deb
    assert_equal "$(inside stat --format '%a %U:%G' "$snippets"/livekit-tokend-gate{,-bursts}.conf | xargs)" \
        '644 root:root 644 root:root'
    assert_equal "$(inside nginx -T 2>/dev/null)" "$before"
    run inside livekit-tokend check
    [[ $output != *' gate '* ]]
}

@test "on: a member joins, and once removed does not come back; check finds it well" {
    tar --create --directory "$root/Tests" Recorded/livekit/signal | inside tar --extract --directory /root
    inside_shell 'systemd-run --quiet --unit livekit --setenv PYTHONPATH=/root \
            python3 -m support.livekit_standin "$1" 7880
        livekit-tokend room add gated && livekit-tokend member add gated ada --role speaker' "$keys"
    # What the manual says, in this order.
    inside_shell 'cp -a "$1" "$2" /root
        sed -i "s|# \(include .*/gate\(-http\)\?\.conf;\)|\1|; s|buffers 4 16k|buffers 4 64k|" "$1"
        sed -i "s|wss://media.example.com|wss://$3|" "$2" && echo "gate: on" >>"$2"
        systemctl reload livekit-tokend && nginx -t -q && systemctl reload nginx' "$site" "$configuration" "$host"
    assert_equal "$(ask "$(cat "$BOOTED/bearer")" gated)" 200
    wait_until 60 inside curl --silent --output /dev/null http://127.0.0.1:7880/
    # Old workers may answer for a moment.
    wait_until 60 eval '[[ $(get /rtc/validate) == 200 ]]'
    assert_equal "$(get /rtc)" 101
    run -0 inside livekit-tokend check
    echo "$output"
    grep --quiet '^ok *gate .*asks before each join' <<<"$output"
    grep --quiet '^ok *livekit .*at no other address' <<<"$output"

    inside livekit-tokend member remove gated ada
    assert_equal "$(get /rtc) $(get /rtc/validate) $(get /rtc/validate http://127.0.0.1:7880)" '403 403 200'
    inside journalctl --sync
    assert_equal "$(inside_shell 'journalctl --unit livekit-tokend --output cat --since -5min |
        jq --raw-input --raw-output "fromjson? | select(.event | startswith(\"join.\")) | select(.endpoint == \"rtc\")
            | [.event, .userId, .roomId, .reason // \"\"] | join(\" \")"' | xargs)" \
        'join.admitted ada gated join.refused ada gated not_member'
}

@test "a token for LiveKit's API: of root alone, in the journal, and good for the removal" {
    run -64 inside setpriv --reuid=nobody --regid=nogroup --clear-groups livekit-tokend token admin gated
    [[ $output == *'only root and livekit-tokend, the user of the service, may make a token'* ]]
    assert_equal "$(inside_shell 'SUDO_USER=lin livekit-tokend token admin gated | sed "s/^/Authorization: Bearer /" |
        curl --silent --header @- --json "{\"room\": \"gated\", \"identity\": \"user-x\"}" \
            http://127.0.0.1:7880/twirp/livekit.RoomService/RemoveParticipant | jq --raw-output .code')" not_found
    # The journal has it by the name of the program, among the service's own lines, a moment later.
    wait_until 60 admin_lines
    assert_equal "$(admin_lines | jq --raw-input --raw-output 'fromjson? | select(.event == "token.admin_issued")
        | [.roomId, .apiKey, .sudoUser] | join(" ")')" 'gated APIbooted lin'
}

@test "off again: no location is left, and tokens are given as before" {
    inside_shell 'cp -a /root/livekit-tokend "$1" && cp -a /root/config.yaml "$2" && systemctl stop livekit
        systemctl reload livekit-tokend && nginx -t -q && systemctl restart nginx' "$site" "$configuration"
    gives_a_token
    assert_equal "$(get /rtc/validate)" 404
    inside livekit-tokend room remove gated --yes
}
