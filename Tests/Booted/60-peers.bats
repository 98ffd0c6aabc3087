#!/usr/bin/env bats
# A machine whose nginx runs as somebody else than Debian's.
# For bookworm alone.

# shellcheck disable=SC2016 # what is in single quotes is for the shell in the machine
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Booted/booted.bash
source "$BATS_TEST_DIRNAME/booted.bash"

setup_file() {
    inside_shell 'useradd --system webfront
        sed -i "s/^user .*/user webfront;/" /etc/nginx/nginx.conf
        systemctl restart nginx'
}

teardown_file() {
    inside_shell 'sed -i "s/^user .*/user www-data;/" /etc/nginx/nginx.conf
        sed -i "/^peers:/d" "$1"
        rm -r /etc/systemd/system/livekit-tokend.socket.d
        systemctl daemon-reload
        systemctl stop livekit-tokend.service
        systemctl restart livekit-tokend.socket nginx
        systemctl start livekit-tokend.service' "$configuration"
}

@test "without a word about it nginx gets nothing, and check says who is kept out" {
    assert_equal "$(ask "$(cat "$BOOTED/bearer")")" 502
    run inside livekit-tokend check
    echo "$output"
    ((status != 0))
    [[ $output == *webfront* ]]
}

@test "with peers and the group of the socket it works" {
    inside_shell 'echo "peers: [webfront]" >>"$1"
        mkdir /etc/systemd/system/livekit-tokend.socket.d
        printf "[Socket]\nSocketGroup=webfront\n" >/etc/systemd/system/livekit-tokend.socket.d/nginx.conf
        systemctl daemon-reload
        systemctl stop livekit-tokend.service
        systemctl restart livekit-tokend.socket
        systemctl start livekit-tokend.service' "$configuration"
    gives_a_token
    run -0 inside livekit-tokend check
}

@test "who is not among the peers is shut out, whatever the mode of the socket" {
    inside_shell 'sed -i "s/^peers:.*/peers: [www-data]/" "$1"; systemctl restart livekit-tokend' "$configuration"
    assert_equal "$(ask "$(cat "$BOOTED/bearer")")" 502
    run inside livekit-tokend check
    echo "$output"
    ((status != 0))
    [[ $output == *webfront* ]]
}
