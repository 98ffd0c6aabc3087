#!/usr/bin/env bats
# What the scripts do to the machine while they install Debian's packages, and that nothing of it stays.

# shellcheck disable=SC2016 # what is in single quotes is for another shell
bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

setup() {
    if ((EUID != 0)); then skip "only root can have a /usr/sbin of its own"; fi
    work=$BATS_TEST_TMPDIR
    mkdir "$work/bin" "$work/disk"
    # A machine that lacks a package, and an apt-get that does not come to an end.
    printf '#!/bin/sh\nexit 1\n' >"$work/bin/dpkg-query"
    printf '#!/bin/sh\ncase "$*" in *install*) touch "%s/installing"; exec sleep 100 ;; esac\n' "$work" >"$work/bin/apt-get"
    chmod +x "$work"/bin/*
}

# Runs a command where /usr/sbin is a copy, sends the signal $1 to it and all that it has started once packages are
# being installed, and prints its exit status, whether there was a policy-rc.d then, and whether there is one after.
interrupted() {
    unshare --mount bash -c '
        mount -t tmpfs tmpfs "$1/disk" && mkdir "$1/disk/upper" "$1/disk/work"
        mount -t overlay overlay -o "lowerdir=/usr/sbin,upperdir=$1/disk/upper,workdir=$1/disk/work" /usr/sbin
        rm -f /usr/sbin/policy-rc.d
        policy() { if [[ -e /usr/sbin/policy-rc.d ]]; then echo policy; else echo none; fi; }
        # What runs in the background ignores SIGINT, and below nohup SIGHUP, unless it is told not to.
        PATH=$1/bin:$PATH env --default-signal=INT,TERM,HUP setsid "${@:3}" >"$1/output" 2>&1 </dev/null &
        for _ in {1..300}; do if [[ -e $1/installing ]]; then break; fi; sleep 0.1; done
        before=$(policy)
        kill "-$2" -- "-$!"
        status=0
        wait "$!" || status=$?
        # A signal may end the script before the part of it that cleans up.
        for _ in {1..100}; do if [[ $(policy) == none ]]; then break; fi; sleep 0.1; done
        echo "$status $before $(policy)"' bash "$work" "$@" 2>/dev/null
}

@test "Ctrl-C in the quick start, while apt is at work: no policy-rc.d stays, and nothing of its own" {
    run -0 interrupted INT env TMPDIR="$work" "$root/deploy/quickstart.sh"
    cat "$work/output"
    assert_equal "$output" "130 policy none"
    assert_equal "$(find "$work" -name 'livekit-tokend-*')" ""
}

@test "so it is with the other signals that end a script" {
    run -0 interrupted TERM "$root/deploy/build-deb.sh"
    assert_equal "$output" "143 policy none"
    rm "$work/installing"
    run -0 interrupted HUP "$root/deploy/build-deb.sh"
    assert_equal "$output" "129 policy none"
}

@test "a script's own traps are in place before, meanwhile and after" {
    printf '%s\n' 'set -euo pipefail' "source '$root/deploy/throwaway.sh'" "trap 'echo the end' EXIT" \
        "trap 'echo interrupted; exit 7' INT" 'install_missing_packages none-such' >"$work/script"
    run -0 interrupted INT bash "$work/script"
    assert_equal "$output" "7 policy none"
    assert_equal "$(tail -n 2 "$work/output" | xargs)" "interrupted the end"
    # Where it succeeds.
    printf '#!/bin/sh\n' >"$work/bin/apt-get"
    run -0 unshare --mount bash -c '
        mount -t tmpfs tmpfs "$1/disk" && mkdir "$1/disk/upper" "$1/disk/work"
        mount -t overlay overlay -o "lowerdir=/usr/sbin,upperdir=$1/disk/upper,workdir=$1/disk/work" /usr/sbin
        PATH=$1/bin:$PATH bash "$1/script" && ls /usr/sbin/policy-rc.d 2>&1' bash "$work"
}
