extension CommandTree {
    /// The possible next words of a command line: a line each, with its help after a tab; or `<file>`.
    func completions(after words: ArraySlice<String>) -> String {
        let (node, rest) = root.descendant(words.first == "help" ? words.dropFirst() : words)
        if let option = node.options.first(where: { $0.label == rest.last && $0.value != nil }) {
            return option.value == "file" ? "<file>\n" : ""
        }
        let commands = node.children.map { ($0.command.name, $0.command.abstract) }
        let rows = commands + node.options.map { ($0.label, $0.help) } + (words.isEmpty ? [("help", "Show help.")] : [])
        return rest.contains("--") ? "" : rows.map { "\($0.0)\t\($0.1)\n" }.joined()
    }

    /// A script that completes commands, options, and the files of options in a shell.
    ///
    /// It asks the program, with `--complete` before the words so far, and so fits every version of it.
    func completionScript(for shell: String) throws(UsageError) -> String {
        let name = root.command.name
        switch shell {
        case "bash":
            return """
                # Completes \(name) in bash.
                _complete_\(name)() {
                    local words=("${COMP_WORDS[@]:1:COMP_CWORD - 1}") word=${COMP_WORDS[COMP_CWORD]} found
                    # Readline makes a word of "=".
                    if [[ $word == = ]]; then word=; elif [[ ${words[*]} == *' =' ]]; then unset 'words[-1]'; fi
                    found=$(\(name) --complete "${words[@]}" 2>/dev/null | cut -f 1)
                    local action=(-W "$found")
                    if [[ $found == '<file>' ]]; then action=(-f) && compopt -o filenames 2>/dev/null; fi
                    mapfile -t COMPREPLY < <(compgen "${action[@]}" -- "$word")
                }
                complete -F _complete_\(name) \(name)

                """
        case "zsh":
            return """
                #compdef \(name)
                local -a given=("${(@)words[2,CURRENT-1]}") found
                if [[ $PREFIX == --*=* ]]; then given+=("${PREFIX%%=*}") && compset -P 1 '*='; fi
                found=("${(@f)$(\(name) --complete "${(@)given}" 2>/dev/null)}")
                found=("${(@)found/$'\\t'/:}")
                if [[ $found == '<file>' ]]; then _files; elif [[ -n $found ]]; then _describe argument found; fi

                """
        case "fish":
            return """
                # Completes \(name) in fish.
                function __complete_\(name)
                    set -l given (commandline -opc)[2..]
                    set -l word (string split -m 1 = -- (commandline -ct))
                    set -q word[2]; and set -a given $word[1]; and set -l lead "$word[1]="
                    set -l found (\(name) --complete $given 2>/dev/null)
                    if test "$found" = '<file>'
                        for path in (__fish_complete_path "$word[-1]"); echo "$lead$path"; end
                    else
                        string join \\n -- $found
                    end
                end
                complete -c \(name) -f -a '(__complete_\(name))'

                """
        default: throw UsageError("unknown shell; name bash, zsh or fish")
        }
    }
}
