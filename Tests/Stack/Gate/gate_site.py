"""A site with LiveKit behind its nginx and the gate between: an echo in LiveKit's place, and people with tokens."""

import base64
import json
import re
import socket
import ssl
import subprocess
import time

import jwt
from support import fastcgi
from support.canaries import plant
from support.client import next_address
from support.deployment import ROOT, Deployment
from support.livekit_echo import LiveKitEcho
from support.responder import Responder
from support.web_server import WebServer

CONFIGURATION = """workers: 4
gate: on
token: {ttl: 1h}
roles:
  viewer: {publish: false, subscribe: true, data: false}
  speaker: {publish: true, subscribe: true, data: true}
  moderator: {publish: true, subscribe: true, data: true, room_admin: true}
"""
MODERATORS, WHIP = "gate-moderators.conf", "gate-whip.conf"
# What a request has that asks for a WebSocket (RFC 6455 §4.1).
HANDSHAKE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)


VALIDATES = ("/rtc/validate", "/rtc/v1/validate")
TEXTS = {
    400: b"LiveKit's clients do not ask like this.",
    401: b"This token does not let you in; ask for a new one.",
    403: b"You may not enter this room now.",
    404: b"There is nothing here.",
    503: b"The gate cannot answer now; try again.",
}


class GateSite:
    """A deployment with the gate, its responder and its nginx, which has further files of ours in its server."""

    def __init__(self, place, *files, responds=True, lift=True):
        self.deployment = Deployment.create(place, CONFIGURATION)
        self.echo = LiveKitEcho()
        self.web_server = WebServer(self.deployment)
        self.log = self.web_server.directory / "log/livekit-tokend.access.log"
        self._open_gate(files)
        if lift:
            self.web_server.lift_limits()
        self.responder = Responder(self.deployment).wait_until_ready() if responds else None

    def _open_gate(self, files):
        script = 'source "$1/deploy/throwaway.sh" && throwaway_gate "$2" "$3"'
        words = [ROOT, self.web_server.directory, f"127.0.0.1:{self.echo.port}"]
        subprocess.run(["bash", "-euc", script, "bash", *map(str, words)], check=True)
        share = f"{self.web_server.directory}/share/nginx"
        gate = f"    include {share}/gate.conf;\n"
        self.change(gate, gate + "".join(f"    include {share}/{file};\n" for file in files))

    def change(self, old, new, file="sites-enabled/livekit-tokend"):
        """Changes a file of the site's, as its operator would."""
        path = self.web_server.directory / file
        text = path.read_text()
        assert old in text, f"{old} is not in {path}"
        path.write_text(text.replace(old, new))

    def serve(self, *parts, http=""):
        """Makes its server one of these parts, in place of the example's; `{share}` is where our files are."""
        path = self.web_server.directory / "sites-enabled/livekit-tokend"
        # Of the example: where it listens, and its certificate.
        tls = "".join(re.findall(r"^    (?:listen|ssl_certificate).*\n", path.read_text(), re.MULTILINE))
        text = "include {share}/http.conf;\ninclude {share}/gate-http.conf;\n"
        text += f"{http}server {{\n{tls}{''.join(f'    {part}{chr(10)}' for part in parts)}}}\n"
        directory = self.web_server.directory
        text = text.replace("{share}", f"{directory}/share/nginx").replace("{directory}", str(directory))
        path.write_text(text.replace("{livekit}", f"127.0.0.1:{self.echo.port}"))

    def start(self):
        self.web_server.start()
        return self

    def member(self, user, role="speaker", room="stage-1"):
        """Makes a user who is a member of a room; their token, as the service signs it."""
        self.deployment.run("user", "add", user)
        if room not in self.deployment.run("room", "list"):
            self.deployment.run("room", "add", room)
        self.deployment.run("member", "add", room, user, "--role", role)
        return self.token(user, room)

    def token(self, user, room="stage-1"):
        bearer = self.deployment.new_session(user)
        answer = fastcgi.ask(self.deployment.socket, bearer, json.dumps({"roomId": room}).encode())
        assert answer.status == 200, answer.body
        token = json.loads(answer.body)["token"]
        plant(token)
        return token

    def signed(self, token, header=None, **changes):
        """Another token of the key, with claims changed; None takes one away."""
        _, secret = self.deployment.key()
        claims = {**claims_of(token), **changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = jwt.encode(claims, secret, "HS256", header)
        plant(signed)
        return signed

    def renewed(self, token, **changes):
        """The token that LiveKit makes of one: without jti, for ten minutes (livekit-server 1.13.5)."""
        now, sub = int(time.time()), changes.get("sub", claims_of(token)["sub"])
        times = {"nbf": now, "iat": now, "exp": now + 600}
        return self.signed(token, **{"jti": None, **times, "identity": sub, "kind": "standard", **changes})

    def events(self, request):
        """What the responder's log has of a request."""
        return [event for event in self.deployment.events() if event.get("requestId") == request]

    def logs(self):
        """All that the site's nginx and responder have written."""
        files = [*(self.web_server.directory / "log").iterdir(), self.deployment.log, self.deployment.errors]
        return {file.name: file.read_text() for file in files}


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def unsigned(token):
    """A token that says that it needs no signature (RFC 7515 appendix A.5)."""
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    return f"{header}.{token.split('.')[1]}."


def request(target, *lines, method="GET", version="HTTP/1.1", host="Host: localhost", body=""):
    """The text of a request; `body` comes with its length."""
    lines = [*([host] if host else []), *lines]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([f"{method} {target} {version}", *lines, "", body])


def join(target, *lines, **options):
    """The text of a request that asks for a WebSocket."""
    return request(target, *HANDSHAKE, *lines, **options)


class Response:
    """One answer on a connection; `status` is None where the connection ended before."""

    def __init__(self, stream, has_body=True):
        self.status, self.headers, self.body = None, [], b""
        line = stream.readline()
        if not line.startswith(b"HTTP/"):
            # HTTP/0.9, or nothing.
            self.body = line + (stream.read() if line else b"")
            return
        self.status = int(line.split()[1])
        while field := stream.readline().strip():
            name, _, value = field.decode("latin-1").partition(":")
            self.headers.append((name.lower(), value.strip()))
        if not has_body:
            return
        if length := self.values("content-length"):
            self.body = stream.read(int(length[0]))
        elif self.values("transfer-encoding"):
            while size := int(stream.readline(), 16):
                self.body += stream.read(size)
                stream.readline()
            stream.readline()

    def values(self, name):
        return [value for key, value in self.headers if key == name]

    @property
    def id(self):
        return (self.values("x-request-id") or [None])[0]


class Wire:
    """A connection to a site, from an address of its own, on which any bytes may be sent."""

    def __init__(self, site, address=None):
        context = ssl.create_default_context(cafile=site.web_server.certificate)
        source = (address or next_address(), 0)
        plain = socket.create_connection(("127.0.0.1", site.web_server.port), 60, source)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        self.stream = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def send(self, text, answers=1):
        """The answers to what is sent; those that a closed connection leaves out have no status."""
        try:
            self.socket.sendall(text.encode("latin-1"))
            return [Response(self.stream, not text.startswith("HEAD ")) for _ in range(answers)]
        except (ConnectionError, ssl.SSLError):
            return [Response(Nothing())]


class Nothing:
    @staticmethod
    def readline():
        return b""


def ask(site, text, address=None):
    """The one answer to a request on a connection of its own."""
    with Wire(site, address) as wire:
        return wire.send(text)[0]


def assert_readable(answer):
    """Fails unless a page of any origin may read an answer, which no cache keeps, and the log has it."""
    assert answer.values("access-control-allow-origin") == ["*"]
    assert answer.values("access-control-allow-credentials") == []
    assert answer.values("cache-control") == ["no-store"]
    assert answer.values("x-content-type-options") == ["nosniff"]
    assert answer.values("strict-transport-security") == ["max-age=63072000"]
    assert len(answer.id) == 32
