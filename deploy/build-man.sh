#!/usr/bin/env bash
# Writes the pages of the manual into a directory: deploy/man, with the version and the date of the changelog, and the
# options and commands of livekit-tokend(8) as the program declares them.
#
#     deploy/build-man.sh PROGRAM DIRECTORY
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if (($# != 2)); then
    sed -n '/^# Writes/,/^set/ { s/^# \{0,1\}//; /^set/!p }' "${BASH_SOURCE[0]}" >&2
    exit 64
fi
program=$1 directory=$2
mkdir -p "$directory"

version=$("$program" --version)
released=$(sed -n '/^ -- /{ s/.*>  *//; s/^ -- [^ ]*  *//; p; q; }' "$root/deploy/debian/changelog")
released=$(date --utc --date "$released" +%Y-%m-%d)
declared=$("$program" --generate-man-page)

# The lines of the section $1 of the program's own page, without its title.
section() { awk -v title=".SH $1" '/^\.SH /{ inside = ($0 == title); next } inside' <<<"$declared"; }

for page in "$root"/deploy/man/*; do
    name=$(basename "$page" .in)
    while IFS= read -r line; do
        case $line in
            @OPTIONS@) section OPTIONS ;;
            @COMMANDS@) section COMMANDS ;;
            *) printf '%s\n' "$line" ;;
        esac
    done <"$page" | sed "s/@VERSION@/$version/; s/@DATE@/$released/" >"$directory/$name"
done
