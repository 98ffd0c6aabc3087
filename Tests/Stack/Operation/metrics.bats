#!/usr/bin/env bats
# The metrics: who gets them, that Prometheus takes them, and when it alarms. That they are what has happened is in
# test_metrics.py.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

# The page, as Prometheus on the same machine gets it.
metrics() {
    curl --silent --show-error --fail --max-time 15 --cacert "$STACK/main/nginx/tls/fullchain.pem" \
        "https://localhost:$STACK_PORT/livekit/metrics" "$@"
}

@test "the page is in Prometheus' format, and nothing of it is in the log" {
    before=$(wc --lines <"$STACK/main/out.log")
    page=$(metrics --dump-header "$STACK/metrics-headers")
    promtool check metrics <<<"$page"
    headers=$(cat "$STACK/metrics-headers")
    assert_equal "$(header Content-Type)" 'text/plain; version=0.0.4; charset=utf-8'
    assert_common_headers
    [[ $page == *'livekit_tokend_build_info{version="'*'"} 1'* ]]
    assert_equal "$(wc --lines <"$STACK/main/out.log")" "$before"
}

@test "no other address gets it, and by no other method" {
    request "$URL/livekit/metrics"
    assert_problem 403 forbidden
    [[ $body != *livekit_tokend_* ]]
    from_here=(--interface 127.0.0.1)
    request "$URL/livekit/metrics" "${from_here[@]}" --request POST
    assert_problem 405 method_not_allowed
    assert_equal "$(header Allow)" 'GET, HEAD'
    request "$URL/livekit/metrics?x" "${from_here[@]}"
    assert_problem 400 malformed_request
    # From a tunnel or a load balancer on this machine; test_shared_server.py tries the other headers.
    request "$URL/livekit/metrics" "${from_here[@]}" --header 'X-Forwarded-For: 192.0.2.1'
    assert_problem 403 forbidden
}

@test "the alerts fire at what they are for, and at nothing else" {
    promtool check rules "$root/deploy/prometheus-rules.yaml"
    promtool test rules "$root/Tests/Prometheus/rules.test.yaml"
}

# Whether Prometheus at $port has the value $2 of the metric $1.
scraped() {
    local found
    found=$(curl --silent --fail --max-time 5 --get --data-urlencode "query=$1" "http://127.0.0.1:$port/api/v1/query" |
        jq --raw-output '.data.result[0].value[1]')
    assert_equal "$found" "$2"
}

@test "Prometheus scrapes the service, and takes its alerts" {
    local directory=$STACK/prometheus port=$((STACK_PORT + 5))
    mkdir -p "$directory"
    cat >"$directory/prometheus.yml" <<-CONFIGURATION
	global: {scrape_interval: 1s, evaluation_interval: 1s}
	rule_files: [$root/deploy/prometheus-rules.yaml]
	scrape_configs:
	  - job_name: livekit-tokend
	    scheme: https
	    metrics_path: /livekit/metrics
	    tls_config: {server_name: localhost, ca_file: $STACK/main/nginx/tls/fullchain.pem}
	    static_configs: [{targets: ['127.0.0.1:$STACK_PORT']}]
	CONFIGURATION
    prometheus --config.file="$directory/prometheus.yml" --storage.tsdb.path="$directory/data" \
        --web.listen-address="127.0.0.1:$port" >"$directory/log" 2>&1 </dev/null 3>&- &
    echo $! >"$directory/pid"
    ask "$(new_session alice)" '{"roomId": "stage-1"}'
    assert_equal "$status" 200
    issued=$(grep --count '"event":"token.issued"' "$STACK/main/out.log")
    wait_until 60 scraped 'up{job="livekit-tokend"}' 1 || {
        cat "$directory/log"
        return 1
    }
    wait_until 60 scraped livekit_tokend_tokens_issued_total "$issued"
    wait_until 60 scraped livekit_tokend_directory_up 1
    rules=$(curl --silent --fail --max-time 15 "http://127.0.0.1:$port/api/v1/rules")
    assert_equal "$(jq --raw-output '[.data.groups[].rules[].health] | unique | join(",")' <<<"$rules")" ok
    assert_equal "$(jq --raw-output '[.data.groups[].rules[] | select(.state == "firing") | .name] | join(",")' <<<"$rules")" ''
}

teardown_file() {
    stop_process "$STACK/prometheus/pid"
}
