"""What can be seen of the responder's memory: nothing by a process of its user; by root no secret, and few tokens."""

import hashlib
import json
import os
import re
import signal
import subprocess

import pytest

from support import fastcgi
from support.damaged_requests import send_all
from support.responder import Responder
from support.users import give_to_nobody, run_as_nobody

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can")

REQUESTS, CONNECTIONS = 4000, 8
# libfcgi's buffers keep the last request and answer of each worker, and what is freed is not zeroed until it is used
# again: some are left, but they do not gather.
MOST_LEFT = REQUESTS // 40
# What is kept of the secret is what HMAC makes of it. Parts are looked for as well: freed memory is overwritten in
# part.
PART = 12


def visible(pid):
    """What of the memory, the environment and the descriptors of a process can be seen."""
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


@needs_root
def test_process_of_the_same_user_sees_nothing_and_no_core_is_left(deployment):
    give_to_nobody(deployment.path)

    def look():
        os.chdir(deployment.path)
        # A second process of that user, to show that there is something to see.
        with (
            subprocess.Popen(["sleep", "600"]) as other,
            Responder(deployment).wait_until_ready() as responder,
        ):
            seen = visible(other.pid)
            other.kill()
            assert seen == {"mem", "environ", "maps", "fd"}, "even a sleeping process shows nothing here"
            assert visible(responder.pid) == set()
            responder.process.send_signal(signal.SIGABRT)
            assert responder.wait() == -signal.SIGABRT
            assert not list(deployment.path.glob("core*"))

    run_as_nobody(look)


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
    deployment.execute(
        "INSERT INTO sessions (token_sha256, user_id, created_at, expires_at) "
        "VALUES (?, 'alice', 0, unixepoch() + 3600)",
        *((hashlib.sha256(bearer.encode()).digest(),) for bearer in bearers),
    )
    return bearers


def ask_for_tokens(path, bearers):
    """A token for each, asked for on connections that are kept."""
    tokens = []
    connections = [fastcgi.connect(path) for _ in range(CONNECTIONS)]
    for start in range(0, len(bearers), CONNECTIONS):
        asking = list(zip(connections, bearers[start:], strict=False))
        for connection, bearer in asking:
            connection.sendall(fastcgi.token_request(bearer, keep=True))
        for connection, _ in asking:
            answer = fastcgi.receive(connection)
            assert answer.status == 200
            tokens.append(json.loads(answer.body)["token"])
    for connection in connections:
        connection.close()
    return tokens


@needs_root
def test_memory_keeps_no_secret_and_does_not_gather_tokens(deployment, responder, figure):
    """After thousands of requests, each with another bearer, and some that were damaged."""
    send_all(responder.path, deployment.bearer, 500, 7)
    tokens = ask_for_tokens(responder.path, open_sessions(deployment, REQUESTS))
    # A signature is in nothing but its token.
    signatures = {token.rpartition(".")[2].encode() for token in tokens}
    _, secret = deployment.key()
    parts = [secret[start : start + PART].encode() for start in range(len(secret) - PART + 1)]
    secret_in, bearers_left, tokens_left = [], set(), set()
    for name, content in regions(responder.pid):
        secret_in += [name for part in parts if part in content]
        bearers_left.update(re.findall(rb"canary[0-9]{6}", content))
        tokens_left.update(signatures.intersection(run[-43:] for run in re.findall(rb"[A-Za-z0-9_-]{43,}", content)))
    figure(f"after {REQUESTS} requests {len(bearers_left)} bearers and {len(tokens_left)} tokens are left")
    assert bearers_left, "not even the last request is seen"
    assert not secret_in
    assert len(bearers_left) <= MOST_LEFT
    assert len(tokens_left) <= MOST_LEFT
    assert responder.stop() == 0
