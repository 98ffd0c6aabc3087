#!/usr/bin/env bats
# What a client meets, as curl shows it: the essential answers, and those that nginx makes itself.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

setup_file() {
    ALICE=$(new_session alice)
    BOB=$(new_session bob)
    CAROL=$(new_session carol)
    export ALICE BOB CAROL
}

# The part $1 of the token in the last answer: 1 its header, 2 its claims.
token_part() {
    jq --raw-output .token <<<"$body" | cut -d . -f "$1" | tr '_-' '/+' | base64 --decode 2>/dev/null || true
}

# $1 requests at once, by one curl from one address; from an address each if $each is set. The other arguments go to
# curl. How many came to which status is in $statuses, how long it took in $milliseconds; the last answer is as usual,
# and all of them are in $answers.
burst() {
    local count=$1 all=() started number
    asked=$count
    shift
    from=$(next_address)
    for ((number = 0; number < count; number++)); do
        if [[ ${each:-} ]]; then from=$(next_address); fi
        all+=(--next --silent --include --interface "$from" --cacert "$STACK/main/nginx/tls/fullchain.pem" "$@")
    done
    started=$(date +%s%3N)
    answers=$(curl "${all[@]:1}")
    milliseconds=$(($(date +%s%3N) - started))
    statuses=$(grep --only-matching 'HTTP/1.1 [0-9]*' <<<"$answers" | cut -d ' ' -f 2 | sort | uniq --count | xargs)
    take_answer "HTTP/1.1 ${answers##*HTTP/1.1 }"
}

# The number after $2= of the zone $1 in nginx's files as they ship.
shipped() {
    grep --recursive --only-matching --no-filename --extended-regexp "zone=$1(:10m)? $2=[0-9]+" "$root/nginx/site" |
        grep --only-matching '[0-9]*$'
}

# Fails unless, of the requests of the last burst, those over the limits of the zone $1 got 429, the others $2.
assert_limited() {
    local allowed all rest burst rate
    burst=$(shipped "$1" burst)
    rate=$(shipped "$1" rate)
    allowed=$(awk '{ print $1 }' <<<"$statuses")
    all=$(grep --only-matching 'HTTP/1.1 [0-9]' <<<"$answers" | wc --lines)
    # None has gone without an answer.
    assert_equal "$all" "$asked"
    assert_equal "$statuses" "$allowed $2 $((all - allowed)) 429"
    # One, and the burst at once; one more where a second begins in the midst of it.
    ((allowed >= burst + 1 && allowed <= burst + 2 + rate * milliseconds / 1000))
    # The last of them need not be the last answer.
    rest=${answers##*HTTP/1.1 429}
    take_answer "HTTP/1.1 429${rest%%HTTP/1.1 *}"
    assert_problem 429 rate_limited
    assert_equal "$(header Retry-After)" 1
}

@test "POST /livekit/token: a member gets a token" {
    ask "$ALICE" '{"roomId": "stage-1", "sceneId": "intro", "eventId": "launch-2026"}'
    assert_equal "$status" 200
    assert_equal "$(header Content-Type)" application/json
    assert_equal "$(jq --compact-output keys_unsorted <<<"$body")" '["token","expiresAt"]'
    assert_common_headers
    assert_equal "$(token_part 1)" '{"alg":"HS256","typ":"JWT"}'
    claims=$(token_part 2)
    assert_equal "$(jq --raw-output .video.room <<<"$claims")" stage-1
    assert_equal "$(jq --raw-output .iss <<<"$claims")" APIstack
    assert_equal "$(jq --compact-output '.metadata | fromjson' <<<"$claims")" \
        '{"sceneId":"intro","eventId":"launch-2026","roles":["host"]}'
    [[ $(jq --raw-output .sub <<<"$claims") =~ ^user-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$ ]]
}

@test "expiresAt is the exp of the token, and lies within the bounds" {
    before=$(date +%s)
    ask "$ALICE" '{"roomId": "stage-1"}'
    expiry=$(token_part 2 | jq .exp)
    assert_equal "$(date --date "$(jq --raw-output .expiresAt <<<"$body")" +%s)" "$expiry"
    ((expiry >= before + 300 && expiry <= $(date +%s) + 300))
}

@test "the token of token decode says who may enter which room" {
    ask "$ALICE" '{"roomId": "stage-1"}'
    words=$(jq --raw-output .token <<<"$body" | tokend token decode -)
    [[ $words == *stage-1* && $words == *user-* ]]
}

@test "403 without a session" {
    request "$URL/livekit/token" --json '{"roomId": "stage-1"}'
    assert_problem 403 session_missing
    assert_equal "$(header WWW-Authenticate)" 'Bearer realm="livekit"'
}

@test "403 with a session that nobody has opened" {
    ask nobody-knows-this-one '{"roomId": "stage-1"}'
    assert_problem 403 session_invalid
    assert_equal "$(header WWW-Authenticate)" 'Bearer realm="livekit", error="invalid_token"'
}

@test "403 alike for a room that there is not, one of others, and a stream that is not on" {
    local texts=()
    for room in '"nowhere"' '"stage-2"' '"show","sceneId":"over","eventId":"e9"'; do
        ask "$BOB" "{\"roomId\":$room}"
        assert_problem 403 forbidden
        texts+=("$(sed -e '/^Date:/d' -e '/^X-Request-Id:/d' <<<"$headers") $(jq 'del(.requestId)' <<<"$body")")
    done
    assert_equal "${texts[1]}" "${texts[0]}"
    assert_equal "${texts[2]}" "${texts[0]}"
}

@test "an open room lets everybody in who has a session, as a viewer" {
    ask "$CAROL" '{"roomId": "lobby"}'
    assert_equal "$status" 200
    assert_equal "$(token_part 2 | jq --compact-output '[.video.canPublish, .video.canSubscribe]')" '[false,true]'
}

@test "400 for a body that is not what it should be, and which member it is" {
    ask "$BOB" '{"roomId": "stage-1",}'
    assert_problem 400 malformed_request
    ask "$BOB" '{"roomId": "stage-1", "role": "host"}'
    assert_problem 400 unknown_field
    [[ $(jq --raw-output .detail <<<"$body") == *role* ]]
    ask "$BOB" '{"roomId": "../etc/passwd"}'
    assert_problem 400 invalid_room_id
}

@test "404, 405, 413 and 415" {
    request "$URL/livekit/tokens"
    assert_problem 404 not_found
    request "$URL/livekit/token" --request GET
    assert_problem 405 method_not_allowed
    assert_equal "$(header Allow)" POST
    request "$URL/livekit/token" --json "{\"roomId\": \"$(filler 20000)\"}"
    assert_problem 413 body_too_large
    request "$URL/livekit/token" --data 'roomId=stage-1'
    assert_problem 415 unsupported_media_type
}

@test "a session in the URL is refused, and a query string at all" {
    request "$URL/livekit/token?access_token=$(plant canary-in-a-url && echo canary-in-a-url)" --json '{"roomId": "stage-1"}'
    assert_problem 400 malformed_request
    for path in token-source health metrics openapi.yaml; do
        request "$URL/livekit/$path?access_token=canary-in-a-url"
        assert_problem 400 malformed_request
    done
    # The size of the body comes first. No line with the URL is in nginx's error log (test_error_log.py).
    request "$URL/livekit/token?access_token=canary-in-a-url" --json "$(filler 20000)"
    assert_problem 413 body_too_large
    # And before that the path.
    request "$URL/livekit/tokens?access_token=canary-in-a-url" --json "$(filler 20000)"
    assert_problem 404 not_found
}

@test "GET /livekit/health is never limited" {
    request "$URL/livekit/health"
    assert_equal "$status" 200
    assert_equal "$body" '{"status":"ok"}'
    assert_common_headers
    burst 60 "$URL/livekit/health"
    assert_equal "$statuses" '60 200'
}

@test "429 for an address that asks too often, with any session" {
    # A machine that is too slow for too many with so few gets more of them to send.
    for count in 600 1200 2400; do
        burst "$count" "$URL/livekit/token" --request POST
        if [[ $statuses == *429 ]]; then break; fi
    done
    assert_limited livekit_client 415
}

@test "429 for a session that is used too often, from wherever; others are not touched" {
    for count in 50 100 200; do
        session=$(new_session alice)
        each=address burst "$count" "$URL/livekit/token" --header "Authorization: Bearer $session" --json '{"roomId": "stage-1"}'
        if [[ $statuses == *429 ]]; then break; fi
    done
    assert_limited livekit_session 200
    ask "$(new_session alice)" '{"roomId": "stage-1"}'
    assert_equal "$status" 200
}

@test "what nginx refuses before it looks for a location is a problem too" {
    request "$URL/livekit/token" --header "X-Long: $(filler 17000 x)"
    assert_problem 400 malformed_request
    request "$URL/$(filler 17000 x)"
    assert_problem 414 uri_too_long
    request "http://127.0.0.1:$STACK_PORT/livekit/token"
    assert_problem 400 malformed_request
    request "$URL/livekit/token" --request TRACE
    assert_problem 405 method_not_allowed
    assert_equal "$(header Allow)" POST
    request "$URL/livekit/health" --request TRACE
    assert_equal "$(header Allow)" 'GET, HEAD'
}

# An nginx of its own, at $OTHER, for who stands in for the responder.
start_nginx_without_responder() {
    other=$STACK/other-$BATS_TEST_NUMBER
    OTHER=https://127.0.0.1:$((STACK_PORT + 1))
    mkdir -m 711 "$other"
    start_nginx "$other" "$((STACK_PORT + 1))"
}

# Stands in for the responder, with the arguments for support.stand_in.
stand_in() {
    "$python" -m support.stand_in "$@" "$other/fcgi.sock" >"$other/params" 2>"$other/params.err" 3>&- &
    echo $! >"$other/stand-in.pid"
    wait_until 60 test -S "$other/fcgi.sock"
}

teardown() {
    for process in nginx stand-in; do stop_process "$STACK/other-$BATS_TEST_NUMBER/$process.pid"; done
}

@test "502 and 504 are problems that say when to try again" {
    start_nginx_without_responder
    request "$OTHER/livekit/token" --json '{}' --cacert "$other/nginx/tls/fullchain.pem"
    assert_problem 502 bad_gateway
    assert_equal "$(header Retry-After)" 1
    stand_in --mute
    request "$OTHER/livekit/token" --json '{}' --cacert "$other/nginx/tls/fullchain.pem"
    assert_problem 504 gateway_timeout
    assert_equal "$(header Retry-After)" 1
}

@test "nginx passes on what the responder reads, and nothing else" {
    start_nginx_without_responder
    stand_in
    request "$OTHER/livekit/token" --json '{}' --cacert "$other/nginx/tls/fullchain.pem" \
        --header 'Authorization: Bearer x' --header 'Proxy: evil' --header 'Cookie: session=1' \
        --header 'X-Forwarded-For: 192.0.2.1' --header 'Request-Id: mine' --header 'Accept-Language: eo'
    assert_problem 502 bad_gateway
    assert_equal "$(sed 's/^REQUEST_ID=[0-9a-f]*$/REQUEST_ID=…/' "$other/params")" "kept
REQUEST_METHOD=POST
SCRIPT_NAME=/livekit/token
CONTENT_TYPE=application/json
CONTENT_LENGTH=2
HTTP_AUTHORIZATION=Bearer x
REMOTE_ADDR=$from
REQUEST_ID=…"
    grep --quiet "REQUEST_ID=$(header X-Request-Id)" "$other/params"
}

@test "a site that allows HTTP/2 gets the same answers" {
    start_nginx_without_responder
    sed -i 's/ ssl;/ ssl http2;/' "$other/nginx/sites-enabled/livekit-tokend"
    kill -HUP "$(cat "$other/nginx.pid")"
    over_http2() { request --http2 --cacert "$other/nginx/tls/fullchain.pem" "$@" && [[ $headers == HTTP/2* ]]; }
    wait_until 60 over_http2 "$OTHER/livekit/nothing"
    assert_problem 404 not_found
    filler 2000000 >"$STACK/two-megabytes"
    over_http2 "$OTHER/livekit/token" --json "@$STACK/two-megabytes"
    assert_problem 413 body_too_large
    over_http2 "$OTHER/livekit/token" --json '{}'
    assert_problem 502 bad_gateway
}

@test "nginx finds nothing to say about the files that ship, the page to try it included" {
    other=$STACK/other-$BATS_TEST_NUMBER
    mkdir -m 711 "$other"
    throwaway_nginx "$other/nginx" "$root/nginx" "$((STACK_PORT + 1))" "$other/fcgi.sock"
    throwaway_try_page "$other/nginx"
    grep --quiet '^ *include .*/try.conf;' "$other/nginx/sites-enabled/livekit-tokend"
    PATH=$PATH:/usr/sbin nginx -t -q -p "$other/nginx/" -c nginx.conf -e stderr >"$STACK/nginx-says" 2>&1
    assert_equal "$(cat "$STACK/nginx-says")" ''
}

@test "TLS 1.2 and 1.3 with authenticated encryption, and nothing older" {
    offer() { curl --silent --output /dev/null --cacert "$STACK/main/nginx/tls/fullchain.pem" "$URL/livekit/health" "$@"; }
    offer --tlsv1.3
    offer --tlsv1.2 --tls-max 1.2
    run ! offer --tls-max 1.1 --ciphers 'DEFAULT@SECLEVEL=0'
    run ! offer --tls-max 1.2 --ciphers AES128-SHA
}

@test "a header that is not passed on does not matter" {
    request "$URL/livekit/token" --json '{"roomId": "stage-1"}' --header "Authorization: Bearer $BOB" \
        --header 'Proxy: http://127.0.0.1:1' --header 'X-Request-Id: mine' --header 'X-Forwarded-For: 192.0.2.1' \
        --header 'Request-Id: mine' --header 'Script-Name: /livekit/health' --header 'X_Underscore: x'
    assert_equal "$status" 200
    plant "$(jq --raw-output .token <<<"$body")"
    [[ $(header X-Request-Id) != mine ]]
    line=$(grep "$(header X-Request-Id)" "$STACK/main/out.log")
    assert_equal "$(jq --raw-output .client <<<"$line")" "$from"
}

@test "a chunked body is a body" {
    ask_chunked() {
        request "$URL/livekit/token" --json "$1" --header "Authorization: Bearer $(new_session bob)" --header 'Transfer-Encoding: chunked'
    }
    ask_chunked '{"roomId": "stage-1"}'
    assert_equal "$status" 200
    plant "$(jq --raw-output .token <<<"$body")"
    ask_chunked "$(filler 20000)"
    assert_problem 413 body_too_large
}
