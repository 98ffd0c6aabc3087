#!/usr/bin/env bash
# Runs the Swift tests, and then the responder under load and under damaged requests, with what watches memory and
# threads: any report is a failure. Each sanitizer has a build of its own in .build-thread or .build-address.
#
#     Tests/Sanitizers/run.sh                  both
#     Tests/Sanitizers/run.sh thread           one of them
#     CASES=100000 Tests/Sanitizers/run.sh     with more damaged requests than 5,000
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
STACK=$(mktemp -d /tmp/livekit-tokend-sanitizers.XXXXXX)
# shellcheck source=Tests/Stack/stack.bash
source "$root/Tests/Stack/stack.bash"
python=python3

stop() {
    local file
    for file in "$STACK"/*/*.pid; do stop_process "$file"; done
    rm -rf "$STACK"
}
trap stop EXIT

require_swift
# Not leaks: Swift keeps what its globals hold behind pointers with a tag, which the search for leaks does not follow.
# Tests/Soak looks at memory over a million requests instead.
export ASAN_OPTIONS=detect_leaks=0
install_missing_packages libfcgi-dev libsqlite3-dev python3

# The sources as they are built with the sanitizer $1 into $2.
sources() {
    local file
    mkdir -p "$2"
    rm -rf "${2:?}/Sources" "$2/Tests"
    cp -R "$root/Package.swift" "$root/Sources" "$root/Tests" "$2"
    if [[ -e $root/Package.resolved ]]; then cp "$root/Package.resolved" "$2"; fi
    if [[ $1 == thread ]]; then
        # Wherever there is a lock, one that the sanitizer understands; Mutex.swift says why.
        while read -r file; do
            cp "$root/Tests/Sanitizers/Mutex.swift" "$2/$(cut -d / -f 1,2 <<<"$file")/"
        done < <(cd "$2" && grep --recursive --files-with-matches 'import Synchronization' Sources Tests/*Tests)
    fi
}

# Fails if there is a report in one of the files $@, and shows the beginning of it.
assert_no_report() {
    ! grep --text --after-context 40 --max-count 1 -E 'WARNING: ThreadSanitizer|ERROR: (Address|Leak)Sanitizer' "$@"
}

run() {
    local sanitizer=$1 started=$SECONDS build deployment=$STACK/$1
    build=$root/.build-$sanitizer
    local options=(--sanitize "$sanitizer" --package-path "$build/source" --scratch-path "$build")
    echo "== $sanitizer: building"
    sources "$sanitizer" "$build/source"
    swift build --build-tests "${options[@]}" >"$STACK/build.log" 2>&1 || {
        tail -n 20 "$STACK/build.log"
        return 1
    }
    echo "== $sanitizer: Swift tests, after $((SECONDS - started)) s"
    swift test --skip-build --disable-xctest "${options[@]}" >"$STACK/tests.log" 2>&1 || {
        assert_no_report "$STACK/tests.log"
        grep -E '✘|rror:' "$STACK/tests.log"
        return 1
    }
    assert_no_report "$STACK/tests.log"
    grep 'Test run with' "$STACK/tests.log"

    echo "== $sanitizer: the responder, after $((SECONDS - started)) s"
    tokend=$build/debug/livekit-tokend
    new_deployment_with_alice "$deployment" 2>/dev/null
    start_responder "$deployment"
    local clients=() client
    for client in 1 2 3; do
        "$python" "$tests/mutations.py" "$deployment" "$bearer" "${CASES:-5000}" "$client" &
        clients+=($!)
    done
    for client in "${clients[@]}"; do wait "$client"; done
    kill "$(cat "$deployment/responder.pid")"
    wait_until 30 is_gone "$(cat "$deployment/responder.pid")"
    grep --quiet '"event":"service.stopped"' "$deployment/out.log"
    assert_no_report "$deployment/err.log"
    echo "== $sanitizer: no report, after $((SECONDS - started)) s"
}

for sanitizer in "${@:-thread address}"; do
    # shellcheck disable=SC2086 # the default is two words
    for one in $sanitizer; do run "$one"; done
done
