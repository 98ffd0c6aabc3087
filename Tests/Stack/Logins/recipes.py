"""The recipes of nginx/logins.md, as a site would copy them.

A block of a recipe is a fence whose first line names its language, its recipe and, of a file, the file's name:

    ```python django livekit_login.py
"""

import re

from support.deployment import ROOT

FENCE = re.compile(r"^```(\w+) ([\w-]+)(?: ([\w.-]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = FENCE.findall((ROOT / "nginx/logins.md").read_text())


def block(recipe, language, file=""):
    """The one block of a recipe in a language: a part of a configuration, or a file."""
    [text] = [text for *key, text in BLOCKS if key == [language, recipe, file]]
    return text


def has_block(recipe, language):
    return any(key == [language, recipe, ""] for *key, _ in BLOCKS)


def files(recipe):
    """The blocks of a recipe that are files, by name."""
    return {file: text for _, name, file, text in BLOCKS if name == recipe and file}
