#!/usr/bin/env bash
# Ten times as many clients as it takes to be busy, for so many seconds (60): who is answered is answered well, and
# afterwards all is as before. Then the limits that ship, against a flood; and clients by the hundred who do not finish
# what they send.
#
# From 60 seconds on it is also judged how much is answered, how soon all is as before, and what a good client feels:
# for a machine that has nothing else to do.
set -euo pipefail

# shellcheck source=Tests/Soak/common.bash
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"
seconds=${1:-60}

# Fails with the words $2 if the condition $1 is not met, where it is judged.
judge() {
    ((seconds < 60 || $1)) || fail "$2"
}

# Prints what $1 clients get for $2 seconds; the rate is in $rate. The other arguments are the statuses that may be.
measure() {
    local result
    result=$(clients "$1" "$2")
    echo "$result"
    assert_statuses "$result" "${@:3}"
    [[ $result == *' errors 0 '* ]] || fail "somebody got no answer"
    rate=${result%%/s*}
}

# What a good client feels in the words $1, among $2 others who do not finish; the slowest, in ms, is in $slowest.
good_client() {
    local result
    result=$("$python" "$root/Tests/Soak/well_behaved_client.py" "$deployment" "$STACK_PORT" "$@")
    echo "$result"
    slowest=$(sed -E 's/.*slowest ([0-9]+).*/\1/' <<<"$result")
}

start
limits lifted
export REFUSALS=0
clients 64 3 >/dev/null
printf '64 clients: ' && measure 64 $((seconds / 6 + 2)) 200
capacity=$rate
printf '640 clients: ' && measure 640 "$seconds" 200 429 503
answered=$rate
printf '64 clients, at once after: ' && measure 64 5 200
printf '64 clients, 5 seconds after: ' && measure 64 $((seconds / 6 + 2)) 200
judge "answered * 100 >= capacity * 80" "$answered a second under overload, $capacity without"
judge "rate * 100 >= capacity * 90" "$rate a second after overload, $capacity before"

limits back
good_client alone
alone=$slowest
clients 128 15 >"$STACK/flood" &
flood=$!
good_client "during a flood from another address"
wait "$flood"
echo "the flood: $(cat "$STACK/flood")"
assert_statuses "$(cat "$STACK/flood")" 200 429
good_client "among 400 who do not finish" 400
judge "slowest <= alone + 50" "$slowest ms among slow clients, $alone alone"
