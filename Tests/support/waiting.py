"""Waiting until something holds."""

import time

# Seconds to wait for what comes at once unless a machine is very busy.
PATIENCE = 60


def wait_until(condition, failure, seconds=PATIENCE, pause=0.05):
    """The first value of `condition()` that is true; fails with the words `failure`, or with what that returns."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(failure() if callable(failure) else failure)
        time.sleep(pause)
    return value
