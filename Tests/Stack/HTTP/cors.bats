#!/usr/bin/env bats
# Web pages of other origins: which may read an answer, and what each answer tells their browser.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/sites.bash
source "$BATS_TEST_DIRNAME/../sites.bash"

app=https://app.example.com
foreign=https://evil.example.com

setup_file() {
    SITE=$STACK/cors
    PORT=$((STACK_PORT + 5))
    SITE_URL=https://127.0.0.1:$PORT
    export SITE PORT SITE_URL
    start_site "$SITE" "$PORT" "$app" http://localhost:3000 capacitor://localhost tauri://localhost <<<''
    seed "$SITE"
    run_nginx "$SITE" "$PORT"
    ALICE=$(session_at "$SITE" alice)
    export ALICE
}

teardown_file() {
    stop_site "$SITE"
}

# Sends as a page of the origin $1 does; the other arguments go to curl.
as_page_of() {
    local origin=$1
    shift
    # The origin comes first: of a request that nginx refuses half-read it knows what it has read.
    request --header "Origin: $origin" "$@" --cacert "$SITE/nginx/tls/fullchain.pem"
}

assert_readable_by() {
    assert_equal "$(header Access-Control-Allow-Origin)" "$1"
    assert_equal "$(header Access-Control-Expose-Headers)" "X-Request-Id, Retry-After"
    assert_equal "$(header Vary)" Origin
    [[ $(header X-Request-Id) =~ ^[0-9a-f]{32}$ ]]
}

assert_not_readable() {
    run -1 grep --ignore-case '^access-control' <<<"$headers"
    assert_equal "$(header Vary)" Origin
}

@test "a token is readable by a page of an allowed origin, and by no other" {
    for origin in "$app" http://localhost:3000 capacitor://localhost tauri://localhost; do
        as_page_of "$origin" "$SITE_URL/livekit/token" --json '{"roomId": "stage-1"}' --header "Authorization: Bearer $ALICE"
        assert_equal "$status" 200
        assert_readable_by "$origin"
        as_page_of "$origin" "$SITE_URL/livekit/token-source" --json '{"room_name": "stage-1"}' --header "Authorization: Bearer $ALICE"
        assert_equal "$status" 201
        assert_readable_by "$origin"
    done
    for origin in "$foreign" null '*' "$app.evil.example" "$app/" "$app:8443" http://app.example.com https://app.example.co \
        "$app,$app" "$app $foreign" https://sub.app.example.com; do
        as_page_of "$origin" "$SITE_URL/livekit/token" --json '{"roomId": "lobby"}'
        assert_problem 403 session_missing
        assert_not_readable
    done
}

@test "who is no page gets what it always got" {
    request "$SITE_URL/livekit/token" --json '{"roomId": "stage-1"}' --header "Authorization: Bearer $(session_at "$SITE" alice)" \
        --cacert "$SITE/nginx/tls/fullchain.pem"
    assert_equal "$status" 200
    assert_not_readable
}

@test "as it ships, no origin is allowed" {
    request "$URL/livekit/token" --json '{}' --header "Origin: $app"
    assert_problem 403 session_missing
    assert_not_readable
    request "$URL/livekit/token" --request OPTIONS --header "Origin: $app" --header 'Access-Control-Request-Method: POST'
    assert_problem 405 method_not_allowed
    assert_not_readable
}

@test "a preflight of an allowed origin is answered by nginx, and not counted" {
    for path in /livekit/token /livekit/token-source; do
        as_page_of "$app" "$SITE_URL$path" --request OPTIONS --header 'Access-Control-Request-Method: POST' \
            --header 'Access-Control-Request-Headers: authorization,content-type'
        assert_equal "$status" 204
        run -1 grep --ignore-case '^content-type' <<<"$headers"
        assert_readable_by "$app"
        assert_equal "$(header Access-Control-Allow-Methods)" "GET, HEAD, POST, PUT, PATCH, DELETE"
        assert_equal "$(header Access-Control-Allow-Headers)" \
            "Authorization, Content-Type, baggage, sentry-trace, traceparent, tracestate"
        assert_equal "$(header Access-Control-Max-Age)" 7200
        assert_equal "$(header Strict-Transport-Security)" max-age=63072000
        run -1 grep --ignore-case '^access-control-allow-credentials' <<<"$headers"
    done
    local number all=() from
    from=$(next_address)
    # More than an address may send at once.
    for ((number = 0; number < 600; number++)); do
        all+=(--next --silent --output /dev/null --write-out '%{http_code}\n' --interface "$from" --request OPTIONS
            --cacert "$SITE/nginx/tls/fullchain.pem" --header "Origin: $app"
            --header 'Access-Control-Request-Method: POST' "$SITE_URL/livekit/token")
    done
    assert_equal "$(curl "${all[@]:1}" | sort | uniq --count | xargs)" '600 204'
}

@test "a preflight of a foreign origin, and an OPTIONS that is no preflight, is a method that is not allowed" {
    local path unlisted='The origin of this page is not listed in livekit-tokend-origins.conf; the operator can list it.'
    for path in token token-source token?x=1; do
        as_page_of "$foreign" "$SITE_URL/livekit/$path" --request OPTIONS --header 'Access-Control-Request-Method: POST'
        assert_problem 405 method_not_allowed
        assert_equal "$(header Allow)" POST
        assert_equal "$(jq --raw-output .detail <<<"$body")" "$unlisted"
        assert_not_readable
    done
    # Without an origin, or without the method to come, it is no preflight of any page.
    request "$SITE_URL/livekit/token" --request OPTIONS --header 'Access-Control-Request-Method: POST' \
        --cacert "$SITE/nginx/tls/fullchain.pem"
    assert_problem 405 method_not_allowed
    assert_equal "$(jq --raw-output .detail <<<"$body")" 'The method must be POST.'
    as_page_of "$foreign" "$SITE_URL/livekit/token" --request OPTIONS
    assert_problem 405 method_not_allowed
    assert_equal "$(jq --raw-output .detail <<<"$body")" 'The method must be POST.'
    assert_not_readable
    as_page_of "$app" "$SITE_URL/livekit/token" --request OPTIONS
    assert_problem 405 method_not_allowed
    assert_equal "$(header Allow)" POST
    assert_readable_by "$app"
    as_page_of "$foreign" "$SITE_URL/livekit/tokens" --request OPTIONS --header 'Access-Control-Request-Method: POST'
    assert_problem 404 not_found
    assert_not_readable
}

@test "a preflight is answered whatever is wrong with the request that it announces" {
    for path in tokens token/ token-source/ '' token?x=1 token-source?room=stage-1 health metrics openapi.yaml try try/ try/x; do
        as_page_of "$app" "$SITE_URL/livekit/$path" --request OPTIONS --header 'Access-Control-Request-Method: PUT'
        assert_equal "$path $status" "$path 204"
        assert_readable_by "$app"
        [[ $(header Access-Control-Allow-Methods) == *PUT* ]]
    done
}

@test "an origin may be long, and a site may allow more request headers" {
    long=https://$(filler 60 x).$(filler 60 y).$(filler 60 z).example.com
    other=$STACK/cors-more
    start_site "$other" "$((PORT + 1))" "\"~^\\\\Q$long\\\\E\$\"" <<<''
    # shellcheck disable=SC2016  # It is nginx's variable.
    sed -i 's/^    server_name .*/&\n    set $livekit_more_headers "X-Sandbox-Id, X-Requested-With";/' \
        "$other/nginx/sites-enabled/livekit-tokend"
    run_nginx "$other" "$((PORT + 1))"
    from_page_of() {
        request --header "Origin: $1" --cacert "$other/nginx/tls/fullchain.pem" --request OPTIONS \
            --header 'Access-Control-Request-Method: POST' --header 'Access-Control-Request-Headers: x-sandbox-id' \
            "https://127.0.0.1:$((PORT + 1))/livekit/token"
    }
    from_page_of "$long"
    assert_equal "$status" 204
    assert_readable_by "$long"
    assert_equal "$(header Access-Control-Allow-Headers)" \
        "Authorization, Content-Type, baggage, sentry-trace, traceparent, tracestate, X-Sandbox-Id, X-Requested-With"
    for origin in "${long//./x}" "$long.evil.example" "x$long"; do
        from_page_of "$origin"
        assert_problem 405 method_not_allowed
        assert_not_readable
    done
    stop_site "$other"
}

@test "every refusal is readable by an allowed origin, nginx's own too" {
    refused() {
        assert_problem "$1" "$2"
        assert_readable_by "$app"
    }
    as_page_of "$app" "$SITE_URL/livekit/token" --json '{}' && refused 403 session_missing
    as_page_of "$app" "$SITE_URL/livekit/token?a=b" --json '{}' && refused 400 malformed_request
    as_page_of "$app" "$SITE_URL/livekit/nothing" && refused 404 not_found
    as_page_of "$app" "$SITE_URL/nothing" && refused 404 not_found
    as_page_of "$app" "$SITE_URL/livekit/token" && refused 405 method_not_allowed
    as_page_of "$app" "$SITE_URL/livekit/token" --request TRACE && refused 405 method_not_allowed
    as_page_of "$app" "$SITE_URL/livekit/token" --json "$(filler 20000)" && refused 413 body_too_large
    as_page_of "$app" "$SITE_URL/livekit/token-source" --data x && refused 415 unsupported_media_type
    as_page_of "$app" "$SITE_URL/livekit/token" --header "X-Long: $(filler 17000 x)" && refused 400 malformed_request
    as_page_of "$app" "$SITE_URL/livekit/openapi.yaml" --json '{}' && refused 405 method_not_allowed
    assert_equal "$(header Allow)" "GET, HEAD"

    bearer=$(session_at "$SITE" alice)
    # 21 at once are let through, and two a second after that.
    for _ in {1..60}; do
        as_page_of "$app" "$SITE_URL/livekit/token" --json '{"roomId": "stage-1"}' --header "Authorization: Bearer $bearer"
        if [[ $status == 429 ]]; then break; fi
    done
    refused 429 rate_limited
    assert_equal "$(header Retry-After)" 1

    stop_process "$SITE/responder.pid"
    as_page_of "$app" "$SITE_URL/livekit/token" --json '{}' && refused 502 bad_gateway
    assert_equal "$(header Retry-After)" 1
    start_responder "$SITE"
}

@test "health and the description are readable too" {
    as_page_of "$app" "$SITE_URL/livekit/health"
    assert_equal "$status" 200
    assert_readable_by "$app"
    as_page_of "$app" "$SITE_URL/livekit/openapi.yaml"
    assert_equal "$status" 200
    assert_equal "$(header Content-Type)" application/yaml
    assert_readable_by "$app"
}
