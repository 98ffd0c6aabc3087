#!/usr/bin/env bash
# Runs every test there is: Swift's, those of the whole stack, from nginx to the database, those that boot machines with
# the Debian package in them, Debian 12 and 13, minutes of soak, and all that matters once more under two sanitizers. Installs what
# they need on a Debian 12 that has Swift and nothing else. The last line says how many passed, failed and were skipped.
#
#     Tests/run.sh             all
#     Tests/run.sh peers       those files of tests alone whose name holds "peers"; none of Swift's
#
# The soak takes 4 minutes, and overload 10 seconds. By hand, for longer, on a machine that has nothing else to do:
#
#     SOAK_MINUTES=10 OVERLOAD_SECONDS=60 Tests/run.sh soak
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/throwaway.sh
source "$root/deploy/throwaway.sh"
cd "$root"

# What the runners report goes here.
reports=$(mktemp -d)
# All that the stack's tests write is in one directory, through which the test of secrets looks at the end.
STACK=$(mktemp -d /tmp/livekit-tokend-tests.XXXXXX)
export STACK
# The booted tests' directory and machine.
export BOOTED=$STACK/booted MACHINE=tokend-$$
# The process group that builds beside the tests.
building=
end() {
    trap '' INT TERM HUP
    if [[ $building ]]; then kill -- "-$building" 2>/dev/null || true; fi
    # Where this was cut off, it runs still: in a session of its own, which Ctrl-C does not reach.
    if [[ -d /run/booted-debian/$MACHINE && ! ${KEEP_BOOTED:-} ]]; then Tests/Booted/booted-debian stop "$MACHINE"; fi
    rm -rf "$reports"
    if [[ ${KEEP_STACK:-} ]]; then echo "kept: $STACK"; else rm -rf "$STACK"; fi
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# How many tests are in Swift Testing's report, how many of them failed, whatever the number of issues in each, and how
# many were skipped: each names what it lacks.
swift_counts() {
    awk '/<testcase /{ total++; isNew = 1 } /<failure /{ failed += isNew; isNew = 0 } /<skipped>/{ skipped++ }
        END { print total + 0, failed + 0, skipped + 0 }' "$reports/swift.xml" 2>/dev/null || echo 0 0 0
}

say() { printf '\n== %s\n' "$*"; }

say "What the tests need"
require_swift
install_missing_packages "${package_needs[@]}" nginx bats curl jq openssl sqlite3 python3 python3-venv prometheus wrk caddy \
    chromium chromium-driver fonts-dejavu-core strace zsh fish man-db mandoc php-fpm iproute2
venv=.build-venv
# PyJWT, joserfc and LiveKit's own SDK verify what we issue; Schemathesis sends what openapi.yaml describes; Selenium
# drives the browser; pytest runs the tests in Python.
modules='axe_core_python, joserfc, jwt, livekit.api, openapi_spec_validator, pytest, schemathesis, selenium, yaml'
if ! "$venv/bin/python" -c "import $modules" 2>/dev/null; then
    echo "Installing what the tests need from PyPI into $venv"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check \
        pyjwt joserfc livekit-api schemathesis openapi-spec-validator selenium axe-core-python pyyaml pytest
fi

# What the recipes of nginx/logins.md are for: the tests run an app with each.
logins=.build-venv-logins
if ! "$logins/bin/python" -c "import django, fastapi_users, flask_jwt_extended, rest_framework_simplejwt, uvicorn" \
    2>/dev/null; then
    echo "Installing the apps of the recipes from PyPI into $logins"
    rm -rf "$logins"
    python3 -m venv "$logins"
    "$logins/bin/pip" install --quiet --disable-pip-version-check \
        cryptography django djangorestframework-simplejwt fastapi fastapi-users flask-jwt-extended uvicorn
fi

# LiveKit's client for Python, with its engine: what it makes of the gate's answers, and, with media, of a LiveKit server
# (LIVEKIT_SERVER, or livekit-server on the PATH; without one the tests that need it are skipped by name).
livekit=.build-venv-livekit
if ! "$livekit/bin/python" -P -c "from livekit import rtc" 2>/dev/null; then
    echo "Installing LiveKit's client from PyPI into $livekit"
    rm -rf "$livekit"
    python3 -m venv "$livekit"
    "$livekit/bin/pip" install --quiet --disable-pip-version-check livekit
fi

# The Swift tests ask the libraries there for a second opinion.
export SECOND_OPINIONS=$root/$venv/bin/python

passed=0 failed=0 skipped=0

if [[ ! ${1:-} ]]; then
    say "Building the Swift tests (minutes, the first time)"
    swift build --build-tests

    say "Swift tests"
    status=0
    # They take three minutes of two cores. A test that hangs ends here, and not with the patience of who watches; none
    # has a limit of its own: all begin at once, and whose turn comes late has not failed.
    timeout --kill-after=10 1800 swift test --skip-build --disable-xctest --xunit-output "$reports/swift.xml" || status=$?
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

# Runs those pytest files of the stack whose name holds $1, and counts; $2 says what they are.
pytest_tests() {
    local files status=0 total wrong left_out
    mapfile -t files < <(find Tests/Stack -name "test_*${1//-/_}*.py" | sort)
    ((${#files[@]})) || return 0
    say "$2"
    rm -f "$reports/pytest.xml"
    "$venv/bin/pytest" -c Tests/pyproject.toml --quiet --tb short --durations 10 --junit-xml "$reports/pytest.xml" \
        "${files[@]}" </dev/null || status=$?
    read -r total wrong left_out < <(pytest_counts)
    # It fails without naming a test where there is none, and where it cannot begin.
    if ((wrong == 0 && (status != 0 || total == 0))); then wrong=1; fi
    passed=$((passed + (total - left_out > wrong ? total - left_out - wrong : 0)))
    failed=$((failed + wrong)) skipped=$((skipped + left_out))
}

# How many tests are in pytest's report, how many of them failed or could not be run, and how many were skipped.
pytest_counts() {
    "$venv/bin/python" - "$reports/pytest.xml" <<-'COUNTS' 2>/dev/null || echo 0 0 0
	import sys
	import xml.etree.ElementTree
	suite = xml.etree.ElementTree.parse(sys.argv[1]).getroot().find("testsuite")
	total, failures, errors, skipped = (int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped"))
	print(total, failures + errors, skipped)
	COUNTS
}

# Runs those bats files of Tests/$1 whose name holds $2, and counts; $3 says what they are. With a $4, a Debian, it leaves
# out files for another, and the name of each test begins with it.
bats_tests() {
    local files file options=() status=0 right wrong left_out
    # The test of secrets comes last: it looks through what all others have left.
    mapfile -t files < <(
        find "Tests/$1" -name "*$2*.bats" -not -name secrets.bats | sort
        find "Tests/$1" -name "*$2*.bats" -name secrets.bats
    )
    if [[ ${4:-} ]]; then
        # Each goes on where the one before has ended, and all begin with an installed package.
        if ((${#files[@]})) && [[ ${files[0]} > Tests/Booted/20-first-run.bats ]]; then
            files=(Tests/Booted/20-first-run.bats "${files[@]}")
        fi
        for file in "${!files[@]}"; do
            if grep --quiet '^# For .* alone\.' "${files[file]}" &&
                ! grep --quiet "^# For $4 alone\." "${files[file]}"; then unset "files[file]"; fi
        done
    fi
    ((${#files[@]})) || return 0
    say "$3"
    # Bats looks beside the first file alone.
    if [[ -e Tests/$1/setup_suite.bash ]]; then options=(--setup-suite-file "Tests/$1/setup_suite.bash"); fi
    bats --tap --timing "${options[@]}" "${files[@]}" </dev/null |
        sed --unbuffered --regexp-extended "s/^((not )?ok [0-9]+ )/\1${4:+$4: }/" | tee "$reports/bats.tap" || status=$?
    right=$(grep --count '^ok ' "$reports/bats.tap") || true
    wrong=$(grep --count '^not ok ' "$reports/bats.tap") || true
    left_out=$(grep --count '^ok .* # skip' "$reports/bats.tap") || true
    # bats fails without naming a test where the suite itself cannot be set up.
    if ((status != 0 && wrong == 0)); then wrong=1; fi
    passed=$((passed + right - left_out)) failed=$((failed + wrong)) skipped=$((skipped + left_out))
}

pytest_tests "${1:-}" "Stack tests in Python: sockets, threads, signals"
bats_tests Stack "${1:-}" "Stack tests in bash: what a client or an administrator types"
if [[ ! ${1:-} ]]; then
    # Minutes of work for the processor, while the booted tests mostly wait. Where it fails, the sanitizers build again,
    # and say why.
    setsid nice -n 19 Tests/Sanitizers/run.sh build </dev/null >"$reports/building.txt" 2>&1 &
    building=$!
fi
if ((EUID == 0)); then
    # Both have the very package that was built here; the first run leaves it.
    export BOOTED_PACKAGES=$reports/packages SUITE
    mkdir "$BOOTED_PACKAGES"
    for SUITE in bookworm trixie; do
        bats_tests Booted "${1:-}" "Booted tests: the Debian package on a real systemd, $SUITE" "$SUITE"
    done
else
    say "Booted tests: left out, because only root can boot a machine"
fi
if [[ $building ]]; then
    if wait "$building"; then export BUILT=yes; fi
    building=
fi
bats_tests Soak "${1:-}" "Soak: ${SOAK_MINUTES:-4} minutes of everything at once, and overload"
bats_tests Sanitizers "${1:-}" "Sanitizers: built, tested and loaded under each"

printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0 && passed > 0))
