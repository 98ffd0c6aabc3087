#!/usr/bin/env bash
# How fast livekit-tokend is, beside others that do the same work behind the same nginx, in turn, in one run. Installs
# what it needs on a Debian 12 that has Swift. All traffic is on the loopback network; everything it starts it stops.
#
#     Tests/Benchmark/run.sh            the comparison: all responders, 16, 64 and 256 clients (about 8 minutes)
#     Tests/Benchmark/run.sh --all      and what size, connections, long inputs, the start and a million requests cost
#     Tests/Benchmark/run.sh --quick    ours, C and nginx alone at 64 clients (about a minute)
#     Tests/Benchmark/run.sh --logins   what a session costs by its source: directory, JWT, nginx (about 3 minutes)
#     Tests/Benchmark/run.sh --gate     what the gate costs a join, and refusals (about 2 minutes)
#     Tests/Benchmark/run.sh --instructions    instructions a request of ours and C, under valgrind (about a minute)
#
# PROGRAM_BEFORE=… is another livekit-tokend, such as one of a version before: it is measured in turn with ours, in the
# same run, and the ratio of the two is printed. It must read the same directory.
#
# BINARY=… measures that program and builds nothing; OUTPUT=… is the directory for what is written, by default
# .build-benchmark. ROUNDS and SECONDS_EACH make it more exact, or shorter. Other work on the machine makes it wrong:
# compare what is in one table, and not two runs.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/Tests/Benchmark
# shellcheck source=deploy/throwaway.sh
source "$root/deploy/throwaway.sh"

case "$*" in
    '' | --all | --quick | --logins | --gate | --instructions) ;;
    *)
        sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 64
        ;;
esac

install_missing_packages "${build_needs[@]}" gcc libc6-dev wrk nginx-light python3 python3-venv
if [[ ${1:-} == --instructions ]]; then install_missing_packages valgrind binutils; fi
venv=$root/.build-venv
if ! "$venv/bin/python" -c 'import cryptography, livekit.api, starlette, uvicorn, uvloop, httptools, orjson' 2>/dev/null; then
    echo "Installing LiveKit's Python SDK and uvicorn into .build-venv"
    [[ -x $venv/bin/pip ]] || python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check \
        cryptography livekit-api starlette uvicorn uvloop httptools orjson
fi

if [[ ! ${BINARY:-} ]]; then
    require_swift
    echo "Building the release (minutes, the first time)"
    (release_build "$root")
    BINARY=$root/.build-release/release/livekit-tokend
fi

work=$(mktemp -d /tmp/livekit-tokend-benchmark.XXXXXX)
trap 'rm -rf "$work"' EXIT
# nginx's workers, who are somebody else, must reach the sockets.
chmod 711 "$work"

for program in textbook queue; do
    # The two words are clang's, in a header that Swift reads too.
    cc -std=gnu17 -O2 -Wall -Wextra -D_Nonnull= -D_Nullable= -I "$root/Sources" -o "$work/$program" \
        "$here/$program.c" "$here/baseline.c" "$here/ask.c" -lfcgi -lsqlite3 -lnettle -pthread
done

# A connection takes a descriptor in wrk, and two in nginx.
ulimit -n "$(ulimit -Hn)"
export PATH=$PATH:/usr/sbin PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/Tests
arguments=(--work "$work" --binary "$BINARY" --output "${OUTPUT:-$root/.build-benchmark}")
if [[ ${PROGRAM_BEFORE:-} ]]; then arguments+=(--before "$PROGRAM_BEFORE"); fi
if [[ ${1:-} == --instructions ]]; then
    "$venv/bin/python" "$here/instructions.py" "${arguments[@]}" &
else
    arguments+=(--rounds "${ROUNDS:-0}" --seconds "${SECONDS_EACH:-0}")
    "$venv/bin/python" "$here/measure.py" "${arguments[@]}" "$@" &
fi
# It stops what it has started, and is waited for, so that nothing is left when this has ended.
measuring=$!
trap 'exit 1' INT TERM HUP
trap 'if [[ $measuring ]]; then kill "$measuring" && wait "$measuring" || true; fi; rm -rf "$work"' EXIT
status=0
wait "$measuring" || status=$?
measuring=
exit "$status"
