"""Where tests write."""

import os
import re


def place_of(request):
    """A directory for a test, or for the tests of a module."""
    # Short: a socket's path has 107 characters at most.
    name = re.sub(r"\W+", "-", request.node.name).removeprefix("test_").removesuffix(".py")
    path = f"{os.environ['STACK']}/{name[:48].strip('-')}"
    number = 1
    while os.path.exists(path if number == 1 else f"{path}-{number}"):
        number += 1
    return path if number == 1 else f"{path}-{number}"
