# shellcheck shell=bash
# What the long runs share: a deployment with nginx in front whose limits on requests are lifted, and wrk as the clients.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
STACK=$(mktemp -d /tmp/livekit-tokend-soak.XXXXXX)
chmod 711 "$STACK"
STACK_PORT=${STACK_PORT:-18460}
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
    require_swift
    install_missing_packages libfcgi-dev libsqlite3-dev nginx-light curl openssl python3 wrk
    [[ -x $tokend ]] || (release_build "$root")
    new_deployment_with_alice "$deployment" 2>/dev/null
    # The lines are written, but no disk could hold those of millions of requests.
    echo 'audit: {file: /dev/null}' >>"$deployment/config.yaml"
    start_responder "$deployment"
    start_nginx "$deployment" "$STACK_PORT"
    export BEARER=$bearer
    pid=$(cat "$deployment/responder.pid")
}

# Lifts nginx's limits ("lifted"), or restores them ("back").
limits() {
    local file
    for file in "$deployment"/nginx/snippets/*.conf; do
        if [[ $1 == back ]]; then
            mv "$file.shipped" "$file"
        else
            cp "$file" "$file.shipped"
            sed -i -E 's/rate=[0-9]+r/rate=1000000r/; s/burst=[0-9]+/burst=100000/; s/(limit_conn [a-z_]+) [0-9]+;/\1 60000;/' "$file"
        fi
    done
    kill -HUP "$(cat "$deployment/nginx.pid")"
    sleep 1
}

# So many clients, for so many seconds: the line RESULT of mixed.lua.
clients() {
    wrk --threads 2 --connections "$1" --duration "${2}s" --timeout 10s --script "$root/Tests/Soak/mixed.lua" "$URL" |
        sed -n 's/^RESULT //p'
}

# What the responder holds now: memory in KiB, descriptors, threads.
holds() {
    echo "$(awk '/^VmRSS/{ print $2 }' "/proc/$pid/status") $(find "/proc/$pid/fd" -mindepth 1 | wc -l) $(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)"
}
