"""What PyYAML reads in key files, asked by the Swift tests: for each of a JSON array of files in base64 an array of its
names and secrets, by turns, or null where it is no mapping of texts. libyaml, if PyYAML has it, must say the same."""

import base64
import json
import sys

import yaml

LOADERS = [yaml.BaseLoader] + ([yaml.CBaseLoader] if yaml.__with_libyaml__ else [])


def opinion(data, loader):
    try:
        documents = list(yaml.compose_all(data, loader))
    except yaml.YAMLError:
        return None
    if len(documents) != 1 or not isinstance(documents[0], yaml.MappingNode):
        return None
    nodes = [node for pair in documents[0].value for node in pair]
    if not all(isinstance(node, yaml.ScalarNode) for node in nodes):
        return None
    return [node.value for node in nodes]


def agreed(text):
    opinions = [opinion(base64.b64decode(text), loader) for loader in LOADERS]
    return opinions[0] if all(other == opinions[0] for other in opinions) else None


json.dump([agreed(text) for text in json.load(sys.stdin)], sys.stdout)
