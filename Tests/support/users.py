"""Doing something as another user."""

import os
import traceback

# Debian's nobody and nogroup.
NOBODY = 65534


def run_as_nobody(action):
    """Runs `action()` in a process without rights; fails with its traceback where it does."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            action()
            status = 0
        except Exception:
            os.write(writer, traceback.format_exc().encode()[-60_000:])
        finally:
            os._exit(status)
    os.close(writer)
    with open(reader) as file:
        words = file.read()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, f"as nobody:\n{words}"


def give_to_nobody(folder):
    """Makes nobody the owner of a folder and of all that is in it."""
    for parent, folders, files in os.walk(folder):
        for name in [parent, *(os.path.join(parent, name) for name in folders + files)]:
            os.chown(name, NOBODY, NOBODY, follow_symlinks=False)
