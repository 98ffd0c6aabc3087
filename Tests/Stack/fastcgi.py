"""A FastCGI client of the smallest kind: what nginx sends, and what a broken peer sends instead."""

import os
import socket
import struct

BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = 1, 2, 3, 4, 5, 6, 7
RESPONDER, AUTHORIZER = 1, 2


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


def message(params, body=b"", keep=False, role=RESPONDER):
    """A whole request."""
    message = begin(role, keep) + record(PARAMS, name_values(params)) + record(PARAMS)
    if body:
        message += record(STDIN, body)
    return message + record(STDIN)


def connect(path, timeout=60):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    connection.connect(path)
    return connection


class Answer:
    """What came back: `status` is None if that is no whole answer, because END_REQUEST or a status is missing."""

    def __init__(self, output, is_whole, bytes_seen):
        self.bytes_seen = bytes_seen
        head, _, self.body = output.partition(b"\r\n\r\n")
        self.headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if line]
        status = dict(self.headers).get("Status")
        self.status = int(status.split()[0]) if is_whole and status else None


def receive(connection):
    """Reads records up to END_REQUEST or the end of the connection."""
    output, buffer, seen = b"", b"", 0
    while True:
        while len(buffer) >= 8:
            _, kind, _, length, padding = struct.unpack(">BBHHBx", buffer[:8])
            if len(buffer) < 8 + length + padding:
                break
            if kind == STDOUT:
                output += buffer[8 : 8 + length]
            buffer = buffer[8 + length + padding :]
            if kind == END_REQUEST:
                return Answer(output, True, seen)
        try:
            chunk = connection.recv(65536)
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            return Answer(output, False, seen)
        buffer += chunk
        seen += len(chunk)


def exchange(path, params, body=b"", timeout=60):
    """One request on a connection of its own."""
    with connect(path, timeout) as connection:
        connection.sendall(message(params, body))
        return receive(connection)


def health(path):
    """Whether a responder answers at a socket that all is well."""
    try:
        answer = exchange(path, token_params(REQUEST_METHOD="GET", SCRIPT_NAME="/livekit/health"))
    except OSError:
        return False
    return answer.status == 200


if __name__ == "__main__":
    import sys

    sys.exit(not health(sys.argv[1]))
