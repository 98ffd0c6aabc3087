# shellcheck shell=bash
# What the stack tests share. A suite has one directory, $STACK, which holds everything that a test starts or writes.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034 # for those who source this
tests=$root/Tests/Stack
# The program under test; $TOKEND is another build of it.
export TOKEND=${TOKEND:-$root/.build-release/release/livekit-tokend}
tokend=$TOKEND
venv=$root/.build-venv
python=$venv/bin/python
# For the programs of the package "support" that the tests in Python share.
export PYTHONPATH=$root/Tests

# shellcheck source=deploy/throwaway.sh
source "$root/deploy/throwaway.sh"

# --- Deployments: a directory with a configuration, a key file and an empty database -----------------------------

# Makes the deployment $1, with further lines for its configuration from standard input. It listens at $1/fcgi.sock.
new_deployment() {
    "$python" -m support.deployment "$1"
}

# Makes the deployment $1 with four workers, where alice may enter stage-1. Her session is in $bearer.
new_deployment_with_alice() {
    bearer=$("$python" -m support.deployment --alice "$1")
}

# Runs a command of the program on the deployment $1.
in_deployment() {
    local deployment=$1
    shift
    "$tokend" "$@" --config "$deployment/config.yaml"
}

# Starts the responder of the deployment $1, and waits until it answers. It writes $1/out.log and
# $1/err.log.
start_responder() {
    # bats waits for each process that holds its descriptor 3.
    "$tokend" serve --config "$1/config.yaml" >>"$1/out.log" 2>>"$1/err.log" </dev/null 3>&- &
    echo $! >"$1/responder.pid"
    wait_until 60 "$python" -m support.fastcgi "$1/fcgi.sock" || {
        echo "The responder of $1 does not answer:" >&2
        cat "$1/err.log" >&2
        return 1
    }
}

# Starts an nginx for the deployment $1 at port $2, made from the files that ship.
start_nginx() {
    throwaway_nginx "$1/nginx" "$root/nginx" "$2" "$1/fcgi.sock"
    run_nginx "$1" "$2"
}

# The same without making it.
run_nginx() {
    run_throwaway_nginx "$1/nginx" </dev/null 3>&- &
    echo $! >"$1/nginx.pid"
    # With its own certificate: it might be another one that has the port.
    wait_until 60 curl --silent --output /dev/null --cacert "$1/nginx/tls/fullchain.pem" "https://127.0.0.1:$2/" || {
        echo "nginx does not answer at port $2:" >&2
        cat "$1/nginx/log/error.log" >&2
        return 1
    }
}

# Stops what the file $1 names by its process id, if it still runs.
stop_process() {
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 0
    rm -f "$1"
    kill "$pid" 2>/dev/null || return 0
    wait_until 60 is_gone "$pid" || kill -KILL "$pid"
}

is_gone() {
    ! kill -0 "$1" || grep -q '^State:\sZ' "/proc/$1/status"
}

# --- The main stack, which most tests use --------------------------------------------------------------------------

# Runs a command of the program on the main stack.
tokend() {
    in_deployment "$STACK/main" "$@"
}

# A session of the user $1: its bearer. Further arguments go to "session create".
new_session() {
    local bearer
    bearer=$(tokend session create "$@")
    plant "$bearer"
    echo "$bearer"
}

# curl as a client of its own: from an address that no other request has used, so that the limits of other tests do not
# count here. The arguments go to curl; the answer is in $status, $headers and $body, the address in $from.
request() {
    local answer
    from=$(next_address)
    answer=$(curl --silent --show-error --include --max-time 15 --interface "$from" \
        --cacert "$STACK/main/nginx/tls/fullchain.pem" "$@")
    take_answer "$answer"
}

# An answer as "curl --include" gives it, into $status, $headers and $body.
take_answer() {
    headers=${1%%$'\r\n\r\n'*}
    body=${1#*$'\r\n\r\n'}
    status=$(awk 'NR == 1 { print $2 }' <<<"$headers")
    if [[ $status != 2* ]]; then printf '%s\n' "$body" >>"$STACK/error-bodies.log"; fi
}

# Asks for a token: the bearer is $1, the body $2.
ask() {
    request "$URL/livekit/token" --header "Authorization: Bearer $1" \
        --header 'Content-Type: application/json' --data "$2"
    if [[ $status == 200 ]]; then plant "$(jq --raw-output .token <<<"$body")"; fi
}

# The value of the header $1 of the last answer; fails unless it came exactly once.
header() {
    local lines
    lines=$(grep --ignore-case "^$1: " <<<"$headers" | tr -d '\r')
    [[ $(wc --lines <<<"$lines") == 1 ]] || {
        echo "not exactly one $1: $lines" >&2
        return 1
    }
    echo "${lines#*: }"
}

# Fails unless the last answer is the problem with status $1 and code $2, whole and in the shape of all problems.
assert_problem() {
    assert_equal "$status" "$1"
    assert_equal "$(jq --raw-output .code <<<"$body")" "$2"
    assert_equal "$(header Content-Type)" application/problem+json
    # What a client is to wait stands in the body as well.
    assert_equal "$(jq --raw-output '.retryAfter // empty' <<<"$body")" "$(header Retry-After)"
    assert_equal "$(jq --compact-output 'keys_unsorted - ["retryAfter"]' <<<"$body")" \
        '["type","title","status","code","detail","requestId"]'
    assert_equal "$(jq .status <<<"$body")" "$1"
    assert_equal "$(jq --raw-output .requestId <<<"$body")" "$(header X-Request-Id)"
    assert_common_headers
}

# Fails unless the last answer has what every answer must have, once.
assert_common_headers() {
    assert_equal "$(header Cache-Control)" no-store
    assert_equal "$(header X-Content-Type-Options)" nosniff
    assert_equal "$(header Strict-Transport-Security)" max-age=63072000
    [[ $(header X-Request-Id) =~ ^[0-9a-f]{32}$ ]]
}

assert_equal() {
    [[ $1 == "$2" ]] || {
        printf 'expected: %s\nbut it is: %s\n' "$2" "$1" >&2
        return 1
    }
}

# Runs a command whose output is worth seeing even where all is well: bats passes it on from descriptor 3.
shown() {
    local status=0
    "$@" >"$STACK/shown" || status=$?
    sed 's/^/#   /' "$STACK/shown" >&3
    return "$status"
}

# A text of $1 times the character $2, spaces by default.
filler() {
    printf "%$1s" '' | tr ' ' "${2:- }"
}

# An address of the loopback network that no other request has used. Clients in Python take theirs there too.
next_address() {
    local number
    {
        flock 9
        number=$(($(cat "$STACK/address" 2>/dev/null || echo 0) + 1))
        echo "$number" >"$STACK/address"
    } 9>"$STACK/address.lock"
    echo "127.$((number / 62500 + 1)).$((number / 250 % 250)).$((number % 250 + 1))"
}

# --- Canaries: values that must not turn up anywhere; secrets.bats looks for them ---------------------------------

plant() {
    printf '%s\n' "$1" >>"$STACK/canaries"
}
