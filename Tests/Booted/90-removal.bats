#!/usr/bin/env bats
# What stays of it, and what goes.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

@test "remove keeps the configuration, the key and the directory, and stops both units" {
    inside apt-get remove --yes livekit-tokend
    assert_equal "$(property ActiveState "$socket")" inactive
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
    inside_shell '[[ ! -e /etc/livekit-tokend && ! -e /var/lib/livekit-tokend ]]
        [[ ! -L /etc/nginx/sites-enabled/livekit-tokend ]]
        [[ ! -e /etc/nginx/sites-available/livekit-tokend && -d /etc/nginx/snippets ]]'
    assert_equal "$(inside find /etc /usr/share -name '*livekit*')" ""
    run ! inside grep --recursive --quiet --fixed-strings "$key" /etc /var /run
    inside nginx -t -q
    inside systemctl restart nginx
    assert_equal "$(inside systemctl list-units --all --no-legend 'livekit-tokend*')" ""
    run ! inside dpkg --status livekit-tokend
}
