# shellcheck shell=bash
# bats runs this once, before the first and after the last file.

# shellcheck source=Tests/Booted/booted.bash
source "${BASH_SOURCE[0]%/*}/booted.bash"

# Debian's own packages, which the machine has before ours comes.
packages=(nginx-light curl openssl python3 jq sqlite3 libfcgi0ldbl libsqlite3-0)

setup_suite() {
    BOOTED=$(mktemp -d /tmp/livekit-tokend-booted.XXXXXX)
    MACHINE=tokend-$$
    export BOOTED MACHINE
    install_missing_packages mmdebstrap lintian man-db jq iproute2 procps

    # The file system takes the better part of a minute to make, so it is kept; the machine only writes on top of it.
    local base=$root/.build-booted
    if [[ $(cat "$base/packages" 2>/dev/null) != "${packages[*]}" ]]; then
        rm -rf "$base"
        mkdir -p "$base"
        "$tests/booted-debian" root "$base/root" "${packages[@]}"
        echo "${packages[*]}" >"$base/packages"
    fi

    PACKAGE=$("$root/deploy/build-deb.sh" --quick --output "$BOOTED")
    export PACKAGE
    # A newer version with nothing new in it, to upgrade to and to come back from.
    dpkg-deb --raw-extract "$PACKAGE" "$BOOTED/newer"
    sed -i 's/^Version: .*/&+newer/' "$BOOTED/newer/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip -z1 --build "$BOOTED/newer" "$BOOTED/newer.deb"
    rm -rf "$BOOTED/newer"

    "$tests/booted-debian" start "$MACHINE" "$base/root"
    push "$PACKAGE" /root/livekit-tokend.deb
    push "$BOOTED/newer.deb" /root/newer.deb
    local file
    for file in load.py probe.py hang.py; do push "$tests/$file" "/root/$file"; done
} >&2

teardown_suite() {
    if [[ ${KEEP_BOOTED:-} ]]; then
        echo "kept: $BOOTED, and the machine $MACHINE" >&2
    else
        "$tests/booted-debian" stop "$MACHINE" || true
        rm -rf "$BOOTED"
    fi
}
