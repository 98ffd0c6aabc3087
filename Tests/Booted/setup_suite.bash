# shellcheck shell=bash
# bats runs this once, before the first and after the last file.

# shellcheck source=Tests/Booted/booted.bash
source "${BASH_SOURCE[0]%/*}/booted.bash"

# What the tests themselves need in the machine.
tools=(nginx-light curl openssl python3 jq sqlite3)

# Builds the package from a copy of what a clone of this work tree would hold, where there is no network but a loopback
# interface that is down, and nothing that an earlier build has fetched or compiled. Its path is in $PACKAGE.
build_offline() {
    local started=$SECONDS file
    mkdir "$BOOTED/clone" "$BOOTED/cache"
    # A file may have been deleted since it was added; and the work tree may be somebody else's than root's.
    git -c "safe.directory=$root" -C "$root" ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do
            if [[ -e $root/$file ]]; then printf '%s\0' "$file"; fi
        done |
        tar --create --directory "$root" --null --files-from - | tar --extract --directory "$BOOTED/clone"
    # shellcheck disable=SC2016 # for the shell in the namespace
    unshare --net env XDG_CACHE_HOME="$BOOTED/cache" bash -c \
        'ip -oneline link >"$1/interfaces" && "$1/clone/deploy/build-deb.sh" --quick --output "$1"' bash "$BOOTED" \
        >"$BOOTED/package" 2>"$BOOTED/build.log" || {
        tail -n 30 "$BOOTED/build.log"
        return 1
    }
    echo $((SECONDS - started)) >"$BOOTED/build.seconds"
    PACKAGE=$(cat "$BOOTED/package")
}

# Makes a package of what the version $1 shipped in /etc, with its units and scripts and the program of today: an upgrade
# meets the files of before, and what runs can be asked.
old_package() {
    local tree=$BOOTED/old recorded=$root/Tests/Recorded/packages/$1
    dpkg-deb --raw-extract "$PACKAGE" "$tree"
    rm -r "$tree"/usr/share/livekit-tokend/{site,nginx,snippets.md5,upgrade-snippets,trial-start}
    rm "$tree"/lib/systemd/system/livekit-tokend-keys.*
    sed -i '/livekit-tokend-keys/d' "$tree/usr/lib/sysusers.d/livekit-tokend.conf"
    cp -r "$recorded/." "$tree"
    chmod 755 "$tree"/DEBIAN/{postinst,prerm,postrm}
    (cd "$recorded" && find etc -type f -printf '/%p\n' | sort) >"$tree/DEBIAN/conffiles"
    sed -i "s/^Version: .*/Version: $1/" "$tree/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip -z1 --build "$tree" "$BOOTED/$1.deb"
    rm -r "$tree"
    push "$BOOTED/$1.deb" "/root/$1.deb"
}

setup_suite() {
    # Tests/run.sh names both, and takes them away where it is cut off.
    BOOTED=${BOOTED:-$(mktemp -d /tmp/livekit-tokend-booted.XXXXXX)}
    MACHINE=${MACHINE:-tokend-$$}
    export BOOTED MACHINE SUITE
    mkdir -p "$BOOTED"
    install_missing_packages "${package_needs[@]}" git mmdebstrap lintian man-db jq iproute2 procps

    # A package that is there already is tested as it is: the one from the first of several machines, or one given by
    # hand as $PACKAGE.
    local built
    if [[ ! ${PACKAGE:-} && ${BOOTED_PACKAGES:-} ]]; then
        for built in "$BOOTED_PACKAGES"/*.deb; do if [[ -e $built ]]; then PACKAGE=$built; fi; done
    fi
    if [[ ! ${PACKAGE:-} ]]; then
        build_offline
        if [[ ${BOOTED_PACKAGES:-} ]]; then cp "$PACKAGE" "$BOOTED_PACKAGES"; fi
    fi
    export PACKAGE

    # What Debian has for the machine before ours comes: the tools, and what our package says that it needs.
    local packages
    mapfile -t packages < <(depends "$PACKAGE")
    packages=("${tools[@]}" "${packages[@]}")
    # The file system takes the better part of a minute to make, so it is kept; the machine only writes on top of it.
    local base=$root/.build-booted/$SUITE
    if [[ $(cat "$base/packages" 2>/dev/null) != "${packages[*]}" ]]; then
        rm -rf "$base"
        mkdir -p "$base"
        # Debian 12 has had the key that Debian 13 is signed with since 12.11; a keyring from before is upgraded, from
        # an archive that is trusted already.
        if [[ ! -e /usr/share/keyrings/debian-archive-$SUITE-stable.gpg ]]; then
            as_root apt-get update -qq
            as_root apt-get install -qq --yes debian-archive-keyring </dev/null >/dev/null
        fi
        "$tests/booted-debian" root "$SUITE" "$base/root" "${packages[@]}"
        echo "${packages[*]}" >"$base/packages"
    fi

    # A newer version with nothing new in it, to upgrade to and to come back from.
    dpkg-deb --raw-extract "$PACKAGE" "$BOOTED/newer"
    sed -i 's/^Version: .*/&+newer/' "$BOOTED/newer/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip -z1 --build "$BOOTED/newer" "$BOOTED/newer.deb"
    rm -rf "$BOOTED/newer"

    "$tests/booted-debian" start "$MACHINE" "$base/root"
    # The tests restart nginx more often than systemd lets a unit start, which is five times in ten seconds.
    inside_shell 'mkdir -p /etc/systemd/system/nginx.service.d
        printf "[Unit]\nStartLimitIntervalSec=0\n" >/etc/systemd/system/nginx.service.d/often.conf
        systemctl daemon-reload'
    push "$PACKAGE" /root/livekit-tokend.deb
    push "$BOOTED/newer.deb" /root/newer.deb
    old_package 0.1.0
    old_package 0.3.0
    local file
    for file in load.py probe.py hung_worker.py; do push "$tests/$file" "/root/$file"; done
    push "$root/Tests/Recorded/directory.sqlite" /root/of-0.1.0.sqlite
    inside mkdir /root/support
    for file in "$root"/Tests/support/*.py; do push "$file" "/root/support/${file##*/}"; done
} >&2

teardown_suite() {
    if [[ ${KEEP_BOOTED:-} ]]; then
        echo "kept: $BOOTED, and the machine $MACHINE" >&2
    else
        "$tests/booted-debian" stop "$MACHINE" || true
        rm -rf "$BOOTED"
    fi
}
