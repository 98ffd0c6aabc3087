#!/usr/bin/env bash
# Builds livekit-tokend_VERSION_ARCHITECTURE.deb in the current directory, and prints its path. Built on Debian 12, it
# is tested on 12 and 13.
#
#     deploy/build-deb.sh                  builds the program in release mode, then the package
#     deploy/build-deb.sh --output DIR     puts it there
#     deploy/build-deb.sh --quick          compresses less: the same package, larger and sooner there, for tests
#
# Builders who pass it on name themselves as with Debian's own tools: DEBFULLNAME="Ada Lovelace"
# DEBEMAIL=ada@example.org
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/throwaway.sh
source "$root/deploy/throwaway.sh"

usage() { sed -n '/^# Builds/,/^set/ { s/^# \{0,1\}//; /^set/!p }' "${BASH_SOURCE[0]}"; }

output=$PWD
compression=(-Zxz)
while (($#)); do
    case $1 in
        --output) output=$(realpath "${2:?a directory is missing}") && shift ;;
        --quick) compression=(-Zgzip -z1) ;;
        --help | -h) usage && exit ;;
        *) usage >&2 && exit 64 ;;
    esac
    shift
done

require_swift
install_missing_packages "${package_needs[@]}"

(release_build "$root") >&2
program=$root/.build-release/release/livekit-tokend

# --- What the package says of itself ------------------------------------------------------------------------------

version=$("$program" --version)
architecture=$(dpkg --print-architecture)
# Without a name in the environment no name is invented; .invalid belongs to no one (RFC 2606).
maintainer="${DEBFULLNAME:-The builder of this package} <${DEBEMAIL:-nobody@livekit-tokend.invalid}>"

if [[ $maintainer == *$'\n'* ]]; then
    echo "DEBFULLNAME and DEBEMAIL must be one line each." >&2
    exit 64
fi

# Copies standard input with the values of the arguments "NAME value NAME value…" in the places of @NAME@. Each stands
# for itself, whatever characters are in it; in sed, & and / would not.
fill_in() {
    local text
    text=$(cat && echo .)
    while (($#)); do
        text=${text//"@$1@"/"$2"}
        shift 2
    done
    printf '%s' "${text%.}"
}

changelog() { fill_in MAINTAINER "$maintainer" <"$root/deploy/debian/changelog"; }

field() { changelog | dpkg-parsechangelog --file - --show-field "$1"; }
if [[ $(field Version) != "$version" ]]; then
    echo "The program is $version, but deploy/debian/changelog begins with $(field Version): make them equal." >&2
    exit 70
fi
# The files of the package bear the date of its version.
SOURCE_DATE_EPOCH=$(field Timestamp)
export SOURCE_DATE_EPOCH

# --- What it holds ------------------------------------------------------------------------------------------------

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# dpkg's tools look for it in this place.
tree=$work/debian/livekit-tokend
umask 022
mkdir -p "$tree/DEBIAN"

# Puts standard input, or the files of the arguments, at the place $1 in the package: a file, or a directory.
put() {
    local place=$tree/$1
    shift
    if (($#)); then
        install -D --mode 644 --target-directory "$place" "$@"
    else
        install -D --mode 644 /dev/stdin "$place"
    fi
}

install -D --strip --mode 755 "$program" "$tree/usr/bin/livekit-tokend"
put lib/systemd/system "$root"/deploy/livekit-tokend.{service,socket} "$root"/deploy/livekit-tokend-keys.{service,timer,path}
put usr/lib/sysusers.d/livekit-tokend.conf <"$root/deploy/livekit-tokend.sysusers"
# The site's own files: postinst makes each where it is missing, so that no upgrade asks about one.
put usr/share/livekit-tokend/site "$root"/nginx/site/* "$root/deploy/livekit-keys.yaml"
put usr/share/livekit-tokend/site/config.yaml <"$root/deploy/config.example.yaml"

# nginx includes none of them before the site says so.
put usr/share/livekit-tokend/nginx "$root"/nginx/snippets/*.conf
put usr/share/livekit-tokend/nginx/gate "$root"/nginx/snippets/gate/*
put usr/share/livekit-tokend "$root"/nginx/openapi.yaml
put usr/share/livekit-tokend/try "$root"/nginx/try/*

# What postinst runs at an upgrade; snippets.md5 knows the files that versions up to 0.3.0 had for nginx.
put usr/share/livekit-tokend "$root/deploy/debian/snippets.md5"
install --mode 755 --target-directory "$tree/usr/share/livekit-tokend" \
    "$root"/deploy/debian/{upgrade-snippets,trial-start}

"$program" --generate-completion-script bash | put usr/share/bash-completion/completions/livekit-tokend
"$program" --generate-completion-script zsh | put usr/share/zsh/vendor-completions/_livekit-tokend
"$program" --generate-completion-script fish | put usr/share/fish/vendor_completions.d/livekit-tokend.fish

"$root/deploy/build-man.sh" "$program" "$work/man"
for page in "$work"/man/*; do
    name=$(basename "$page")
    gzip --best --no-name --stdout "$page" | put "usr/share/man/man${name##*.}/$name.gz"
done

doc=usr/share/doc/livekit-tokend
# The documents lie in one directory there, each under the name of the one that it is in here.
for document in README nginx/README nginx/logins deploy/README; do
    name=${document%/README}
    # A link leads there too; where it does not, to a page of the manual or into the source, its words stay.
    sed -E 's#\]\((\.\./)?(nginx|deploy)/README\.md#](\2.md#g; s#\]\(\.\./README\.md#](README.md#g
        s#\]\((\.\./)?nginx/logins\.md#](logins.md#g
        s#\[([^]]*)\]\((\.\./)?(deploy/man|man|Tests|Sources)/[^)]*\)#\1#g' "$root/$document.md" |
        gzip --best --no-name | put "$doc/${name#nginx/}.md.gz"
done
cat "$root"/Sources/SQLiteDirectory/Migrations/version*.sql | put $doc/schema.sql
put $doc/examples "$root"/deploy/{Caddyfile,prometheus-rules.yaml}
changelog | gzip --best --no-name | put $doc/changelog.gz
put $doc/copyright <"$root/deploy/debian/copyright"

# --- The package ---------------------------------------------------------------------------------------------------

# The packages that bring the libraries, with the oldest version that has the functions called. dpkg-shlibdeps insists
# on a source's control file. It does not see SQL's unixepoch(), which SQLite has since 3.38.
libraries=$(
    cd "$work" && : >debian/control
    dpkg-shlibdeps -O "debian/livekit-tokend/usr/bin/livekit-tokend" |
        sed --quiet --regexp-extended 's/(libsqlite3-0) \(>= 3\.([0-9]|[12][0-9]|3[0-7])(\.[0-9]+)*\)/\1 (>= 3.38)/
            s/^shlibs:Depends=//p'
)
kilobytes=$(du --summarize --apparent-size --block-size=1024 "$tree" | cut -f 1)
fill_in VERSION "$version" ARCHITECTURE "$architecture" SHLIBS "$libraries" INSTALLED_SIZE "$kilobytes" \
    MAINTAINER "$maintainer" <"$root/deploy/debian/control" | put DEBIAN/control
(cd "$tree" && find usr lib -type f -exec md5sum {} + | sort --key 2) | put DEBIAN/md5sums
install --mode 755 --target-directory "$tree/DEBIAN" "$root"/deploy/debian/{postinst,prerm,postrm}

package=$output/livekit-tokend_${version}_${architecture}.deb
dpkg-deb --root-owner-group "${compression[@]}" --build "$tree" "$package" >&2
echo "$package"
