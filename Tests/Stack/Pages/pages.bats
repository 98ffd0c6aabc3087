#!/usr/bin/env bats
# The page to try it, as nginx serves it. What a browser makes of it is in test_pages.py.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/sites.bash
source "$BATS_TEST_DIRNAME/../sites.bash"

setup_file() {
    SITE=$STACK/try
    SITE_URL=https://127.0.0.1:$((STACK_PORT + 7))
    export SITE SITE_URL
    start_site "$SITE" "$((STACK_PORT + 7))" <<<''
    run_nginx "$SITE" "$((STACK_PORT + 7))"
}

teardown_file() {
    stop_site "$SITE"
}

# The same, of the site that includes it.
request_page() {
    request "$SITE_URL$1" --cacert "$SITE/nginx/tls/fullchain.pem" "${@:2}"
}

@test "it is not there unless a server includes it" {
    request "$URL/livekit/try/"
    assert_problem 404 not_found
    request_page /livekit/try/
    assert_equal "$status" 200
    assert_equal "$(header Content-Type)" "text/html; charset=utf-8"
}

@test "it has a Content-Security-Policy, and nothing from elsewhere" {
    request_page /livekit/try/
    [[ $(header Content-Security-Policy) == "default-src 'none'; "* ]]
    run -1 grep --extended-regexp '(src|href)="(https?:)?//' "$root/nginx/try/index.html"
}

@test "there is one address for it, one way to ask, and no other file" {
    request_page /livekit/try
    assert_equal "$(header Location)" /livekit/try/
    request_page /livekit/try/ --request POST
    assert_problem 405 method_not_allowed
    assert_equal "$(header Allow)" "GET, HEAD"
    request_page /livekit/try/nothing.html
    assert_problem 404 not_found
}
