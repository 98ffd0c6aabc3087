#!/usr/bin/env bats
# The package and its units, before they are installed.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

@test "lintian has nothing to say" {
    run -0 lintian --tag-display-limit 0 --fail-on error,warning --allow-root "${PACKAGE:?}"
    figure "lintian: ${output:-not a word}"
    assert_equal "$output" ""
    figure "package: $(stat --format %s "$PACKAGE") bytes with --quick, installed $(dpkg-deb --field "$PACKAGE" Installed-Size) KiB"
}

@test "the man page has every command, in roff that man has no complaint about" {
    dpkg-deb --fsys-tarfile "$PACKAGE" | tar --extract --to-stdout ./usr/share/man/man8/livekit-tokend.8.gz |
        gunzip >"$BOOTED/page"
    man --warnings --local-file "$BOOTED/page" >"$BOOTED/page.txt" 2>"$BOOTED/page.err"
    assert_equal "$(cat "$BOOTED/page.err")" ""
    for command in serve check migrate 'user add' 'session create' 'session revoke' 'token decode'; do
        grep --quiet "livekit-tokend  *${command/ /  *}" "$BOOTED/page.txt"
    done
}

@test "the completions are for these shells" {
    dpkg-deb --fsys-tarfile "$PACKAGE" | tar --extract --to-stdout ./usr/share/bash-completion/completions/livekit-tokend >"$BOOTED/completion"
    bash -n "$BOOTED/completion"
    grep --quiet 'complete .*livekit-tokend' "$BOOTED/completion"
    dpkg-deb --contents "$PACKAGE" | grep --quiet ./usr/share/zsh/vendor-completions/_livekit-tokend
    dpkg-deb --contents "$PACKAGE" | grep --quiet ./usr/share/fish/vendor_completions.d/livekit-tokend.fish
}
