#!/usr/bin/env bats
# What it takes to build the package, and what the package takes from Debian.
# For bookworm alone.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

@test "program and package are built from a clean clone, without a network" {
    # They have been, for all that follows: here is what the build itself saw and said.
    assert_equal "$(sed 's/^[0-9]*: \([a-z0-9]*\):.* state \([A-Z]*\) .*/\1 \2/' "$BOOTED/interfaces")" "lo DOWN"
    grep --quiet "Build of product 'livekit-tokend' complete" "$BOOTED/build.log"
    run -1 grep --extended-regexp '^(Fetch|Creating working copy|Computing version|Installing with apt)' "$BOOTED/build.log"
    [[ ! -e $BOOTED/clone/Package.resolved && -x $BOOTED/clone/.build-release/release/livekit-tokend ]]
    assert_equal "${PACKAGE:?}" "$BOOTED/livekit-tokend_$(dpkg-deb --field "$PACKAGE" Version)_$(dpkg --print-architecture).deb"
    figure "built without a network in $(cat "$BOOTED/build.seconds") s"
}

@test "Depends names the libraries that the program is linked to, and what the package's scripts call" {
    assert_equal "$(depends "$PACKAGE" | xargs)" \
        'init-system-helpers libc6 libfcgi0ldbl libgcc-s1 libgmp10 libhogweed6 libnettle8 libsqlite3-0 libstdc++6 libyaml-0-2 systemd'
}
