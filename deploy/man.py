#!/usr/bin/env python3
"""Makes the man page out of what the program says about its own commands.

    livekit-tokend --experimental-dump-help | deploy/man.py >livekit-tokend.8
"""

import json
import sys

SECTION = 8


def escaped(text):
    """Text as roff shows it: no escapes, no hyphens for minus signs, no line that looks like a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def paragraphs(text):
    """Paragraphs are filled; what is indented is an example and stays as it is."""
    for paragraph in text.strip("\n").split("\n\n"):
        if paragraph.startswith("  "):
            yield ".PP\n.RS 4\n.nf\n" + escaped("\n".join(line.strip() for line in paragraph.split("\n"))) + "\n.fi\n.RE"
        else:
            yield ".PP\n" + escaped(paragraph)


def names(argument):
    """How an argument is written, such as "--config file"."""
    value = f"\\fI{escaped(argument['valueName'])}\\fR"
    if argument["kind"] == "positional":
        return value
    dashes = {"short": "-", "long": "--", "longWithSingleDash": "-"}
    written = ", ".join(f"\\fB{escaped(dashes[name['kind']] + name['name'])}\\fR" for name in argument["names"])
    return f"{written} {value}" if argument["kind"] == "option" else written


def usage(argument):
    text = names({**argument, "names": [argument["preferredName"]]} if argument.get("preferredName") else argument)
    if argument["isRepeating"]:
        text += " ..."
    return f"[{text}]" if argument["isOptional"] else text


def shown(command):
    # --help and --version are in every command; once is enough.
    return [
        argument
        for argument in command.get("arguments", [])
        if argument["shouldDisplay"] and argument["valueName"] not in ("help", "version")
    ]


def commands(command, path=()):
    """All commands below one, with their full names."""
    for sub in command.get("subcommands", []):
        if sub["shouldDisplay"] and sub["commandName"] != "help":
            name = (*path, sub["commandName"])
            yield name, sub
            yield from commands(sub, name)


def page(root, version):
    name = root["commandName"]
    yield f'.TH {name.upper()} {SECTION} "" "{name} {version}"'
    yield f".SH NAME\n{escaped(name)} \\- {escaped(root['abstract'][0].lower() + root['abstract'][1:].rstrip('.'))}"
    yield f".SH SYNOPSIS\n.B {escaped(name)}\n\\fIcommand\\fR [\\fIarguments\\fR]"
    if root.get("discussion"):
        yield ".SH DESCRIPTION"
        yield from paragraphs(root["discussion"])
    yield ".SH COMMANDS"
    for path, command in commands(root):
        yield f'.SS "{escaped(" ".join(path))}"'
        # One that only has commands of its own cannot be run.
        if not command.get("subcommands"):
            yield " ".join([f"\\fB{escaped(' '.join((name, *path)))}\\fR", *map(usage, shown(command))])
        yield ".PP\n" + escaped(command["abstract"])
        yield from paragraphs(command.get("discussion", "")) if command.get("discussion") else ()
        for argument in shown(command):
            words = argument.get("abstract", "")
            if argument.get("defaultValue"):
                words += f" Default: {argument['defaultValue']}."
            yield f".TP\n{names(argument)}\n{escaped(words.strip())}"
    yield ".SH OPTIONS"
    for argument in root["arguments"]:
        yield f".TP\n{names(argument)}\n{escaped(argument['abstract'])}"


if __name__ == "__main__":
    print("\n".join(page(json.load(sys.stdin)["command"], sys.argv[1])))
