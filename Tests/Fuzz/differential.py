"""Two parsers of JSON on the same bytes: what ours accepts, Python's strict reading must accept and mean the same; what
ours refuses, Python's must refuse too, but for the limits that ours documents.

    differential.py FUZZ CASES DIRECTORY...     the program of the fuzzers, how many cases, and texts to begin with
"""

import json
import math
import os
import random
import subprocess
import sys

# At most so many cases: Python is slow, and the fuzzer itself has gone further.
MOST = 300_000
MAXIMUM_DEPTH, MAXIMUM_MEMBERS = 8, 64
MEANING = list(b'{}[]",:\\/u0123456789eE+-.tfn \n\t') + [0x00, 0x7F, 0x80, 0xBF, 0xC3, 0xED, 0xF0, 0xFF]


class Refused(Exception):
    """Python reads it, but it is not strict JSON."""


class BeyondLimits(Exception):
    """Strict JSON that ours refuses by a documented limit."""


def members(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise Refused("a name twice")
    if len(pairs) > MAXIMUM_MEMBERS:
        raise BeyondLimits("members")
    return dict(pairs)


def integer(spelling):
    if not -(2**63) <= int(spelling) < 2**63:
        raise BeyondLimits("integer")
    return int(spelling)


def number(spelling):
    if not math.isfinite(float(spelling)):
        raise BeyondLimits("number")
    return float(spelling)


def constant(name):
    raise Refused(name)


def check(value, depth=0):
    if isinstance(value, (dict, list)):
        if depth == MAXIMUM_DEPTH:
            raise BeyondLimits("depth")
        for element in value.values() if isinstance(value, dict) else value:
            check(element, depth + 1)
        for name in value if isinstance(value, dict) else ():
            check(name)
    elif isinstance(value, str):
        # Python lets `\ud800` through.
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Refused("half a surrogate pair") from None


def strictly(text):
    """The value of a text; ValueError or Refused if it is not strict JSON, BeyondLimits if it is and ours may refuse."""
    if text.startswith(b"\xef\xbb\xbf"):
        raise Refused("a byte order mark")
    try:
        value = json.loads(
            text.decode("utf-8", "strict"),
            object_pairs_hook=members,
            parse_int=integer,
            parse_float=number,
            parse_constant=constant,
        )
    except RecursionError:
        raise BeyondLimits("depth") from None
    check(value)
    return value


def same(left, right):
    """Equal, and of equal types: Python holds 1, 1.0 and True to be equal."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def changed(text, random, meaning=MEANING):
    text = bytearray(text)
    for _ in range(random.randint(0, 3)):
        place = random.randint(0, len(text))
        match random.randrange(4):
            case 0 if place < len(text):
                text[place] = random.choice(meaning)
            case 1 if place < len(text):
                del text[place]
            case 2 if place < len(text):
                text[place:place] = text[place : place + random.randint(1, 12)]
            case _:
                text.insert(place, random.choice(meaning))
    return bytes(text)


def judge(text, verdict):
    """What is wrong, if anything."""
    try:
        value = strictly(text)
    except BeyondLimits:
        return None if verdict == "-" else "ours goes beyond its limits"
    except (ValueError, Refused) as reason:
        return None if verdict == "-" else f"ours accepts it, Python does not: {reason}"
    if verdict == "-":
        return "ours refuses it, Python does not"
    return None if same(value, json.loads(verdict)) else f"ours means {verdict}, Python {value}"


def read(directories):
    texts = []
    for directory in directories:
        for name in sorted(os.listdir(directory)):
            with open(f"{directory}/{name}", "rb") as file:
                texts.append(file.read())
    return texts


def report(name, fuzz, mode, cases, texts, meaning, judge):
    """Asks both about as many texts, says on how many they differ, and ends with failure if there is one."""
    generator = random.Random(1)
    texts = texts + [changed(generator.choice(texts), generator, meaning) for _ in range(cases - len(texts))]
    lines = "".join(text.hex() + "\n" for text in texts)
    run = subprocess.run([fuzz, mode], input=lines, capture_output=True, text=True, check=True)
    # Nothing that ours writes has a line separator in it.
    verdicts = run.stdout.split("\n")[:-1]
    assert len(verdicts) == len(texts), f"{len(verdicts)} verdicts on {len(texts)} texts"
    wrong = [(text, problem) for text, verdict in zip(texts, verdicts) if (problem := judge(text, verdict))]
    for text, problem in wrong[:10]:
        print(f"{text!r}: {problem}")
    accepted = sum(not verdict.startswith("-") for verdict in verdicts)
    print(f"{name:14} {len(texts):9} texts, {accepted} accepted, {len(wrong)} on which Python differs")
    sys.exit(bool(wrong))


def main(fuzz, cases, *directories):
    report("differential", fuzz, "verdicts", min(int(cases), MOST), read(directories), MEANING, judge)


if __name__ == "__main__":
    main(*sys.argv[1:])
