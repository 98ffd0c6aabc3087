#!/usr/bin/env bats
# Upgrades from versions whose files in /etc belonged to dpkg: no question, no file of the site's own changed, and an
# nginx that works before, between and after.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

snippets=/etc/nginx/snippets
site=/etc/nginx/sites-available/livekit-tokend
# What used to be for the site to edit, and what was for it to include.
own=("$configuration" "$site" "$snippets/livekit-tokend-origins.conf")
included=("$snippets"/livekit-tokend{,-http,-issue,-headers,-cors,-fastcgi,-try}.conf)

setup_file() {
    # With a certificate in the place that the example names, the site needs no edit.
    inside_shell 'mkdir -p /root/before /etc/letsencrypt/live && ln -sfn /etc/ssl/tokend /etc/letsencrypt/live/livekit.example.com'
}

# A machine on which the version $1 runs, as it was shipped, and gives tokens.
has_version() {
    # With a key from the first, or its start would be tried again only after seconds.
    inside_shell 'if dpkg --status livekit-tokend >/dev/null 2>&1; then dpkg --purge livekit-tokend; fi
        mkdir -p /etc/livekit-tokend && printf "APIbooted: %s\n" "$(openssl rand -base64 32)" >"$2" && chmod 600 "$2"
        dpkg --force-unsafe-io --install "/root/$1.deb"' "$1" "$keys" >"$BOOTED/install" 2>&1
    enable_site
    let_somebody_in
    gives_a_token
    inside_shell 'cp -a "$@" /root/before' "${own[@]}" "${included[@]}"
}

# Upgrades as an unattended run does: no terminal, no standard input, and no option about configuration files. The
# arguments are for apt-get. What it says is in $output.
upgrade() {
    run -0 inside_shell 'export DEBIAN_FRONTEND=noninteractive
        apt-get install --yes "$@" /root/newer.deb </dev/null 2>&1' "$@"
    echo "$output"
    [[ $output != *prompt* && $output != *'*** '* ]]
    assert_equal "$(inside dpkg-query --show --showformat '${db:Status-Status}' livekit-tokend)" installed
    assert_equal "$(inside find /etc -name '*livekit*dpkg-*')" ""
    inside nginx -t -q
    gives_a_token
}

# The process of nginx, and after it those of its workers.
nginx_workers() {
    inside_shell 'process=$(cat /run/nginx.pid); echo "$process: $(cat "/proc/$process/task/$process/children")"'
}

# Whether the same nginx has none of the workers that it had when nginx_workers printed $1.
has_other_workers() {
    local now worker
    now=$(nginx_workers)
    [[ ${now%%:*} == "${1%%:*}" ]] || return 1
    for worker in ${1#*:}; do [[ " ${now#*:} " != *" $worker "* ]] || return 1; done
}

# Whether the file $1 is as it was before the upgrade.
is_as_before() { inside cmp --quiet "$1" "/root/before/${1##*/}"; }

leads_to_the_new_place() { inside grep --quiet "^include /usr/share/livekit-tokend/nginx/" "$1"; }

# Fails unless all that were included lead to the new place, or, with "no", all are as they were.
assert_converted() {
    local file
    for file in "${included[@]}"; do
        if [[ ${1:-} == no ]]; then is_as_before "$file"; else leads_to_the_new_place "$file"; fi
    done
    inside test ! -e /etc/nginx/livekit-tokend.upgrade
}

@test "none edited: the files lead to the new place, and nginx has been told" {
    local version
    for version in 0.1.0 0.3.0; do
        has_version "$version"
        before=$(nginx_workers)
        upgrade
        for file in "${own[@]}"; do is_as_before "$file"; done
        assert_converted
        # What is new is there, and nothing of it asks the network unasked.
        assert_equal "$(inside stat --format '%a %U' /var/lib/livekit-tokend-keys)" "755 livekit-tokend-keys"
        assert_equal "$(inside systemctl is-enabled livekit-tokend-keys.timer)" disabled
        for file in limits bursts gate{,-bursts}; do inside test -s "$snippets/livekit-tokend-$file.conf"; done
        # The workers are others, and the main process is the same.
        wait_until 60 has_other_workers "$before"
        # A second time changes nothing.
        inside_shell 'md5sum /etc/nginx/snippets/livekit-tokend* >/root/sums'
        upgrade --reinstall
        inside md5sum --quiet --check /root/sums
    done
}

@test "each file edited alone, by a line that changes nothing: it stays as it is, and what belongs to the rest" {
    local version file
    # The files of 0.2.0 are those of 0.1.0.
    for version in 0.1.0 0.3.0; do
        for file in "${own[@]}" "${included[@]}"; do
            if [[ $SUITE != bookworm && $file != *@(config.yaml|-http.conf) ]]; then continue; fi
            has_version "$version"
            inside_shell 'echo "# edited" >>"$1" && cp -a "$1" /root/before' "$file"
            upgrade
            for other in "${own[@]}"; do is_as_before "$other"; done
            if [[ " ${own[*]} " == *" $file "* ]]; then
                assert_converted
            else
                assert_converted no
                [[ $output == *"these were edited:"*"$file"* ]]
            fi
        done
    done
}

@test "a rate that was raised stays in force; moved to the site's own file it still is, and upgrades go on from there" {
    has_version 0.3.0
    inside_shell 'sed -i "s/rate=2r/rate=1000r/" "$1" && cp -a "$1" /root/before && nginx -t -q && systemctl reload nginx' \
        "$snippets/livekit-tokend-http.conf"
    upgrade
    assert_converted no
    # What the manual says to do: the value to the new place, the edited file away, and the rest by the command there.
    inside_shell 'sed -i "s/rate=2r/rate=1000r/" /etc/nginx/snippets/livekit-tokend-limits.conf
        mv "$1" /root/edited.conf
        /usr/share/livekit-tokend/upgrade-snippets && systemctl reload nginx' "$snippets/livekit-tokend-http.conf"
    assert_converted
    inside_shell '[[ $(nginx -T 2>/dev/null) == *rate=1000r* ]]'
    gives_a_token
    upgrade --reinstall
    assert_converted
}

@test "files that nginx would refuse beside the site's own: all stay as they were" {
    has_version 0.3.0
    # A site that has used the name for something else.
    inside_shell 'echo "# rates of another server" >"$1"' "$snippets/livekit-tokend-limits.conf"
    upgrade
    assert_converted no
    [[ $output == *"because it refuses the new ones"*emerg* ]]
    inside_shell 'rm "$1"' "$snippets/livekit-tokend-limits.conf"
    upgrade --reinstall
    assert_converted
}

@test "a power cut in the middle: nginx starts, and the next run brings it to an end" {
    has_version 0.3.0
    # At its worst moment: the new files are in place, and nginx was not asked yet.
    inside_shell 'dpkg --unpack /root/newer.deb
        mkdir /root/bin && printf "#!/bin/sh\nkill -KILL \$PPID\n" >/root/bin/nginx && chmod +x /root/bin/nginx
        cp -a /usr/share/livekit-tokend/site/livekit-tokend-{limits,bursts}.conf /etc/nginx/snippets
        PATH=/root/bin:$PATH /usr/share/livekit-tokend/upgrade-snippets || true
        rm -r /root/bin
        test -d /etc/nginx/livekit-tokend.upgrade
        nginx -t -q && systemctl restart nginx' 2>"$BOOTED/cut"
    gives_a_token
    # And where the new files were the ones that nginx refuses, it comes back to the old ones first.
    inside_shell 'echo "no_such_directive;" >/etc/nginx/snippets/livekit-tokend-limits.conf'
    run -1 inside /usr/share/livekit-tokend/upgrade-snippets
    assert_converted no
    inside rm "$snippets/livekit-tokend-limits.conf"
    upgrade
    assert_converted
}

@test "a machine without nginx: its files stay, and the upgrade is none the worse" {
    has_version 0.3.0
    inside_shell 'systemctl stop nginx && mv /usr/sbin/nginx /root/nginx'
    run inside_shell 'DEBIAN_FRONTEND=noninteractive apt-get install --yes /root/newer.deb </dev/null 2>&1'
    echo "$output"
    inside_shell 'mv /root/nginx /usr/sbin/nginx && systemctl start nginx'
    ((status == 0))
    assert_converted no
    gives_a_token
    is_active
}

@test "a configuration that the new version refuses: the process that runs goes on, the upgrade says why, check too" {
    has_version 0.3.0
    # Written, and not in use: the process has the one from before.
    # A directory that is shared with a back end's group stays so.
    inside_shell 'printf "token:\n  ttl: 2h\n" >>"$1"
        mkdir -p /etc/systemd/system/livekit-tokend.service.d && chmod 2770 /var/lib/livekit-tokend
        printf "[Service]\nStateDirectoryMode=2770\n" >/etc/systemd/system/livekit-tokend.service.d/share.conf
        systemctl daemon-reload' "$configuration"
    process=$(property MainPID)
    upgrade
    inside_shell 'rm -r /etc/systemd/system/livekit-tokend.service.d && systemctl daemon-reload'
    assert_equal "$(inside stat --format %a /var/lib/livekit-tokend)" 2770
    [[ $output == *"the one before, which runs, goes on"*"ttl"* ]]
    assert_equal "$(property MainPID)" "$process"
    run inside livekit-tokend check
    echo "$output"
    ((status == 78))
    [[ $output == *ttl* ]]
    inside_shell 'sed -i "s/ttl: 2h/ttl: 2m/" "$1" && livekit-tokend check >/dev/null; systemctl restart livekit-tokend' "$configuration"
    gives_a_token
    [[ $(property MainPID) != "$process" ]]
    assert_equal "$(inside_shell 'ls /run/systemd/system /run | grep dry-run || true')" ""
}

@test "a key that a drop-in gives by a variable is seen before the restart, as the service will see it" {
    has_version 0.3.0
    inside_shell 'mkdir -p /etc/systemd/system/livekit-tokend.service.d
        # An indented header is one too, and a line that goes on the one before is none.
        printf "  [Unit]\nDescription=With a key\n \t[Service]\n%s\n  [ -d / ]\"\nEnvironment=\"LIVEKIT_KEYS=APIvariable: %s\"\n" \
            "ExecStartPre=/bin/sh -c \"true && \\" "$(openssl rand -base64 32)" \
            >/etc/systemd/system/livekit-tokend.service.d/key.conf
        printf "# none here\n" >"$1"
        systemctl daemon-reload && systemctl restart livekit-tokend' "$keys"
    gives_a_token
    process=$(property MainPID)
    upgrade
    inside_shell 'rm -r /etc/systemd/system/livekit-tokend.service.d && systemctl daemon-reload'
    [[ $output != *"goes on"* && $(property MainPID) != "$process" ]]
}

@test "a trial of the start runs the program alone, and none of a site's commands and actions" {
    has_version 0.3.0
    inside_shell 'dpkg --install /root/newer.deb </dev/null' >"$BOOTED/dpkg" 2>&1
    # Each of them leaves a word, and so does the unit that a failure starts. The drop-in of all services counts twice.
    inside_shell 'cd /etc/systemd/system && mkdir -p livekit-tokend.service.d service.d
        printf "[Service]\nType=oneshot\nExecStart=/bin/sh -c \"echo %s >>/root/ran\"\n" alert >tokend-alert.service
        {
            printf "%s\n" "[Unit]" OnFailure=tokend-alert.service OnSuccess=tokend-alert.service Wants=tokend-alert.service
            echo "[Service]"
            for command in Condition StartPre StartPost Stop StopPost; do
                echo "Exec$command = +/bin/sh -c \"echo $command >>/root/ran\""
            done
            printf "%s\n" RuntimeDirectory=tokend-site RestartForceExitStatus=78 RemainAfterExit=yes
        } >livekit-tokend.service.d/site.conf
        printf "[Unit]\nOnFailure=tokend-alert.service\n[Service]\nExecStartPre=+/bin/sh -c \"echo all >>/root/ran\"\n" \
            >service.d/alert.conf
        systemctl daemon-reload && systemctl restart livekit-tokend.service
        grep --quiet StartPost /root/ran && rm /root/ran
        touch /run/tokend-site/file'
    run -0 inside /usr/share/livekit-tokend/trial-start
    good=$(inside_shell 'ls /root/ran /run/tokend-site 2>&1 || true')
    inside_shell 'printf "token:\n  ttl: 2h\n" >>"$1"' "$configuration"
    run inside /usr/share/livekit-tokend/trial-start
    wrong=$(inside_shell 'sleep 1; ls /root/ran /run/tokend-site 2>&1 || true')
    running=$(inside systemctl list-units --no-legend --all 'livekit-tokend-dry-run*')
    # A shell around the program might do anything: that cannot be told.
    inside_shell 'printf "[Service]\nExecStart=\nExecStart = /bin/sh -c \"echo shell >>/root/ran; exec livekit-tokend serve\"\n" \
        >/etc/systemd/system/livekit-tokend.service.d/zz.conf
        systemctl daemon-reload'
    run -0 inside /usr/share/livekit-tokend/trial-start
    shell=$(inside_shell 'ls /root/ran /run/tokend-site 2>&1 || true')
    inside_shell 'cd /etc/systemd/system && rm -r livekit-tokend.service.d service.d tokend-alert.service
        cp -a /root/before/config.yaml "$1" && systemctl daemon-reload && systemctl restart livekit-tokend
        ls /run/systemd/system /run | grep dry-run || true' "$configuration" >"$BOOTED/left"
    for files in "$good" "$wrong" "$shell"; do
        [[ $files == *"/root/ran"*"No such file"* && $files == *file* ]] || echo "$files"
        [[ $files == *"cannot access '/root/ran'"* && $files == *$'\n'file ]]
    done
    assert_equal "$running$(cat "$BOOTED/left")" ""
}

@test "where the process of before goes on, the upgrade and check leave it a directory that it reads" {
    has_version 0.3.0
    # The process works with another file; the one of the new configuration is as version 0.3.0 has left it.
    inside_shell 'cd /var/lib/livekit-tokend && sed -i "/^directory:/,\$s|url: .*|url: sqlite:$PWD/running.sqlite|" "$1"
        systemctl restart livekit-tokend && rm -f directory.sqlite*
        install -o livekit-tokend -g livekit-tokend -m 600 /root/of-0.1.0.sqlite directory.sqlite
        cp -a /root/before/config.yaml "$1" && printf "token:\n  ttl: 2h\n" >>"$1"' "$configuration"
    run -0 inside_shell 'DEBIAN_FRONTEND=noninteractive dpkg --install /root/newer.deb </dev/null 2>&1'
    [[ $output == *"goes on"*"The way back"* ]]
    run inside livekit-tokend check
    assert_equal "$(inside sqlite3 -readonly /var/lib/livekit-tokend/directory.sqlite 'PRAGMA user_version')" 1
    inside_shell 'cp -a /root/before/config.yaml "$1" && systemctl restart livekit-tokend' "$configuration"
    wait_until 60 is_active
    assert_equal "$(inside sqlite3 -readonly /var/lib/livekit-tokend/directory.sqlite 'PRAGMA user_version')" 3
}

@test "the directory of the version before is taken along" {
    has_version 0.3.0
    inside_shell 'systemctl stop livekit-tokend.socket livekit-tokend.service
        cd /var/lib/livekit-tokend && rm -f directory.sqlite*
        install -o livekit-tokend -g livekit-tokend -m 600 /root/of-0.1.0.sqlite directory.sqlite
        DEBIAN_FRONTEND=noninteractive dpkg --install /root/newer.deb </dev/null' >"$BOOTED/dpkg" 2>&1
    inside livekit-tokend session create did:web:example.com:bob | tail -n 1 >"$BOOTED/bearer"
    assert_equal "$(ask "$(cat "$BOOTED/bearer")" lobby)" 200
    assert_equal "$(inside livekit-tokend user list | cut --fields 1 | sort | xargs)" \
        '5f0c3c1e-1111-4000-8000-000000000001 did:web:example.com:bob gone'
}

@test "and back: the version before brings its files again, by the options in the manual" {
    has_version 0.3.0
    upgrade
    inside_shell 'export DEBIAN_FRONTEND=noninteractive
        apt-get install --yes --allow-downgrades --option Dpkg::Options::=--force-confask \
            --option Dpkg::Options::=--force-confnew /root/0.3.0.deb </dev/null' >"$BOOTED/dpkg" 2>&1
    for file in "${included[@]}"; do is_as_before "$file"; done
    inside_shell 'nginx -t -q && systemctl reload nginx'
    gives_a_token
}

@test "purge leaves no file of either version" {
    has_version 0.1.0
    upgrade
    inside dpkg --purge livekit-tokend
    assert_equal "$(inside find /etc /usr/share /var/lib -name '*livekit-tokend*' \
        -not -path '/var/lib/systemd/*' -not -path '/etc/letsencrypt/*')" ""
    inside nginx -t -q
}
