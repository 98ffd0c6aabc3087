"""Two readers of YAML on the same bytes, ours over libyaml and PyYAML's own parser: what ours accepts, PyYAML must
accept with the same nodes at the same lines; what ours refuses, PyYAML must refuse too, or find in it what ours
documents. Where the two follow different editions of YAML, or neither follows one, says `differs_on_purpose`.

    yaml_differential.py FUZZ CASES DIRECTORY...     the program of the fuzzers, how many cases, and texts to begin with
"""

import re
import sys

import yaml

from differential import read, report

# At most so many cases, of texts of at most so many bytes: PyYAML is slow.
MOST, LONGEST = 60_000, 500
MAXIMUM_DEPTH, MAXIMUM_COUNT, MAXIMUM_KEY_LENGTH = 32, 20_000, 4_096
MEANING = list(b"{}[]\",:'#&*!|>%@?- \n\t\r\\ab1.~") + [0x00, 0x1B, 0x80, 0x85, 0xA0, 0xC2, 0xE2, 0xFF]
MISUSED = re.compile(r"^[ \t]*(\xa0|[-?]\xa0)|:\xa0|\xa0#")
BREAKS = re.compile(b"\r\n|[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9]")
LINES = re.compile(r"(plain|quoted|sequence|mapping) ([0-9]+)")
EMPTY = re.compile(r"plain [0-9]+ \.")


class Finding(Exception):
    """What ours documents to refuse, by the name of its kind."""


class Composer:
    """The nodes of PyYAML's events as ours writes them, aliases followed; ends with the first finding."""

    def __init__(self, text):
        self.events = yaml.parse(text, Loader=yaml.SafeLoader)
        self.anchors = {}
        self.count = 0

    def document(self):
        root = "nothing"
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root != "nothing":
                    raise Finding("secondDocument")
                if event.tags:
                    raise Finding("tag")
                root = self.written(self.node(next(self.events), 1))
        return root

    def enter(self, level):
        self.count += 1
        if level > MAXIMUM_DEPTH:
            raise Finding("tooDeep")
        if self.count > MAXIMUM_COUNT:
            raise Finding("tooManyNodes")

    def again(self, node, level):
        self.enter(level)
        if isinstance(node[2], list):
            for child in node[2]:
                self.again(child, level + 1)

    def node(self, event, level):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise Finding("undefinedAlias")
            kind, _, content = self.anchors[event.anchor]
            self.again((kind, line, content), level)
            return (kind, line, content)
        if event.tag is not None:
            raise Finding("tag")
        self.enter(level)
        if isinstance(event, yaml.ScalarEvent):
            if event.style is None and MISUSED.search(event.value):
                raise Finding("noBreakSpace")
            node = ("quoted" if event.style else "plain", line, event.value)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = ("sequence", line, list(self.children(yaml.SequenceEndEvent, level)))
        else:
            node = ("mapping", line, list(self.children(yaml.MappingEndEvent, level, are_pairs=True)))
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def children(self, end, level, are_pairs=False):
        keys = set()
        while not isinstance(event := next(self.events), end):
            child = self.node(event, level + 1)
            yield child
            if are_pairs:
                if isinstance(child[2], str):
                    if len(child[2].encode(errors="surrogatepass")) > MAXIMUM_KEY_LENGTH:
                        raise Finding("keyTooLong")
                    if child[2] in keys:
                        raise Finding("duplicateKey")
                    keys.add(child[2])
                yield self.node(next(self.events), level + 1)

    def written(self, node):
        kind, line, content = node
        if isinstance(content, str):
            return f"{kind} {line} {content.encode(errors='replace').hex()}."
        return f"{kind} {line} {' '.join(map(self.written, content))} end"


def differs_on_purpose(text, ours, theirs):
    """Whether a difference is one of those of libyaml and PyYAML that are known."""
    # A `?` in flow style is an indicator to PyYAML (1.1 §5.3), to libyaml only before a blank, and then once.
    if b"?" in text and re.search(rb"[\[{]", text):
        return True
    if theirs in ("-ScannerError", "-ParserError"):
        # PyYAML takes a tab nowhere between tokens; libyaml does where it cannot indent, as YAML 1.2 §6.2 has it.
        # libyaml takes a comment without a blank before it after the header of a block scalar.
        return re.search(rb"\t|[|>][-+0-9]*#", text)
    if ours.startswith("-tab"):
        # libyaml wants the empty lines before the text of a block scalar to have no tab.
        return re.search(rb"[|>]", text)
    if ours.startswith("-syntax"):
        # libyaml refuses unknown directives, to be ignored with a warning (§6.8.1), and versions but 1.1 and 1.2.
        # libyaml wants a blank after the `:` of a plain key in flow style, which 1.1 leaves out before a bracket.
        return re.search(rb"^%(?!YAML 1[.][12]\s|TAG )|:[][{},]", text, re.MULTILINE)
    # libyaml skips a byte order mark at the beginning of any line.
    return b"\xef\xbb\xbf" in text[1:]


def judge(text, verdict):
    """What is wrong, if anything."""
    theirs = opinion(text)
    if differs_on_purpose(text, verdict, theirs):
        return None
    # To libyaml the end of a text is on a line of its own.
    last = len(BREAKS.findall(text)) + 1
    verdict = LINES.sub(lambda found: f"{found[1]} {min(int(found[2]), last)}", verdict)
    if verdict.startswith("-"):
        return f"ours refuses it with {verdict[1:]}, PyYAML reads {theirs}" if not theirs.startswith("-") else None
    # Where nothing is written, a line is as good as the next.
    verdict, theirs = EMPTY.sub("plain .", verdict), EMPTY.sub("plain .", theirs)
    return None if verdict == theirs else f"ours reads {verdict}, PyYAML {theirs}"


def opinion(text):
    """The document as ours writes it, or a reason to refuse it after a `-`."""
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "-utf16"
    try:
        return Composer(text.removeprefix(b"\xef\xbb\xbf").decode()).document()
    except UnicodeDecodeError:
        return "-notUTF8"
    except Finding as finding:
        return f"-{finding}"
    except yaml.YAMLError as error:
        return f"-{type(error).__name__}"


def main(fuzz, cases, *directories):
    sys.setrecursionlimit(100_000)
    texts = [text for text in read(directories) if len(text) <= LONGEST]
    report("yaml", fuzz, "documents", min(int(cases), MOST), texts, MEANING, judge)


if __name__ == "__main__":
    main(*sys.argv[1:])
