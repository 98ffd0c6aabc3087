"""Processes that a failed test would leave running."""

import contextlib

_started = []


def register(process):
    """Notes an object whose kill() ends what it has started, if that still runs."""
    _started.append(process)


@contextlib.contextmanager
def ended():
    """Ends what is started within the block and still runs at its end."""
    kept = len(_started)
    try:
        yield
    finally:
        while len(_started) > kept:
            _started.pop().kill()
