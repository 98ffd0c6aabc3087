#!/usr/bin/env bash
# What matching an id takes: natural patterns, the worst that is taken, and one that is refused, over 100,000 random ids
# of 256 bytes each.
#
#     Tests/Benchmark/Micro/patterns.sh
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# shellcheck source=deploy/throwaway.sh
source "$root/deploy/throwaway.sh"

require_swift
install_missing_packages "${build_needs[@]}"
scratch=$root/.build-digests
LIVEKIT_TOKEND_BENCHMARK=1 swift build -c release --product Patterns --package-path "$root" --scratch-path "$scratch" >&2
"$scratch/release/Patterns"
