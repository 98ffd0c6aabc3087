"""What the responder needs fails under it: then no token leaves, the answer comes nevertheless, and says when to try again.

    failures.py NAME DEPLOYMENT BEARER      one of the functions at the end
"""

import os
import sqlite3
import sys
import time

import fastcgi
from lifecycle import BODY, Responder

# The responder's deadline is 3 s, and a busy machine makes more of it. What is broken stays so until it is mended here: an
# answer that waited for that would not come at all.
PATIENCE = 30


def ask(responder, bearer):
    started = time.monotonic()
    answer = fastcgi.exchange(responder.path, fastcgi.token_params(bearer, BODY), BODY)
    took = time.monotonic() - started
    assert took < PATIENCE, f"the answer took {took:.1f} s"
    return answer


def assert_unavailable(answer):
    assert answer.status == 503, f"{answer.status}: {answer.body}"
    assert dict(answer.headers)["Retry-After"] == "1" and b'"code":"unavailable"' in answer.body, answer.body
    assert b"eyJ" not in answer.body


def garbage(deployment, bearer):
    """The database is overwritten with garbage."""
    responder = Responder(deployment).wait_until_ready()
    assert ask(responder, bearer).status == 200
    for name in ("directory.sqlite", "directory.sqlite-wal"):
        with open(f"{deployment}/{name}", "r+b") as file:
            file.write(os.urandom(os.fstat(file.fileno()).st_size))
    for _ in range(8):
        assert_unavailable(ask(responder, bearer))
    assert not fastcgi.health(responder.path), "health says that all is well"
    assert responder.stop() == 0


def locked(deployment, bearer):
    """Somebody writes and does not finish: who only reads is not held up."""
    responder = Responder(deployment).wait_until_ready()
    writer = sqlite3.connect(f"{deployment}/directory.sqlite", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE users SET disabled = 1")
    for _ in range(8):
        assert ask(responder, bearer).status == 200
    writer.execute("COMMIT")
    assert ask(responder, bearer).status == 403
    assert responder.stop() == 0


def no_space(deployment, bearer):
    """The log's disk is full (audit.file is /dev/full): no line, no token."""
    with open(f"{deployment}/config.yaml", "a") as file:
        file.write("audit: {file: /dev/full}\n")
    responder = Responder(deployment).wait_until_ready()
    for _ in range(4):
        assert_unavailable(ask(responder, bearer))
    assert responder.stop() == 0


def nobody_reads(deployment, bearer):
    """Standard output is a pipe that nobody empties: no line, no token, and nobody waits for long. Then it is read again."""
    reader, writer = os.pipe()
    responder = Responder(deployment, stdout=writer).wait_until_ready()
    os.close(writer)
    statuses = []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and 503 not in statuses:
        statuses.append(ask(responder, bearer).status)
    assert statuses[-1] == 503, f"{len(statuses)} answers without a line in the log"
    assert_unavailable(ask(responder, bearer))
    assert set(statuses) == {200, 503}
    drain(reader)
    assert wait_for_200(responder, bearer), "it does not recover"
    os.close(reader)
    for _ in range(4):
        assert_unavailable(ask(responder, bearer))
    assert responder.stop() == 0


def drain(reader):
    os.set_blocking(reader, False)
    try:
        while os.read(reader, 65536):
            pass
    except BlockingIOError:
        pass


def wait_for_200(responder, bearer):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if ask(responder, bearer).status == 200:
            return True
        time.sleep(0.1)
    return False


def unauthorized(deployment, bearer):
    """http.unauthenticated_status: 401 gives RFC 6750's status, and changes nothing else."""
    with open(f"{deployment}/config.yaml", "a") as file:
        file.write("http: {unauthenticated_status: 401}\n")
    responder = Responder(deployment).wait_until_ready()
    for session, code in ((None, b"session_missing"), ("nobody", b"session_invalid")):
        answer = ask(responder, session)
        assert answer.status == 401 and code in answer.body
        assert dict(answer.headers)["WWW-Authenticate"].startswith('Bearer realm="livekit"')
    outside = b'{"roomId":"nowhere"}'
    assert fastcgi.exchange(responder.path, fastcgi.token_params(bearer, outside), outside).status == 403
    assert responder.stop() == 0


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
