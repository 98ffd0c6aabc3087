#!/usr/bin/env bats
# The endpoint that LiveKit's own clients ask. What each of them sends, and finds in the answer, is in
# test_token_source.py.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/sites.bash
source "$BATS_TEST_DIRNAME/../sites.bash"

setup_file() {
    GENEROUS=$STACK/generous
    GENEROUS_URL=https://127.0.0.1:$((STACK_PORT + 11))
    export GENEROUS GENEROUS_URL
    start_site "$GENEROUS" "$((STACK_PORT + 11))" \
        <<<'token_source: {participant_attributes: [seat], agents: [narrator], agent_deployments: [staging]}'
    seed "$GENEROUS"
    run_nginx "$GENEROUS" "$((STACK_PORT + 11))"
}

teardown_file() {
    stop_site "$GENEROUS"
}

@test "without livekit.url it is not there, and serve and check say why" {
    new_deployment "$STACK/nowhere" <<<''
    sed -i "s|url: 'wss://livekit.school.edu', ||" "$STACK/nowhere/config.yaml"
    start_responder "$STACK/nowhere"
    start_nginx "$STACK/nowhere" "$((STACK_PORT + 12))"
    request "https://127.0.0.1:$((STACK_PORT + 12))/livekit/token-source" --json '{"room_name": "stage-1"}' \
        --cacert "$STACK/nowhere/nginx/tls/fullchain.pem"
    assert_problem 404 not_found
    stop_site "$STACK/nowhere"
    assert_equal "$(jq --raw-output 'select(.event == "service.started").tokenSource' "$STACK/nowhere/out.log")" \
        'off: livekit.url is not set'
    in_deployment "$STACK/nowhere" check >"$STACK/check.txt" || true
    grep --quiet 'token source .*off: ' "$STACK/check.txt"
    printf 'token_source: {participant_name: true}\n' >>"$STACK/nowhere/config.yaml"
    run -78 in_deployment "$STACK/nowhere" serve
    [[ $output == *"token_source needs livekit.url"* ]]
}

@test "token decode says which attributes and agents are in a token" {
    request "$GENEROUS_URL/livekit/token-source" --cacert "$GENEROUS/nginx/tls/fullchain.pem" \
        --header "Authorization: Bearer $(session_at "$GENEROUS" alice)" --json '{"room_name": "stage-1",
            "participant_attributes": {"seat": "12"},
            "room_config": {"agents": [{"agent_name": "narrator", "deployment": "staging"}]}}'
    assert_equal "$status" 201
    jq --raw-output .participant_token <<<"$body" | in_deployment "$GENEROUS" token decode - >"$STACK/words.txt"
    grep --quiet '^attributes    seat=12$' "$STACK/words.txt"
    grep --quiet '^agents        narrator (deployment staging)$' "$STACK/words.txt"
    # And the log says which agents.
    grep --quiet '"agents":\["narrator"\],"agentDeployments":{"narrator":"staging"}' "$GENEROUS/out.log"
}

@test "too much in a request is its own fault, never ours" {
    bearer=$(session_at "$GENEROUS" alice)
    request "$GENEROUS_URL/livekit/token-source" --cacert "$GENEROUS/nginx/tls/fullchain.pem" \
        --header "Authorization: Bearer $bearer" \
        --json "{\"room_name\": \"stage-1\", \"participant_attributes\": {\"seat\": \"$(filler 3800 x)\"}}"
    assert_problem 422 field_refused
    request "$GENEROUS_URL/livekit/token-source?a=b" --cacert "$GENEROUS/nginx/tls/fullchain.pem" --json '{}'
    assert_problem 400 malformed_request
}
