#!/usr/bin/env bash
# Runs the Swift tests, and then the responder under load and under damaged requests, with what watches memory and
# threads: any report is a failure. Each sanitizer has a build of its own in .build-thread or .build-address.
#
#     Tests/Sanitizers/run.sh                  both
#     Tests/Sanitizers/run.sh thread           one of them
#     Tests/Sanitizers/run.sh build            builds both, and no more; BUILT=yes takes them as they are then
#     CASES=100000 Tests/Sanitizers/run.sh     with more damaged requests than 3 × 2,000
#     REQUESTS=1000000 Tests/Sanitizers/run.sh with more good ones than 4 × 20,000
#
# There are no suppressions: the C libraries are not instrumented, and nothing of them is reported.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
STACK=$(mktemp -d /tmp/livekit-tokend-sanitizers.XXXXXX)
export STACK
# shellcheck source=Tests/Stack/stack.bash
source "$root/Tests/Stack/stack.bash"
python=python3
# Of a bats that runs this, so that those it runs are not taken for part of it.
unset "${!BATS_@}"

stop() {
    local file
    for file in "$STACK"/*/*.pid; do stop_process "$file"; done
    rm -rf "$STACK"
}
trap stop EXIT

require_swift
install_missing_packages "${build_needs[@]}" nginx curl openssl python3
# Every report of every process is a file here.
reports=$STACK/reports
mkdir --mode 1777 "$reports"
chmod 711 "$STACK"
export TSAN_OPTIONS=log_path=$reports/thread
# Not leaks: Swift keeps what its globals hold behind pointers with a tag, which the search for leaks does not follow.
# Tests/Soak looks at memory over a million requests instead.
export ASAN_OPTIONS=detect_leaks=0:log_path=$reports/address
export SECOND_OPINIONS=$root/.build-venv/bin/python

# The sources as they are built with the sanitizer $1 into $2.
sources() {
    local substitute file
    mkdir -p "$2"
    rm -rf "${2:?}/Sources" "$2/Tests" "$2/nginx" "$2/deploy"
    # Of nginx and deploy the tests read what ships in YAML.
    cp -R "$root"/{Package.swift,Sources,Tests,nginx,deploy} "$2"
    if [[ $1 == thread ]]; then
        # Wherever one is used, a type of the same name that the sanitizer understands; each says why.
        for substitute in "$root"/Tests/Sanitizers/Substitutes/*.swift; do
            while read -r file; do
                cp "$substitute" "$2/$(cut -d / -f 1,2 <<<"$file")/"
            done < <(cd "$2" && grep --recursive --files-with-matches --word-regexp "$(basename "$substitute" .swift)" \
                --include '*.swift' Sources Tests/*Tests)
        done
    fi
}

# Fails if there is a report, and shows the beginning of the first.
assert_no_report() {
    local found=("$reports"/*)
    [[ ! -e ${found[0]} ]] || {
        echo "${#found[@]} processes have something to report:"
        head --lines 40 "${found[0]}"
        return 1
    }
}

# Runs the command $@. Of its output the lines that match $1 are shown, and if it fails those that match $2.
showing() {
    local status=0
    "${@:3}" >"$STACK/output.txt" 2>&1 || status=$?
    grep --text --extended-regexp "$1" "$STACK/output.txt" || true
    # To run no test is no success.
    if ((status == 0)) && grep --quiet --extended-regexp 'run with 0 tests' "$STACK/output.txt"; then status=1; fi
    if ((status)); then
        grep --text --extended-regexp "$2" "$STACK/output.txt" || tail --lines 40 "$STACK/output.txt"
    fi
    assert_no_report && return "$status"
}

# Tokens from four clients with eight connections each, while the directory is written and the log is moved away.
load() {
    local clients=() client
    for client in 1 2 3 4; do
        "$python" "$root/Tests/Sanitizers/load.py" "$1" "$bearer" "${REQUESTS:-20000}" &
        clients+=($!)
    done
    for client in 1 2 3 4 5; do
        {
            in_deployment "$1" user add "user-$client"
            in_deployment "$1" member add stage-1 "user-$client" --role viewer
            in_deployment "$1" user remove "user-$client"
        } >/dev/null 2>&1
        mv "$1/audit.log" "$1/audit.$client.log"
        # The clients may be through.
        "$python" "$root/Tests/Sanitizers/load.py" "$1" "$bearer" 8 >/dev/null
        wait_until 60 test -s "$1/audit.log"
    done
    for client in "${clients[@]}"; do wait "$client"; done
}

# And peers that stall and break off, beside them.
damaged_requests() {
    local clients=() client
    "$python" -m support.stalled_peers "$1" "$bearer" &
    clients+=($!)
    for client in 1 2 3; do
        "$python" -m support.damaged_requests "$1" "$bearer" "${CASES:-2000}" "$client" &
        clients+=($!)
    done
    for client in "${clients[@]}"; do wait "$client"; done
}

has_grown() { (($(stat --format %s "$1") > $2)); }

# The way of a responder from its start to its end, under a last load.
responder() {
    local deployment=$1 pid last size
    new_deployment_with_alice "$deployment"
    echo "audit: {file: $deployment/audit.log}" >>"$deployment/config.yaml"
    start_responder "$deployment"
    pid=$(cat "$deployment/responder.pid")
    load "$deployment"
    damaged_requests "$deployment"
    size=$(stat --format %s "$deployment/audit.log")
    "$python" "$root/Tests/Sanitizers/load.py" "$deployment" "$bearer" until-the-end &
    last=$!
    wait_until 60 has_grown "$deployment/audit.log" "$size"
    kill "$pid"
    wait_until 60 is_gone "$pid"
    wait "$last"
    assert_no_report
    grep --quiet '"event":"service.stopped"' "$deployment/out.log"
}

# Sets `build` and `options` for the sanitizer $1.
name_build() {
    build=$root/.build-$1
    options=(--sanitize "$1" --package-path "$build/source" --scratch-path "$build")
}

# Builds with the sanitizer $1.
build() {
    local build options
    name_build "$1"
    echo "== $1: building"
    sources "$1" "$build/source"
    showing '^$' 'error:' swift build --build-tests "${options[@]}"
}

run() {
    local sanitizer=$1 started=$SECONDS build options skipped=()
    name_build "$sanitizer"
    if [[ $sanitizer == thread ]]; then
        # Values that one thread makes and reads have no races; nor has a command, which is one thread.
        skipped=(--skip '^(CommandLineInterface|Configuration|LiveKitToken|RoomAccess|RoomPattern|StrictJSON|YAML)Tests\.'
            --skip '^JWTSessionsTests\.(?!.*While sets are replaced)' --skip Wycheproof
            --skip 'What people typed for version')
    else
        # Swift itself checks each access of code that is not marked as unsafe, and these have none, nor a C library.
        skipped=(--skip '^(CommandLineInterface|JoinGate|RoomAccess|RoomPattern|StrictJSON|TokenEndpoint)Tests\.')
    fi
    if [[ ! ${BUILT:-} ]]; then build "$sanitizer"; fi
    echo "== $sanitizer: Swift tests, after $((SECONDS - started)) s"
    # Not the search of the process's own memory: the shadow of a sanitizer is terabytes, and what is freed is kept. Nor
    # the rules of the sources, which the substitutes are none of; nor what takes minutes and has no threads or memory of
    # its own: the gate's thousands of commits (the index has its threads in its tests), and the thousands of questions
    # that `explain` and the endpoint are both asked.
    showing 'Test run with' '✘' swift test --skip-build --disable-xctest --skip 'CryptographyTests\.Memory' \
        --skip '^ArchitectureTests\.' --skip 'The gate over a directory that changes' --skip 'is what the endpoint does' \
        "${skipped[@]}" "${options[@]}"
    echo "== $sanitizer: the responder, after $((SECONDS - started)) s"
    export TOKEND=$build/debug/livekit-tokend
    tokend=$TOKEND
    # Not "address" alone: a file of that name is where clients take their addresses from.
    responder "$STACK/deployment-$sanitizer"
    echo "== $sanitizer: the stack's tests, after $((SECONDS - started)) s"
    # Those in which peers stall, processes end and things break. A sanitizer needs more memory than one of them leaves.
    showing '^[0-9]+ passed' '^(FAILED|ERROR|E  )' "$root/.build-venv/bin/pytest" -c "$root/Tests/pyproject.toml" \
        --quiet --tb short -m 'not memory' "$tests"/Sockets/test_peers.py \
        "$tests"/Process/test_{lifecycle,failures,faults,clock,resources,web_server}.py </dev/null
    echo "== $sanitizer: no report, after $((SECONDS - started)) s"
}

if (($# == 0)); then set -- thread address; fi
if [[ $* == build ]]; then
    for sanitizer in thread address; do build "$sanitizer"; done
    exit
fi
[[ -x $root/.build-venv/bin/python ]] || {
    echo "The stack's tests need .build-venv: run Tests/run.sh first, which makes it." >&2
    exit 1
}
for sanitizer in "$@"; do run "$sanitizer"; done
