"""Lifts the limits on requests in nginx's files that ship: for programs that send as fast as they can from one address.

python -m support.limits FILE...      in each of the files

The one place where tests change what is shipped in more than its paths.
"""

import pathlib
import re
import sys


def lifted(text):
    """A file of nginx's configuration without limits that a load would meet."""
    text = re.sub(r"\brate=\d+r", "rate=1000000r", text)
    text = re.sub(r"\bburst=\d+", "burst=1000000", text)
    return re.sub(r"\b(limit_conn \w+) \d+;", r"\1 60000;", text)


def lift(directory):
    """Lifts the limits of the nginx in a directory."""
    for path in pathlib.Path(directory, "snippets").glob("*.conf"):
        path.write_text(lifted(path.read_text()))


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        pathlib.Path(argument).write_text(lifted(pathlib.Path(argument).read_text()))
