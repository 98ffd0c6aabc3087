"""Peers on the FastCGI socket that stall, break off or talk nonsense.

python -m support.stalled_peers DEPLOYMENT BEARER      two of each kind, one kind after the other

Half of a deployment's four workers are left for others; what becomes of the peers is asserted in test_peers.py.
"""

import contextlib
import dataclasses
import socket
import sys
import threading
import time
import typing

from support import fastcgi
from support.deployment import Deployment
from support.fastcgi import STAGE


@dataclasses.dataclass
class Kind:
    # Does what it does on a connection, with a bearer that is good.
    behave: typing.Callable
    # The statuses it may get; with None no answer at all. A kind that never reads gets nothing.
    statuses: set | None


def send(*parts):
    """Sends this much and then nothing any more."""

    def behave(connection, bearer):
        connection.sendall(b"".join(part(bearer) if callable(part) else part for part in parts))

    return behave


def params(bearer):
    return fastcgi.record(fastcgi.PARAMS, fastcgi.name_values(fastcgi.token_params(bearer, STAGE)))


def head(bearer):
    """A request up to its body."""
    return fastcgi.begin(keep=True) + params(bearer) + fastcgi.record(fastcgi.PARAMS)


def body(content):
    return fastcgi.record(fastcgi.STDIN, content)


def whole(bearer):
    return fastcgi.token_request(bearer, keep=True)


def for_another_role(bearer):
    return fastcgi.message(fastcgi.token_params(bearer, STAGE), STAGE, role=fastcgi.AUTHORIZER)


def dribble(connection, bearer):
    """One byte a second, for as long as the responder listens."""
    with contextlib.suppress(OSError):
        for byte in fastcgi.token_request(bearer)[:8]:
            connection.sendall(bytes([byte]))
            time.sleep(1)


def never_read(connection, bearer):
    """Request after request without ever reading an answer, until the buffers are full."""
    params = fastcgi.token_params(bearer, STAGE, SCRIPT_NAME="/livekit/health", REQUEST_METHOD="GET")
    request = fastcgi.message(params, keep=True)
    connection.settimeout(0.5)
    with contextlib.suppress(OSError):
        for _ in range(3000):
            connection.sendall(request)


def break_off(connection, bearer):
    """Half a body, and then the end of the connection."""
    connection.sendall(head(bearer) + body(STAGE[:9]))
    connection.shutdown(socket.SHUT_WR)


END = body(b"")
KINDS = {
    "say nothing": Kind(send(), {None}),
    "half a header": Kind(send(fastcgi.begin()[:5]), {None}),
    "a beginning alone": Kind(send(fastcgi.begin(keep=True)), {None}),
    "half the parameters": Kind(send(fastcgi.begin(), lambda bearer: params(bearer)[:60]), {None}),
    "parameters without their end": Kind(send(fastcgi.begin(), params), {None}),
    "half a body": Kind(send(head, body(STAGE[:9])), {None, 400}),
    "a byte a second": Kind(dribble, {None}),
    "never read an answer": Kind(never_read, None),
    "never close": Kind(send(whole), {200}),
    "garbage": Kind(send(bytes(range(256)) * 4), {None}),
    "another version of the protocol": Kind(
        send(fastcgi.record(fastcgi.BEGIN_REQUEST, b"\0\1\0\0\0\0\0\0", version=7)), {None}
    ),
    "another role": Kind(send(for_another_role), {None, 400}),
    "a body that breaks off": Kind(break_off, {None, 400}),
    "a body that is shorter than it says": Kind(send(head, body(STAGE[:9]), END), {None, 400}),
    "a body that is longer than it says": Kind(send(head, body(STAGE + b"  "), END), {None, 400}),
    "a body that is far too long": Kind(send(head, body(b" " * 60_000) * 3, END), {None, 400, 413}),
    "a request that is aborted": Kind(send(head, body(STAGE[:9]), fastcgi.record(fastcgi.ABORT_REQUEST)), {None, 400}),
    # A whole request, and an end in the midst of the next one's header.
    "half of a second request": Kind(send(whole, fastcgi.begin()[:3]), {200}),
}


class Crowd:
    """So many peers of one kind at once."""

    def __init__(self, kind, path, bearer, count):
        self.connections = [fastcgi.connect(path) for _ in range(count)]
        self.threads = [
            threading.Thread(target=attempt, args=(kind, connection, bearer)) for connection in self.connections
        ]
        for thread in self.threads:
            thread.start()

    def wait(self):
        """Waits until they have done what they do."""
        for thread in self.threads:
            thread.join()

    def close(self):
        for connection in self.connections:
            connection.close()


def attempt(kind, connection, bearer):
    # To be closed on is an answer too.
    with contextlib.suppress(OSError):
        kind.behave(connection, bearer)


def main(path, bearer):
    for kind in KINDS.values():
        crowd = Crowd(kind, Deployment(path).socket, bearer, 2)
        crowd.wait()
        crowd.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
