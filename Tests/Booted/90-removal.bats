#!/usr/bin/env bats
# What stays of it, and what goes.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

@test "remove keeps the configuration, the key, the directory and the key sets, and stops all units" {
    inside_shell 'systemctl enable --now --quiet livekit-tokend-keys.timer
        install -o livekit-tokend-keys /dev/null /var/lib/livekit-tokend-keys/main.json'
    run -0 inside apt-get remove --yes livekit-tokend
    [[ $output == *"/etc/livekit-tokend/enabled-site now, and comes back when the package is installed again"* ]]
    for unit in "$socket" livekit-tokend-keys.{timer,path}; do
        assert_equal "$(property ActiveState "$unit")" inactive
    done
    inside test -e /var/lib/livekit-tokend-keys/main.json
    inside_shell '[[ ! -e /usr/bin/livekit-tokend && ! -e /run/livekit-tokend.sock ]]'
    inside_shell 'grep --quiet ^APIbooted "$1" && grep --quiet media.example.com "$2"' "$keys" "$configuration"
    inside test -s /var/lib/livekit-tokend/directory.sqlite
    inside test -s /etc/nginx/snippets/livekit-tokend-limits.conf
    # The site is disabled, since what it includes is gone: all other sites go on, over a restart as well.
    inside nginx -t -q
    inside systemctl restart nginx
    inside test ! -e /etc/nginx/sites-enabled/livekit-tokend
    inside test -e /etc/nginx/sites-available/livekit-tokend
}

@test "installed again it goes on where it was" {
    inside apt-get install --yes /root/livekit-tokend.deb
    gives_a_token
    assert_equal "$(inside systemctl is-active livekit-tokend-keys.{timer,path} | xargs)" "active active"
    inside apt-get install --yes --reinstall /root/livekit-tokend.deb
    gives_a_token
}

@test "where a server of the site's own includes the files, a removal says that nginx would not start" {
    inside_shell 'cp --remove-destination "$(realpath /etc/nginx/sites-enabled/livekit-tokend)" /etc/nginx/sites-enabled/livekit-tokend'
    run -0 inside apt-get remove --yes livekit-tokend
    [[ $output == *"nginx would not start: take the includes"* ]]
    inside_shell 'ln -sf ../sites-available/livekit-tokend /etc/nginx/sites-enabled/livekit-tokend
        apt-get install --yes /root/livekit-tokend.deb'
    gives_a_token
}

# Removes the package and installs it again: the link in sites-enabled is there all the time, and leads where it did.
keeps_the_link() {
    local link=/etc/nginx/sites-enabled/livekit-tokend target said kept
    target=$(inside readlink "$link")
    said=$(inside apt-get remove --yes livekit-tokend)
    kept=$(inside readlink "$link" || true)
    inside apt-get install --yes /root/livekit-tokend.deb
    assert_equal "$kept" "$target"
    [[ $said != *"is disabled"* ]]
}

@test "a link that leads to another site stays where it is" {
    inside_shell 'printf "# A site of another kind.\n" >/etc/nginx/sites-available/other
        ln -sfn ../sites-available/other /etc/nginx/sites-enabled/livekit-tokend'
    keeps_the_link
}

@test "so does one to our site, if nginx starts with what the site has made of it" {
    inside_shell 'cp -a /etc/nginx/sites-available/livekit-tokend /root/site
        printf "# A site of another kind.\n" >/etc/nginx/sites-available/livekit-tokend
        ln -sfn ../sites-available/livekit-tokend /etc/nginx/sites-enabled/livekit-tokend'
    keeps_the_link
    inside cp -a /root/site /etc/nginx/sites-available/livekit-tokend
}

@test "and where nginx would not start without it either, which is said" {
    inside_shell 'echo "no_such_directive;" >/etc/nginx/conf.d/broken.conf'
    run -0 inside apt-get remove --yes livekit-tokend
    [[ $output == *"no_such_directive"*"is not the reason"* && $output != *"is disabled"* ]]
    inside test -L /etc/nginx/sites-enabled/livekit-tokend
    inside_shell 'rm /etc/nginx/conf.d/broken.conf; apt-get install --yes /root/livekit-tokend.deb
        nginx -t -q && systemctl restart nginx'
    gives_a_token
}

@test "what an administrator has disabled stays so over an upgrade" {
    inside systemctl disable --now "$service" "$socket"
    inside dpkg --install /root/newer.deb
    assert_equal "$(property ActiveState)" inactive
    assert_equal "$(property ActiveState "$socket")" inactive
    run ! inside systemctl is-enabled --quiet "$service"
    inside systemctl enable --now "$socket" "$service"
    gives_a_token
}

@test "purge leaves no secret, nobody's data, and an nginx that starts" {
    key=$(inside_shell 'sed --quiet "s/^APIbooted: //p" "$1"' "$keys")
    # Even where it has never come to run.
    inside_shell 'echo "wrokers: 4" >>"$1"; systemctl restart livekit-tokend' "$configuration" || true
    inside apt-get purge --yes livekit-tokend
    inside_shell '[[ ! -e /etc/livekit-tokend && ! -e /var/lib/livekit-tokend && ! -e /var/lib/livekit-tokend-keys ]]
        [[ ! -L /etc/nginx/sites-enabled/livekit-tokend ]]
        [[ ! -e /etc/nginx/sites-available/livekit-tokend && -d /etc/nginx/snippets ]]'
    assert_equal "$(inside find /etc /usr/share -name '*livekit*')" ""
    run -1 inside grep --recursive --quiet --fixed-strings "$key" /etc /var /run
    inside nginx -t -q
    inside systemctl restart nginx
    assert_equal "$(inside systemctl list-units --all --no-legend 'livekit-tokend*')" ""
    assert_equal "$(inside find /var/lib/systemd/deb-systemd-helper-enabled -name 'livekit-tokend*')" ""
    run ! inside dpkg --status livekit-tokend
}

# Installed again after a purge: the units run, and there is a directory.
install_again() {
    inside apt-get install --yes /root/livekit-tokend.deb
    inside livekit-tokend user add ada
}

@test "purge leaves nginx's own folders, empty or not, where nginx is installed" {
    install_again
    inside_shell 'mkdir /root/nginx-files && mv /etc/nginx/sites-enabled /root/nginx-files && mkdir /etc/nginx/sites-enabled
        mv /etc/nginx/snippets /root/nginx-files && mkdir /etc/nginx/snippets'
    inside apt-get purge --yes livekit-tokend
    inside_shell '[[ -d /etc/nginx/snippets && -d /etc/nginx/sites-available && -d /etc/nginx/sites-enabled ]]
        rmdir /etc/nginx/snippets /etc/nginx/sites-enabled && mv /root/nginx-files/* /etc/nginx && rmdir /root/nginx-files'
}

@test "purge takes away the folders that the package has made where there is no nginx" {
    inside_shell 'systemctl stop nginx; mv /etc/nginx /root/nginx-files; mv /usr/sbin/nginx /root/nginx'
    install_again
    inside test -e /etc/nginx/snippets/livekit-tokend-limits.conf
    # Without an nginx to ask, the text of the site says that the link to it has to wait.
    inside_shell 'mkdir /etc/nginx/sites-enabled && ln -s ../sites-available/livekit-tokend /etc/nginx/sites-enabled'
    run -0 inside apt-get remove --yes livekit-tokend
    [[ $output == *"is disabled"* ]]
    inside test ! -L /etc/nginx/sites-enabled/livekit-tokend
    inside apt-get purge --yes livekit-tokend
    gone=$(inside_shell 'ls -d /etc/nginx 2>&1 || true')
    inside_shell 'mv /root/nginx /usr/sbin/nginx; rm -rf /etc/nginx; mv /root/nginx-files /etc/nginx; systemctl start nginx'
    [[ $gone == *"No such file"* ]]
}

@test "purge of a directory and a key that are mounted: emptied, said, and the rest is done" {
    inside_shell 'for place in /var/lib/livekit-tokend /etc/livekit-tokend; do
            mkdir -p "$place" && mount -t tmpfs -o mode=755 tmpfs "$place"
        done
        mkdir /etc/livekit-tokend/other && mount -t tmpfs tmpfs /etc/livekit-tokend/other && touch /etc/livekit-tokend/other/file
        chown livekit-tokend:livekit-tokend /var/lib/livekit-tokend'
    install_again
    inside test -s /var/lib/livekit-tokend/directory.sqlite
    run -0 inside apt-get purge --yes livekit-tokend
    echo "$output"
    [[ $output == *"This stays of /var/lib/livekit-tokend."* && $output == *"This stays of /etc/livekit-tokend."* ]]
    run ! inside dpkg --status livekit-tokend
    assert_equal "$(inside find /var/lib/livekit-tokend /etc/livekit-tokend | sort | xargs)" \
        "/etc/livekit-tokend /etc/livekit-tokend/other /etc/livekit-tokend/other/file /var/lib/livekit-tokend"
    inside_shell '[[ ! -e /etc/nginx/sites-available/livekit-tokend ]]
        [[ ! -e /var/lib/systemd/deb-systemd-helper-enabled/livekit-tokend.socket.dsh-also ]]'
    assert_equal "$(inside find /etc/nginx -name '*livekit*')" ""
    inside_shell 'umount /etc/livekit-tokend/other /etc/livekit-tokend /var/lib/livekit-tokend
        rmdir /etc/livekit-tokend /var/lib/livekit-tokend'
}

@test "purge leaves what is mounted below from the same file system, and names it" {
    # The name of a mount is no pattern: what only such a pattern matches goes.
    inside_shell 'mkdir -p /srv/kept/folder && touch /srv/kept/file /srv/kept/folder/file
        cd /var/lib && mkdir -p "livekit-tokend/deep/a [b] *\\" livekit-tokend/deep/"a b x\\" livekit-tokend/deep/other
        mount --bind /srv/kept "livekit-tokend/deep/a [b] *\\"
        mkdir -p /etc/livekit-tokend && touch /etc/livekit-tokend/file && mount --bind /srv/kept/file /etc/livekit-tokend/file
        chown livekit-tokend:livekit-tokend livekit-tokend && touch livekit-tokend/deep/other/file'
    install_again
    run -0 inside dpkg --purge livekit-tokend
    echo "$output"
    left=$(inside find /var/lib/livekit-tokend /etc/livekit-tokend /srv/kept)
    inside_shell 'umount /etc/livekit-tokend/file "/var/lib/livekit-tokend/deep/a [b] *\\"
        rm -r /etc/livekit-tokend /var/lib/livekit-tokend /srv/kept'
    assert_equal "$(sort <<<"$left")" "$(sort <<<'/etc/livekit-tokend
/etc/livekit-tokend/file
/srv/kept
/srv/kept/file
/srv/kept/folder
/srv/kept/folder/file
/var/lib/livekit-tokend
/var/lib/livekit-tokend/deep
/var/lib/livekit-tokend/deep/a [b] *\
/var/lib/livekit-tokend/deep/a [b] *\/file
/var/lib/livekit-tokend/deep/a [b] *\/folder
/var/lib/livekit-tokend/deep/a [b] *\/folder/file')"
    # Both are named, and nothing else was in the way.
    [[ $output == *$'\nThis stays of /etc/livekit-tokend. '*$':\n/etc/livekit-tokend/file\nThis stays of '* ]]
    [[ $output$'\n' == *$'\nThis stays of /var/lib/livekit-tokend. '*$':\n/var/lib/livekit-tokend/deep/a [b] *\\\n'* && $output != *cannot* ]]
    run ! inside dpkg --status livekit-tokend
}

@test "purge of a directory behind a link says where the files stay" {
    inside_shell 'install -d -o livekit-tokend -g livekit-tokend /srv/tokend && ln -s /srv/tokend /var/lib/livekit-tokend'
    install_again
    run -0 inside apt-get purge --yes livekit-tokend
    [[ $output == *"what it leads to stays: /srv/tokend"* && $output != *"This stays"* ]]
    inside_shell '[[ ! -L /var/lib/livekit-tokend && -e /srv/tokend/directory.sqlite ]] && rm -r /srv/tokend'
}

@test "purge removes a site that includes our files in the middle of a line, or on two" {
    local site=/etc/nginx/sites-available/livekit-tokend
    for text in 'server { location / { include snippets/livekit-tokend.conf; } }' \
        'server { location /a#b { return 301 "/ #"; } include
            "/usr/share/livekit-tokend/nginx/server.conf"; } # not by name'; do
        install_again
        inside_shell 'echo "$2" >"$1" && ln -s ../sites-available/livekit-tokend /etc/nginx/sites-enabled' "$site" "$text"
        inside dpkg --purge livekit-tokend
        run ! inside_shell 'ls -d /etc/nginx/sites-*/livekit-tokend'
    done
}

@test "purge leaves a site that includes none of our files, and says so; of a link to another site it says where it led" {
    install_again
    inside_shell 'echo "server { listen 127.0.0.1:8099; } # without include /usr/share/livekit-tokend/nginx/server.conf;" \
            >/etc/nginx/sites-available/livekit-tokend
        ln -s ../sites-available/livekit-tokend /etc/nginx/sites-enabled
        ln -s ../sites-available/other /etc/livekit-tokend/enabled-site'
    run -0 inside dpkg --purge livekit-tokend
    echo "$output"
    [[ $output == *"/etc/nginx/sites-available/livekit-tokend stays"* && $output == *"../sites-available/other"* ]]
    inside test -e /etc/nginx/sites-enabled/livekit-tokend
    inside_shell 'rm /etc/nginx/sites-{enabled,available}/livekit-tokend /etc/nginx/sites-available/other; nginx -t -q'
}
