#!/usr/bin/env bats
# check: a service that is well, and what goes wrong on real machines, with the cure.

# shellcheck disable=SC2030,SC2031 # each test sets what assert_finding looks at
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

setup() {
    deployment=$STACK/check-$BATS_TEST_NUMBER
    new_deployment "$deployment" <<<'workers: 4'
    # The placeholder of the example has a warning of its own.
    sed -i 's|wss://livekit.school.edu|wss://media.school.edu|' "$deployment/config.yaml"
    in_deployment "$deployment" migrate >/dev/null 2>&1
    chmod 711 "$deployment"
}

teardown() {
    stop_process "$deployment/responder.pid"
}

# The findings of check on the deployment, in $findings; the exit status is in $status. Arguments go to check.
check() {
    status=0
    findings=$(in_deployment "$deployment" check "$@" 2>"$STACK/check-summary.txt") || status=$?
    printf '%s\n' "$findings"
}

# Fails unless the finding on $1 has the level $2 and holds the other arguments.
assert_finding() {
    local line wanted
    line=$(grep -E "^[a-z]+ +$1 " <<<"$findings")
    [[ $line == "$2 "* ]]
    for wanted in "${@:3}"; do [[ $line == *"$wanted"* ]]; done
}

# Runs a script with the arguments after it where it sees no process but its own, so that no other nginx is there.
alone() {
    unshare --pid --fork --kill-child --mount-proc bash -c "source $tests/stack.bash; $1" bash "${@:2}" 3>&-
}

# Starts the service on the deployment, as the user nobody.
serve_as_nobody() {
    setpriv --reuid=nobody --regid=nogroup --clear-groups "$tokend" serve --config "$deployment/config.yaml" \
        >"$deployment/out.log" 2>"$deployment/err.log" </dev/null 3>&- &
    echo $! >"$deployment/responder.pid"
    wait_until 60 grep --quiet service.started "$deployment/out.log"
}

@test "a service that is well: a line each, all ok, and nothing is changed or logged" {
    chown -R nobody "$deployment"
    # The service's own user, and one twice: each may connect, and is named once.
    echo "peers: [nobody, www-data, '$(id --user www-data)']" >>"$deployment/config.yaml"
    serve_as_nobody
    assert_equal "$(jq --compact-output 'select(.event == "service.started").peers' "$deployment/out.log")" \
        '["www-data","nobody"]'
    before=$(find "$deployment" -printf '%p %m %u %s %T@\n' | sort)
    # shellcheck disable=SC2016
    alone 'in_deployment "$1" check --as nobody >"$1.txt" 2>"$1.err"' "$deployment"
    findings=$(cat "$deployment.txt")
    echo "$findings"
    assert_equal "$(cut -d ' ' -f 1 <<<"$findings" | sort -u)" ok
    assert_equal "$(wc --lines <<<"$findings")" 10
    assert_finding socket ok answers
    assert_finding nginx ok www-data
    assert_finding peers ok ' www-data, nobody may connect'
    assert_equal "$(cat "$deployment.err")" ''
    assert_equal "$(find "$deployment" -printf '%p %m %u %s %T@\n' | sort)" "$before"
}

@test "a service that hangs is seen" {
    start_responder "$deployment"
    kill -STOP "$(cat "$deployment/responder.pid")"
    check
    kill -CONT "$(cat "$deployment/responder.pid")"
    assert_equal "$status" 69
    assert_finding socket error "does not answer"
}

@test "a service that is not started, or was killed" {
    check
    assert_equal "$status" 0
    assert_finding socket warning "systemctl start"
    start_responder "$deployment"
    kill -KILL "$(cat "$deployment/responder.pid")"
    wait_until 60 is_gone "$(cat "$deployment/responder.pid")"
    check
    assert_equal "$status" 69
    assert_finding socket error "no process listens"
    [[ $(cat "$STACK/check-summary.txt") == 'livekit-tokend: 1 error'* ]]
}

# Runs the commands that a finding on $1 says to run.
obey() {
    local line commands
    line=$(grep -E "^[a-z]+ +$1 " <<<"$findings")
    commands=${line#*run: }
    bash -c "${commands%, and set*}"
}

@test "root sees what the user of the service will see" {
    chown root "$deployment"/directory.sqlite*
    check --as nobody
    # The key file is root's, and no systemd passes it on.
    assert_equal "$status" 78
    assert_finding 'api key' error 'cannot be read by nobody' LoadCredential=
    assert_finding directory error 'for other things too' "install -d -o nobody -m 700 $deployment/livekit-tokend"
    chown nobody "$deployment/keys.yaml"
    check --as nobody
    assert_equal "$status" 69
    assert_finding user ok nobody
    assert_finding 'api key' ok 'changed today'
    # What the advice leaves alone is as it was.
    before=$(stat --format '%n %U:%G %a' "$deployment" "$deployment"/{config,keys}.yaml)
    obey directory
    assert_equal "$(stat --format '%n %U:%G %a' "$deployment" "$deployment"/{config,keys}.yaml)" "$before"
    sed -i 's#/directory.sqlite#/livekit-tokend/directory.sqlite#' "$deployment/config.yaml"
    check --as nobody
    assert_finding directory ok 'of nobody' "$deployment/livekit-tokend/directory.sqlite"
    # In its own folder the files and the folder are given, what SQLite has left there too.
    chown -R root "$deployment/livekit-tokend"
    chmod 755 "$deployment/livekit-tokend"
    check --as nobody
    assert_finding directory error "run: chown nobody $deployment/livekit-tokend $deployment/livekit-tokend/directory.sqlite"
    obey directory
    check --as nobody
    assert_finding directory ok
    mv "$deployment"/livekit-tokend/directory.sqlite* "$deployment/"
    sed -i 's#/livekit-tokend/directory.sqlite#/directory.sqlite#' "$deployment/config.yaml"
    chown -R nobody "$deployment"
    check --as nobody
    assert_equal "$status" 0
    assert_finding directory ok 'schema' 'of nobody' 0600
    chmod 644 "$deployment/directory.sqlite"
    check --as nobody
    assert_finding directory warning 'chmod o='
    chmod 660 "$deployment/directory.sqlite"
    check --as nobody
    assert_finding directory ok 'shared with its group'
}

@test "a log that the service cannot make: a folder of its own, and no right to one that is there" {
    local folder=$deployment/log
    mkdir -p "$folder/livekit-tokend"
    echo "audit: {file: $folder/audit.log}" >>"$deployment/config.yaml"
    chown nobody "$deployment"/keys.yaml "$deployment"/directory.sqlite*
    check --as nobody
    assert_finding audit error "nobody cannot write $folder" "run: install -d -o nobody -m 750 $folder/livekit-tokend-2"
    # Where the folder is missing, it is to be made.
    sed -i "s#log/audit.log#other/audit.log#" "$deployment/config.yaml"
    check --as nobody
    assert_finding audit error "run: install -d -o nobody -m 750 $deployment/other"
    obey audit
    check --as nobody
    assert_finding audit ok "$deployment/other/audit.log"
}

# Runs a command of the program on the deployment as a user who owns nothing of it.
as_nobody() {
    setpriv --reuid=nobody --regid=nogroup --clear-groups "$tokend" "$@" --config "$deployment/config.yaml"
}

@test "who has no right to look is told to use sudo, and is given no command that would take the file away" {
    local mode
    chmod 644 "$deployment/config.yaml"
    for mode in 711 700; do
        mkdir -p "$deployment/state"
        mv "$deployment"/directory.sqlite* "$deployment/state/"
        sed -i 's#/directory.sqlite#/state/directory.sqlite#' "$deployment/config.yaml"
        chmod "$mode" "$deployment/state"
        run as_nobody check
        grep -q '^error.* with sudo' <<<"$output"
        [[ ! $output =~ chown|'install -d' ]]
        run -69 as_nobody user list
        [[ $output == *'cannot be opened by nobody: run it with sudo'* ]]
        mv "$deployment"/state/directory.sqlite* "$deployment/"
        sed -i 's#/state/directory.sqlite#/directory.sqlite#' "$deployment/config.yaml"
    done
    # The service's own words, where it may not search a directory on the way.
    chmod 700 "$deployment/state"
    chown nobody "$deployment/keys.yaml"
    mv "$deployment"/directory.sqlite* "$deployment/state/"
    sed -i 's#/directory.sqlite#/state/directory.sqlite#' "$deployment/config.yaml"
    run -69 as_nobody token create stage-1 ada
    [[ $output == *'out of reach'* ]]
    mv "$deployment"/state/directory.sqlite* "$deployment/"
    sed -i 's#/state/directory.sqlite#/directory.sqlite#' "$deployment/config.yaml"
    # What is not there is another thing than what may not be seen.
    rm "$deployment"/directory.sqlite*
    run -69 as_nobody user list
    [[ $output == *'does not exist, and cannot be made by nobody: run it with sudo, or as root'* ]]
}

@test "a user that this machine does not know has no group to give: the cure is the mode" {
    chown -R nobody "$deployment"
    echo 'peers: [4242]' >>"$deployment/config.yaml"
    serve_as_nobody
    chmod 711 "$deployment"
    check --as nobody
    assert_finding peers ok 4242
    chmod 660 "$deployment/fcgi.sock"
    check --as nobody
    assert_finding peers error '4242 may not connect' 'give it mode 0666, and let 4242 search'
    stop_process "$deployment/responder.pid"
}

@test "a socket in a folder that is missing: check makes the folder, and serve names it" {
    sed -i "s#^listen:.*#listen: $deployment/none/fcgi.sock#" "$deployment/config.yaml"
    chown -R nobody "$deployment"
    check --as nobody
    assert_finding socket error "run: install -d -o nobody -m 711 $deployment/none"
    run -69 as_nobody serve
    [[ $output == *"listen: $deployment/none/fcgi.sock cannot be made: make its folder"* ]]
}

@test "rows that no request can make use of are named" {
    sqlite3 "$deployment/directory.sqlite" "INSERT INTO rooms (room_id) VALUES ('a/b');
        INSERT INTO members (room_id, user_id, role) VALUES ('nowhere', 'nobody', 'host')"
    check
    assert_equal "$status" 0
    [[ $findings == *'1 room (a/b) that no request can name'* ]]
    [[ $findings == *'1 membership (nowhere) of rooms that do not exist'* ]]
}

@test "what only root may ask, and who is not there" {
    run --separate-stderr setpriv --reuid=nobody --regid=nogroup --clear-groups \
        "$tokend" check --config "$deployment/config.yaml" --as www-data
    assert_equal "$status" 64
    run --separate-stderr "$tokend" check --config "$deployment/config.yaml" --as no-such-user
    assert_equal "$status" 64
}

@test "a directory that is not a database, and an old key" {
    echo 'This is a text, and long enough to be taken for more than an empty file.' >"$deployment/directory.sqlite"
    touch --date '200 days ago' "$deployment/keys.yaml"
    check
    assert_equal "$status" 69
    assert_finding directory error 'not a SQLite database'
    assert_finding 'api key' warning '200 days ago' 'rotate'
}

@test "a broken configuration is one line and 78, also in JSON" {
    echo 'wokers: 4' >>"$deployment/config.yaml"
    check
    assert_equal "$status" 78
    assert_equal "$(wc --lines <<<"$findings")" 1
    assert_finding configuration error config.yaml:5 wokers workers
    check --json
    assert_equal "$status" 78
    assert_equal "$(jq --compact-output 'map([.level, .subject])' <<<"$findings")" '[["error","configuration"]]'
    assert_equal "$(cat "$STACK/check-summary.txt")" ''
}

@test "nginx of another user than www-data: check names the cure, and it is one" {
    local port=$((STACK_PORT + 4))
    throwaway_nginx "$deployment/nginx" "$root/nginx" "$port" "$deployment/fcgi.sock"
    sed -i 's/^user www-data;/user nobody nogroup;/' "$deployment/nginx/nginx.conf"
    # shellcheck disable=SC2016
    alone '
        start_responder "$1"
        run_throwaway_nginx "$1/nginx" &
        # The first that asks is refused at the socket.
        wait_until 60 curl --silent --insecure --output "$1/before.json" "https://127.0.0.1:$2/livekit/health"
        in_deployment "$1" check >"$1/before.txt" || echo "$?" >"$1/before.status"
        stop_process "$1/responder.pid"
        echo "peers: [nobody]" >>"$1/config.yaml"
        start_responder "$1"
        curl --silent --insecure --output "$1/after.json" "https://127.0.0.1:$2/livekit/health"
        in_deployment "$1" check >"$1/after.txt"
        echo "$?" >"$1/after.status"
        stop_process "$1/responder.pid"
    ' "$deployment" "$port"
    cat "$deployment/before.txt" "$deployment/after.txt"
    assert_equal "$(jq .status "$deployment/before.json")" 502
    assert_equal "$(cat "$deployment/before.status")" 78
    findings=$(cat "$deployment/before.txt")
    assert_finding nginx error nobody 'peers: [nobody]'
    assert_equal "$(cat "$deployment/after.json")" '{"status":"ok"}'
    assert_equal "$(cat "$deployment/after.status")" 0
    findings=$(cat "$deployment/after.txt")
    assert_finding nginx ok nobody
}

@test "an ordinary user who may not look gets one line, and no advice that follows from it" {
    local file
    for file in config.yaml keys.yaml directory.sqlite; do
        chown -R nobody "$deployment"
        chown root "$deployment/$file"
        chmod 600 "$deployment/$file"
        status=0
        findings=$(setpriv --reuid=nobody --regid=nogroup --clear-groups \
            "$tokend" check --config "$deployment/config.yaml" 2>/dev/null) || status=$?
        echo "$findings"
        assert_equal "$status" 69
        assert_equal "$(wc --lines <<<"$findings")" 1
        assert_finding check error "may not read" "$file" 'run it with sudo, or as the user of the service'
        [[ ! $findings =~ chown|chmod|install|mkdir ]]
    done
    # A folder above them that cannot be searched says nothing of what is in it.
    chown -R nobody "$deployment"
    chmod 755 "$deployment"
    mkdir -m 700 "$deployment/closed"
    sed -i "s|directory: .*|directory: {url: 'sqlite:$deployment/closed/d.sqlite'}|" "$deployment/config.yaml"
    findings=$(setpriv --reuid=nobody --regid=nogroup --clear-groups \
        "$tokend" check --config "$deployment/config.yaml" 2>/dev/null) || true
    assert_equal "$(wc --lines <<<"$findings")" 1
    assert_finding check error closed/d.sqlite 'run it with sudo'
    # Where all is in reach it works for any user.
    rmdir "$deployment/closed"
    sed -i "s|/closed/|/|" "$deployment/config.yaml"
    findings=$(setpriv --reuid=nobody --regid=nogroup --clear-groups \
        "$tokend" check --config "$deployment/config.yaml" 2>/dev/null)
    assert_finding user ok nobody
    assert_finding 'api key' ok keys.yaml
}

@test "a process that calls itself nginx is not believed" {
    # shellcheck disable=SC2016
    alone '
        setpriv --reuid=games --regid=games --clear-groups bash -c "exec -a \"nginx: worker process\" sleep 60" &
        wait_until 60 grep --quiet "^nginx: worker" "/proc/$!/cmdline"
        in_deployment "$1" check >"$1/findings.txt"
        kill "$!"
    ' "$deployment"
    findings=$(cat "$deployment/findings.txt")
    echo "$findings"
    [[ $findings != *games* ]]
    assert_finding nginx ok www-data
}

@test "an nginx that passes to another socket, and one that has not taken over its files" {
    local port=$((STACK_PORT + 5))
    throwaway_nginx "$deployment/nginx" "$root/nginx" "$port" "$deployment/other.sock"
    # shellcheck disable=SC2016
    alone '
        run_throwaway_nginx "$1/nginx" &
        wait_until 60 curl --silent --insecure --output /dev/null "https://127.0.0.1:$2/"
        in_deployment "$1" check >"$1/findings.txt"
        find "$1/nginx" -name livekit-tokend-limits.conf -exec touch --date "1 hour" {} +
        in_deployment "$1" check >"$1/later.txt"
    ' "$deployment" "$port"
    findings=$(grep 'passes to' "$deployment/findings.txt")
    assert_finding nginx warning "unix:$deployment/other.sock" "server unix:$deployment/fcgi.sock;"
    findings=$(grep 'taken over' "$deployment/later.txt")
    assert_finding nginx warning livekit-tokend-limits.conf 'systemctl reload nginx'
    [[ $(cat "$deployment/findings.txt") != *'taken over'* ]]
}

@test "where the key is from, and what it hides" {
    LIVEKIT_API_KEY=APIenv LIVEKIT_API_SECRET=$(openssl rand -base64 32) check
    findings=$(grep 'api key' <<<"$findings")
    assert_equal "$(wc --lines <<<"$findings")" 2
    assert_equal "$(head -n 1 <<<"$findings")" 'ok       api key        APIenv, from LIVEKIT_API_SECRET in the environment'
    findings=$(tail -n 1 <<<"$findings")
    assert_finding 'api key' warning "hides $deployment/keys.yaml"
    # A file without a key, as the package makes it, is not hidden.
    echo '# nothing yet' >"$deployment/keys.yaml"
    LIVEKIT_API_KEY=APIenv LIVEKIT_API_SECRET=$(openssl rand -base64 32) check
    assert_equal "$(grep --count 'api key' <<<"$findings")" 1
    # What is wrong with a variable is said, and the variable is not.
    LIVEKIT_API_KEY=APIenv LIVEKIT_API_SECRET=$'0123456789abcdefghijklmnopqrstuvwxyz\n' check
    assert_equal "$status" 78
    assert_finding 'api key' error 'LIVEKIT_API_SECRET ends with a line end' printf
    [[ $findings != *0123456789* ]]
}

@test "what cannot be right for others, and a short life of tokens" {
    sed -i 's|wss://media.school.edu|ws://livekit:7880|' "$deployment/config.yaml"
    echo 'token: {ttl: 1m}' >>"$deployment/config.yaml"
    check
    assert_equal "$status" 0
    assert_finding 'token source' warning 'ws://livekit:7880' 'without a dot'
    assert_finding token warning 'token.ttl' 2m
    sed -i 's|ws://livekit:7880|wss://livekit.example.com|' "$deployment/config.yaml"
    check
    assert_finding 'token source' warning placeholder
}

@test "a disk that is read-only or full" {
    mkdir "$deployment/disk"
    sed -i "s|directory: .*|directory: {url: 'sqlite:$deployment/disk/d.sqlite'}|" "$deployment/config.yaml"
    # shellcheck disable=SC2016
    unshare --mount bash -c '
        mount -t tmpfs -o size=64k tmpfs "$2/disk"
        head --bytes=64K /dev/zero >"$2/disk/zeros"
        "$1" check --config "$2/config.yaml" >"$2/full.txt"
        mount -o remount,ro "$2/disk"
        "$1" check --config "$2/config.yaml" >"$2/fixed.txt"
        true
    ' bash "$tokend" "$deployment" 2>/dev/null
    findings=$(cat "$deployment/full.txt")
    assert_finding directory error 'disk that is full' 'make room'
    findings=$(cat "$deployment/fixed.txt")
    assert_finding directory error 'mounted read-only'
    [[ $findings != *chown* ]]
}

@test "a credential of systemd's, which has an access list" {
    local folder
    folder=$(mktemp --directory /dev/shm/livekit-tokend.XXXXXX)
    mv "$deployment/keys.yaml" "$folder/keys.yaml"
    chmod 400 "$folder/keys.yaml"
    chmod 755 "$folder"
    # As systemd 254 does: the service's user by name, nothing for groups; stat shows the mask as the group's bits.
    "$python" - "$folder/keys.yaml" <<'PYTHON' || skip "no access lists on /dev/shm"
import os
import pwd
import struct
import sys

entries = [(1, 4, -1), (2, 4, pwd.getpwnam("nobody").pw_uid), (4, 0, -1), (0x10, 4, -1), (0x20, 0, -1)]
value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, bits, i & 0xFFFFFFFF) for tag, bits, i in entries)
os.setxattr(sys.argv[1], "system.posix_acl_access", value)
PYTHON
    assert_equal "$(stat --format %a:%U "$folder/keys.yaml")" 440:root
    CREDENTIALS_DIRECTORY=$folder check --as nobody
    assert_finding 'api key' ok APIstack
    CREDENTIALS_DIRECTORY=$folder check --as www-data
    assert_finding 'api key' error 'Permission denied'
    rm -rf "$folder"
}

@test "a key file as Kubernetes mounts it: links, a group of the process alone, mode 0440" {
    local folder=$deployment/keys
    mkdir -p "$folder/..day"
    chmod 1777 "$folder"
    mv "$deployment/keys.yaml" "$folder/..day/keys.yaml"
    ln -s ..day "$folder/..data"
    ln -s ..data/keys.yaml "$folder/keys.yaml"
    sed -i 's|key_file: keys.yaml|key_file: keys/keys.yaml|' "$deployment/config.yaml"
    chown 10001 "$deployment" "$deployment"/directory.sqlite*
    chgrp 20001 "$folder/..day/keys.yaml"
    chmod 440 "$folder/..day/keys.yaml"
    findings=$(setpriv --reuid=10001 --regid=10001 --groups=20001 \
        "$tokend" check --config "$deployment/config.yaml" 2>/dev/null) || true
    echo "$findings"
    assert_finding 'api key' ok APIstack
    # A link of somebody else's on the way.
    chown --no-dereference games "$folder/..data"
    findings=$(setpriv --reuid=10001 --regid=10001 --groups=20001 \
        "$tokend" check --config "$deployment/config.yaml" 2>/dev/null) || true
    assert_finding 'api key' error "..data is a symbolic link of games"
}

# Runs a script, with the program as $1 and the arguments after it, where /etc is a copy that ends with it.
with_own_etc() {
    # shellcheck disable=SC2016
    unshare --mount --pid --fork --kill-child --mount-proc bash -c '
        mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work || exit 99
        mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc || exit 99
        mkdir -p /etc/livekit-tokend /etc/systemd/system
        source /dev/stdin
    ' bash "$tokend" "${@:2}" <<<"$1"
}

@test "the service's unit: its environment counts, its sandbox is known, and old files of nginx are named" {
    cp "$deployment/keys.yaml" "$deployment/config.yaml" "$STACK/"
    echo 'EnvironmentFile=/etc/livekit-tokend/env' >"$deployment/drop-in.conf"
    # shellcheck disable=SC2016
    with_own_etc '
        cp "$2/deploy/livekit-tokend.service" /etc/systemd/system
        mkdir /etc/systemd/system/livekit-tokend.service.d
        (echo "[Service]"; cat "$3/drop-in.conf") >/etc/systemd/system/livekit-tokend.service.d/a.conf
        echo "LIVEKIT_API_KEY=APIunit
LIVEKIT_API_SECRET=0123456789abcdefghijklmnopqrstuvwxyz" >/etc/livekit-tokend/env
        cp "$3/config.yaml" "$3/keys.yaml" /etc/livekit-tokend
        mkdir -p /etc/nginx/snippets
        echo "limit_req_zone \$http_authorization zone=livekit_bearer:10m rate=2r/s;" >/etc/nginx/snippets/livekit-tokend-http.conf
        echo "include snippets/livekit-tokend-http.conf;" >/etc/nginx/sites-enabled/livekit-tokend
        export LIVEKIT_API_KEY=APIroot LIVEKIT_API_SECRET=zyxwvutsrqponmlkjihgfedcba9876543210
        "$1" check --as nobody >"$3/findings.txt"
        true
    ' "$root" "$deployment" 2>/dev/null || skip "no overlay on /etc"
    all=$(cat "$deployment/findings.txt")
    echo "$all"
    findings=$(grep 'api key' <<<"$all" | head -n 1)
    assert_finding 'api key' ok APIunit 'in the environment of livekit-tokend.service'
    assert_equal "$(grep --count '^[a-z]* *directory' <<<"$all")" 1
    findings=$(grep 'directory' <<<"$all")
    assert_finding directory error "$deployment" 'PrivateTmp=' /var/lib/livekit-tokend
    findings=$(grep 'earlier release' <<<"$all")
    assert_finding nginx warning /etc/nginx/snippets/livekit-tokend-http.conf 'however its header is spelled'
}

@test "on a terminal levels have colours, unless NO_COLOR says none" {
    in_terminal() { script --quiet --return --command "$*" /dev/null </dev/null; }
    run in_terminal env TERM=xterm "$tokend" check --config "$deployment/config.yaml"
    [[ $output == *$'\e[32mok       \e[0mconfiguration'* ]]
    run in_terminal env TERM=xterm NO_COLOR=1 "$tokend" check --config "$deployment/config.yaml"
    [[ $output == *'ok       configuration'* && $output != *$'\e'* ]]
    check
    [[ $findings != *$'\e'* ]]
}

@test "what a configuration holds cannot command a terminal" {
    printf 'audit: {file: "%s/a\\e[2Jb.log"}\n' "$deployment" >>"$deployment/config.yaml"
    check
    assert_finding configuration error 'audit.file has the control character U+001B'
    [[ $findings != *$'\e'* ]]
}
