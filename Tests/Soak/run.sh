#!/usr/bin/env bash
# Keeps the responder busy for so many minutes, through nginx: tokens, refusals, damaged requests and peers that break
# off on its own socket, and an nginx that is reloaded all the while. What it holds may not grow.
#
#     Tests/Soak/run.sh        two minutes
#     Tests/Soak/run.sh 60     an hour
set -euo pipefail

# shellcheck source=Tests/Soak/common.bash
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"
minutes=${1:-2}
# What memory may grow by after the first tenth, in KiB.
most=2048

start
limits lifted
seconds=$((minutes * 60))
clients 32 $((seconds / 10 + 5)) >/dev/null
read -r memory descriptors threads < <(holds)
echo "after warming up: $memory KiB, $descriptors descriptors, $threads threads"
(
    seed=0
    while sleep 5; do
        "$python" "$tests/mutations.py" "$deployment" "$bearer" 1000 $((seed += 1)) || exit 1
        kill -HUP "$(cat "$deployment/nginx.pid")"
    done
) >"$STACK/damage.log" 2>&1 &
echo $! >"$STACK/damage.pid"
total=0
for ((round = 1; round <= 10; round++)); do
    result=$(clients 32 $((seconds / 10)))
    read -r memory_now _ < <(holds)
    echo "$result; $memory_now KiB"
    total=$((total + $(grep -oE '=[0-9]+' <<<"$result" | awk -F= '{ sum += $2 } END { print sum }')))
done
kill -0 "$(cat "$STACK/damage.pid")" || { cat "$STACK/damage.log"; exit 1; }
stop_process "$STACK/damage.pid"
sleep 2
read -r memory_now descriptors_now threads_now < <(holds)
echo "after $total requests: $memory_now KiB, $descriptors_now descriptors, $threads_now threads"
# nginx keeps connections, and each is two descriptors: they are not lost, but they vary.
stop_process "$deployment/nginx.pid"
sleep 1
read -r _ descriptors_idle _ < <(holds)
echo "with nginx gone: $descriptors_idle descriptors"
((memory_now - memory <= most && descriptors_idle <= descriptors && threads_now == threads))
