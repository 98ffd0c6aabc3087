#!/usr/bin/env bash
# Keeps the service busy for long, through nginx: tokens, refusals, damaged requests and peers that stall on its own
# socket, and an nginx that is reloaded all the while. The responder is restarted now and then, on a socket that
# stays. What one of them holds may not grow with its age, and each holds at its end what the first did.
#
#     Tests/Soak/run.sh                        two minutes
#     Tests/Soak/run.sh --minutes 60           an hour
#     Tests/Soak/run.sh --requests 10000000    until there were so many
#     LIVES=3 Tests/Soak/run.sh                with so many responders instead of 5
set -euo pipefail

# shellcheck source=Tests/Soak/common.bash
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

lives=${LIVES:-5}
minutes=2 requests=0
case ${1:---minutes} in
--minutes) minutes=${2:-2} ;;
--requests) requests=${2:?how many?} ;;
*)
    sed -n '6,9s/^# *//p' "$0"
    exit 64
    ;;
esac
# Each life is some rounds of load; what is held is compared with what was held after the first fifth.
round=$((minutes * 60 / lives / 5))
if ((round < 2)); then round=2; elif ((round > 20)) || ((requests)); then round=20; fi
# What memory may grow by after that, in KiB for each million of requests, and for less than a million.
most=2048
# What the mixture comes to; a 502 or a 504 would be a request that was lost.
statuses=(200 400 403 415)

# How many connections and other descriptors the responder holds, but for those of the database: it opens a reader for
# each worker that needs one.
descriptors() {
    find "/proc/$(responder)/fd" -mindepth 1 -printf '%l\n' | grep --count --invert-match directory.sqlite
}
has_descriptors() { (($(descriptors) == $1)); }
threads() { find "/proc/$(responder)/task" -mindepth 1 -maxdepth 1 | wc -l; }
memory() { awk '/^VmRSS/{ print $2 }' "/proc/$(responder)/status"; }

# One round of load, added to $served.
load() {
    local result
    result=$(clients 32 "$1")
    assert_statuses "$result" "${statuses[@]}"
    served=$((served + $(answers "$result")))
    echo "  $result; $(memory) KiB"
}

# Whether so many hundredths of this life are over.
is_over() {
    if ((requests)); then
        ((served * 100 * lives >= requests * $1))
    else
        (((SECONDS - born) * 100 * lives >= minutes * 60 * $1))
    fi
}

# Makes trouble until the file is gone.
trouble() {
    local seed=$1
    while [[ -e $STACK/trouble ]]; do
        "$python" -m support.damaged_requests "$deployment" "$bearer" 1000 $((seed += 1))
        "$python" -m support.stalled_peers "$deployment" "$bearer"
        reload_nginx
    done >"$STACK/trouble.txt" 2>&1
}

# Lets go of all connections, and fails if the responder then holds others than it did when it was young.
let_go() {
    reload_nginx
    wait_until 120 has_descriptors "$young" || fail "$(descriptors) descriptors, and $young when it was young"
}

# A new responder in the midst of a load: no request is lost, and the socket is the same.
restart() {
    local before socket result
    before=$(responder) socket=$(stat --format %i "$deployment/fcgi.sock")
    clients 16 6 >"$STACK/restart.txt" &
    local load=$!
    sleep 2
    kill "$before"
    wait_until 60 is_another "$before" || fail "no other responder in a minute"
    wait "$load"
    result=$(cat "$STACK/restart.txt")
    assert_statuses "$result" "${statuses[@]}"
    [[ $result == *' errors 0 '* ]] || fail "lost by a restart: $result"
    [[ $(stat --format %i "$deployment/fcgi.sock") == "$socket" ]] || fail "the socket is another one"
    echo "  restarted under load: $result"
}
is_another() { [[ $(responder) != "$1" ]]; }

start
limits lifted
# What it holds while it waits, once those are gone who looked whether it is there.
young=$(descriptors)
until sleep 1 && (($(descriptors) == young)); do young=$(descriptors); done
total=0
for ((life = 1; life <= lives; life++)); do
    echo "responder $life of $lives"
    born=$SECONDS served=0
    until is_over 20; do load "$round"; done
    let_go
    early=$(memory) early_threads=$(threads)
    early_served=$served
    touch "$STACK/trouble"
    trouble "$((life * 1000000))" &
    trouble=$!
    until is_over 100; do load "$round"; done
    rm "$STACK/trouble"
    wait "$trouble" || {
        cat "$STACK/trouble.txt"
        fail "what damaged requests are to do is in Tests/support/damaged_requests.py"
    }
    let_go
    late=$(memory)
    millions=$(((served - early_served) / 1000000))
    echo "  after $early_served requests: $early KiB, $early_threads threads, $young descriptors"
    echo "  after $served requests: $late KiB, $(threads) threads, $(descriptors) descriptors"
    ((late - early <= most * (millions > 1 ? millions : 1))) || fail "memory grows"
    (($(threads) == early_threads)) || fail "threads come or go"
    if ((life == 1)); then first=$late first_threads=$early_threads; fi
    # As much as two of them differ by that have met the same in another order.
    ((late - first <= 2 * most)) || fail "it holds more than the first, at the same age"
    ((early_threads == first_threads)) || fail "it has other threads than the first"
    total=$((total + served))
    if ((life < lives)); then
        restart
        let_go
    fi
done
kill -0 "$(cat "$STACK/holder.pid")" || fail "it has ended"
[[ ! -s $deployment/err.log ]] || fail "it has complained: $(head -n 3 "$deployment/err.log")"
echo "$total requests to $lives responders in $((SECONDS / 60)) minutes: memory, threads and descriptors did not grow"
