#!/usr/bin/env bash
# Runs every test there is: Swift's, those of the whole stack, from nginx to the database, those that boot a machine with
# the Debian package in it, ten minutes of soak, and all that matters once more under two sanitizers. Installs what they
# need on a Debian 12 that has Swift and nothing else. The last line says how many passed, failed and were skipped.
#
#     Tests/run.sh             all
#     Tests/run.sh peers       those files of tests alone whose name holds "peers"; none of Swift's
#     SOAK_MINUTES=1 Tests/run.sh soak
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/throwaway.sh
source "$root/deploy/throwaway.sh"
cd "$root"

# What the runners report goes here.
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT

# How many tests are in Swift Testing's report, how many of them failed, whatever the number of issues in each, and how many
# were skipped: each names what it lacks.
swift_counts() {
    awk '/<testcase /{ total++; isNew = 1 } /<failure /{ failed += isNew; isNew = 0 } /<skipped>/{ skipped++ }
        END { print total + 0, failed + 0, skipped + 0 }' "$reports/swift.xml" 2>/dev/null || echo 0 0 0
}

say() { printf '\n== %s\n' "$*"; }

say "What the tests need"
require_swift
install_missing_packages "${package_needs[@]}" nginx bats curl jq openssl sqlite3 python3 python3-venv prometheus wrk \
    chromium chromium-driver fonts-dejavu-core strace zsh fish man-db
venv=.build-venv
# PyJWT, joserfc and LiveKit's own SDK verify what we issue; Schemathesis sends what openapi.yaml describes; Selenium drives
# the browser.
modules='axe_core_python, joserfc, jwt, livekit.api, openapi_spec_validator, schemathesis, selenium, yaml'
if ! "$venv/bin/python" -c "import $modules" 2>/dev/null; then
    echo "Installing what the tests need from PyPI into $venv"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check \
        pyjwt joserfc livekit-api schemathesis openapi-spec-validator selenium axe-core-python pyyaml
fi

# The Swift tests ask the libraries there for a second opinion.
export SECOND_OPINIONS=$root/$venv/bin/python

passed=0 failed=0 skipped=0

if [[ ! ${1:-} ]]; then
    say "Building the Swift tests (minutes, the first time)"
    swift build --build-tests

    say "Swift tests"
    status=0
    swift test --skip-build --disable-xctest --xunit-output "$reports/swift.xml" || status=$?
    read -r total wrong skipped < <(swift_counts)
    # It also fails without a failed test, where the process crashes; and to run no test is no success.
    if ((wrong == 0 && (status != 0 || total == 0))); then
        echo "The Swift tests ended with $status after $total tests."
        wrong=1
    fi
    passed=$((total - skipped > wrong ? total - skipped - wrong : 0)) failed=$wrong
fi

say "Building the release (minutes, the first time)"
(release_build "$root")

# Runs those bats files of Tests/$1 whose name holds $2, and counts; $3 says what they are.
bats_tests() {
    local files status=0 right wrong left_out
    mapfile -t files < <(find "Tests/$1" -name "*$2*.bats" | sort)
    ((${#files[@]})) || return 0
    say "$3"
    bats --tap --timing "${files[@]}" </dev/null | tee "$reports/bats.tap" || status=$?
    right=$(grep --count '^ok ' "$reports/bats.tap") || true
    wrong=$(grep --count '^not ok ' "$reports/bats.tap") || true
    left_out=$(grep --count '^ok .* # skip' "$reports/bats.tap") || true
    # bats fails without naming a test where the suite itself cannot be set up.
    if ((status != 0 && wrong == 0)); then wrong=1; fi
    passed=$((passed + right - left_out)) failed=$((failed + wrong)) skipped=$((skipped + left_out))
}

bats_tests Stack "${1:-}" "Stack tests: nginx, the responder, SQLite"
if ((EUID == 0)); then
    bats_tests Booted "${1:-}" "Booted tests: the Debian package on a real systemd"
else
    say "Booted tests: left out, because only root can boot a machine"
fi
bats_tests Soak "${1:-}" "Soak: ${SOAK_MINUTES:-10} minutes of everything at once, and overload"
bats_tests Sanitizers "${1:-}" "Sanitizers: built, tested and loaded under each"

printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0 && passed > 0))
