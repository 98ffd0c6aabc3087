#!/usr/bin/env bash
# What stands between a token and hogweed: verification by a key, of a whole token of 600 bytes and its signature, and
# the reading of a set of one key, beside verification as C calls it. Each has so many rounds in turn (5), of 50 blocks,
# and the best block counts: other work on the machine only makes one longer.
#
#     Tests/Benchmark/Micro/signatures.sh
#     ROUNDS=20 Tests/Benchmark/Micro/signatures.sh
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
here=$root/Tests/Benchmark/Micro
# shellcheck source=deploy/throwaway.sh
source "$root/deploy/throwaway.sh"

require_swift
install_missing_packages "${build_needs[@]}" gcc libc6-dev
scratch=$root/.build-digests
LIVEKIT_TOKEND_BENCHMARK=1 swift build -c release --product Signatures --package-path "$root" --scratch-path "$scratch" >&2
cc -std=gnu17 -O2 -Wall -Wextra -o "$scratch/signatures" "$here/signatures.c" -lhogweed -lnettle -lgmp

"$scratch/signatures" >"$scratch/signatures.txt"
for ((round = 0; round < ${ROUNDS:-5}; round++)); do
    "$scratch/release/Signatures" <"$scratch/signatures.txt"
    "$scratch/signatures" time | sed 's/ / C /'
done | awk '
    $3 < 0 { print $1, $2 ": a good signature was refused"; failed = 1 }
    !($1 in seen) { seen[$1]; order[++count] = $1 }
    !(($1, $2) in best) || $3 < best[$1, $2] { best[$1, $2] = $3 }
    END {
        printf "%-6s %7s %7s %6s %10s %6s %10s\n", "", "C, µs", "key, µs", "ratio", "token, µs", "ratio", "set, µs"
        for (i = 1; i <= count; i++) {
            name = order[i]; c = best[name, "C"]; key = best[name, "key"]; token = best[name, "token"]
            printf "%-6s %6.1f %7.1f %6.2f %9.1f %6.2f %9.1f\n", name, c, key, key / c, token, token / c, best[name, "set"]
        }
        exit failed
    }'
