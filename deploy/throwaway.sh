# shellcheck shell=bash
# Functions that quickstart.sh, the package build and the tests share: Debian's packages, the release build, and a key,
# a certificate and an nginx in a directory that can be thrown away. Sourced, not run.

# Debian packages with the headers of the C libraries: with Swift, all that a build of the program needs. The package
# also needs tools of dpkg's.
# shellcheck disable=SC2034 # read by the scripts that source this
build_needs=(libfcgi-dev libsqlite3-dev libyaml-dev nettle-dev)
# shellcheck disable=SC2034
package_needs=("${build_needs[@]}" binutils dpkg-dev)

# Installs those of the named Debian packages that are missing, and starts none of their services. A command under a
# package's name counts as that package: an nginx from elsewhere is not replaced.
install_missing_packages() {
    local missing=() package
    for package in "$@"; do
        PATH=$PATH:/usr/sbin command -v "$package" >/dev/null ||
            dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    echo "Installing with apt: ${missing[*]}"
    # A subshell, for traps of its own: those of the caller stay as they are.
    (
        # Debian starts nginx as soon as it is installed; 101 forbids that (invoke-rc.d(8)). Whatever ends this, the
        # file goes: with it no package of the machine could start or restart a service.
        policy=/usr/sbin/policy-rc.d mark='made by livekit-tokend, for as long as it installs packages' ours=
        trap 'if [[ $ours ]]; then as_root rm -f "$policy"; fi' EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM
        trap 'exit 129' HUP
        as_root apt-get update -qq
        if [[ ! -e $policy ]] || grep --quiet "$mark" "$policy"; then
            ours=yes
            printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" | as_root install -m 755 /dev/stdin "$policy"
        fi
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -qq --yes --no-install-recommends "${missing[@]}" </dev/null >/dev/null
    )
}

as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# Fails with a message unless a Swift is installed that can build this.
require_swift() {
    local version
    version=$(swift --version 2>/dev/null | grep -o 'Swift version [0-9]*\.[0-9]*' | head -n 1) || true
    version=${version#Swift version }
    if [[ -z $version ]]; then
        echo "Swift is missing: install Swift 6.3 or later (swift.org/install/linux), with swift in your PATH." >&2
        return 69
    fi
    if [[ $(printf '%s\n' 6.3 "$version" | sort --version-sort | head -n 1) != 6.3 ]]; then
        echo "Swift $version is too old: install Swift 6.3 or later (swift.org/install/linux)." >&2
        return 69
    fi
}

# Builds the repository in $1 as it is released. It replaces the shell (exec): call it in a subshell.
#
# The program exports no symbols: nothing is linked against it, and the names of all that crosses targets would be 2 %
# of it.
release_build() {
    exec swift build -c release --product livekit-tokend --static-swift-stdlib --disable-local-rpath \
        -Xlinker --no-export-dynamic --package-path "$1" --scratch-path "$1/.build-release"
}

# Prints $1 random letters and digits, from the kernel; at most 200.
random_word() {
    local word
    # A quarter of 2048 bytes are such. No process of the pipe ends before the one that writes to it: where SIGPIPE is
    # ignored, that would complain.
    word=$(head -c 2048 /dev/urandom | LC_ALL=C tr -dc 'A-Za-z0-9')
    printf '%s' "${word:0:$1}"
}

# Writes a random API key in LiveKit's key file format, with mode 0600: file $1, key id $2.
throwaway_key_file() {
    (umask 077 && printf '%s: %s\n' "$2" "$(random_word 43)" >"$1")
}

# Makes a whole configuration of nginx in the directory $1 from the files of this repository's nginx/, which is $2: it
# serves 127.0.0.1:$3 and passes to the socket $4. Only paths and the port are changed in the shipped files.
throwaway_nginx() {
    local directory=$1 shipped=$2 port=$3 socket=$4 file place
    mkdir -p "$directory"/{log,tls}
    while read -r file; do
        case $file in
            site/livekit-tokend) place=$directory/sites-enabled/livekit-tokend ;;
            site/*) place=$directory/snippets/${file#*/} ;;
            snippets/*) place=$directory/share/nginx/${file#*/} ;;
            *) place=$directory/share/$file ;;
        esac
        mkdir -p "${place%/*}"
        sed -e "s|/run/livekit-tokend.sock|$socket|" \
            -e "s|/var/log/nginx/|$directory/log/|" \
            -e "s|/usr/share/livekit-tokend/|$directory/share/|" \
            -e "s|/etc/nginx/snippets/|$directory/snippets/|" \
            -e "s|/etc/letsencrypt/live/livekit.example.com/|$directory/tls/|" \
            -e "s|listen 443 |listen 127.0.0.1:$port |" \
            -e '/listen \[::\]:443 /d' \
            "$shipped/$file" >"$place"
    done < <(cd "$shipped" && find -- * -type f ! -name '*.md')

    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$directory/tls/privkey.pem"
    openssl req -x509 -key "$directory/tls/privkey.pem" -days 30 -out "$directory/tls/fullchain.pem" \
        -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1"
    chmod 600 "$directory/tls/privkey.pem"

    # Started by root, its workers run as Debian's usual user; else as the user who started it.
    {
        ((EUID != 0)) || echo "user www-data;"
        cat <<-CONFIGURATION
		worker_processes 2;
		pid $directory/nginx.pid;
		error_log $directory/log/error.log error;
		events { worker_connections 4096; }
		http {
		    client_body_temp_path $directory/tmp-body;
		    fastcgi_temp_path $directory/tmp-fastcgi;
		    proxy_temp_path $directory/tmp-proxy;
		    scgi_temp_path $directory/tmp-scgi;
		    uwsgi_temp_path $directory/tmp-uwsgi;
		    access_log off;
		    include sites-enabled/*;
		}
		CONFIGURATION
    } >"$directory/nginx.conf"
}

# Makes the nginx of a directory made by throwaway_nginx serve the page to try it, as a site does: uncomments a line.
throwaway_try_page() {
    sed -i 's|# \(include .*/try.conf;\)|\1|' "$1/sites-enabled/livekit-tokend"
}

# Makes the nginx of a directory made by throwaway_nginx stand before the LiveKit at $2, a host and a port, with the gate
# between, as a site does: uncomments two lines, and says where LiveKit is.
throwaway_gate() {
    sed -i 's|# \(include .*/gate\(-http\)\?\.conf;\)|\1|; s|large_client_header_buffers 4 16k|large_client_header_buffers 4 64k|' \
        "$1/sites-enabled/livekit-tokend"
    sed -i "s|server 127.0.0.1:7880;|server $2;|" "$1/snippets/livekit-tokend-gate.conf"
}

# Runs the nginx of a directory made by throwaway_nginx in the foreground, until it is told to stop.
run_throwaway_nginx() {
    # Debian keeps it where an ordinary user's PATH does not look.
    PATH=$PATH:/usr/sbin exec nginx -p "$1/" -c nginx.conf -e "$1/log/error.log" -g 'daemon off;'
}

# Waits up to $1 seconds for a command to succeed; runs it ten times a second.
wait_until() {
    local tries=$(($1 * 10))
    shift
    until "$@" 2>/dev/null; do
        ((tries-- > 0)) || return 1
        sleep 0.1
    done
}
