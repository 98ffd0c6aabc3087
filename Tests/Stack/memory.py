"""What can be seen of the responder's memory, by whom.

    memory.py refused DEPLOYMENT SECRET    to a process of the same user: nothing, and no core is left
    memory.py copies PID SECRET            to root: the secret, at most twice

The first runs as a user without rights, and with a second process of that user to show that it would see something.
"""

import os
import signal
import subprocess
import sys
import time

from lifecycle import Responder

NOBODY = 65534
# The key itself, and what may be left of it where it was first read or last used.
MOST_COPIES = 2


def look(pid):
    """What the memory, the environment and the descriptors of a process are to us: a set of what can be seen."""
    seen = set()
    for name in ("mem", "environ", "maps"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                if name == "mem" or file.read(1):
                    seen.add(name)
        except PermissionError:
            pass
    try:
        os.listdir(f"/proc/{pid}/fd")
        seen.add("fd")
    except PermissionError:
        pass
    return seen


def refused(deployment, secret):
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    os.chdir(deployment)
    other = subprocess.Popen(["sleep", "60"])
    responder = Responder(deployment).wait_until_ready()
    try:
        assert look(other.pid) == {"mem", "environ", "maps", "fd"}, "even a sleeping process shows nothing here"
        assert look(responder.process.pid) == set(), f"it shows its {look(responder.process.pid)}"
        responder.process.send_signal(signal.SIGABRT)
        assert responder.process.wait(5) == -signal.SIGABRT
        assert not [name for name in os.listdir(deployment) if name.startswith("core")], "it left a core"
    finally:
        for process in (other, responder.process):
            process.kill()
            process.wait()


def copies(pid, secret):
    found = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            region = line.split()
            if region[1][0] != "r" or region[-1] in ("[vvar]", "[vvar_vclock]", "[vsyscall]"):
                continue
            start, end = (int(bound, 16) for bound in region[0].split("-"))
            memory.seek(start)
            try:
                content = memory.read(end - start)
            except OSError:
                continue
            found += [region[5] if len(region) > 5 else "anonymous"] * content.count(secret.encode())
    print(f"the secret is in memory {len(found)} time(s): {found}")
    assert 1 <= len(found) <= MOST_COPIES, found


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
