#!/usr/bin/env bash
# What our cryptography adds to nettle's: SHA-256 and HMAC-SHA-256 of 43, 600 and 2,000 bytes, beside a loop in C over the
# same library, both wiping what they held. Each has so many rounds in turn (20), and the best counts: other work on the
# machine only makes a round longer.
#
#     Tests/Benchmark/Micro/digests.sh
#     ROUNDS=100 Tests/Benchmark/Micro/digests.sh
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
here=$root/Tests/Benchmark/Micro
# shellcheck source=deploy/throwaway.sh
source "$root/deploy/throwaway.sh"

require_swift
install_missing_packages "${build_needs[@]}" gcc libc6-dev
scratch=$root/.build-digests
LIVEKIT_TOKEND_BENCHMARK=1 swift build -c release --product Digests --package-path "$root" --scratch-path "$scratch" >&2
cc -std=gnu17 -O2 -Wall -Wextra -o "$scratch/digests" "$here/digests.c" -lnettle

for ((round = 0; round < ${ROUNDS:-20}; round++)); do
    "$scratch/release/Digests" | sed 's/^/ours /'
    "$scratch/digests" | sed 's/^/C /'
done | awk '
    { cell = $2 " " $3 }
    !(cell in seen) { seen[cell]; order[++count] = cell }
    !(($1, cell) in best) || $4 < best[$1, cell] { best[$1, cell] = $4 }
    END {
        printf "%-12s %6s %9s %9s %6s\n", "", "bytes", "C, ns", "ours, ns", "ratio"
        for (i = 1; i <= count; i++) {
            split(order[i], part, " ")
            c = best["C", order[i]]; ours = best["ours", order[i]]
            printf "%-12s %6d %9.1f %9.1f %6.2f\n", part[1], part[2], c, ours, ours / c
        }
    }'
