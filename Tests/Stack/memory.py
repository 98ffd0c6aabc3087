"""What can be seen of the responder's memory, by whom.

    memory.py refused DEPLOYMENT SECRET    to a process of the same user: nothing, and no core is left
    memory.py remains DEPLOYMENT SECRET    to root, after thousands of requests: not the secret, in no part of it, and of bearers
                                           and tokens a few

The first runs as a user without rights, and with a second process of that user to show that it would see something.
"""

import hashlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time

import fastcgi
from lifecycle import BODY, Responder

NOBODY = 65534
REQUESTS, CONNECTIONS = 4000, 8
# libfcgi's buffers keep the last request and answer of each worker, and what is freed is not zeroed until it is used again:
# some are left, but they do not gather.
MOST_LEFT = REQUESTS // 40
# What is kept of the secret is what HMAC makes of it. Parts are looked for as well: what is freed is overwritten in part.
PART = 12


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
    other = subprocess.Popen(["sleep", "600"])
    responder = Responder(deployment).wait_until_ready()
    try:
        assert look(other.pid) == {"mem", "environ", "maps", "fd"}, "even a sleeping process shows nothing here"
        assert look(responder.process.pid) == set(), f"it shows its {look(responder.process.pid)}"
        responder.process.send_signal(signal.SIGABRT)
        assert responder.process.wait(60) == -signal.SIGABRT
        assert not [name for name in os.listdir(deployment) if name.startswith("core")], "it left a core"
    finally:
        for process in (other, responder.process):
            process.kill()
            process.wait()


def regions(pid):
    """The readable memory of a process, region by region: its name and its content."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            region = line.split()
            if region[1][0] != "r" or region[-1] in ("[vvar]", "[vvar_vclock]", "[vsyscall]"):
                continue
            start, end = (int(bound, 16) for bound in region[0].split("-"))
            memory.seek(start)
            try:
                yield region[5] if len(region) > 5 else "anonymous", memory.read(end - start)
            except OSError:
                continue


def open_sessions(deployment, count):
    """Sessions of alice whose bearers are easy to find, whole or in part."""
    bearers = [f"canary{number:06}" * 4 for number in range(count)]
    with sqlite3.connect(f"{deployment}/directory.sqlite", timeout=60) as directory:
        directory.executemany(
            "INSERT INTO sessions (token_sha256, user_id, created_at, expires_at) VALUES (?, 'alice', 0, unixepoch() + 3600)",
            [(hashlib.sha256(bearer.encode()).digest(),) for bearer in bearers],
        )
    directory.close()
    return bearers


def ask_for_tokens(path, bearers):
    """A token for each, asked for on connections that are kept."""
    tokens = []
    connections = [fastcgi.connect(path) for _ in range(CONNECTIONS)]
    for start in range(0, len(bearers), CONNECTIONS):
        asking = list(zip(connections, bearers[start:]))
        for connection, bearer in asking:
            connection.sendall(fastcgi.message(fastcgi.token_params(bearer, BODY), BODY, keep=True))
        for connection, _ in asking:
            answer = fastcgi.receive(connection)
            assert answer.status == 200, answer.status
            tokens.append(json.loads(answer.body)["token"])
    for connection in connections:
        connection.close()
    return tokens


def remains(deployment, secret):
    with open(f"{deployment}/responder.pid") as file:
        pid = file.read().strip()
    tokens = ask_for_tokens(f"{deployment}/fcgi.sock", open_sessions(deployment, REQUESTS))
    # A signature is in nothing but its token.
    signatures = {token.rpartition(".")[2].encode() for token in tokens}
    parts = [secret[start : start + PART].encode() for start in range(len(secret) - PART + 1)]
    secret_in, bearers_left, tokens_left = [], [], []
    for name, content in regions(pid):
        secret_in += [name for part in parts if part in content]
        bearers_left += re.findall(rb"canary[0-9]{6}", content)
        tokens_left += signatures.intersection(run[-43:] for run in re.findall(rb"[A-Za-z0-9_-]{43,}", content))
    print(f"after {REQUESTS} requests, each with another bearer, {len(set(bearers_left))} bearers and {len(set(tokens_left))} tokens are left")
    assert bearers_left, "not even the last request is seen"
    assert not secret_in, f"parts of the secret are in {secret_in}"
    assert len(set(bearers_left)) <= MOST_LEFT and len(set(tokens_left)) <= MOST_LEFT, (bearers_left, tokens_left)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
