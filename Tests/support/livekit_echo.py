"""What stands in LiveKit's place where a test asks what reaches it: it notes each request, and answers as LiveKit would
whoever asks.
"""

import base64
import contextlib
import dataclasses
import hashlib
import re
import socket

from support.logins import Server
from support.web_server import free_port

# Its answers to everybody carry these, as LiveKit's do (the second by its middleware for CORS).
OPEN = b"Access-Control-Allow-Origin: *\r\nVary: Origin\r\n"


@dataclasses.dataclass
class Arrived:
    """A request as it came, and the number of its connection."""

    connection: int
    line: str
    headers: list  # pairs of a name and a value
    body: bytes

    @property
    def path(self):
        return self.line.split(" ")[1].partition("?")[0]

    @property
    def query(self):
        return self.line.split(" ")[1].partition("?")[2]

    def values(self, name):
        """The values of all headers of a name, in any case of letters."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def tokens(self):
        """All that LiveKit could take for a token, in its order: the header, the query, a form."""
        form = self.body.decode("latin-1") if b"access_token" in self.body else ""
        found = [value.removeprefix("Bearer ") for value in self.values("Authorization")]
        return found + re.findall(r"(?:^|&)access_token=([^&]*)", f"{self.query}&{form}")


class LiveKitEcho(Server):
    """The one that listens at a port of the loopback network."""

    def __init__(self, port=None):
        listener = socket.create_server(("127.0.0.1", port or free_port(300)), backlog=512)
        self.port = listener.getsockname()[1]
        self.arrived = []
        # What it says at a path in place of its usual answer.
        self.answers = {}
        self.connections = 0
        self.open = set()
        super().__init__(listener)

    def _serve(self, connection):
        self.connections += 1
        number = self.connections
        self.open.add(connection)
        with connection, contextlib.suppress(OSError, EOFError), connection.makefile("rb") as stream:
            while line := stream.readline().decode("latin-1").rstrip("\r\n"):
                request = Arrived(number, line, list(self._headers(stream)), b"")
                request.body = self._body(request, stream)
                self.arrived.append(request)
                answer, tunnels = self.answer(request)
                connection.sendall(answer)
                if tunnels:
                    while chunk := stream.read1(65536):
                        connection.sendall(chunk)
                    break
        self.open.discard(connection)

    @staticmethod
    def _headers(stream):
        while line := stream.readline().decode("latin-1").rstrip("\r\n"):
            name, _, value = line.partition(":")
            yield name, value.strip()

    @staticmethod
    def _body(request, stream):
        if request.values("Transfer-Encoding"):
            raise EOFError("nginx measures each body")
        lengths = request.values("Content-Length")
        return stream.read(int(lengths[0])) if lengths else b""

    def answer(self, request):
        """The answer, and whether the connection is a tunnel after it."""
        if request.path in self.answers:
            return self.answers[request.path], False
        if request.values("Authorization") in ([], ["Bearer"], ["Bearer "]):
            return response(401, b"no permissions to access the room"), False
        match request.path.split("/")[1:]:
            case ["rtc"] | ["rtc", "v1"]:
                return self.handshake(request)
            case ["rtc", "validate"] | ["rtc", "v1", "validate"]:
                return response(200, b"success"), False
            case ["twirp", *_]:
                return response(200, b"{}", b"Content-Type: application/json\r\n"), False
            case ["whip", *_]:
                return response(201, b"v=0\r\n", b"Location: /whip/v1/PA_echo\r\n"), False
        return response(200, b"OK"), False

    @staticmethod
    def handshake(request):
        """As LiveKit's library for WebSockets has it."""
        keys, versions = request.values("Sec-WebSocket-Key"), request.values("Sec-WebSocket-Version")
        if request.values("Upgrade") != ["websocket"] or request.values("Connection") != ["upgrade"]:
            return response(404), False
        if versions != ["13"] or len(keys) != 1:
            return response(400, b"Bad Request\n", b"Sec-Websocket-Version: 13\r\n"), False
        accept = hashlib.sha1(keys[0].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        return (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(accept) + b"\r\n\r\n"
        ), True

    def kill(self):
        super().kill()
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def response(status, body=b"", lines=b""):
    return b"HTTP/1.1 %d Status\r\n%s%sContent-Length: %d\r\n\r\n%s" % (status, OPEN, lines, len(body), body)
