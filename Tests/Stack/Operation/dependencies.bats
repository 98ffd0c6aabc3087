#!/usr/bin/env bats
# What the program is made of: this repository, Swift's standard library, and C libraries of Debian's. That it is built
# without a network is in Tests/Booted/05-dependencies.bats.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

# The symbols of the program, which are gone from the one in the package.
symbols() {
    nm "$tokend" >"$STACK/symbols"
    # There are some, and they are of this program.
    grep --quiet TokenEndpoint "$STACK/symbols"
}

@test "Package.swift names no outside package" {
    assert_equal "$(swift package --package-path "$root" dump-package | jq --compact-output .dependencies)" '[]'
}

@test "nothing in Sources imports Foundation" {
    run -1 grep --recursive --line-number --extended-regexp '^[^/]*\bimport\b.*Foundation' "$root/Sources"
}

@test "the program has no Foundation in it, no ICU, no BoringSSL, and no Swift package" {
    symbols
    # As Swift and C++ write the names of a module and of a namespace: after their length.
    run -1 grep --max-count 10 --extended-regexp \
        '[0-9]_?Foundation|[0-9]icu_[0-9]|BoringSSL|9SwiftASN1|14ArgumentParser|[$]s4GRDB|[$]s4Yams|[$]s6Crypto' "$STACK/symbols"
}

@test "no C library is linked into the program itself" {
    symbols
    # The first of each is undefined in the program (U), not part of its text.
    run -0 sed --quiet --regexp-extended \
        's/^ *U (FCGX_Accept_r|__gmpz_import|nettle_(hmac_sha256_update|ecdsa_verify)|sqlite3_step|yaml_parser_parse)(@.*)?$/\1/p' \
        "$STACK/symbols"
    assert_equal "$(LC_ALL=C sort <<<"$output" | xargs)" \
        'FCGX_Accept_r __gmpz_import nettle_ecdsa_verify nettle_hmac_sha256_update sqlite3_step yaml_parser_parse'
}

@test "the program is linked to these libraries and to no other" {
    run -0 readelf --dynamic --wide "$tokend"
    assert_equal "$(sed --quiet 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$output" | grep --invert-match '^ld-linux' | sort | xargs)" \
        'libc.so.6 libfcgi.so.0 libgcc_s.so.1 libgmp.so.10 libhogweed.so.6 libm.so.6 libnettle.so.8 libsqlite3.so.0 libstdc++.so.6 libyaml-0.so.2'
}

@test "the program, stripped, has at most 12 MiB" {
    strip -o "$STACK/stripped" "$tokend"
    size=$(stat --format %s "$STACK/stripped")
    echo "#   $size bytes" >&3
    ((size <= 12 * 1024 * 1024))
}
