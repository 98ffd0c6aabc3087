#!/usr/bin/env bats
# From an installed package to the first token, and from power-on to the next.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

no_key="$keys: the key file is empty or missing; write LiveKit's own key into it, as a line \`APIkey: secret\`, with mode 0600"

@test "apt installs it, and says what is missing" {
    before=$(inside nginx -T 2>&1)
    run -0 inside apt-get install --yes /root/livekit-tokend.deb
    [[ $output == *"$no_key"* ]]
    # Nothing of nginx's is touched unasked.
    assert_equal "$(inside nginx -T 2>&1)" "$before"
    assert_equal "$(inside dpkg --verify livekit-tokend)" ""
    # What is the site's own is no file of dpkg's, which would ask about it.
    assert_equal "$(inside dpkg-query --show --showformat '${Conffiles}' livekit-tokend)" ""
    assert_equal "$(inside stat --format '%a %U:%G' "$configuration" "$keys" \
        /etc/nginx/sites-available/livekit-tokend /etc/nginx/snippets/livekit-tokend-{origins,limits,bursts}.conf | xargs)" \
        '644 root:root 600 root:root 644 root:root 644 root:root 644 root:root 644 root:root'
}

@test "systemd-analyze finds nothing in the installed units, and an exposure of at most 0.5" {
    run -0 --separate-stderr inside systemd-analyze verify --man=no \
        /lib/systemd/system/livekit-tokend.service /lib/systemd/system/livekit-tokend.socket
    # shellcheck disable=SC2154 # bats sets it
    assert_equal "$stderr" ""
    run -0 inside systemd-analyze security --offline=yes --threshold=5 --no-pager /lib/systemd/system/livekit-tokend.service
    figure "exposure: ${lines[-1]}"
}

@test "without a key the unit's status, check and the manual have the same words" {
    wait_until 60 has_status "$no_key"
    run -78 inside livekit-tokend check
    [[ $output == *"$no_key"* ]]
    # And without the file, where systemd itself would only say that it has no credential.
    inside mv "$keys" /root/keys
    wait_until 60 has_restarted "$(property NRestarts)"
    wait_until 60 has_status "$no_key"
    inside mv /root/keys "$keys"
    assert_equal "$(property ActiveState "$socket")" active
    grep --quiet --fixed-strings "the key file is empty or missing" "$root/deploy/README.md"
}

@test "five commands to the first token, behind one's own nginx with one's own certificate" {
    # The certificate that a site has already.
    inside_shell 'mkdir /etc/ssl/tokend && cd /etc/ssl/tokend
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout privkey.pem -out fullchain.pem \
            -days 30 -subj "/CN=$1" -addext "subjectAltName=DNS:$1" 2>/dev/null' "$host"
    started=$(milliseconds)

    # 1. sudoedit, of three files: the key, the URL, the certificate.
    fill_in
    # 2. and 3. Enable the site.
    enable_site
    # 4. Let somebody in.
    let_somebody_in
    # 5. Ask. No restart is among these: what was missing is there now, and the service has seen it, or will soon.
    assert_equal "$(ask "$(cat "$BOOTED/bearer")" stage-1 --retry 5 --retry-all-errors)" 200
    figure "first run: $(($(milliseconds) - started)) ms from the first of five commands to the first token"

    inside_shell 'jq --raw-output .token /root/answer.json | livekit-tokend token decode - --json' | jq --exit-status \
        '.video.room == "stage-1" and .iss == "APIbooted"'
    assert_equal "$(inside stat --format '%U %a' /var/lib/livekit-tokend/directory.sqlite "$keys" | xargs)" \
        "livekit-tokend 600 root 600"
    is_active
    run -0 inside livekit-tokend check
}

@test "after a power cut it starts at boot, before anybody connects, and the next token is there" {
    started=$(milliseconds)
    "$tests/booted-debian" power-cycle "$MACHINE" 3>&-
    wait_until 60 is_active
    wait_until 60 gives_a_token
    figure "boot: $(($(milliseconds) - started)) ms from power-on to the first token through nginx"
}

@test "a socket that is started eight times in a row listens" {
    inside_shell 'systemctl stop "$1" "$2"; for _ in {1..8}; do systemctl start "$2"; systemctl stop "$2"; done
        systemctl start "$2"' "$service" "$socket"
    gives_a_token
}

@test "stopped, it starts with the first connection" {
    inside systemctl stop "$service"
    assert_equal "$(property ActiveState)" inactive
    gives_a_token
    # The token may be there before the service has said that it is.
    wait_until 60 is_active
}

@test "from systemctl start to the first token" {
    inside systemctl stop "$socket" "$service"
    run ! gives_a_token
    figure "start: $(inside_shell 'started=$(date +%s%N)
        systemctl start livekit-tokend
        curl --silent --fail --output /dev/null --cacert /etc/ssl/tokend/fullchain.pem --resolve "$1:443:127.0.0.1" \
            --header "Authorization: Bearer $2" --json "{\"roomId\": \"stage-1\"}" "https://$1/livekit/token"
        echo $((($(date +%s%N) - started) / 1000000))' "$host" "$(cat "$BOOTED/bearer")") ms from systemctl start to the first token"
    figure "memory, idle: $(inside grep VmRSS "/proc/$(property MainPID)/status" | xargs)"
}
