#!/usr/bin/env bats
# The package and its units, before they are installed.
# For bookworm alone.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

@test "lintian has nothing to say" {
    run -0 lintian --tag-display-limit 0 --fail-on error,warning --allow-root "${PACKAGE:?}"
    figure "lintian: ${output:-not a word}"
    assert_equal "$output" ""
    figure "package: $(stat --format %s "$PACKAGE") bytes with --quick, installed $(dpkg-deb --field "$PACKAGE" Installed-Size) KiB"
}

@test "the manual is in it: three pages that man has no complaint about, with every command, and three documents" {
    dpkg-deb --extract "$PACKAGE" "$BOOTED/package-files"
    local page
    for page in man8/livekit-tokend.8 man5/livekit-tokend.yaml.5 man5/livekit-tokend-directory.5; do
        gunzip --stdout "$BOOTED/package-files/usr/share/man/$page.gz" >"$BOOTED/page"
        MANWIDTH=120 man --warnings --local-file "$BOOTED/page" >"$BOOTED/${page##*/}.txt" 2>"$BOOTED/page.err"
        assert_equal "$(cat "$BOOTED/page.err")" ""
    done
    for command in serve check migrate 'user add' 'session create' 'session revoke' 'token decode'; do
        grep --quiet "livekit-tokend  *${command/ /  *}" "$BOOTED/livekit-tokend.8.txt"
    done
    gunzip --stdout "$BOOTED/package-files/usr/share/doc/livekit-tokend"/{README,nginx,logins,deploy}.md.gz >"$BOOTED/documents"
    # Their links lead to an address, or into one of them.
    grep --only-matching '\](.[^)]*)' "$BOOTED/documents" >"$BOOTED/links"
    run -1 grep --extended-regexp --invert-match '^\]\((https:|#|(README|nginx|logins|deploy)\.md(#|\)))' "$BOOTED/links"
}

@test "each file and page that a file of the package names is on the machine" {
    local files=$BOOTED/package-files named
    # Paths of documents, and pages with their section, wherever they stand: units, nginx's files, the program itself.
    grep --recursive --text --no-filename --only-matching --extended-regexp \
        '/usr/share/doc/livekit-tokend/[a-z/-]+[a-z]\.[a-z]+(\.gz)?' "$files/usr/bin" "$files/usr/share/livekit-tokend" "$files/lib" \
        "$files/usr/share/doc/livekit-tokend/examples" "$files/DEBIAN" 2>/dev/null | sort --unique >"$BOOTED/named"
    grep --quiet deploy.md.gz "$BOOTED/named"
    while read -r named; do [[ -e $files/$named ]]; done <"$BOOTED/named"
    grep --recursive --text --no-filename --only-matching --extended-regexp 'livekit-tokend[a-z.-]*\([58]\)' \
        "$files/usr/bin" "$files/usr/share/livekit-tokend" "$files/lib" "$files/usr/share/doc/livekit-tokend/examples" |
        sort --unique | tr -d ')' | tr '(' ' ' >"$BOOTED/named"
    grep --quiet 'livekit-tokend.yaml 5' "$BOOTED/named"
    while read -r named section; do
        [[ -e $files/usr/share/man/man$section/$named.$section.gz ]]
    done <"$BOOTED/named"
}

@test "the completions are for these shells" {
    dpkg-deb --fsys-tarfile "$PACKAGE" | tar --extract --to-stdout ./usr/share/bash-completion/completions/livekit-tokend >"$BOOTED/completion"
    bash -n "$BOOTED/completion"
    grep --quiet 'complete .*livekit-tokend' "$BOOTED/completion"
    dpkg-deb --contents "$PACKAGE" | grep --quiet ./usr/share/zsh/vendor-completions/_livekit-tokend
    dpkg-deb --contents "$PACKAGE" | grep --quiet ./usr/share/fish/vendor_completions.d/livekit-tokend.fish
}

@test "who builds it is named in it as written, whatever characters are in the name" {
    local name='AT&T / \1 @VERSION@ | Zoë'
    mkdir "$BOOTED/builder"
    run -0 --separate-stderr env DEBFULLNAME="$name" DEBEMAIL=zoe@example.org "$root/deploy/build-deb.sh" --quick --output "$BOOTED/builder"
    assert_equal "$(dpkg-deb --field "$output" Maintainer)" "$name <zoe@example.org>"
    dpkg-deb --fsys-tarfile "$output" | tar --extract --to-stdout ./usr/share/doc/livekit-tokend/changelog.gz |
        gunzip --stdout | grep --quiet --fixed-strings " -- $name <zoe@example.org>  "
    # A second line would be a field of the package's.
    run -64 env DEBFULLNAME=$'Zoë\nDepends: none' "$root/deploy/build-deb.sh" --quick --output "$BOOTED/builder"
}
