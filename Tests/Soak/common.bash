# shellcheck shell=bash
# What the long runs share: a deployment with nginx in front whose limits on requests are lifted, and clients.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
STACK=$(mktemp -d /tmp/livekit-tokend-soak.XXXXXX)
export STACK
chmod 711 "$STACK"
STACK_PORT=${STACK_PORT:-18460}
while (exec 3<>"/dev/tcp/127.0.0.1/$STACK_PORT") 2>/dev/null; do STACK_PORT=$((STACK_PORT + 1)); done
# shellcheck source=Tests/Stack/stack.bash
source "$root/Tests/Stack/stack.bash"
python=python3
deployment=$STACK/main
URL=https://127.0.0.1:$STACK_PORT/livekit/token

stop() {
    local file
    for file in "$STACK"/*.pid "$STACK"/*/*.pid; do stop_process "$file"; done
    rm -rf "$STACK"
}
trap stop EXIT

start() {
    # A connection takes a descriptor in wrk, and two in nginx.
    ulimit -n "$(ulimit -Hn)"
    require_swift
    install_missing_packages "${build_needs[@]}" nginx curl openssl procps python3 wrk
    [[ -x $tokend ]] || (release_build "$root")
    new_deployment_with_alice "$deployment" 
    # The lines are written, but no disk could hold those of millions of requests.
    echo 'audit: {file: /dev/null}' >>"$deployment/config.yaml"
    "$python" -m support.socket_holder "$deployment" </dev/null &
    echo $! >"$STACK/holder.pid"
    wait_until 60 test -s "$deployment/responder.pid"
    start_nginx "$deployment" "$STACK_PORT"
    export BEARER=$bearer
}

# The responder's process: another one after a restart.
responder() { cat "$deployment/responder.pid"; }

# Fails with the words $*.
fail() {
    echo "FAILED: $*"
    return 1
}

# Lifts nginx's limits ("lifted"), or restores them ("back").
limits() {
    local file
    for file in "$deployment"/nginx/snippets/*.conf; do
        if [[ $1 == back ]]; then
            mv "$file.shipped" "$file"
        else
            cp "$file" "$file.shipped"
            "$python" -m support.limits "$file"
        fi
    done
    reload_nginx
}

# Reloads nginx, and waits until those of its workers who are to go have gone.
reload_nginx() {
    local before
    before=$(nginx_workers)
    kill -HUP "$(cat "$deployment/nginx.pid")"
    wait_until 60 has_other_workers "$before"
}

# Its master process is the script's own child, and has no others.
nginx_workers() { pgrep --parent "$(cat "$deployment/nginx.pid")" | sort; }

has_other_workers() {
    local now
    now=$(nginx_workers)
    [[ $now && ! $(comm -12 <(echo "$1") <(echo "$now")) ]]
}

# So many clients, for so many seconds: the line RESULT of mixed.lua.
clients() {
    wrk --threads 2 --connections "$1" --duration "${2}s" --timeout 60s --script "$root/Tests/Soak/mixed.lua" "$URL" |
        sed -n 's/^RESULT //p'
}

# How many answers a RESULT has.
answers() { grep -oE '=[0-9]+' <<<"$1" | awk -F= '{ sum += $2 } END { print sum + 0 }'; }

# Fails if a RESULT has other statuses than those that follow.
assert_statuses() {
    local statuses
    statuses=$(grep -oE '[0-9a-z]+=' <<<"$1" | tr -d =) || true
    [[ $statuses ]] || fail "no answers: $1"
    ! grep --invert-match --quiet --line-regexp --file <(printf '%s\n' "${@:2}") <<<"$statuses" || fail "of $1 only these may be: ${*:2}"
}
