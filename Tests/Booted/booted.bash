# shellcheck shell=bash
# What the booted tests share: one machine with a real systemd, in which the real package is installed. Each file goes
# on where the one before has ended, as the life of a machine does. $SUITE says which Debian it is: bookworm (12) or
# trixie (13).

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tests=$root/Tests/Booted
SUITE=${SUITE:-bookworm}

# shellcheck disable=SC2034 # for those who source this
{
    service=livekit-tokend.service
    socket=livekit-tokend.socket
    keys=/etc/livekit-tokend/livekit-keys.yaml
    configuration=/etc/livekit-tokend/config.yaml
    host=livekit.example.com
}

# shellcheck source=deploy/throwaway.sh
source "$root/deploy/throwaway.sh"

# Runs a command in the machine, as root.
inside() { "$tests/booted-debian" exec "$MACHINE" "$@" 3>&-; }

# The same for a line of shell.
inside_shell() { inside bash -c "set -euo pipefail; $1" bash "${@:2}"; }

push() { "$tests/booted-debian" push "$MACHINE" "$1" "$2"; }

# The names in the Depends of the package $1, one a line; of alternatives the first.
depends() { dpkg-deb --field "$1" Depends | tr ',' '\n' | sed 's/[(|].*//; s/ //g' | sort; }

# A property of the service's unit, such as ActiveState.
property() { inside systemctl show --property "$1" --value "${2:-$service}"; }

is_active() { [[ $(property ActiveState) == active ]]; }
has_restarted() { (($(property NRestarts) > $1)); }
has_status() { [[ $(property StatusText) == *"$1"* ]]; }

# What journalctl says to the arguments once the journal has all that was written by now.
journal() { inside journalctl --sync && inside journalctl --output cat --no-pager "$@"; }
# What the journal has of the service, from the cursor $1 on, as it wrote it.
journal_since() { journal --unit "$service" --after-cursor "$1"; }
# The cursor is of the service's own last line: after another's, journalctl leaves out one line too many.
journal_cursor() { inside journalctl --unit "$service" --lines 1 --show-cursor --quiet | sed --quiet 's/^-- cursor: //p'; }

# Asks for a token with the bearer $1 for the room $2 through nginx; further arguments go to curl. Prints the status.
ask() {
    inside curl --silent --output /root/answer.json --write-out '%{http_code}\n' --max-time 20 \
        --cacert /etc/ssl/tokend/fullchain.pem --resolve "$host:443:127.0.0.1" \
        --header "Authorization: Bearer $1" --json "{\"roomId\": \"${2:-stage-1}\"}" "${@:3}" "https://$host/livekit/token"
}

gives_a_token() { assert_equal "$(ask "$(cat "$BOOTED/bearer")")" 200; }

# What an administrator does at an editor, of three files: the key, the URL, the certificate.
# shellcheck disable=SC2016 # for the shell in the machine
fill_in() {
    inside_shell 'printf "APIbooted: %s\n" "$(openssl rand -base64 32)" >"$1"
        sed -i "s|wss://livekit.example.com|wss://media.example.com|" "$2"
        sed -i "s|/etc/letsencrypt/live/livekit.example.com|/etc/ssl/tokend|" /etc/nginx/sites-available/livekit-tokend' \
        "$keys" "$configuration"
}

enable_site() {
    inside_shell 'ln -s ../sites-available/livekit-tokend /etc/nginx/sites-enabled/'
    inside_shell 'nginx -t -q && systemctl reload nginx'
    # Which is over before nginx listens.
    wait_until 60 listens
}

# Whether nginx answers at the site's port, whatever that is.
listens() { inside curl --silent --insecure --output /dev/null --resolve "$host:443:127.0.0.1" "https://$host/"; }

# A user, a room and a session, whose bearer is in $BOOTED/bearer.
let_somebody_in() {
    inside_shell 'livekit-tokend user add ada && livekit-tokend room add stage-1 --open && livekit-tokend session create ada' |
        tail -n 1 >"$BOOTED/bearer"
}

# Lifts limits that a load from one address and one session would meet at once.
raise_limits() {
    inside_shell 'cd /etc/nginx/snippets && cp -a livekit-tokend*.conf /root
        PYTHONPATH=/root python3 -m support.limits livekit-tokend*.conf
        nginx -t -q && systemctl restart nginx'
}

# After a reload the workers from before, with their limits, would answer for a while; and it would keep the count of the
# requests that came too fast.
restore_limits() {
    inside_shell 'cp -a /root/livekit-tokend*.conf /etc/nginx/snippets && systemctl restart nginx'
}

# Starts load with at least $1 requests, which lasts until the load is told to end, and waits until it has had answers.
start_load() {
    inside touch /run/load
    inside rm --force /run/load.begun
    inside python3 /root/load.py "$(cat "$BOOTED/bearer")" "$1" /run/load >"$BOOTED/load.json" 2>"$BOOTED/load.err" 3>&- &
    load=$!
    wait_until 60 inside test -e /run/load.begun
}

# Waits for the end of the load. What came of it is printed, and in $BOOTED/load.json.
end_load() {
    inside rm --force /run/load
    wait "$load" || {
        cat "$BOOTED/load.err" >&2
        return 1
    }
    figure "$1: $(jq --compact-output . "$BOOTED/load.json")"
}

load_field() { jq --compact-output "$1" "$BOOTED/load.json"; }

# A figure to see at the end of the run.
figure() {
    echo "# $1" >&3
    echo "$1" >>"$BOOTED/figures"
}

assert_equal() {
    [[ $1 == "$2" ]] || {
        printf 'expected: %s\nbut it is: %s\n' "$2" "$1" >&2
        return 1
    }
}

# Milliseconds since some time in the past.
milliseconds() { echo $(($(date +%s%N) / 1000000)); }
