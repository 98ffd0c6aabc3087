# shellcheck shell=bash
# What the tests of web pages and of programs that describe themselves share: a deployment of their own, set up as a site
# might do it.

# shellcheck source=Tests/Stack/stack.bash
source "${BASH_SOURCE[0]%/*}/stack.bash"

# Makes the deployment $1 at port $2, with further lines for its configuration from standard input, and starts its responder; its
# nginx, for "run_nginx", has the page to try it, and the other arguments as the origins that are allowed.
start_site() {
    local directory=$1 port=$2 origin
    shift 2
    new_deployment "$directory"
    start_responder "$directory"
    throwaway_nginx "$directory/nginx" "$root/nginx" "$port" "$directory/fcgi.sock"
    throwaway_try_page "$directory/nginx"
    for origin in "$@"; do
        # shellcheck disable=SC2016  # It is nginx's variable.
        sed -i 's|^    default "";|&\n    '"$origin"' $http_origin;|' \
            "$directory/nginx/snippets/livekit-tokend-origins.conf"
    done
}

# Lifts the rate limits of the deployment $1, whose nginx does not run yet: for programs that send from one address with
# one session as fast as they can. The one place where a test has other limits than the files that ship.
lift_limits() {
    sed -i 's|rate=[0-9]*r/s|rate=100000r/s|' "$1/nginx/snippets/livekit-tokend-http.conf"
    sed -i -e 's|burst=[0-9]*|burst=100000|' -e 's|livekit_connections [0-9]*|livekit_connections 1000|' \
        "$1/nginx/snippets/livekit-tokend-issue.conf"
}

# Who may enter what there.
seed_pages() {
    in_deployment "$1" user add alice --name "Alice Liddell" --did did:web:alice.example
    in_deployment "$1" user add bob
    for room in stage-1 stage-2 show; do in_deployment "$1" room add "$room"; done
    in_deployment "$1" room add lobby --open
    in_deployment "$1" member add stage-1 alice --role host
    in_deployment "$1" member add show alice --role host
    in_deployment "$1" stream add show --scene intro --closes +1h
} >/dev/null

# A session of the user $2 of the deployment $1. Further arguments go to "session create".
session_at() {
    local bearer directory=$1
    shift
    bearer=$(in_deployment "$directory" session create "$@")
    plant "$bearer"
    echo "$bearer"
}

stop_site() {
    stop_process "$1/nginx.pid"
    stop_process "$1/responder.pid"
}
