"""A client of LiveKit's signalling that does what the SDKs were recorded to do: no media, and every request noted.

    client = SignallingClient(door, token, PYTHON)
    client.connect()            the first join; Refused where an SDK would give up
    client.cut()                loses the WebSocket, as a network does
    client.come_back()          resume, then joins, in the SDK's rhythm: "resumed" or "joined"; Refused, GaveUp
    client.next("leave")        the next message of a kind

Messages are read by LiveKit's own package of protocol buffers, and WebSockets by websocket-client.
"""

import base64
import dataclasses
import gzip
import http.client
import socket
import ssl
import time
import urllib.parse

import websocket
from livekit.protocol import models, rtc

from support.client import next_address

# An SDP offer as one with media sends with its join; the stand-in takes who sends one, or answers one, for ACTIVE.
OFFER = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"


@dataclasses.dataclass(frozen=True)
class SDK:
    """What one of LiveKit's SDKs does on the wire."""

    name: str
    path: str
    token_in_query: bool
    # Of a first join that is refused with anything but 401 and 403.
    first_attempts: int
    # Seconds before each attempt to come back.
    pauses: tuple
    # Whether a full join follows a resume that was refused with 401 or 403.
    joins_after_refusal: bool


JAVASCRIPT = SDK("JavaScript", "/rtc/v1", True, 1, (0.02, 0.3, 1.2, 2.7, 4.8, 7, 7, 7, 7, 7), False)
PYTHON = SDK("Python", "/rtc/v1", False, 4, (0.02, *[2.5] * 9), True)
GO = SDK("Go", "/rtc", False, 1, (0.02, *[2.5] * 9), True)
SDKS = (JAVASCRIPT, PYTHON, GO)


class Refused(Exception):
    """An answer to the WebSocket's handshake that is final."""

    def __init__(self, status, text):
        super().__init__(f"{status} {text}")
        self.status, self.text = status, text


class GaveUp(Exception):
    """No attempt to come back has succeeded."""


class Lost(Exception):
    """The WebSocket has ended."""


@dataclasses.dataclass
class Door:
    """Where LiveKit is: behind nginx, whose certificate is given, or itself."""

    port: int
    certificate: str = None
    address: str = None  # where the client comes from

    def __post_init__(self):
        self.address = self.address or (next_address() if self.certificate else "127.0.0.1")
        self.context = ssl.create_default_context(cafile=self.certificate) if self.certificate else None

    def dial(self, timeout=60):
        """A connection."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout, source_address=(self.address, 0))
        return self.context.wrap_socket(plain, server_hostname="localhost") if self.context else plain

    def request(self, method, path, headers=None, body=None, timeout=60):
        """The status, the headers and the body of an answer."""
        connection = http.client.HTTPConnection("localhost", self.port)
        connection.sock = self.dial(timeout)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()


@dataclasses.dataclass
class Asked:
    """A request of the client's, and what came of it."""

    what: str  # "join", "resume" or "validate"
    status: int
    at: float


class SignallingClient:
    def __init__(self, door, token, sdk=PYTHON):
        self.door, self.sdk = door, sdk
        # The token that the app gave, and the newest that LiveKit has sent.
        self.given = self.token = token
        self.socket, self.participant, self.others = None, None, []
        self.requests, self.early = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- The first join

    def connect(self):
        """Joins for the first time; the client, once it has its JoinResponse and its first renewed token."""
        for attempt in range(self.sdk.first_attempts):
            try:
                return self.join()
            except Refused as refusal:
                if refusal.status in (401, 403) or attempt == self.sdk.first_attempts - 1:
                    raise
        return self

    def join(self, token=None):
        """One full join, by the newest token or another; the client."""
        self.open("join", token)
        response = self.next("join")
        self.participant, self.others = response.participant, list(response.other_participants)
        self.next("refresh_token")
        self.answer_offer()
        return self

    # --- Coming back

    def cut(self):
        """Loses the WebSocket without a word."""
        self.socket.sock.close()
        self.socket = None

    def come_back(self):
        """What an SDK does when it has lost its WebSocket: "resumed" or "joined"; Refused where the answer is final for
        it, GaveUp after its last attempt."""
        resumes, refusal = True, None
        for pause in self.sdk.pauses:
            time.sleep(pause)
            try:
                return self.attempt(resumes)
            except Refused as refused:
                refusal = refused
                if refused.status in (401, 403):
                    if not (resumes and self.sdk.joins_after_refusal):
                        raise
                    resumes = False
            except Lost:
                # LiveKit does not know the session: a join at once.
                resumes = False
                try:
                    return self.attempt(False)
                except Refused as refused:
                    refusal = refused
                    if refused.status in (401, 403):
                        raise
            except OSError:
                pass
        raise GaveUp(str(refusal))

    def attempt(self, resumes):
        if not resumes:
            self.join()
            return "joined"
        self.open("resume")
        first = self.message()
        if first.WhichOneof("message") == "leave":
            self.close()
            raise Lost(models.DisconnectReason.Name(first.leave.reason))
        assert first.WhichOneof("message") == "reconnect", first
        self.next("refresh_token")
        self.answer_offer()
        return "resumed"

    # --- The WebSocket

    def open(self, what, token=None):
        """One handshake; Refused with its answer, after the question to validate that every SDK asks then."""
        token = token or self.token
        target, headers = self.request_of(what, token)
        self.early = []
        opened = websocket.WebSocket()
        try:
            opened.connect(f"ws://localhost:{self.door.port}{target}", socket=self.door.dial(), header=headers)
        except websocket.WebSocketBadStatusException as answer:
            self.requests.append(Asked(what, answer.status_code, time.monotonic()))
            opened.shutdown()
            status, _, body = self.validate(what, token)
            if status in (200, answer.status_code):
                raise Refused(answer.status_code, (body if status != 200 else b"").decode()) from None
            # The SDKs believe the second answer.
            raise Refused(status, body.decode()) from None
        self.requests.append(Asked(what, 101, time.monotonic()))
        self.socket = opened

    def validate(self, what, token):
        target, headers = self.request_of(what, token, f"{self.sdk.path}/validate")
        answer = self.door.request("GET", target, dict(line.split(": ", 1) for line in headers))
        self.requests.append(Asked("validate", answer[0], time.monotonic()))
        return answer

    def request_of(self, what, token, path=None):
        """The request's target, and its headers."""
        path, resumes = path or self.sdk.path, what == "resume"
        query = {"access_token": token} if self.sdk.token_in_query else {}
        if self.sdk.path == "/rtc/v1":
            query["join_request"] = self.join_request(resumes)
        else:
            query |= {"auto_subscribe": "1", "protocol": "16", "sdk": "go", "version": "2.19.0"}
            query |= {"reconnect": "1", "sid": self.participant.sid} if resumes else {}
        headers = [] if self.sdk.token_in_query else [f"Authorization: Bearer {token}"]
        return f"{path}?{urllib.parse.urlencode(query)}", headers

    def join_request(self, resumes=False):
        """The parameter of /rtc/v1: a JoinRequest, zipped."""
        info = models.ClientInfo(protocol=17, client_protocol=2, capabilities=[1, 2])
        request = rtc.JoinRequest(client_info=info, reconnect=resumes)
        request.connection_settings.auto_subscribe = True
        request.publisher_offer.type, request.publisher_offer.sdp = "offer", OFFER
        if resumes:
            request.participant_sid, request.reconnect_reason = self.participant.sid, models.RR_SIGNAL_DISCONNECTED
        zipped = rtc.WrappedJoinRequest(compression=1, join_request=gzip.compress(request.SerializeToString()))
        return base64.urlsafe_b64encode(zipped.SerializeToString()).decode()

    def answer_offer(self):
        """What makes LiveKit's stand-in take a client of /rtc for one with media."""
        if self.sdk.path == "/rtc":
            self.send(rtc.SignalRequest(answer=rtc.SessionDescription(type="answer", sdp=OFFER)))
            # Heard once a later question is answered: who is cut off before is not there with media.
            self.is_in()

    def send(self, request):
        self.socket.send_binary(request.SerializeToString())

    def leave(self):
        """Says that it goes, and goes."""
        self.send(rtc.SignalRequest(leave=rtc.LeaveRequest(reason=models.CLIENT_INITIATED)))
        self.close()

    def message(self, timeout=60):
        """The next message; Lost where the WebSocket has ended."""
        self.socket.settimeout(timeout)
        try:
            received = self.socket.recv()
        except (websocket.WebSocketConnectionClosedException, ConnectionError, ssl.SSLError) as error:
            raise Lost(str(error)) from None
        if not received:
            raise Lost("closed")
        response = rtc.SignalResponse()
        response.ParseFromString(received)
        if response.WhichOneof("message") == "refresh_token":
            self.token = response.refresh_token
        return response

    def next(self, kind, timeout=60):
        """The next message of a kind: its content. What else comes meanwhile is heeded later, where it is asked for."""
        for number, response in enumerate(self.early):
            if response.WhichOneof("message") == kind:
                del self.early[number]
                return getattr(response, kind)
        deadline = time.monotonic() + timeout
        while True:
            response = self.message(max(0.001, deadline - time.monotonic()))
            if response.WhichOneof("message") == kind:
                return getattr(response, kind)
            self.early.append(response)

    def is_in(self):
        """Whether its WebSocket lives: a question of its own is answered."""
        if self.socket is None:
            return False
        try:
            self.send(rtc.SignalRequest(ping_req=rtc.Ping(timestamp=1)))
            self.next("pong_resp")
        except (Lost, OSError):
            return False
        return True

    def removed(self, timeout=60):
        """The reason of the Leave that ends it."""
        reason = models.DisconnectReason.Name(self.next("leave", timeout).reason)
        self.close()
        return reason

    def close(self):
        if self.socket is not None:
            self.socket.shutdown()
            self.socket = None

    def asked(self):
        """Its requests, in short: what was asked, and the status."""
        return [(each.what, each.status) for each in self.requests]
