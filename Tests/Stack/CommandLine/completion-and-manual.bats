#!/usr/bin/env bats
# The command line as shells and man know it: completions are tried in each shell, and the manual page is formatted.

bats_require_minimum_version 1.5.0
# shellcheck source=Tests/Stack/stack.bash
source "$BATS_TEST_DIRNAME/../stack.bash"

setup_file() {
    SHELLS=$STACK/shells
    mkdir -p "$SHELLS"
    # The scripts ask the program by its name.
    ln -sf "$tokend" "$SHELLS/livekit-tokend"
    touch "$SHELLS/site one.yaml" "$SHELLS/site-two.yaml"
    local shell
    for shell in bash zsh fish; do
        "$tokend" --generate-completion-script "$shell" >"$SHELLS/_livekit-tokend.$shell"
    done
    cp "$SHELLS/_livekit-tokend.zsh" "$SHELLS/_livekit-tokend"
    PATH=$SHELLS:$PATH
    export SHELLS PATH
}

# Prints what bash offers for the last of the words, a line each.
bash_offers() {
    # shellcheck disable=SC2016 # for the other bash
    (cd "$SHELLS" && bash --norc -c '
        source ./_livekit-tokend.bash
        [[ $(complete -p livekit-tokend) =~ -F\ ([^ ]+) ]] || exit
        COMP_WORDS=(livekit-tokend "$@") COMP_CWORD=$#
        "${BASH_REMATCH[1]}" livekit-tokend && printf "%s\n" "${COMPREPLY[@]}"' bash "$@")
}

@test "bash completes commands, options, and files after an option that takes one" {
    assert_equal "$(bash_offers mem)" member
    assert_equal "$(bash_offers member '' | head -n 3 | xargs)" "add list remove"
    assert_equal "$(bash_offers help member re)" remove
    assert_equal "$(bash_offers member add -- | xargs)" \
        "--config --role --scene --event --until --version --help"
    assert_equal "$(bash_offers user list --config site)" "$(printf 'site one.yaml\nsite-two.yaml')"
    # Readline makes three words of --config=site.
    assert_equal "$(bash_offers user list --config = site-)" site-two.yaml
    assert_equal "$(bash_offers member add --role '')" ""
    assert_equal "$(bash_offers user list -- '')" ""
}

# Prints the line that zsh makes of $1 and the tabulator.
zsh_completes() {
    cat >"$SHELLS/complete.zsh" <<'ZSH'
        zmodload zsh/zpty
        zpty shell "zsh -f -i"
        zpty -w shell 'PS1=; fpath=($SHELLS $fpath); autoload -Uz compinit; compinit -u -D'
        # The tabulator completes even if more keys wait; control-X writes the line into a file.
        zpty -w shell 'note() { print -r -- "$BUFFER" >line.tmp; mv line.tmp line }; zle -N note; bindkey "^X" note'
        zpty -w shell "zstyle ':completion:*' insert-tab false"
        zpty -w shell 'touch ready'
        for ((i = 0; i < 600; i++)) { [[ -e ready ]] && break; sleep 0.1 }
        zpty -w -n shell "$1"$'\t\x18'
        for ((i = 0; i < 600; i++)) { [[ -e line ]] && break; sleep 0.1 }
        cat line
        rm line ready
        zpty -d shell
ZSH
    (cd "$SHELLS" && zsh -f complete.zsh "$1")
}

@test "zsh completes commands, options, and files after an option that takes one" {
    run -0 zsh -n "$SHELLS/_livekit-tokend"
    assert_equal "$(zsh_completes 'livekit-tokend mem')" "livekit-tokend member "
    assert_equal "$(zsh_completes 'livekit-tokend help member re')" "livekit-tokend help member remove "
    assert_equal "$(zsh_completes 'livekit-tokend member add --ro')" "livekit-tokend member add --role "
    assert_equal "$(zsh_completes 'livekit-tokend member add --role ')" "livekit-tokend member add --role "
    assert_equal "$(zsh_completes 'livekit-tokend check --config site-')" "livekit-tokend check --config site-two.yaml "
    assert_equal "$(zsh_completes 'livekit-tokend check --config=site-')" "livekit-tokend check --config=site-two.yaml "
}

# Prints what fish offers for the line $1, with its descriptions.
fish_offers() {
    (cd "$SHELLS" && fish --no-config --command "source _livekit-tokend.fish; complete -C '$1'")
}

@test "fish completes commands, options, and files after an option that takes one" {
    run -0 fish --no-execute "$SHELLS/_livekit-tokend.fish"
    assert_equal "$(fish_offers 'livekit-tokend mem')" "$(printf 'member\tAdd, list and remove members of rooms.')"
    assert_equal "$(fish_offers 'livekit-tokend help member re' | cut -f 1)" remove
    assert_equal "$(fish_offers 'livekit-tokend member add --' | cut -f 1 | sort | xargs)" \
        "--config --event --help --role --scene --until --version"
    assert_equal "$(fish_offers 'livekit-tokend check --config site-' | cut -f 1)" site-two.yaml
    assert_equal "$(fish_offers 'livekit-tokend check --config=site-' | cut -f 1)" --config=site-two.yaml
    assert_equal "$(fish_offers 'livekit-tokend member add --role ')" ""
}

@test "the manual page has every command and option, and man no complaint" {
    "$tokend" --generate-man-page >"$SHELLS/page.8"
    LC_ALL=C.UTF-8 MANWIDTH=200 man --warnings --local-file "$SHELLS/page.8" >"$SHELLS/page.txt" 2>"$SHELLS/page.err"
    assert_equal "$(cat "$SHELLS/page.err")" ""
    local words
    for words in 'serve .*--dry-run' 'user add .*--did did' 'token decode'; do
        grep --quiet "livekit-tokend $words" "$SHELLS/page.txt"
    done
    # No literal is hyphenated, however narrow the page.
    MANWIDTH=60 man --local-file "$SHELLS/page.8" >"$SHELLS/narrow.txt"
    grep --quiet --fixed-strings /etc/livekit-tokend/config.yaml "$SHELLS/narrow.txt"
    run -1 grep --quiet '[[:alpha:]][-‐]$' "$SHELLS/narrow.txt"
    # An example can be pasted as it is, a line that is broken too.
    grep --quiet --fixed-strings "livekit-tokend user add --name 'Ada Lovelace'" "$SHELLS/page.txt"
    grep --quiet --fixed-strings "member add stage-1 bob --role speaker \\" "$SHELLS/page.txt"
}
