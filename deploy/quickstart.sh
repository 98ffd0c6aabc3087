#!/usr/bin/env bash
# A whole livekit-tokend on this machine, from nothing to a token: builds it, starts it behind an nginx of its own on
# https://127.0.0.1:8443, lets a user into a room, and asks for a token with curl. Everything is in a directory that is
# thrown away at the end; this machine's own nginx is not touched.
#
#     deploy/quickstart.sh                 stays up until Ctrl-C
#     deploy/quickstart.sh --once          ends after the token; exit 0 only if it was right
#     deploy/quickstart.sh --port 9443     at another port; so does PORT=9443
#     deploy/quickstart.sh --livekit ws://127.0.0.1:7880     with tokens that a LiveKit takes which runs there with
#                                                            "livekit-server --dev", whose key is devkey: secret;
#                                                            shows the gate before it: a join, a removal, no return
#     deploy/quickstart.sh --login jwt     with a login by a JWT that an app has signed, which says who may
#                                           enter what; there is no directory then
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/throwaway.sh
source "$root/deploy/throwaway.sh"

usage() { sed -n '/^# A whole/,/^set/ { s/^# \{0,1\}//; /^set/!p }' "${BASH_SOURCE[0]}"; }

port=${PORT:-8443}
once=
livekit=
login=directory
while (($#)); do
    case $1 in
        --once) once=yes ;;
        --port) port=${2:-} && shift ;;
        --livekit) livekit=${2:-missing} && shift ;;
        --login) login=${2:-} && shift ;;
        --help | -h) usage && exit ;;
        *) usage >&2 && exit 64 ;;
    esac
    shift || break
done
if [[ ! $port =~ ^[0-9]{1,5}$ ]] || ((10#$port < 1024 || 10#$port > 65535)); then
    echo "The port must be a number from 1024 to 65535, not '$port'." >&2
    exit 64
fi
if [[ $livekit && ! $livekit =~ ^(ws|wss|http|https)://[][A-Za-z0-9.:/_-]+$ ]]; then
    echo "--livekit takes a URL like ws://127.0.0.1:7880." >&2
    exit 64
fi
if [[ $login != jwt && $login != directory ]]; then
    echo "--login takes jwt, or directory, as without it." >&2
    exit 64
fi

# --- What the terminal shows --------------------------------------------------------------------------------------

bold='' dim='' red='' green='' plain=''
if [[ -t 1 && ! ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
fi

step() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
note() { printf '  %s\n' "$*"; }
done_with() { printf '  %s✓%s %s\n' "$green" "$plain" "$1"; }

fail() {
    local status=$1
    shift
    printf '\n  %s✗ %s%s\n' "$red" "$*" "$plain" >&2
    exit "$status"
}

# --- Cleaning up, at every end --------------------------------------------------------------------------------------

work='' responder='' nginx='' build='' behind_gate=''

cleanup() {
    local pid
    trap - EXIT INT TERM HUP
    for pid in $build $nginx $responder; do kill "$pid" 2>/dev/null || true; done
    for pid in $build $nginx $responder; do wait "$pid" 2>/dev/null || true; done
    if [[ $work ]]; then rm -rf "$work"; fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# --- The steps ----------------------------------------------------------------------------------------------------

install_what_is_missing() {
    step "What is needed"
    require_swift || exit
    install_missing_packages "${build_needs[@]}" nginx curl jq openssl
    done_with "Swift, libfcgi, SQLite, libyaml, nettle, nginx, curl, jq and OpenSSL are here"
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        fail 69 "Port $port is in use; choose another one with --port"
    fi
    look_for_livekit
}

# A LiveKit on this machine gets the gate before it. The gate asks the directory: a login by JWT has none here.
look_for_livekit() {
    [[ $livekit =~ ^(ws|http)://(127\.[0-9.]+|localhost|\[::1])(:[0-9]+)?/?$ && $login == directory ]] || return 0
    local address=${livekit#*://}
    address=${address%/}
    [[ $address =~ :[0-9]+$ ]] || address+=:80
    if curl --silent --max-time 5 --output /dev/null "http://$address/"; then
        behind_gate=$address
        done_with "a LiveKit at $address, and the gate goes before it"
    else
        note "No LiveKit answers at $address, so there is no gate to show; start it with: livekit-server --dev"
    fi
}

build_release() {
    step "Building livekit-tokend"
    note "${dim}in release mode; the first time this takes a minute or two${plain}"
    local log=$work/build.log started=$SECONDS said=0 progress
    (release_build "$root") >"$log" 2>&1 &
    build=$!
    while kill -0 "$build" 2>/dev/null; do
        sleep 0.5
        # Swift counts its steps, [210/645]: a sign of life.
        progress=$(tail -c 2000 "$log" | tr '\r' '\n' | grep --only-matching '\[[0-9]*/[0-9]*\]' | tail -n 1) || true
        if [[ -t 1 ]]; then
            printf '\r  … %d s %s\e[K' $((SECONDS - started)) "$progress"
        elif ((SECONDS - started >= said + 30)); then
            said=$((SECONDS - started))
            note "… $said s $progress"
        fi
    done
    if [[ -t 1 ]]; then printf '\r\e[K'; fi
    local status=0
    wait "$build" || status=$?
    build=''
    if ((status != 0)); then
        tail -n 30 "$log" >&2
        fail 70 "The build failed; the lines above are its last"
    fi
    done_with "built in $((SECONDS - started)) s: .build-release/release/livekit-tokend"
}

make_deployment() {
    step "A deployment to throw away"
    printf '#!/bin/sh\nexec "%s" "$@" --config "%s/config.yaml"\n' "$binary" "$work" >"$work/livekit-tokend"
    chmod 755 "$work/livekit-tokend"
    if [[ $livekit ]]; then
        (umask 077 && echo 'devkey: secret' >"$work/livekit-keys.yaml")
        done_with "the API key of livekit-server --dev, in LiveKit's key file format"
    else
        throwaway_key_file "$work/livekit-keys.yaml" "API$(random_word 12)"
        done_with "an API key with a random secret, in LiveKit's key file format"
    fi
    local client_url=${livekit:-wss://livekit.example.com}
    # Clients meet LiveKit behind nginx.
    if [[ $behind_gate ]]; then client_url=wss://127.0.0.1:$port; fi
    cat >"$work/config.yaml" <<CONFIGURATION
# What deploy/quickstart.sh needs; deploy/config.example.yaml has every key.
listen: $socket
livekit:
  url: $client_url
  key_file: livekit-keys.yaml
directory:
  url: $([[ $login == jwt ]] && echo none || echo "'sqlite:$work/directory.sqlite'")
${livekit:+development: true    # takes the key of livekit-server --dev}
${behind_gate:+gate: on}
CONFIGURATION
    if [[ $login == jwt ]]; then
        cat >>"$work/config.yaml" <<CONFIGURATION
sessions:
  source: jwt
  users: any
  jwt:
    issuer: https://app.example.com
    audience: livekit
    key_set_file: $work/key-set.json
memberships: {source: claims, claim: livekit_rooms}
CONFIGURATION
        make_key_pair
    fi
    throwaway_nginx "$work/nginx" "$root/nginx" "$port" "$socket"
    throwaway_try_page "$work/nginx"
    if [[ $behind_gate ]]; then throwaway_gate "$work/nginx" "$behind_gate"; fi
    done_with "a certificate for localhost, and nginx with the files of nginx/"
}

# The app that signs: a key pair, and the set of its public key for the service.
make_key_pair() {
    shell 'openssl genpkey -algorithm ed25519 -out app.pem'
    shell 'openssl pkey -in app.pem -pubout | livekit-tokend keyset from-pem - > key-set.json'
    cat >"$work/jwt" <<'SCRIPT'
#!/bin/sh
# Prints a JWT for the user $1, who is host in stage-1: signed with app.pem, as an app would, and good for an hour.
set -eu
cd "$(dirname "$0")"
base64url() { base64 --wrap 0 | tr -d = | tr /+ _-; }
now=$(date +%s)
{
    printf '{"alg": "EdDSA", "typ": "JWT"}' | base64url
    printf .
    printf '{"iss": "https://app.example.com", "aud": "livekit", "sub": "%s", "iat": %s, "exp": %s,
        "livekit_rooms": {"stage-1": ["host"]}}' "$1" "$now" "$((now + 3600))" | base64url
} >signed
printf '%s.%s\n' "$(cat signed)" "$(openssl pkeyutl -sign -rawin -inkey app.pem -in signed | base64url)"
SCRIPT
    chmod 755 "$work/jwt"
    done_with "a key pair of the app's, and its key set, with which the service verifies JWTs"
}

start() {
    "$binary" serve --config "$work/config.yaml" >"$work/audit.log" 2>"$work/serve.log" </dev/null &
    responder=$!
    run_throwaway_nginx "$work/nginx" </dev/null 2>"$work/nginx.log" &
    nginx=$!
    wait_until 60 is_healthy || {
        tail -n 5 "$work/serve.log" "$work/nginx.log" "$work"/nginx/log/*error.log >&2
        fail 69 "It did not start; the lines above say why"
    }
    done_with "both are running, and $url/livekit/health says that all is well"
}

is_healthy() {
    kill -0 "$responder" && [[ $(curl_it --max-time 2 "$url/livekit/health") == '{"status":"ok"}' ]]
}

let_somebody_in() {
    if [[ $login == jwt ]]; then
        step "A login: a JWT that the app has signed, with a membership in it"
        shell '(printf "Authorization: Bearer " && ./jwt ada) > authorization'
        return
    fi
    step "A user, a room, and who may enter it"
    show tokend user add ada --name "Ada Lovelace"
    show tokend room add stage-1
    show tokend member add stage-1 ada --role host
    # In files of mode 0600, and in no command line.
    (umask 077 && tokend session create ada >"$work/session" &&
        printf 'Authorization: Bearer %s\n' "$(cat "$work/session")" >"$work/authorization")
    printf '  %s$ livekit-tokend session create ada%s   → %s\n' "$dim" "$plain" "$work/session"
}

# Runs a command of the program, and shows what one would type.
show() {
    local word words=''
    for word in "${@:2}"; do
        if [[ $word == *' '* ]]; then word="\"$word\""; fi
        words+=" $word"
    done
    printf '  %s$ livekit-tokend%s%s\n' "$dim" "$words" "$plain"
    "$@" >/dev/null 2>"$work/command.log" || {
        cat "$work/command.log" >&2
        fail 70 "That did not work"
    }
}

# Runs a line of shell in the directory, and shows it.
shell() {
    printf '  %s$ %s%s\n' "$dim" "$1" "$plain"
    (cd "$work" && umask 077 && PATH=$work:$PATH bash -euo pipefail -c "$1") 2>"$work/command.log" || {
        cat "$work/command.log" >&2
        fail 70 "That did not work"
    }
}

ask_for_a_token() {
    step "A token, asked for with curl"
    local asked_at answer status claims
    asked_at=$(date +%s)
    answer=$(curl_it --header "@$work/authorization" --json '{"roomId": "stage-1", "sceneId": "intro"}' \
        --write-out '\n%{http_code}' "$url/livekit/token")
    status=${answer##*$'\n'}
    answer=${answer%$'\n'*}
    [[ $status == 200 ]] || fail 70 "The answer is $status: $answer"
    # The program reads the token back, and checks the signature.
    jq --raw-output .token <<<"$answer" | tokend token decode - --json >"$work/claims.json" ||
        fail 70 "The token's signature is wrong"
    claims=$(jq --raw-output --argjson asked "$asked_at" --arg expires "$(jq --raw-output .expiresAt <<<"$answer")" '
        [
            (if .video.room == "stage-1" and .video.roomJoin == true then empty else "the room is \(.video.room)" end),
            (if .sub | test("^user-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$") then empty else "the identity is \(.sub)" end),
            (if .exp == ($expires | fromdate) then empty else "exp is \(.exp), but expiresAt \($expires)" end),
            (if .exp - $asked >= 60 and .exp - $asked <= 3600 then empty else "it lives for \(.exp - $asked) s" end)
        ] | join("; ")' "$work/claims.json")
    [[ ! $claims ]] || fail 70 "The token is not what was asked for: $claims"
    done_with "200, and the token is what was asked for: room, identity, expiry and signature"
    echo
    jq --raw-output .token <<<"$answer" | tokend token decode - | sed 's/^/    /'
}

# What a removal is worth: without the gate the token that LiveKit renews lets its holder back in.
show_the_gate() {
    step "The gate: in, removed, and not back in"
    ask_with_session | jq --raw-output .token | as_header >"$work/joining"
    join || fail 70 "The join was refused: $(head -n 1 "$work/joined" 2>/dev/null)"
    done_with "101, ada is in: nginx asked the gate, and LiveKit has renewed the token already"
    show tokend member remove stage-1 ada
    expect 403 "$url/rtc/validate" "the renewed token at the gate: 403, \"You may not enter this room now.\""
    expect 200 "http://$behind_gate/rtc/validate" "at LiveKit's own address the same token is still good: 200"
    show tokend member add stage-1 ada --role host
    expect 200 "$url/rtc/validate" "a member again, and the gate lets the same token in: 200"
    show_admitted
}

ask_with_session() {
    curl_it --header "@$work/authorization" --json '{"roomId": "stage-1"}' "$url/livekit/token"
}

# A header from a token on standard input, for a file of mode 0600.
as_header() { (umask 077 && sed 's/^/Authorization: Bearer /'); }

# Joins as a client does, by a WebSocket, and keeps the token that LiveKit sends after the join, in $work/renewed.
join() {
    local client
    curl_it --no-buffer --http1.1 --include --output "$work/joined" --header "@$work/joining" \
        --header 'Connection: Upgrade' --header 'Upgrade: websocket' --header 'Sec-WebSocket-Version: 13' \
        --header "Sec-WebSocket-Key: $(head -c 16 /dev/urandom | base64)" \
        "$url/rtc?protocol=16&auto_subscribe=1" 2>/dev/null &
    client=$!
    wait_until 10 renewed_token >"$work/token"
    local status=$?
    kill "$client" 2>/dev/null || true
    wait "$client" 2>/dev/null || true
    as_header <"$work/token" >"$work/renewed"
    return "$status"
}

# The token in what a WebSocket has brought: its text stands among bytes of the messages.
renewed_token() {
    head -n 1 "$work/joined" | grep --quiet '^HTTP/1.1 101 ' &&
        grep --text --only-matching --extended-regexp 'eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}' "$work/joined" |
        tail -n 1 | grep .
}

# Fails unless the renewed token gets the status $1 at the URL $2; says $3.
expect() {
    local status
    status=$(curl_it --header "@$work/renewed" --output "$work/said" --write-out '%{http_code}' "$2")
    [[ $status == "$1" ]] || fail 70 "The renewed token gets $status at $2, and not $1: $(head -c 200 "$work/said")"
    done_with "$3"
}

# What the log says of joins.
show_admitted() {
    note "${dim}and the log says who entered:${plain}"
    jq --raw-output 'select(.event | startswith("join.")) | "    \(.event)  \(.userId)  \(.roomId)  \(.reason // "")"' "$work/audit.log"
}

say_what_next() {
    # Short names for what is typed there.
    ln -s nginx/tls/fullchain.pem "$work/cert.pem"
    local curl_command="curl --cacert cert.pem"
    local read_token out paste="cat session"
    if [[ $login == jwt ]]; then
        paste="./jwt ada"
        read_token="${dim}# what the service makes of the login, and what it may${plain}
  ./jwt ada | ./livekit-tokend session show -
  ./jwt ada | ./livekit-tokend explain - stage-1"
        out="${dim}# another login: the app signs what it likes, and who is out is out when the JWT ends${plain}
  (printf 'Authorization: Bearer ' && ./jwt grace) > authorization"
    else
        read_token="${dim}# a token in words${plain}
  ./livekit-tokend token create stage-1 ada | ./livekit-tokend token decode -"
        out="${dim}# who is out: the next request is refused${plain}
  ./livekit-tokend session revoke --user ada"
    fi
    cat <<NEXT

${bold}What to type next, in another terminal${plain}

  cd $work

  ${dim}# the same again; the file holds the header, so that no list of processes shows the session${plain}
  $curl_command -H @authorization --json '{"roomId": "stage-1"}' $url/livekit/token

  ${dim}# without a session: 403, and why${plain}
  $curl_command --json '{"roomId": "stage-1"}' $url/livekit/token

  $read_token

  $out

  ${dim}# the log: one line a request${plain}
  tail -f audit.log

  ${dim}# a page to try it, in a browser that trusts cert.pem, or that you tell to go on; paste the line of: $paste${plain}
  $url/livekit/try/
NEXT
    if [[ $livekit ]]; then
        printf '\n  %s# there, "Join in LiveKit Meet" leads to the LiveKit at %s%s\n' "$dim" "$livekit" "$plain"
    else
        printf '\n  %s# no LiveKit takes these tokens; with one on this machine: --livekit ws://127.0.0.1:7880%s\n' "$dim" "$plain"
    fi
    printf '\n%sIt is up at %s until you press Ctrl-C.%s Then %s is removed.\n' "$bold" "$url" "$plain" "$work"
}

stay() {
    # Not an accident any more, but the way out.
    trap 'echo; exit 0' INT TERM
    wait -n "$responder" "$nginx" || true
    tail -n 5 "$work/serve.log" "$work/nginx.log" >&2
    fail 69 "The service or its nginx has ended unasked"
}

# --- Small things -------------------------------------------------------------------------------------------------

tokend() { "$binary" "$@" --config "$work/config.yaml"; }

curl_it() { curl --silent --show-error --max-time 10 --cacert "$work/nginx/tls/fullchain.pem" "$@"; }

binary=$root/.build-release/release/livekit-tokend
url=https://127.0.0.1:$port
printf '%slivekit-tokend: the quick start%s\n' "$bold" "$plain"
install_what_is_missing
work=$(mktemp -d "${TMPDIR:-/tmp}/livekit-tokend-quickstart.XXXXXX")
# Started by root, nginx's workers run as another user, which must reach the socket.
chmod 711 "$work"
socket=$work/fcgi.sock
build_release
make_deployment
start
let_somebody_in
ask_for_a_token
if [[ $behind_gate ]]; then show_the_gate; fi
if [[ $once ]]; then
    echo
else
    say_what_next
    stay
fi
