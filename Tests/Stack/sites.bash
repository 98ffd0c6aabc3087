# shellcheck shell=bash
# Sites: deployments with an nginx that a test changes as an operator would, with other origins, limits or the page to try it.

# shellcheck source=Tests/Stack/stack.bash
source "${BASH_SOURCE[0]%/*}/stack.bash"

# Makes the deployment $1 at port $2, with further lines for its configuration from standard input, and starts its
# responder; its nginx, for "run_nginx", has the page to try it, and the other arguments as the origins that are allowed.
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

# Lifts the limits on requests of the deployment $1, whose nginx does not run yet: for programs that send from one address
# with one session as fast as they can.
lift_limits() {
    "$python" -m support.limits "$1"/nginx/snippets/*.conf
}

# Who may enter what there: the same as in the main stack.
seed() {
    "$python" -m support.deployment --seed "$1"
}

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
