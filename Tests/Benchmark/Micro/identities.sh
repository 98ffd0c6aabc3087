#!/usr/bin/env bash
# What the gate's index of identities takes: memory, the time of a reading of all, and look-ups a second, for so many
# users (1,000,000) with a session each, whose ids are names, and as many whose ids are UUIDs.
#
#     Tests/Benchmark/Micro/identities.sh
#     COUNT=100000 Tests/Benchmark/Micro/identities.sh
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# shellcheck source=deploy/throwaway.sh
source "$root/deploy/throwaway.sh"

require_swift
install_missing_packages "${build_needs[@]}" sqlite3
scratch=$root/.build-digests
LIVEKIT_TOKEND_BENCHMARK=1 swift build -c release --product Identities --package-path "$root" --scratch-path "$scratch" >&2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for ids in "'user-' || number" "lower(printf('%s-%s-4%s-8%s-%s', hex(randomblob(4)), hex(randomblob(2)),
        substr(hex(randomblob(2)), 2), substr(hex(randomblob(2)), 2), hex(randomblob(6))))"; do
    rm -f "$folder"/directory.sqlite*
    "$scratch/release/Identities" make "$folder/directory.sqlite"
    sqlite3 "$folder/directory.sqlite" "
        PRAGMA synchronous = OFF;
        WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ${COUNT:-1000000})
            INSERT INTO users (user_id) SELECT $ids FROM numbers;
        INSERT INTO sessions (token_sha256, user_id, expires_at) SELECT randomblob(32), user_id, 4102444800 FROM users;
        PRAGMA wal_checkpoint(TRUNCATE);" >/dev/null
    echo "ids such as $(sqlite3 "$folder/directory.sqlite" 'SELECT user_id FROM users LIMIT 1')"
    "$scratch/release/Identities" "$folder/directory.sqlite"
done
