#!/usr/bin/env bats
# livekit-tokend keyset fetch, with the real curl, from an nginx with a certificate of its own.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

setup_file() {
    port=$((STACK_PORT + 8))
    provider=https://127.0.0.1:$port
    place=$STACK/provider
    export port provider place
    mkdir -p "$place"/{tls,files,log}
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$place/tls/key.pem" -days 30 \
        -out "$place/tls/cert.pem" -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>/dev/null
    local name
    for name in one two; do
        openssl genpkey -algorithm ed25519 | openssl pkey -pubout | "$tokend" keyset from-pem - >"$place/files/$name"
    done
    cp "$place/files/one" "$place/files/keys"
    echo '<html><body>Sign in</body></html>' >"$place/files/page"
    # Larger than a set may be, with its length and, by SSI, without.
    { filler 70000 && cat "$place/files/one"; } | tee "$place/files/large" >"$place/files/chunked"
    cat >"$place/nginx.conf" <<CONFIGURATION
$( ((EUID != 0)) || echo "user root;")
pid $place/nginx.pid;
error_log $place/log/error.log;
events {}
http {
    access_log off;
    client_body_temp_path $place/tmp-body;
    fastcgi_temp_path $place/tmp-fastcgi;
    proxy_temp_path $place/tmp-proxy;
    scgi_temp_path $place/tmp-scgi;
    uwsgi_temp_path $place/tmp-uwsgi;
    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate tls/cert.pem;
        ssl_certificate_key tls/key.pem;
        root $place/files;
        location = /moved { return 302 $provider/keys; }
        location = /empty { return 204; }
        location = /broken { return 500; }
        location = /chunked { ssi on; ssi_types *; default_type text/html; }
        location = /slow { limit_rate 1; alias $place/files/one; }
    }
}
CONFIGURATION
    PATH=$PATH:/usr/sbin nginx -p "$place/" -c nginx.conf -e "$place/log/error.log" -g 'daemon off;' </dev/null 3>&- &
    echo $! >"$place/provider.pid"
    wait_until 60 curl --silent --output /dev/null --cacert "$place/tls/cert.pem" "$provider/keys"
}

teardown_file() { stop_process "$place/provider.pid"; }

setup() {
    # Each test has a folder for its sets, as an administrator makes it, and files that a service could have.
    deployment=$BATS_TEST_TMPDIR
    sets=$deployment/sets
    mkdir "$sets"
    printf '%s\n' 'directory: {url: none}' 'peers: []' 'memberships: {source: claims, claim: livekit_rooms}' \
        'sessions:' '  source: jwt' '  users: any' '  jwt:' \
        >"$deployment/config.yaml"
}

# Adds the issuer $1, whose set is at the URL $2 or the path $2 of the provider, and in the file $1.json.
add_issuer() {
    local url=$2
    if [[ $url == /* ]]; then url=$provider$url; fi
    cat >>"$deployment/config.yaml" <<CONFIGURATION
    - issuer: https://$1.example.com
      audience: livekit
      prefix: '$1:'
      key_set_file: $sets/$1.json
      key_set_url: $url
CONFIGURATION
}

# shellcheck disable=SC2120 # bats's run passes variables on
fetch() {
    env -i PATH="$PATH" CURL_CA_BUNDLE="$place/tls/cert.pem" "$@" \
        "$tokend" keyset fetch --config "$deployment/config.yaml"
}

@test "without a URL there is nothing to do, and nothing is said" {
    echo 'directory: {url: "sqlite:/no/such/directory.sqlite"}' >"$deployment/config.yaml"
    run -0 fetch
    assert_equal "$output" ""
}

# The same as a person sees it.
fetch_on_terminal() {
    script --quiet --return --command "'$tokend' keyset fetch --config '$deployment/config.yaml'" /dev/null </dev/null
}

@test "without a URL a person is told that there is nothing to fetch, and which setting would name one" {
    add_issuer a /keys
    sed -i '/key_set_url/d' "$deployment/config.yaml"
    run -0 fetch_on_terminal
    [[ $output == *"nothing to fetch: no issuer has a key_set_url in sessions.jwt"*"$sets/a.json is kept by hand"* ]]
    assert_equal "$(find "$sets" -mindepth 1)" ""
    echo 'directory: {url: "sqlite:/no/such/directory.sqlite"}' >"$deployment/config.yaml"
    run -0 fetch_on_terminal
    [[ $output == *"nothing to fetch: sessions.source is directory; with jwt, key_set_url of sessions.jwt"* ]]
}

@test "a set is fetched, said, readable for all, and confirmed by its time alone" {
    add_issuer a /keys
    run -0 fetch
    assert_equal "$output" "https://a.example.com: 1 key in $sets/a.json"
    cmp "$sets/a.json" "$place/files/keys"
    assert_equal "$(stat --format %a "$sets/a.json")" 644
    inode=$(stat --format %i "$sets/a.json")
    touch --date '2 days ago' "$sets/a.json"
    began=$(date +%s)
    run -0 fetch
    assert_equal "$output" ""
    assert_equal "$(stat --format %i "$sets/a.json")" "$inode"
    (($(stat --format %Y "$sets/a.json") >= began))
}

@test "each other answer fails with its reason and keeps the set; other issuers get theirs" {
    add_issuer a /keys
    run -0 fetch
    sed -i '/^    - issuer/,$d' "$deployment/config.yaml"
    while read -r path words; do
        sed -i '/^    - issuer/,$d' "$deployment/config.yaml"
        add_issuer a "$path"
        add_issuer b /two
        rm -f "$sets/b.json"
        touch --date '2 days ago' "$sets/a.json"
        before=$(stat --format '%i %Y' "$sets/a.json")
        run -69 fetch
        echo "$path: $output"
        [[ $output == *"livekit-tokend: https://a.example.com: "*"$words"*"; $sets/a.json stays as it was"* ]]
        assert_equal "$(stat --format '%i %Y' "$sets/a.json")" "$before"
        cmp "$sets/a.json" "$place/files/one"
        [[ $output == *"https://b.example.com: 1 key in $sets/b.json"* ]]
        cmp "$sets/b.json" "$place/files/two"
    done <<ANSWERS
/page $provider/page gives a set that is refused: is not JSON
/moved answers with a redirect to $provider/keys, which is not followed
/empty answers with status 204, not 200
/broken cannot be fetched: curl: (22) The requested URL returned error: 500
/none cannot be fetched: curl: (22) The requested URL returned error: 404
/large answers with more than 65536 bytes
/chunked answers with more than 65536 bytes
/slow cannot be fetched: curl: (28)
https://127.0.0.1:$((port - 1)) cannot be fetched: curl: (7)
ANSWERS
}

@test "a certificate that the machine does not trust, and what to do; no file of curl's makes it trusted" {
    add_issuer a /keys
    printf 'insecure\nproxy = "http://127.0.0.1:1"\n' >"$deployment/.curlrc"
    run -69 fetch HOME="$deployment" CURL_HOME="$deployment" CURL_CA_BUNDLE=
    [[ $output == *"curl: (60) "*"update-ca-certificates"*"there is no $sets/a.json yet"* ]]
    assert_equal "$(wc --lines <<<"$output")" 1
    run -0 fetch HOME="$deployment"
}

@test "of the environment curl gets proxies and certificates alone" {
    add_issuer a /keys
    run -0 fetch SSLKEYLOGFILE="$deployment/keys.log" LD_PRELOAD=/no/such.so LIVEKIT_API_SECRET=secret
    [[ ! -e $deployment/keys.log ]]
    run -69 fetch https_proxy=http://127.0.0.1:1
    [[ $output == *"curl: ("* ]]
    run -0 fetch https_proxy=http://127.0.0.1:1 no_proxy=127.0.0.1
}

@test "brackets and braces of a URL stand for themselves" {
    cp "$place/files/one" "$place/files/{a,b}[1-3]"
    add_issuer a '/{a,b}[1-3]'
    sed -i "s|key_set_url: \(.*\)|key_set_url: '\1'|" "$deployment/config.yaml"
    run -0 fetch
    cmp "$sets/a.json" "$place/files/one"
}

@test "many at once leave one whole set, and nothing beside it" {
    add_issuer a /keys
    for _ in {1..10}; do fetch "PATH=$PATH" >>"$deployment/said" 2>&1 3>&- & done
    wait
    assert_equal "$(sort --unique "$deployment/said")" "https://a.example.com: 1 key in $sets/a.json"
    assert_equal "$(wc --lines <"$deployment/said")" 1
    assert_equal "$(find "$sets" -mindepth 1 -printf '%f\n' | sort | xargs)" ".fetch.lock a.json"
}

@test "root fetches as the owner of the folder, and never through a link of theirs" {
    if ((EUID != 0)); then skip "only root can become somebody else"; fi
    chmod 755 "$deployment" "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/* 2>/dev/null
    add_issuer a /keys
    # Who is neither may write nothing there, and hears who may.
    run -69 fetch setpriv --reuid nobody --regid nogroup --clear-groups
    [[ $output == *"Permission denied; run this as the owner of $sets"* ]]
    chown nobody "$sets"
    run -0 fetch
    assert_equal "$(stat --format %U "$sets/a.json" "$sets/.fetch.lock" | xargs)" "nobody nobody"
    # What they leave there leads nowhere.
    echo mine >"$deployment/mine"
    rm "$sets/.fetch.lock" "$sets/a.json"
    ln -s "$deployment/mine" "$sets/.a.json.new"
    ln -s "$deployment/mine" "$sets/a.json"
    run -0 fetch
    assert_equal "$(cat "$deployment/mine")" mine
    cmp "$sets/a.json" "$place/files/keys"
    ln -s "$deployment/made" "$sets/lock" && mv "$sets/lock" "$sets/.fetch.lock"
    run -69 fetch
    [[ ! -e $deployment/made ]]
}

@test "a folder that is missing is named" {
    add_issuer a /keys
    rmdir "$sets"
    run -69 fetch
    [[ $output == *"make the folder $sets"* ]]
}
