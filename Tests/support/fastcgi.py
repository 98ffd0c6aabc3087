"""A FastCGI client: what nginx sends, and what a broken peer sends instead.

python -m support.fastcgi SOCKET      whether a responder at the socket answers that all is well: exit status 0
"""

import os
import re
import socket
import struct
import sys

BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = 1, 2, 3, 4, 5, 6, 7
RESPONDER, AUTHORIZER = 1, 2
# The body of a request for a token for the room that the user alice may enter; see deployment.py.
STAGE = b'{"roomId":"stage-1"}'


# --- Sending --------------------------------------------------------------------------------------------------------


def record(kind, content=b"", version=1):
    """One record of request 1."""
    return struct.pack(">BBHHBx", version, kind, 1, len(content), 0) + content


def begin(role=RESPONDER, keep=False):
    return record(BEGIN_REQUEST, struct.pack(">HB5x", role, int(keep)))


def name_values(pairs):
    """The encoding of names and values; a list of pairs, so that one may come twice."""

    def length(text):
        return bytes([len(text)]) if len(text) < 128 else struct.pack(">I", len(text) | 0x80000000)

    encoded = b""
    for name, value in pairs:
        name, value = name.encode(), value if isinstance(value, bytes) else value.encode()
        encoded += length(name) + length(value) + name + value
    return encoded


def token_params(bearer=None, body=b"", **changes):
    """The parameters that the shipped nginx sends with a request for a token; None takes one away."""
    params = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "/livekit/token",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": None if bearer is None else f"Bearer {bearer}",
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_ID": os.urandom(16).hex(),
    }
    params.update(changes)
    return [(name, value) for name, value in params.items() if value is not None]


def get_params(path):
    """The parameters of a GET."""
    return token_params(REQUEST_METHOD="GET", SCRIPT_NAME=path)


def message(params, body=b"", keep=False, role=RESPONDER):
    """A whole request."""
    message = begin(role, keep) + record(PARAMS, name_values(params)) + record(PARAMS)
    if body:
        message += record(STDIN, body)
    return message + record(STDIN)


def token_request(bearer, body=STAGE, keep=False):
    """A whole request for a token."""
    return message(token_params(bearer, body), body, keep)


def connect(path, timeout=60):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    connection.connect(str(path))
    return connection


def accepts(path):
    """Whether a process listens at a socket."""
    try:
        connect(path).close()
    except OSError:
        return False
    return True


# --- Receiving ------------------------------------------------------------------------------------------------------


class Answer:
    """What came back: `status` is None if that is no whole answer, because END_REQUEST or a status is missing."""

    def __init__(self, output, is_whole, bytes_seen):
        self.bytes_seen = bytes_seen
        head, _, self.body = output.partition(b"\r\n\r\n")
        self.headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if line]
        status = dict(self.headers).get("Status")
        self.status = int(status.split()[0]) if is_whole and status else None


class Records:
    """Takes records apart, however the bytes of a connection are cut."""

    def __init__(self):
        self.buffer = b""

    def feed(self, data):
        """Yields (kind, content) of each record that is whole now."""
        self.buffer += data
        while len(self.buffer) >= 8:
            _, kind, _, length, padding = struct.unpack(">BBHHBx", self.buffer[:8])
            if len(self.buffer) < 8 + length + padding:
                return
            content, self.buffer = self.buffer[8 : 8 + length], self.buffer[8 + length + padding :]
            yield kind, content


def receive(connection):
    """Reads records up to END_REQUEST or the end of the connection."""
    output, records, seen = b"", Records(), 0
    while True:
        try:
            chunk = connection.recv(65536)
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            return Answer(output, False, seen)
        seen += len(chunk)
        for kind, content in records.feed(chunk):
            if kind == STDOUT:
                output += content
            elif kind == END_REQUEST:
                return Answer(output, True, seen)


def decoded_name_values(params, encoding="utf-8"):
    """The pairs that name_values() has encoded."""

    def take_length():
        nonlocal params
        size = 1 if params[0] < 128 else 4
        length, params = int.from_bytes(params[:size], "big") & 0x7FFFFFFF, params[size:]
        return length

    pairs = []
    while params:
        name_length, value_length = take_length(), take_length()
        value = params[name_length : name_length + value_length]
        pairs.append((params[:name_length].decode(encoding), value.decode(encoding)))
        params = params[name_length + value_length :]
    return pairs


# --- Whole exchanges ------------------------------------------------------------------------------------------------


def exchange(path, params, body=b"", timeout=60):
    """One request on a connection of its own."""
    with connect(path, timeout) as connection:
        connection.sendall(message(params, body))
        return receive(connection)


def ask(path, bearer, body=STAGE, timeout=60):
    """One request for a token on a connection of its own."""
    return exchange(path, token_params(bearer, body), body, timeout)


def health(path):
    """Whether a responder answers at a socket that all is well."""
    try:
        return exchange(path, get_params("/livekit/health")).status == 200
    except OSError:
        return False


def metric(path, name):
    """The value of a metric of the responder at a socket, by its name without livekit_tokend_."""
    page = exchange(path, get_params("/livekit/metrics")).body.decode()
    return float(re.search(rf"^livekit_tokend_{name}(?:{{[^}}]*}})? (\S+)$", page, re.MULTILINE)[1])


if __name__ == "__main__":
    sys.exit(not health(sys.argv[1]))
