#!/usr/bin/env bash
# Ten times as many clients as it takes to be busy, for so many seconds (60): how much is still answered, and how soon all
# is as before. Then the limits that ship, against a flood; and clients by the hundred who do not finish what they send.
set -euo pipefail

# shellcheck source=Tests/Soak/common.bash
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"
seconds=${1:-60}

start
limits lifted
export REFUSALS=0
clients 64 3 >/dev/null
echo "64 clients: $(clients 64 10)"
echo "640 clients: $(clients 640 "$seconds")"
echo "64 clients, at once after: $(clients 64 5)"
limits back
"$python" "$root/Tests/Soak/patience.py" "$deployment" "$STACK_PORT" "$bearer" alone
clients 128 15 >"$STACK/flood" &
echo $! >"$STACK/flood.pid"
"$python" "$root/Tests/Soak/patience.py" "$deployment" "$STACK_PORT" "$bearer" "during a flood from another address"
wait "$(cat "$STACK/flood.pid")"
rm "$STACK/flood.pid"
echo "the flood: $(cat "$STACK/flood")"
"$python" "$root/Tests/Soak/patience.py" "$deployment" "$STACK_PORT" "$bearer" "among 400 who do not finish" 400
