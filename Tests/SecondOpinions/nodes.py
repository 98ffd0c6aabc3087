"""What PyYAML's own parser reads in a YAML file, asked by the Swift tests: a JSON array of its events, aliases followed.

A scalar is its text after `=` where it is plain, after `"` where it is not.
"""

import json
import sys

import yaml


def tokens(node):
    if isinstance(node, yaml.ScalarNode):
        yield ('"' if node.style else "=") + node.value
    elif isinstance(node, yaml.SequenceNode):
        yield "["
        for element in node.value:
            yield from tokens(element)
        yield "]"
    else:
        yield "{"
        for key, value in node.value:
            yield from tokens(key)
            yield from tokens(value)
        yield "}"


with open(sys.argv[1], "rb") as file:
    json.dump(list(tokens(yaml.compose(file, yaml.SafeLoader))), sys.stdout)
