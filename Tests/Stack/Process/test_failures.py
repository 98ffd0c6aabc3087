"""What the responder needs fails under it: no token leaves, the answer comes nevertheless, and says when to try again."""

import contextlib
import os
import pty
import socket
import sqlite3
import termios
import time

import pytest

from support.responder import Responder
from support.users import NOBODY, give_to_nobody
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


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@contextlib.contextmanager
def pipe_end():
    """A pipe of this user: its reader and its writer."""
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)
    os.close(writer)


@contextlib.contextmanager
def socket_end():
    """What the journal gives to services."""
    ours, theirs = socket.socketpair()
    yield ours.fileno(), theirs.fileno()
    ours.close()
    theirs.close()


@contextlib.contextmanager
def terminal_end():
    """A terminal that is stopped (Ctrl-S)."""
    ours, theirs = pty.openpty()
    termios.tcflow(theirs, termios.TCOOFF)
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


@needs_root
@pytest.mark.parametrize("ends", [pipe_end, socket_end, terminal_end], ids=lambda ends: ends.__name__)
def test_log_of_another_user_that_is_not_read(ends, deployment, figure):
    """It holds no worker and no signal, whoever made it; and where it is read again, all is well again."""
    deployment.configure("peers: [root]\n")
    give_to_nobody(deployment.path)
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    with ends() as (reader, writer):
        responder = Responder(deployment, stdout=writer, stderr=writer, **user).wait_until_ready()
        statuses = []

        def is_full():
            statuses.append(responder.ask(deployment.bearer).status)
            return statuses[-3:] == [503] * 3

        wait_until(is_full, lambda: f"{len(statuses)} answers without a line in the log", pause=0)
        assert set(statuses) <= {200, 503}
        assert responder.is_well()
        # Another process that has the stream waits as before.
        assert os.get_blocking(writer)
        if ends is terminal_end:
            termios.tcflow(writer, termios.TCOON)
        drain(reader)
        wait_until(
            lambda: drain(reader) or responder.ask(deployment.bearer).status == 200, "it does not recover", pause=0.1
        )
        if ends is terminal_end:
            termios.tcflow(writer, termios.TCOOFF)
        wait_until(is_full, "it does not fill up", pause=0)
        # One that a line held would not end at all; and a busy machine takes its time.
        started = time.monotonic()
        assert responder.stop() == 0
        figure(f"ended after {(time.monotonic() - started) * 1000:.0f} ms")


@needs_root
def test_wrong_configuration_is_an_exit_though_nobody_reads_why(deployment):
    """A service that cannot say why it does not start does not start all the same."""
    deployment.configure("workers: many\n")
    give_to_nobody(deployment.path)
    with pipe_end() as (_, writer):
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while os.write(writer, bytes(4096)):
                pass
        os.set_blocking(writer, True)
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        assert Responder(deployment, stdout=writer, stderr=writer, **user).wait() == 78


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
