"""The gate's index of identities, by what its metrics say: read once at the start, again only where a signed token asks
for somebody whom it does not know and something was committed since; there while the gate is on.
"""

import base64
import hashlib
import hmac
import json
import os
import select
import signal
import subprocess
import time
import uuid

import pytest

from support import fastcgi
from support.deployment import Deployment
from support.responder import Responder
from support.waiting import wait_until

NAMES = ["entries", "readings_total", "reading_seconds"]
# Not to be able to know is said within so many seconds.
IN_TIME = 2


@pytest.fixture
def responder(stack):
    path = f"{stack}/index-{uuid.uuid4().hex[:8]}"
    deployment = Deployment.create_with_alice(path, "workers: 1\ngate: on\n")
    with Responder(deployment) as responder:
        responder.wait_until_ready()
        wait_until(lambda: figure(responder, "readings_total") == 1, "nothing was read at the start")
        yield responder


def figures(responder):
    """The lines of the metrics that are the index's, by their names."""
    page = fastcgi.exchange(responder.path, fastcgi.get_params("/livekit/metrics")).body.decode()
    prefix = "livekit_tokend_identity_index_"
    lines = [line.removeprefix(prefix).split(" ") for line in page.splitlines() if line.startswith(prefix)]
    return {name: float(value) for name, value in lines}


def figure(responder, name):
    return figures(responder).get(name)


def encoded(content):
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(deployment, identity, secret=None, algorithm="HS256", **claims):
    """A token for stage-1, as LiveKit's servers renew it."""
    key, right = deployment.key()
    now = int(time.time())
    payload = {
        "iss": key,
        "sub": identity,
        "nbf": now,
        "exp": now + 600,
        "video": {"roomJoin": True, "room": "stage-1"},
        **claims,
    }
    text = f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(payload)}"
    signature = hmac.new((secret or right).encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{encoded(signature)}"


def question(token):
    """What nginx asks for a join."""
    return fastcgi.get_params("/livekit/gate") + [
        ("LIVEKIT_GATE", "rtc"),
        ("LIVEKIT_GATE_METHOD", "GET"),
        ("LIVEKIT_GATE_URI", f"/rtc?access_token={token}&protocol=16"),
    ]


def join(responder, token):
    """The status of a join, which must come in time."""
    started = time.monotonic()
    status = fastcgi.exchange(responder.path, question(token)).status
    assert time.monotonic() - started < IN_TIME
    return status


def stranger():
    return f"user-{uuid.uuid4()}"


def test_no_reading_can_be_forced_without_a_signed_token(responder):
    deployment = responder.deployment
    deployment.run("user", "add", "bob")
    good = signed(deployment, stranger())
    head, payload, signature = good.split(".")
    forged = [
        "",
        "x",
        "..",
        f"{head}.{payload}.",
        f"{head}.{payload}",
        f"{head}.{payload}.{signature[:-2]}AA",
        f"{encoded({'alg': 'none'})}.{payload}.",
        f"{encoded({'alg': 'none'})}.{payload}.{signature}",
        signed(deployment, stranger(), secret="another-secret-of-32-characters-000"),
        signed(deployment, stranger(), algorithm="HS384"),
        signed(deployment, stranger(), exp=int(time.time()) - 3600),
        signed(deployment, stranger(), exp=None),
        signed(deployment, stranger(), nbf=int(time.time()) + 3600),
        signed(deployment, stranger(), iss="APIother"),
        signed(deployment, "somebody-else's"),
        "A" * 50_000,
    ]
    for token in forged:
        assert join(responder, token) in (401, 403), token[:80]
    for _ in range(500):
        assert join(responder, f"{head}.{payload}.{encoded(os.urandom(32))}") == 401
    assert figure(responder, "readings_total") == 1
    # And a signed one of somebody who is nobody here has it read what was committed, once.
    for _ in range(5):
        assert join(responder, good) == 403
        assert join(responder, signed(deployment, stranger())) == 403
    assert figure(responder, "readings_total") == 2
    assert figure(responder, "entries") == 2


def test_a_join_after_the_issue_reads_nothing(responder):
    deployment = responder.deployment
    deployment.run("user", "add", "bob")
    deployment.run("member", "add", "stage-1", "bob", "--role", "host")
    token = json.loads(responder.ask(deployment.new_session("bob")).body)["token"]
    assert join(responder, token) == 204
    assert figure(responder, "readings_total") == 1


def test_who_was_added_a_moment_ago_gets_in(responder):
    deployment = responder.deployment
    for number in range(20):
        user = str(uuid.uuid4())
        deployment.execute("INSERT INTO users (user_id) VALUES (?)", (user,))
        deployment.execute("INSERT INTO members (room_id, user_id, role) VALUES ('stage-1', ?, 'host')", (user,))
        deployment.execute(
            "INSERT INTO sessions (token_sha256, user_id, expires_at) VALUES (?, ?, ?)",
            (os.urandom(32), user, int(time.time()) + 600),
        )
        assert join(responder, signed(deployment, f"user-{user}")) == 204
        assert figure(responder, "readings_total") == 2 + number


def test_a_directory_that_is_gone_is_said_once_and_never_a_no(responder):
    deployment = responder.deployment
    away = deployment.directory.with_name("away")

    def events(name):
        return [event for event in deployment.events() if event["event"] == name]

    os.rename(deployment.directory, away)
    for _ in range(3):
        assert join(responder, signed(deployment, stranger())) == 503
    assert len(events("identity_index.failed")) == 1
    assert "is gone" in events("identity_index.failed")[0]["message"]
    os.rename(away, deployment.directory)
    for _ in range(3):
        assert join(responder, signed(deployment, stranger())) == 403


def test_it_is_there_while_the_gate_is_on(responder):
    deployment = responder.deployment

    def reload(*lines):
        kept = [line for line in deployment.configuration.read_text().splitlines() if line not in told]
        deployment.configuration.write_text("\n".join([*kept, *lines]) + "\n")
        before = sum(event["event"] == "service.reloaded" for event in deployment.events())
        responder.process.send_signal(signal.SIGHUP)
        wait_until(
            lambda: sum(event["event"] == "service.reloaded" for event in deployment.events()) > before,
            "it was not reloaded",
        )

    told = {"gate: on", "token: {identity: session}"}
    assert list(figures(responder)) == NAMES
    deployment.new_session("alice")
    reload("gate: on")
    assert figure(responder, "readings_total") == 1
    reload("gate: on", "token: {identity: session}")
    wait_until(lambda: figure(responder, "entries") == 2, "there are two sessions")
    assert figure(responder, "readings_total") == 2
    reload()
    assert figures(responder) == {}
    reload("gate: on")
    wait_until(lambda: figure(responder, "entries") == 1, "there is one user")
    assert figure(responder, "readings_total") == 3
    responder.process.send_signal(signal.SIGTERM)
    assert responder.process.wait(30) == 0


@pytest.fixture
def held(responder):
    """Another directory in the place of the responder's, which another process has for itself."""
    directory = responder.deployment.directory
    other = Deployment.create_with_alice(f"{responder.deployment.path}-2")
    process = subprocess.Popen(
        ["sqlite3", "-batch", other.directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    process.stdin.write("PRAGMA locking_mode = EXCLUSIVE; UPDATE rooms SET access = 'open'; SELECT 'held';\n")
    process.stdin.flush()
    while process.stdout.readline() != "held\n":
        pass
    for suffix in ("-wal", "-shm"):
        os.remove(f"{directory}{suffix}")
    os.rename(other.directory, directory)
    yield process
    process.kill()
    process.wait()


def ask_for_a_join(responder):
    """A connection on which a join has been asked for that waits for a reading."""
    connection = fastcgi.connect(responder.path)
    connection.sendall(fastcgi.message(question(signed(responder.deployment, stranger()))))
    return connection


@pytest.mark.usefixtures("held")
def test_a_join_that_waits_holds_no_worker(responder):
    """The only worker goes on answering."""
    waiting = ask_for_a_join(responder)
    answered = 0
    while not select.select([waiting], [], [], 0)[0]:
        assert fastcgi.exchange(responder.path, fastcgi.get_params("/livekit/unknown")).status == 404
        answered += 1
    assert fastcgi.receive(waiting).status == 503
    # It waits for the lock a second. Where it held the worker, the first of them would come after it.
    assert answered > 5


@pytest.mark.usefixtures("held")
def test_a_join_that_waits_at_the_end_is_answered(responder):
    waiting = ask_for_a_join(responder)
    assert fastcgi.exchange(responder.path, fastcgi.get_params("/livekit/unknown")).status == 404
    responder.process.send_signal(signal.SIGTERM)
    assert fastcgi.receive(waiting).status == 503
    assert responder.process.wait(30) == 0


def test_a_large_directory_has_been_read_before_the_first_request(stack):
    """Whoever asks a service that has just been started would wait for the reading, and few may wait at once."""
    deployment = Deployment.create_with_alice(f"{stack}/index-{uuid.uuid4().hex[:8]}", "workers: 1\ngate: on\n")
    deployment.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) "
        "INSERT INTO users (user_id) SELECT 'user-' || i FROM n"
    )
    with Responder(deployment) as responder:
        responder.wait_until_ready()
        assert (figure(responder, "readings_total"), figure(responder, "entries")) == (1, 60_001)


def test_a_directory_that_a_command_has_made_in_the_place_of_one_that_was_moved_is_no_word(responder):
    deployment = responder.deployment
    token = json.loads(responder.ask(deployment.bearer).body)["token"]
    assert join(responder, token) == 204
    for suffix in ("", "-wal", "-shm"):
        name = f"{deployment.directory}{suffix}"
        if os.path.exists(name):
            os.rename(name, f"{name}.moved")
    assert join(responder, token) == 503
    deployment.run("user", "list")
    assert os.path.exists(deployment.directory)
    for asking in (token, signed(deployment, stranger())):
        assert join(responder, asking) == 503
        assert deployment.events()[-1]["reason"] == "directory_unavailable"
    deployment.run("user", "add", "bob")
    assert join(responder, token) == 403
