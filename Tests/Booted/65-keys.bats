#!/usr/bin/env bats
# Key sets: fetched by a process that has no key of LiveKit's, for one that has no network. The provider is an nginx on
# the same machine, with a private CA; who signs is openssl.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

fetch=livekit-tokend-keys.service
timer=livekit-tokend-keys.timer
path=livekit-tokend-keys.path
set=/var/lib/livekit-tokend-keys/main.json
wish=/run/livekit-tokend/key-sets-wanted
issuer=https://id.example.com

setup_file() {
    inside_shell 'cp --archive "$1" /root/configuration
        mkdir -p /root/signers /srv/provider /etc/ssl/provider
        echo "127.0.0.2 id.example.com" >>/etc/hosts
        cd /etc/ssl/provider
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout privkey.pem -out cert.pem -days 30 \
            -subj "/CN=id.example.com" -addext "subjectAltName=DNS:id.example.com" 2>/dev/null
        printf "%s\n" "server {" "listen 127.0.0.2:443 ssl;" "server_name id.example.com;" \
            "ssl_certificate /etc/ssl/provider/cert.pem;" "ssl_certificate_key /etc/ssl/provider/privkey.pem;" \
            "root /srv/provider;" "}" >/root/provider.conf
        cd /root/signers
        openssl genpkey -algorithm ed25519 -out old.pem
        openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out new.pem 2>/dev/null
        openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out stranger.pem 2>/dev/null
        for name in old new stranger; do
            openssl pkey -in "$name.pem" -pubout | livekit-tokend keyset from-pem - >"$name.json"
            jq --raw-output ".keys[0].kid" "$name.json" >"$name.kid"
        done' "$configuration"
    raise_limits
    provider_is up
}

teardown_file() {
    inside_shell 'systemctl disable --now --quiet "$2"
        cp --archive /root/configuration "$1"
        rm -rf /etc/nginx/conf.d/provider.conf /usr/local/share/ca-certificates/provider.crt /srv/provider /root/signers
        rm -rf /var/lib/livekit-tokend-keys/main.json /etc/systemd/system/livekit-tokend-keys.timer.d
        update-ca-certificates --fresh >/dev/null 2>&1
        sed "/id.example.com/d" /etc/hosts >/root/hosts && cat /root/hosts >/etc/hosts
        systemctl daemon-reload && systemctl restart livekit-tokend.service' "$configuration" "$timer"
    restore_limits
}

provider_is() {
    if [[ $1 == up ]]; then
        inside cp /root/provider.conf /etc/nginx/conf.d/provider.conf
    else
        inside rm --force /etc/nginx/conf.d/provider.conf
    fi
    inside systemctl restart nginx
}

# Lets the provider publish the keys of the names in the arguments.
publish() {
    inside_shell 'cd /root/signers && jq --slurp "{keys: map(.keys[])}" "${@/%/.json}" >/srv/provider/keys' "$@"
}

# Signs a JWT of ada's with the key $1, as an app with openssl does it.
jwt() {
    inside_shell '
        base64url() { base64 --wrap 0 | tr -d = | tr "/+" "_-"; }
        algorithm=RS256
        if [[ $1 == old ]]; then algorithm=EdDSA; fi
        cd /root/signers
        {
            printf "{\"alg\": \"%s\", \"kid\": \"%s\"}" "$algorithm" "$(cat "$1.kid")" | base64url
            printf .
            printf "{\"iss\": \"%s\", \"aud\": \"livekit\", \"sub\": \"ada\", \"exp\": %s}" "$2" "$(($(date +%s) + 600))" | base64url
        } >input
        cat input
        printf .
        if [[ $1 == old ]]; then
            openssl pkeyutl -sign -rawin -inkey old.pem -in input | base64url
        else
            openssl dgst -sha256 -sign "$1.pem" input | base64url
        fi' "$1" "$issuer"
}

# Asks for a token with the JWT $1: prints the status, and the code and the seconds to wait of a refusal.
ask_with() {
    ask "$1"
    inside jq --raw-output '[.code, .retryAfter | values] | join(" ")' /root/answer.json
}

answers() { [[ $(ask_with "$1" | xargs) == "$2" ]]; }

# What the journal has of the fetches, from the time $1 on.
now() { inside date +@%s.%6N; }
fetch_said() { journal --unit "$fetch" --since "$1" --quiet; }

@test "installed, none of the units is enabled, and a fetch without a URL is silent" {
    assert_equal "$(inside systemctl is-enabled "$timer" "$path" "$fetch" | xargs)" "disabled static static"
    began=$(now)
    inside systemctl start "$fetch"
    assert_equal "$(fetch_said "$began")" ""
    assert_equal "$(inside stat --format '%a %U:%G' "${set%/*}")" "755 livekit-tokend-keys:livekit-tokend-keys"
    assert_equal "$(inside find "${set%/*}" -mindepth 1)" ""
}

@test "systemd-analyze finds nothing in the units, and an exposure of at most 1.1" {
    run -0 --separate-stderr inside systemd-analyze verify --man=no "/lib/systemd/system/$fetch" "/lib/systemd/system/$timer" "/lib/systemd/system/$path"
    # shellcheck disable=SC2154 # bats sets it
    assert_equal "$stderr" ""
    run -0 inside systemd-analyze security --offline=yes --threshold=11 --no-pager "/lib/systemd/system/$fetch"
    figure "exposure of the fetch: ${lines[-1]}"
}

@test "before its first fetch the service serves, and says 503 to a JWT" {
    publish old
    inside_shell 'cat >>"$1" <<-CONFIGURATION
		sessions:
		  source: jwt
		  jwt:
		    issuer: $2
		    audience: livekit
		    key_set_file: $3
		    key_set_url: $2/keys
		CONFIGURATION
        systemctl restart livekit-tokend' "$configuration" "$issuer" "$set"
    wait_until 60 is_active
    assert_equal "$(ask_with "$(jwt old)" | xargs)" "503 unavailable 5"
}

@test "a provider with a private CA: the fetch fails, says why, and goes once the machine has the CA" {
    began=$(now)
    run ! inside systemctl start "$fetch"
    fetch_said "$began"
    [[ $(fetch_said "$began") == *"$issuer: $issuer/keys cannot be fetched: curl: (60) "*update-ca-certificates*"there is no $set yet"* ]]
    inside_shell 'cp /etc/ssl/provider/cert.pem /usr/local/share/ca-certificates/provider.crt
        update-ca-certificates >/dev/null 2>&1'
    inside systemctl start "$fetch"
    inside cmp "$set" /srv/provider/keys
    [[ $(fetch_said "$began") == *"$issuer: 1 key in $set"* ]]
    assert_equal "$(inside stat --format '%a %U' "$set")" "644 livekit-tokend-keys"
    assert_equal "$(ask_with "$(jwt old)" | xargs)" 200
}

# What check says of the fetches, after its level.
key_sets() { inside livekit-tokend check | sed --quiet 's/^\([a-z]*\)  *key sets  */\1 /p'; }

@test "check says of a timer that is enabled and not started how to start it, however fresh the set is" {
    inside systemctl enable --quiet "$timer"
    assert_equal "$(key_sets)" "warning $timer is enabled and not started, so that nothing fetches them before the next boot; run: systemctl start $timer"
    # The files of the package pass a parameter for JWTs in each deployment, which is no login that is not read.
    run inside livekit-tokend check
    [[ $output == *"key sets"* && $output != *" logins "* ]]
    inside systemctl disable --quiet "$timer"
}

@test "enabled by one command, the timer fetches at once, and the path unit waits" {
    # As a timer does that is started when the machine has been up for a while.
    inside_shell 'mkdir -p "/etc/systemd/system/$1.d" && printf "[Timer]\nOnActiveSec=0\nRandomizedDelaySec=0\n" >"/etc/systemd/system/$1.d/now.conf"
        systemctl daemon-reload && touch --date "@1" "$2" && systemctl enable --now --quiet "$1"' "$timer" "$set"
    is_confirmed() { (($(inside stat --format %Y "$set") > 1)); }
    wait_until 60 is_confirmed
    assert_equal "$(inside systemctl is-active "$timer" "$path" | xargs)" "active active"
    # The next comes by itself, once the unit of this one has ended.
    has_next() { [[ $(property NextElapseUSecMonotonic "$timer") != infinity ]]; }
    wait_until 60 has_next
    assert_equal "$(key_sets)" "ok $timer fetches them every 5m 0s"
}

@test "check says so where the last fetch failed" {
    inside_shell 'echo "<html>Sign in</html>" >/srv/provider/keys'
    run ! inside systemctl start "$fetch"
    assert_equal "$(key_sets)" "warning $timer fetches them, and the last fetch failed; journalctl -u livekit-tokend-keys says why"
    publish old
    inside systemctl start "$fetch"
    assert_equal "$(key_sets)" "ok $timer fetches them every 5m 0s"
}

@test "rotation: a JWT by a key that is new gets 503, and a token within seconds" {
    publish old new
    started=$(milliseconds)
    token=$(jwt new)
    assert_equal "$(ask_with "$token" | xargs)" "503 unavailable 5"
    wait_until 60 answers "$token" 200
    figure "rotation: $(($(milliseconds) - started)) ms from the first JWT by a new key to its token"
    # Who signed with the other key is in still; once the key is gone, no more.
    assert_equal "$(ask_with "$(jwt old)" | xargs)" 200
    publish new
    inside systemctl start "$fetch"
    assert_equal "$(ask_with "$token" | xargs)" 200
    is_refused() { answers "$token" "403 session_invalid" || { inside systemctl start "$fetch" && false; }; }
    # Its kid is unknown now, as a forged one is: 503 until a fetch has begun after it was seen.
    token=$(jwt old)
    wait_until 60 is_refused
    token=$(jwt stranger)
    wait_until 60 is_refused
}

@test "started eight times in a row, the timer and the path unit go on" {
    for _ in {1..8}; do inside systemctl restart "$timer"; done
    assert_equal "$(inside systemctl is-active "$timer" "$path" | xargs)" "active active"
}

@test "many wishes at once, and the path unit goes on" {
    inside_shell 'for _ in {1..50}; do setpriv --reuid livekit-tokend --clear-groups touch "$1"; done' "$wish"
    is_granted() { inside test ! -e "$wish"; }
    wait_until 60 is_granted
    # Whatever the service has put there.
    inside setpriv --reuid livekit-tokend --clear-groups mkdir -p "$wish/folder"
    wait_until 60 is_granted
    assert_equal "$(property ActiveState "$path")" active
}

@test "a provider that is down, or answers something else, leaves the set, for a day without a word, then degraded" {
    health() { inside curl --silent --cacert /etc/ssl/tokend/fullchain.pem --resolve "$host:443:127.0.0.1" "https://$host/livekit/health"; }
    inside systemctl stop "$timer"
    assert_equal "$(property ActiveState "$path")" inactive
    token=$(jwt new)
    provider_is down
    run ! inside systemctl start "$fetch"
    provider_is up
    inside_shell 'echo "<html>Sign in</html>" >/srv/provider/keys'
    began=$(now)
    run ! inside systemctl start "$fetch"
    [[ $(fetch_said "$began") == *"$issuer/keys gives a set that is refused: is not JSON"*"$set stays as it was"* ]]
    assert_equal "$(ask_with "$token" | xargs)" 200
    assert_equal "$(health | jq --raw-output .status)" ok
    inside touch --date '25 hours ago' "$set"
    assert_equal "$(ask_with "$token" | xargs)" 200
    assert_equal "$(health | jq --raw-output .status)" degraded
    inside touch --date '8 days ago' "$set"
    assert_equal "$(ask_with "$token" | xargs)" "503 unavailable 5"
    publish new
    inside systemctl start "$fetch"
    assert_equal "$(ask_with "$token" | xargs)" 200
    assert_equal "$(health | jq --raw-output .status)" ok
}

# Runs the prober in the place of the unit $1, whose journal has what it says.
probe() {
    inside_shell 'cp /root/probe.py /usr/local/bin/probe.py
        mkdir -p "/run/systemd/system/$1.d"
        printf "[Service]\nLogLevelMax=\nExecStart=\nExecStart=/usr/bin/python3 /usr/local/bin/probe.py 1 keys\n" >"/run/systemd/system/$1.d/probe.conf"
        systemctl daemon-reload' "$1"
    began=$(now)
    inside systemctl start "$1"
    fetch_said "$began" >"$BOOTED/probe"
    inside_shell 'rm -r "/run/systemd/system/$1.d" /usr/local/bin/probe.py && systemctl daemon-reload' "$1"
}

@test "the fetch can read neither key nor directory, can write its sets alone, and has a network" {
    probe "$fetch"
    cat "$BOOTED/probe"
    run -1 grep ALLOWED "$BOOTED/probe"
    assert_equal "$(grep --count '^refused ' "$BOOTED/probe")" "$(grep --count --extended-regexp '^(attempt|core|fetch_only)\(' "$tests/probe.py")"
    grep --quiet --extended-regexp '^done as user [1-9][0-9]*' "$BOOTED/probe"
    # Also by its user alone, outside of the unit.
    for secret in "$keys" /var/lib/livekit-tokend/directory.sqlite; do
        run ! inside setpriv --reuid livekit-tokend-keys --regid livekit-tokend-keys --clear-groups cat "$secret"
    done
    run ! inside setpriv --reuid livekit-tokend --regid livekit-tokend --clear-groups touch "$set"
}
