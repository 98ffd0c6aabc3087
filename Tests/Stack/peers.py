"""Peers that stall, break off or talk nonsense, four times as many as the responder has workers.

    peers.py KIND DEPLOYMENT BEARER    one of KINDS; while they are there a good request must be answered in time, and
                                       afterwards the process must hold no more than before
    peers.py stranger DEPLOYMENT       a peer of another user is closed without an answer
"""

import os
import socket
import struct
import sys
import threading
import time

import fastcgi

WORKERS = 4
BODY = b'{"roomId":"stage-1"}'
# Workers that are lost to peers would be so for longer: the good request takes four seconds here at most, plus whatever a
# busy machine makes of that.
PATIENCE = 30.0


class Process:
    """What a running responder holds."""

    def __init__(self, deployment):
        with open(f"{deployment}/responder.pid") as file:
            self.pid = int(file.read())

    def holds(self):
        """How many descriptors are open, but for those of the database: it opens a reader for each worker that needs one."""
        descriptors = f"/proc/{self.pid}/fd"
        targets = []
        for descriptor in os.listdir(descriptors):
            try:
                targets.append(os.readlink(f"{descriptors}/{descriptor}"))
            except FileNotFoundError:
                pass
        return sum("directory.sqlite" not in target for target in targets)

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))


# --- Kinds of peers: each is given a connection and a whole request, and returns the connection to be kept open -------


def send(*parts):
    """A peer that sends this much and then nothing any more."""

    def behave(connection, bearer):
        connection.sendall(b"".join(part(bearer) if callable(part) else part for part in parts))

    return behave


def params(bearer, body=BODY, **changes):
    return fastcgi.record(fastcgi.PARAMS, fastcgi.name_values(fastcgi.token_params(bearer, body, **changes)))


def head(bearer, body=BODY, **changes):
    """A request up to its body."""
    return fastcgi.begin(keep=True) + params(bearer, body, **changes) + fastcgi.record(fastcgi.PARAMS)


def dribble(connection, bearer):
    """One byte a second, for as long as anybody listens."""
    request = fastcgi.message(fastcgi.token_params(bearer, BODY), BODY)
    try:
        for byte in request[:8]:
            connection.sendall(bytes([byte]))
            time.sleep(1)
    except OSError:
        pass


def never_read(connection, bearer):
    """Request after request without ever reading an answer, until the buffers are full."""
    params = fastcgi.token_params(bearer, BODY, SCRIPT_NAME="/livekit/health", REQUEST_METHOD="GET")
    request = fastcgi.message(params, keep=True)
    connection.settimeout(0.5)
    try:
        for _ in range(3000):
            connection.sendall(request)
    except OSError:
        pass


def break_off(connection, bearer):
    """Half a body, and then the end of the connection."""
    connection.sendall(head(bearer) + fastcgi.record(fastcgi.STDIN, BODY[:9]))
    connection.shutdown(socket.SHUT_WR)


def abort(connection, bearer):
    connection.sendall(head(bearer) + fastcgi.record(fastcgi.STDIN, BODY[:9]) + fastcgi.record(fastcgi.ABORT_REQUEST))


def after_padding(connection, bearer):
    """A whole request and an end of the connection in the midst of the next one's header."""
    connection.sendall(fastcgi.message(fastcgi.token_params(bearer, BODY), BODY, keep=True) + fastcgi.begin()[:3])


# Name: (how it behaves, which statuses it may get; None is no answer at all).
KINDS = {
    "idle": (send(), {None}),
    "half-header": (send(fastcgi.begin()[:5]), {None}),
    "begin-only": (send(fastcgi.begin(keep=True)), {None}),
    "half-params": (send(fastcgi.begin(), lambda bearer: params(bearer)[:60]), {None}),
    "params-without-end": (send(fastcgi.begin(), params), {None}),
    "half-body": (send(head, fastcgi.record(fastcgi.STDIN, BODY[:9])), {None, 400}),
    "dribble": (dribble, {None}),
    # It reads nothing, so it is asked for nothing either.
    "never-reads": (never_read, None),
    "never-closes": (send(lambda bearer: fastcgi.message(fastcgi.token_params(bearer, BODY), BODY, keep=True)), {200}),
    "garbage": (send(bytes(range(256)) * 4), {None}),
    "garbage-version": (send(lambda bearer: fastcgi.record(fastcgi.BEGIN_REQUEST, b"\0\1\0\0\0\0\0\0", version=7)), {None}),
    "authorizer": (
        send(lambda bearer: fastcgi.message(fastcgi.token_params(bearer, BODY), BODY, role=fastcgi.AUTHORIZER)),
        {None, 400},
    ),
    "short-body": (break_off, {None, 400}),
    "short-body-with-an-end": (send(head, fastcgi.record(fastcgi.STDIN, BODY[:9]), fastcgi.record(fastcgi.STDIN)), {None, 400}),
    "long-body": (send(head, fastcgi.record(fastcgi.STDIN, BODY + b"  "), fastcgi.record(fastcgi.STDIN)), {None, 400}),
    "far-too-long-body": (
        send(head, fastcgi.record(fastcgi.STDIN, b" " * 60_000) * 3, fastcgi.record(fastcgi.STDIN)),
        {None, 400, 413},
    ),
    "abort": (abort, {None, 400}),
    "half-of-a-second-request": (after_padding, {200}),
}


def stall(kind, deployment, bearer):
    socket_path = f"{deployment}/fcgi.sock"
    process = Process(deployment)
    behave, allowed = KINDS[kind]
    good = lambda: fastcgi.exchange(socket_path, fastcgi.token_params(bearer, BODY), BODY)

    assert good().status == 200
    before = settle(process)

    connections = [fastcgi.connect(socket_path) for _ in range(4 * WORKERS)]
    peers = [threading.Thread(target=attempt, args=(behave, connection, bearer)) for connection in connections]
    for peer in peers:
        peer.start()
    time.sleep(0.1)
    started = time.monotonic()
    answer = good()
    took = time.monotonic() - started
    assert answer.status == 200, f"the good request got {answer.status}"
    assert took < PATIENCE, f"the good request took {took:.1f} s"

    for peer in peers:
        peer.join()
    if allowed is not None:
        found = {fastcgi.receive(connection).status for connection in connections}
        assert found <= allowed, f"the peers got {found}, not {allowed}"
    for connection in connections:
        connection.close()
    after = settle(process, before)
    assert after <= before, f"{after} descriptors, and {before} before"
    # The workers, the main thread, and what the runtime starts and ends as it likes.
    assert process.threads() <= WORKERS + 6, f"{process.threads()} threads"
    print(f"{kind}: answered after {took * 1000:.0f} ms; {after} descriptors, as before")


def attempt(behave, connection, bearer):
    try:
        behave(connection, bearer)
    except OSError:
        # Closed on us: that is an answer too.
        pass


def settle(process, goal=None):
    """How many descriptors the process holds once it has let go of what it is done with."""
    deadline = time.monotonic() + 60
    found = process.holds()
    while time.monotonic() < deadline:
        time.sleep(0.2)
        last, found = found, process.holds()
        if found == last and (goal is None or found <= goal):
            break
    return found


def stranger(deployment):
    """Another user's process may connect where the file system lets it, and is closed before a byte is read."""
    socket_path = f"{deployment}/fcgi.sock"
    assert fastcgi.health(socket_path)
    os.chmod(socket_path, 0o666)
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        with fastcgi.connect(socket_path) as connection:
            # No answer to the best of requests.
            try:
                connection.sendall(fastcgi.message(fastcgi.token_params(REQUEST_METHOD="GET", SCRIPT_NAME="/livekit/health")))
            except BrokenPipeError:
                pass
            answer = fastcgi.receive(connection)
            os._exit(answer.bytes_seen != 0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, "a stranger was answered"
    os.chmod(socket_path, 0o660)
    assert fastcgi.health(socket_path)


def parameters(deployment, bearer):
    """What nginx never sends, but may one day: parameters that come twice, are not what they should be, or are others'."""
    socket_path = f"{deployment}/fcgi.sock"
    usual = fastcgi.token_params(bearer, BODY)

    def ask(params):
        answer = fastcgi.exchange(socket_path, params, BODY)
        return answer.status, dict(answer.headers).get("X-Request-Id")

    twice = ("REQUEST_METHOD", "SCRIPT_NAME", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_AUTHORIZATION")
    for name, value in usual:
        if name in twice:
            for second in (value, "x"):
                status, _ = ask(usual + [(name, second)])
                assert status in (400, 404, 405), f"{name} twice: {status}"
    for length in ("", "-1", "+20", "20x", " 20", "0x14", "1e1", "99999999999999999999", "19", "21"):
        status, _ = ask(fastcgi.token_params(bearer, BODY, CONTENT_LENGTH=length))
        assert status in (400, 413), f"CONTENT_LENGTH {length!r}: {status}"
    for name in ("HTTP_PROXY", "HTTP_X_FORWARDED_FOR", "HTTP_COOKIE", "QUERY_STRING", "PATH_INFO", "AUTHORIZATION"):
        status, _ = ask(usual + [(name, "evil")])
        assert status == 200, f"{name}: {status}"
    # A request id that is none is replaced, not repeated.
    for request_id in ("", "x", "0" * 31, "0" * 33, "G" * 32, "0" * 31 + "\n", None):
        status, answered = ask(fastcgi.token_params(bearer, BODY, REQUEST_ID=request_id))
        assert status == 200 and len(answered) == 32 and answered != request_id, f"REQUEST_ID {request_id!r}: {answered}"


if __name__ == "__main__":
    if sys.argv[1] == "kinds":
        print("\n".join(KINDS))
    elif sys.argv[1] == "stranger":
        stranger(sys.argv[2])
    elif sys.argv[1] == "parameters":
        parameters(*sys.argv[2:])
    else:
        stall(*sys.argv[1:])
