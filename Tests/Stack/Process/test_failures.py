"""What the responder needs fails under it: no token leaves, the answer comes nevertheless, and says when to try again."""

import os
import sqlite3

from support.responder import Responder
from support.waiting import wait_until


def test_database_of_garbage(deployment, responder):
    """503 for all, and health says so."""
    assert responder.ask(deployment.bearer).status == 200
    for name in ("directory.sqlite", "directory.sqlite-wal"):
        with open(deployment.path / name, "r+b") as file:
            file.write(os.urandom(os.fstat(file.fileno()).st_size))
    for _ in range(8):
        responder.assert_unavailable(deployment.bearer)
    assert not responder.is_well()
    assert responder.stop() == 0


def test_writer_that_does_not_finish_holds_up_no_reader(deployment, responder):
    writer = sqlite3.connect(deployment.directory, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE users SET disabled = 1")
    for _ in range(8):
        assert responder.ask(deployment.bearer).status == 200
    writer.execute("COMMIT")
    writer.close()
    assert responder.ask(deployment.bearer).status == 403
    assert responder.stop() == 0


def test_full_disk_under_the_log(deployment):
    """No line, no token."""
    deployment.configure("audit: {file: /dev/full}\n")
    responder = Responder(deployment).wait_until_ready()
    for _ in range(4):
        responder.assert_unavailable(deployment.bearer)
    assert responder.stop() == 0


def test_log_that_is_not_read(deployment):
    """Standard output is a full pipe: no line, no token, and no client waits for long. Then it is read again."""
    reader, writer = os.pipe()
    responder = Responder(deployment, stdout=writer).wait_until_ready()
    os.close(writer)
    statuses = []

    def is_full():
        statuses.append(responder.ask(deployment.bearer).status)
        return statuses[-1] == 503

    wait_until(is_full, lambda: f"{len(statuses)} answers without a line in the log", pause=0)
    responder.assert_unavailable(deployment.bearer)
    assert set(statuses) == {200, 503}
    drain(reader)
    responder.wait_until_it_gives_tokens(deployment.bearer)
    os.close(reader)
    for _ in range(4):
        responder.assert_unavailable(deployment.bearer)
    assert responder.stop() == 0


def drain(reader):
    os.set_blocking(reader, False)
    try:
        while os.read(reader, 65536):
            pass
    except BlockingIOError:
        pass


def test_unauthenticated_status_401(deployment):
    """http.unauthenticated_status gives RFC 6750's status, and changes nothing else."""
    deployment.configure("http: {unauthenticated_status: 401}\n")
    responder = Responder(deployment).wait_until_ready()
    for session, code in ((None, b"session_missing"), ("nobody", b"session_invalid")):
        answer = responder.ask(session)
        assert answer.status == 401 and code in answer.body
        assert dict(answer.headers)["WWW-Authenticate"].startswith('Bearer realm="livekit"')
    assert responder.ask(deployment.bearer, b'{"roomId":"nowhere"}').status == 403
    assert responder.stop() == 0
