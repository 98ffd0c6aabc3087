#!/usr/bin/env bash
# Fuzzes each parser of bytes that others write, with a number of executions; a finding is left in .build-fuzz/findings and
# ends with failure. The corpus stays in .build-fuzz/corpus, for the next run to go on from.
#
#     Tests/Fuzz/run.sh                      100,000 executions of each target
#     Tests/Fuzz/run.sh 10000000             ten million
#     Tests/Fuzz/run.sh 10000000 json token  of these targets alone
#     SANITIZE=address Tests/Fuzz/run.sh     with the address sanitizer, at a fifth of the speed or less
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=deploy/throwaway.sh
source "$root/deploy/throwaway.sh"

executions=${1:-100000}
shift || true
targets=("$@")
if ((${#targets[@]} == 0)); then
    targets=(
        json request bearer token signature jws jwk-set claims rfc3339 base64url keyfile yaml configuration
        room-pattern rooms-claim gate-token gate-query
    )
fi

require_swift
# PCRE2 and RE2 are second opinions on patterns.
install_missing_packages "${build_needs[@]}" jq python3 python3-yaml libpcre2-dev libre2-dev
# With the name of the sanitizer, because its objects do not fit the others.
build=$root/.build-fuzz${SANITIZE:+-$SANITIZE}
runtime=$(swift -print-target-info | jq --raw-output .paths.runtimeResourcePath)
library=$(echo "$runtime"/clang/lib/*/libclang_rt.fuzzer_no_main-"$(uname -m)".a)
LIVEKIT_TOKEND_FUZZ=1 swift build -c release --product Fuzz ${SANITIZE:+--sanitize "$SANITIZE"} --package-path "$root" \
    --scratch-path "$build" -Xlinker "$library"
fuzz=$build/release/Fuzz
mkdir -p "$build/findings"
# Swift's own handler would keep a trap from libFuzzer, which is to write down what it was given.
export SWIFT_BACKTRACE=enable=no

status=0
for target in "${targets[@]}"; do
    corpus=$build/corpus/$target
    mkdir -p "$corpus"
    limit=512
    if [[ $target == yaml || $target == configuration || $target == jwk-set ]]; then limit=4096; fi
    if [[ $target == claims ]]; then limit=1024; fi
    options=(-runs="$executions" -max_len="$limit" -timeout=10 -rss_limit_mb=1024 -verbosity=1 -print_final_stats=1
        -artifact_prefix="$build/findings/$target-")
    if [[ -e $root/Tests/Fuzz/Seeds/$target.dict ]]; then options+=(-dict="$root/Tests/Fuzz/Seeds/$target.dict"); fi
    started=$SECONDS
    if "$fuzz" "$target" "${options[@]}" "$corpus" "$root/Tests/Fuzz/Seeds/$target" >"$build/$target.log" 2>&1; then
        awk -v target="$target" -v took=$((SECONDS - started)) \
            '/number_of_executed_units/{ runs = $2 } /\tDONE /{ covered = $4; kept = $8 }
            END { printf "%-14s %9d executions, %4d branches, %s inputs kept, %d s\n", target, runs, covered, kept, took }' \
            "$build/$target.log"
    else
        echo "$target: a finding"
        grep -E 'FINDING|ERROR|Fatal|Test unit written' "$build/$target.log" || tail -n 5 "$build/$target.log"
        status=1
    fi
done

# What a parser accepts of all that, and of as many changes to it again, a second parser must accept as well.
if [[ " ${targets[*]} " == *' json '* ]]; then
    python3 "$root/Tests/Fuzz/differential.py" "$fuzz" "$executions" "$root/Tests/Fuzz/Seeds/json" "$build/corpus/json" ||
        status=1
fi
if [[ " ${targets[*]} " == *' yaml '* ]]; then
    # Of the seeds alone: what fuzzing finds is full of corners where the two parsers follow no edition.
    # Debian's own, which has Debian's PyYAML.
    /usr/bin/python3 "$root/Tests/Fuzz/yaml_differential.py" "$fuzz" "$executions" "$root/Tests/Fuzz/Seeds/yaml" \
        "$root/Tests/Fuzz/Seeds/configuration" || status=1
fi
exit "$status"
