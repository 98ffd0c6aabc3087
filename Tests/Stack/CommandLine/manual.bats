#!/usr/bin/env bats
# The pages of the manual, held against the program: commands, variables, keys of the configuration, tables of the
# directory. Their examples are run.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

setup_file() {
    MAN=$BATS_FILE_TMPDIR/man
    export MAN
    "$root/deploy/build-man.sh" "$tokend" "$MAN"
}

# The examples of the page $1, as one would paste them.
examples() { awk '/^\.fi/{ inside = 0 } inside; /^\.nf/{ inside = 1 }' "$MAN/$1" | unescaped; }
unescaped() { sed "s/\\\\(aq/'/g; s/\\\\(ti/~/g; s/\\\\(<=/≤/g; s/\\\\-/-/g; s/\\\\~/ /g; s/\\\\e/\\\\/g; s/^\\\\&//"; }
# The keys or columns that the page $1 describes.
items() { sed -n 's/^\.BI \([^ ]*\) .*/\1/p' "$MAN/$1" | tr -d : | unescaped; }
# What stands both in the files $1 and $2, a line each, in any order; shows what differs.
assert_same_lines() { diff <(sort "$1") <(sort "$2") >&2; }

@test "man and mandoc have no complaint, and no literal is hyphenated" {
    local page
    for page in "$MAN"/*; do
        LC_ALL=C.UTF-8 MANWIDTH=120 man --warnings --local-file "$page" 2>"$BATS_TEST_TMPDIR/err" >/dev/null
        assert_equal "$(cat "$BATS_TEST_TMPDIR/err")" ""
        LC_ALL=C.UTF-8 MANWIDTH=60 man --local-file "$page" >"$BATS_TEST_TMPDIR/narrow"
        run -1 grep '[[:alpha:]][-‐]$' "$BATS_TEST_TMPDIR/narrow"
        run -0 mandoc -T lint -W warning "$page"
        assert_equal "$output" ""
    done
    run -1 grep --recursive '@[A-Z]*@' "$MAN"
}

@test "livekit-tokend(8) has the program's name, commands, options and version" {
    "$tokend" --generate-man-page >"$BATS_TEST_TMPDIR/declared"
    grep --fixed-strings --line-regexp --quiet "$(grep -A1 '^\.SH NAME' "$BATS_TEST_TMPDIR/declared" | tail -n 1)" \
        "$MAN/livekit-tokend.8"
    grep --quiet "^\.TH .* \"livekit.-tokend $("$tokend" --version | sed 's/-/\\\\-/g')\"" "$MAN/livekit-tokend.8"
    # Line by line, in the program's order: of the lines of the two sections none is missing.
    sed -n '/^\.SH COMMANDS/,$p' "$BATS_TEST_TMPDIR/declared" | grep --invert-match '^\.SH ' >"$BATS_TEST_TMPDIR/lines"
    (($(wc --lines <"$BATS_TEST_TMPDIR/lines") > 200))
    grep --fixed-strings --line-regexp --file "$BATS_TEST_TMPDIR/lines" "$MAN/livekit-tokend.8" | sort --unique |
        diff - <(sort --unique "$BATS_TEST_TMPDIR/lines")
    # Once, and not with each command.
    assert_equal "$(grep --count 'fB.-.-config.fR. ' "$MAN/livekit-tokend.8")" 1
}

@test "livekit-tokend(8) has every variable that the program reads, and no other" {
    local names='(LIVEKIT|CREDENTIALS|LISTEN|NOTIFY|WATCHDOG)_[A-Z]+(_[A-Z]+)*'
    # What nginx passes with a request is not of the environment.
    grep --recursive --no-filename --only-matching --extended-regexp --exclude LoginParameter.swift --exclude GateRequest.swift \
        "\"$names\"" "$root/Sources" |
        tr -d '"' | sort --unique >"$BATS_TEST_TMPDIR/read"
    sed -n '/^\.SH ENVIRONMENT/,/^\.SH FILES/p' "$MAN/livekit-tokend.8" |
        grep --only-matching --extended-regexp "$names" | sort --unique >"$BATS_TEST_TMPDIR/described"
    assert_same_lines "$BATS_TEST_TMPDIR/described" "$BATS_TEST_TMPDIR/read"
}

# What the program says of a configuration that is the line $1, which it refuses.
verdict_on() {
    printf '%s\n' "$1" >"$BATS_TEST_TMPDIR/config.yaml"
    "$tokend" user list --config "$BATS_TEST_TMPDIR/config.yaml" 2>&1 || [[ $? == 78 ]]
}

# The keys that the program knows in the flow mapping around @ in the line $2, each after the prefix $1.
known_keys() {
    local verdict
    verdict=$(verdict_on "${2/@/unheard_of: {\}}")
    [[ $verdict == *'known here: '* ]] || return 1
    tr ',' '\n' <<<"${verdict##*known here: }" | tr -d ' ' | sed "s/^/$1/"
}

@test "livekit-tokend.yaml(5) has every key that the program knows, and no other" {
    local key below
    for key in $(known_keys '' '{@}'); do
        case $key in
            roles) below=$(known_keys roles.NAME. '{roles: {some: {@}}}') && echo roles ;;
            rooms)
                below=$(known_keys rooms. '{rooms: {@}}' &&
                    known_keys rooms.templates. '{rooms: {templates: [{match: x, @}]}}')
                ;;
            token_source)
                below=$(known_keys token_source. "{livekit: {url: 'ws://a'}, token_source: {@}}") && echo token_source
                ;;
            gate) below=$(known_keys gate. '{gate: {@}}') && echo gate ;;
            sessions)
                below=$(known_keys sessions. '{sessions: {@}}' &&
                    known_keys sessions.jwt. '{sessions: {source: jwt, jwt: {@}}}')
                ;;
            *) below=$(known_keys "$key." "{$key: {@}}") || below=$key ;;
        esac
        printf '%s\n' "$below"
    done >"$BATS_TEST_TMPDIR/known"
    (($(wc --lines <"$BATS_TEST_TMPDIR/known") > 20))
    items livekit-tokend.yaml.5 >"$BATS_TEST_TMPDIR/described"
    assert_same_lines "$BATS_TEST_TMPDIR/described" "$BATS_TEST_TMPDIR/known"
}

@test "the defaults of livekit-tokend.yaml(5) are those of the sample" {
    # Of an item: its key, and what follows "Default:" up to the full stop at the end of the line.
    awk '/^\.BI /{ key = $2 } /^Default: /{ sub(/^Default: /, ""); sub(/\.$/, ""); print key " " $0 }' \
        "$MAN/livekit-tokend.yaml.5" | unescaped | grep --invert-match --extended-regexp '^(roles|token_source|livekit|sessions.jwt|rooms\.templates|gate\.)' \
        >"$BATS_TEST_TMPDIR/defaults"
    (($(wc --lines <"$BATS_TEST_TMPDIR/defaults") >= 13))
    "$python" - "$root/deploy/config.example.yaml" "$BATS_TEST_TMPDIR/defaults" <<-'PYTHON'
	import re, sys, yaml
	# What is commented out and looks like YAML is what holds without it; prose has a capital letter or no colon.
	lines = [re.sub(r"^# ?(?=( *[a-z_]+:|  #))", "", line) for line in open(sys.argv[1])]
	sample = yaml.load("".join(lines), yaml.BaseLoader)
	for line in open(sys.argv[2]):
	    key, _, default = line.rstrip("\n").partition(": ")
	    value = sample
	    for name in key.split("."):
	        value = value[name]
	    described = default.strip("'") if isinstance(value, str) else yaml.load(default, yaml.BaseLoader)
	    assert value == described, f"{key}: {described} here, {value} in the sample"
	PYTHON
}

@test "the examples of livekit-tokend.yaml(5) are a configuration, and its built-in roles those of the program" {
    # Two mappings; the commands and the error are other lines.
    examples livekit-tokend.yaml.5 | grep --extended-regexp '^(livekit|roles|  [a-z_]+):' >"$BATS_TEST_TMPDIR/page.yaml"
    local site=$BATS_TEST_TMPDIR/site role verdict
    new_deployment "$site" <<<''
    grep '^directory:' "$site/config.yaml" >>"$BATS_TEST_TMPDIR/page.yaml"
    cp "$site/keys.yaml" "$BATS_TEST_TMPDIR/livekit-keys.yaml"
    in_deployment "$site" user add ada
    for role in host speaker viewer; do
        in_deployment "$site" room add "$role"
        in_deployment "$site" member add "$role" ada --role "$role"
        for configuration in "$site/config.yaml" "$BATS_TEST_TMPDIR/page.yaml"; do
            "$tokend" token create "$role" ada --config "$configuration" |
                "$tokend" token decode - --json --config "$configuration" | jq --sort-keys .video
        done >"$BATS_TEST_TMPDIR/grants"
        # Twice the same.
        assert_equal "$(jq --slurp 'length == 2 and .[0] == .[1]' "$BATS_TEST_TMPDIR/grants")" true
    done
    verdict=$(verdict_on 'token: {ttl: 2h}')
    # As the page shows an error, but for the file and the line.
    assert_equal "${verdict#*config.yaml:1: }" "$(examples livekit-tokend.yaml.5 | sed -n 's/.*config.yaml:7: //p')"
}

@test "livekit-tokend-directory(5) has every table and column, and no other" {
    new_deployment "$BATS_TEST_TMPDIR/site" </dev/null
    in_deployment "$BATS_TEST_TMPDIR/site" migrate >/dev/null
    local database=$BATS_TEST_TMPDIR/site/directory.sqlite
    sqlite3 "$database" "SELECT m.name || '.' || c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
        WHERE m.type = 'table'" >"$BATS_TEST_TMPDIR/columns"
    items livekit-tokend-directory.5 >"$BATS_TEST_TMPDIR/described"
    assert_same_lines "$BATS_TEST_TMPDIR/described" "$BATS_TEST_TMPDIR/columns"
    # The same defaults, and NULL where the page says that it may be.
    sqlite3 "$database" "SELECT m.name || '.' || c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
        WHERE m.type = 'table' AND NOT c.\"notnull\"" >"$BATS_TEST_TMPDIR/nullable"
    sed -n 's/^\.BI \([^ ]*\) ".* or NULL"/\1/p' "$MAN/livekit-tokend-directory.5" >"$BATS_TEST_TMPDIR/described"
    assert_same_lines "$BATS_TEST_TMPDIR/described" "$BATS_TEST_TMPDIR/nullable"
    sqlite3 "$database" "SELECT m.name || '.' || c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
        WHERE m.type = 'table' AND c.dflt_value IS NOT NULL" >"$BATS_TEST_TMPDIR/defaults"
    sed -n 's/^\.BI \([^ ]*\) ".*, default .*"/\1/p' "$MAN/livekit-tokend-directory.5" >"$BATS_TEST_TMPDIR/described"
    assert_same_lines "$BATS_TEST_TMPDIR/described" "$BATS_TEST_TMPDIR/defaults"
    local number
    for number in "$(sqlite3 "$database" 'PRAGMA application_id')" "$(sqlite3 "$database" 'PRAGMA user_version'),"; do
        grep --quiet "^is .*$number" "$MAN/livekit-tokend-directory.5"
    done
}

@test "the statements of livekit-tokend-directory(5) make a directory that gives a token" {
    new_deployment "$BATS_TEST_TMPDIR/site" </dev/null
    in_deployment "$BATS_TEST_TMPDIR/site" migrate >/dev/null
    local database=$BATS_TEST_TMPDIR/site/directory.sqlite digest table
    { sed -n 's/^\.B \(PRAGMA .* = .*\)/\1;/p' "$MAN/livekit-tokend-directory.5" && examples livekit-tokend-directory.5; } \
        >"$BATS_TEST_TMPDIR/page.sql"
    for table in users sessions rooms members stream_sessions blocks; do
        grep --quiet "^INSERT INTO $table (" "$BATS_TEST_TMPDIR/page.sql"
    done
    run -0 sqlite3 -bail "$database" ".read $BATS_TEST_TMPDIR/page.sql"
    # What busy_timeout prints is all there is.
    assert_equal "$output" 5000
    # The page's own session, by the bearer that it names, was revoked by the page.
    digest=$(printf %s lks_example | sha256sum | cut -c 1-12)
    run -0 in_deployment "$BATS_TEST_TMPDIR/site" session list ada --json
    jq --exit-status --arg digest "$digest" 'length == 1 and (.[0] | tostring | contains($digest)) and .[0].revokedAt' \
        <<<"$output"
    in_deployment "$BATS_TEST_TMPDIR/site" token create stage-1 ada 2>/dev/null |
        in_deployment "$BATS_TEST_TMPDIR/site" token decode - --json | jq --exit-status '.video.canPublish and .name == "Ada Lovelace"'
    # Not before the event is on air.
    run -65 in_deployment "$BATS_TEST_TMPDIR/site" token create lobby ada --scene intro --event launch-2026
    [[ $output == *stream_not_open* ]]
}

@test "the commands of livekit-tokend(8) and of deploy/README.md can be typed in their order" {
    local site typed
    mkdir "$BATS_TEST_TMPDIR/bin"
    # sudo that changes no user, and a program that has its configuration elsewhere.
    # shellcheck disable=SC2016 # for the scripts
    printf '#!/bin/sh\nexec "$@"\n' >"$BATS_TEST_TMPDIR/bin/sudo"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nexec "%s" "$@" --config "$SITE/config.yaml"\n' "$tokend" >"$BATS_TEST_TMPDIR/bin/livekit-tokend"
    chmod +x "$BATS_TEST_TMPDIR"/bin/*
    for typed in page document; do
        site=$BATS_TEST_TMPDIR/$typed
        new_deployment "$site" <<<''
        if [[ $typed == page ]]; then
            examples livekit-tokend.8 | sed -n '/^sudo livekit-tokend user/,/^sudo systemctl/{ /systemctl/!p }'
        else
            sed -n '/^## People and rooms/,/^The next request/s/^    //p' "$root/deploy/README.md"
        fi >"$site/typed.sh"
        (($(grep --count '^sudo livekit-tokend' "$site/typed.sh") >= 6))
        SITE=$site PATH=$BATS_TEST_TMPDIR/bin:$PATH run -0 bash -e "$site/typed.sh"
        in_deployment "$site" user list | grep --quiet ^grace
    done
}

# Joins the room stage-1 of LiveKit's stand-in at the port $1 with the token on standard input, and stays.
join_livekit() {
    curl --silent --no-buffer --http1.1 --include --header "Authorization: Bearer $(cat)" --header 'Connection: Upgrade' \
        --header 'Upgrade: websocket' --header 'Sec-WebSocket-Version: 13' \
        --header 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' --output "$BATS_TEST_TMPDIR/joined" \
        "http://127.0.0.1:$1/rtc?protocol=16" 3>&- &
    joined=$!
    wait_until 60 grep --quiet '101 Switching' "$BATS_TEST_TMPDIR/joined"
}

@test "what throws somebody out for good, on livekit-tokend(8) and in deploy/README.md, does" {
    local site=$BATS_TEST_TMPDIR/site port=$((STACK_PORT + 6)) typed livekit joined
    mkdir "$BATS_TEST_TMPDIR/bin"
    # shellcheck disable=SC2016 # for the scripts
    printf '#!/bin/sh\nexec "$@"\n' >"$BATS_TEST_TMPDIR/bin/sudo"
    printf '#!/bin/sh\nexec "%s" "$@" --config "%s/config.yaml"\n' "$tokend" "$site" >"$BATS_TEST_TMPDIR/bin/livekit-tokend"
    chmod +x "$BATS_TEST_TMPDIR"/bin/*
    new_deployment "$site" <<<"audit: {file: '$site/audit.log'}"
    in_deployment "$site" user add eve
    in_deployment "$site" room add stage-1 --open
    "$python" -m support.livekit_standin "$site/keys.yaml" "$port" >"$site/livekit.out" 2>&1 3>&- &
    livekit=$!
    wait_until 60 curl --silent --output /dev/null "http://127.0.0.1:$port/"
    for typed in page document; do
        in_deployment "$site" member add stage-1 eve --role viewer >/dev/null
        in_deployment "$site" session create eve >/dev/null
        in_deployment "$site" token create stage-1 eve | join_livekit "$port"
        if [[ $typed == page ]]; then
            examples livekit-tokend.8 | sed --quiet '/^identity=/,/^done/p'
        else
            sed -n '/^### Throw somebody out/,/^### What clients/s/^    //p' "$root/deploy/README.md"
        fi | sed "s/127.0.0.1:7880/127.0.0.1:$port/" >"$site/$typed.sh"
        (($(grep --count '^ *sudo livekit-tokend token admin' "$site/$typed.sh") == 1))
        PATH=$BATS_TEST_TMPDIR/bin:$PATH run -0 bash -euo pipefail "$site/$typed.sh"
        [[ ${lines[-1]} == *'"not_found"'* ]]
        wait "$joined" || true
        # One call that removed, and four that found nobody, each by a token of its own.
        assert_equal "$(grep --count not_found <<<"$output")" 4
        assert_equal "$(grep --count token.admin_issued "$site/audit.log")" 5
        : >"$site/audit.log"
    done
    # From the commands of the document on nothing lets her in again.
    run -65 in_deployment "$site" token create stage-1 eve
    kill "$livekit"
}

@test "no curl command that we show has a bearer among its arguments, which all users of a machine see" {
    "$python" - "$root" "$MAN" <<-'PYTHON'
	import pathlib, re, sys
	root, man = map(pathlib.Path, sys.argv[1:])
	def arguments(text):
	    """What stands after each curl, up to the end of its command or what it reads."""
	    for line in re.sub(r"\\{1,2}\n", " ", text).splitlines():
	        for command in re.split(r"curl(?:_it|_command)?(?= )", line)[1:]:
	            yield re.split(r"<<<|\s\|\s|&&", command)[0]
	def is_told_to_all(command):
	    return re.search(r"authorization: *bearer|--oauth2-bearer", command, re.I)
	for shown in ["curl -H 'Authorization: Bearer x' a", "printf x | curl a \\\n -H \"authorization: bearer x\"",
	              "curl_it a --oauth2-bearer x"]:
	    assert any(map(is_told_to_all, arguments(shown))), shown
	pages = [root / "README.md", *root.glob("*/README.md"), root / "nginx/logins.md", *man.iterdir(),
	         root / "deploy/quickstart.sh", root / "nginx/try/snippets.js", root / "deploy/config.example.yaml"]
	commands = [command for page in pages for command in arguments(page.read_text())]
	assert not any(map(is_told_to_all, commands)), [*filter(is_told_to_all, commands)]
	# Of the three documents, the quick start and the page to try it.
	assert sum("-H @" in command for command in commands) >= 5, commands
	PYTHON
}

@test "every page that a message, a comment or a page names is there, and every link leads somewhere" {
    grep --recursive --no-filename --only-matching --extended-regexp 'livekit(\\?-tokend[a-z.\\-]*)(\\fR)? ?\([0-9]\)' \
        "$root"/{Sources,deploy,nginx,README.md} | tr -d '\\ ' | sed 's/(\(.\))/.\1/' | sort --unique >"$BATS_TEST_TMPDIR/named"
    (($(wc --lines <"$BATS_TEST_TMPDIR/named") >= 3))
    local name
    while read -r name; do [[ -e $MAN/$name ]] || { echo "no page $name" && return 1; }; done <"$BATS_TEST_TMPDIR/named"
    "$python" - "$root" <<-'PYTHON'
	import pathlib, re, sys
	root = pathlib.Path(sys.argv[1])
	def anchors(file):
	    text = re.sub(r"(?m)^    .*$", "", file.read_text())
	    titles = re.findall(r"(?m)^#+ (.*)$", text)
	    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
	wrong = []
	for page in [root / "README.md", *root.glob("*/README.md"), root / "nginx/logins.md"]:
	    text = re.sub(r"(?m)^    .*$", "", page.read_text())
	    for target in re.findall(r"\]\(([^)\s]+)\)", text):
	        if target.startswith("https:"):
	            continue
	        path, _, anchor = target.partition("#")
	        file = (page.parent / path).resolve() if path else page
	        if not file.exists() or anchor and anchor not in anchors(file):
	            wrong.append(f"{page.relative_to(root)}: {target}")
	assert not wrong, wrong
	PYTHON
}
