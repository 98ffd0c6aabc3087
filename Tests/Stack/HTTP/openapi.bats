#!/usr/bin/env bats
# nginx/openapi.yaml is what a program reads: valid, served, and true for thousands of requests made from it.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/sites.bash
source "$BATS_TEST_DIRNAME/../sites.bash"

setup_file() {
    SITE=$STACK/openapi
    PORT=$((STACK_PORT + 6))
    export SITE PORT
    # 401 for callers without a session, which is what Schemathesis holds to be right.
    start_site "$SITE" "$PORT" <<-CONFIGURATION
	http: {unauthenticated_status: 401}
	token_source: {participant_name: true, participant_attributes: [seat], agents: [narrator]}
	CONFIGURATION
    seed "$SITE"
    lift_limits "$SITE"
    run_nginx "$SITE" "$PORT"
    ALICE=$(session_at "$SITE" alice)
    export ALICE
}

teardown_file() {
    stop_site "$SITE"
}

# Runs Schemathesis with all its checks on the description $1 at the server $2; further arguments are its own. Its
# report is in $STACK/schemathesis-$name.txt, and the gist of it beside the test's name.
schemathesis() {
    local name=$1 description=$2 server=$3 status=0
    shift 3
    (cd "$STACK" && "$venv/bin/schemathesis" --config-file "$tests/HTTP/schemathesis.toml" run "$description" --url "$server" \
        --tls-verify false --checks all --continue-on-failure --no-color --seed 1 "$@") \
        >"$STACK/schemathesis-$name.txt" 2>&1 || status=$?
    grep --extended-regexp '^ *[0-9]+ generated' "$STACK/schemathesis-$name.txt" | sed 's/^ */#   /' >&3
    if ((status)); then tail -n 60 "$STACK/schemathesis-$name.txt"; fi
    return "$status"
}

# The number of generated test cases in the report $1.
cases() {
    grep --only-matching --extended-regexp '[0-9]+ generated' "$STACK/schemathesis-$1.txt" | cut -d ' ' -f 1
}

# How often nginx answered with each status, beside the test's name.
say_statuses() {
    jq --raw-output .status "$SITE/nginx/log/livekit-tokend.access.log" | sort | uniq --count | awk '{ printf "%s × %s  ", $2, $1 }' |
        sed 's/^/#   /; s/$/\n/' >&3
}

@test "it is OpenAPI 3.1" {
    "$venv/bin/openapi-spec-validator" "$root/nginx/openapi.yaml"
    grep --quiet '^openapi: 3\.1' "$root/nginx/openapi.yaml"
}

@test "PyYAML's own parser and the validator read the same document" {
    "$python" - "$root/nginx/openapi.yaml" <<-'PYTHON'
	import sys
	import openapi_spec_validator.readers
	import yaml

	with open(sys.argv[1], "rb") as file:
	    document = yaml.load(file, yaml.SafeLoader)
	assert document["openapi"].startswith("3.1"), document["openapi"]
	assert openapi_spec_validator.readers.read_from_filename(sys.argv[1])[0] == document
	PYTHON
}

@test "it is served as it is" {
    request "$URL/livekit/openapi.yaml" --output "$STACK/served.txt"
    sed '1,/^\r$/d' "$STACK/served.txt" | cmp - "$root/nginx/openapi.yaml"
    request "$URL/livekit/openapi.yaml" --head
    assert_equal "$status" 200
    request "$URL/livekit/openapi.yaml" --request POST
    assert_problem 405 method_not_allowed
    assert_equal "$(header Allow)" "GET, HEAD"
}

@test "thousands of requests, right ones and wrong ones, all checks" {
    schemathesis whole "$root/nginx/openapi.yaml" "https://127.0.0.1:$PORT" \
        --header "Authorization: Bearer $ALICE" --max-examples 1000
    (($(cases whole) >= 2000))
}

@test "hundreds of right requests for rooms that there are" {
    # The same description, but ids are those of this deployment.
    sed 's/^      pattern: ^\[A-Za-z0-9\].*$/      enum: [stage-1, show, lobby, on]/' "$root/nginx/openapi.yaml" >"$STACK/known.yaml"
    run -1 cmp "$STACK/known.yaml" "$root/nginx/openapi.yaml"
    schemathesis known "$STACK/known.yaml" "https://127.0.0.1:$PORT" \
        --header "Authorization: Bearer $ALICE" --max-examples 300 --mode positive
    say_statuses
    (($(jq '.status | select(. == 200 or . == 201)' "$SITE/nginx/log/livekit-tokend.access.log" | wc --lines) >= 100))
    run -1 jq --exit-status --slurp 'any(.status >= 500)' "$SITE/nginx/log/livekit-tokend.access.log"
}

@test "with the limits that ship, what is too much is documented as well" {
    schemathesis limited "$root/nginx/openapi.yaml" "$URL" --header "Authorization: Bearer $(new_session alice)" \
        --max-examples 30 --exclude-checks positive_data_acceptance,negative_data_rejection,missing_required_header,ignored_auth,unsupported_method
    jq --slurp 'any(.status == 429)' "$STACK/main/nginx/log/livekit-tokend.access.log" | grep --quiet true
}
