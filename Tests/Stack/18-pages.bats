#!/usr/bin/env bats
# Web pages in a real browser: the one to try it, and those of other origins. The scenarios are in pages.py.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/pages.bash
source "$BATS_TEST_DIRNAME/pages.bash"

setup_file() {
    SITE=$STACK/pages
    SITE_URL=https://127.0.0.1:$((STACK_PORT + 7))
    SHORT_URL=https://127.0.0.1:$((STACK_PORT + 8))
    APP_PORT=$((STACK_PORT + 9))
    SHOTS=$STACK/screenshots
    export SITE SITE_URL SHORT_URL APP_PORT SHOTS
    start_site "$SITE" "$((STACK_PORT + 7))" "http://localhost:$APP_PORT" <<<''
    start_site "$STACK/short" "$((STACK_PORT + 8))" <<<'token: {ttl: 10s, min_ttl: 10s}'
    local directory
    for directory in "$SITE" "$STACK/short"; do seed_pages "$directory"; done
    run_nginx "$SITE" "$((STACK_PORT + 7))"
    run_nginx "$STACK/short" "$((STACK_PORT + 8))"
    SHORT_ALICE=$(session_at "$STACK/short" alice)
    export SHORT_ALICE
}

teardown_file() {
    stop_site "$SITE"
    stop_site "$STACK/short"
}

# Each scenario has a session of its own, so that none uses up another's rate.
page() {
    ALICE=$(session_at "$SITE" alice) "$python" "$tests/pages.py" "$1" >"$STACK/page-$1.txt" 2>&1 || {
        tail -n 20 "$STACK/page-$1.txt"
        return 1
    }
    sed 's/^/#   /' "$STACK/page-$1.txt" >&3
}

@test "page: it is not there unless a server includes it" {
    request "$URL/livekit/try/"
    assert_problem 404 not_found
    request "$SITE_URL/livekit/try/" --cacert "$SITE/nginx/tls/fullchain.pem"
    assert_equal "$status" 200
    assert_equal "$(header Content-Type)" "text/html; charset=utf-8"
    [[ $(header Content-Security-Policy) == "default-src 'none'; "* ]]
    run ! grep --extended-regexp '(src|href)="(https?:)?//' "$root/nginx/try/index.html"
    request "$SITE_URL/livekit/try" --cacert "$SITE/nginx/tls/fullchain.pem"
    assert_equal "$(header Location)" /livekit/try/
    request "$SITE_URL/livekit/try/" --request POST --cacert "$SITE/nginx/tls/fullchain.pem"
    assert_problem 405 method_not_allowed
    assert_equal "$(header Allow)" "GET, HEAD"
    request "$SITE_URL/livekit/try/nothing.html" --cacert "$SITE/nginx/tls/fullchain.pem"
    assert_problem 404 not_found
}

@test "page: a token, and all that is said of it" { page success; }

@test "page: code to copy, in six languages" { page code_to_copy; }

@test "page: a token that expires" { page expiry; }

@test "page: a service that does not say where LiveKit is" { page without_server; }

@test "page: what the service refuses" { page refusals; }

@test "page: every code of openapi.yaml" { page every_code; }

@test "page: too many requests, and a service that is away" { page limits_and_faults; }

@test "page: no network" { page offline; }

@test "page: other origins" { page other_origins; }

@test "page: by keyboard alone" { page keyboard; }

@test "page: axe-core, in light and dark, at 1280 and 320 pixels" { page accessibility; }

@test "page: its Content-Security-Policy" { page policy; }
