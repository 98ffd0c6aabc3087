"""Stands where a LiveKit server should, and answers as livekit-server 1.13.5 was recorded (Tests/Recorded/livekit).

python -m support.livekit_standin KEY_FILE [PORT]     listens on 127.0.0.1, by default at a free port, and prints the port

What it has: the check of tokens, /rtc and /rtc/v1 with their validate, the WebSocket's first messages, renewed tokens at
the join, each 300 s and on each change, resumes, Leave, and the calls of RoomService. What it has not: media, webhooks,
updates to the others in a room, WHIP. A client that answers as one with media would is ACTIVE and stays for 21 s
without its WebSocket; any other is JOINED, ends with its WebSocket, and after 60 s.

SIGTERM ends it at once. What it was asked stands in its log, one line of JSON each, where
LIVEKIT_STANDIN_LOG names a file: never a token.
"""

import asyncio
import base64
import dataclasses
import email.utils
import functools
import gzip
import hashlib
import hmac
import http
import json
import os
import pathlib
import random
import re
import secrets
import signal
import struct
import sys
import time
import urllib.parse

RECORDED = pathlib.Path(__file__).resolve().parents[1] / "Recorded/livekit/signal"
LEEWAY, RENEWED_FOR, RENEWED_EACH = 60, 600, 300
WITHOUT_MEDIA, WITHOUT_SIGNALLING, SILENCE, PING_EACH = 60, 21, 3, 10
JOINING, JOINED, ACTIVE, DISCONNECTED = 0, 1, 2, 3
STATES = ("JOINING", "JOINED", "ACTIVE", "DISCONNECTED")
# models.DisconnectReason, and LeaveRequest.Action.
(
    CLIENT_INITIATED,
    DUPLICATE_IDENTITY,
    SERVER_SHUTDOWN,
    PARTICIPANT_REMOVED,
    ROOM_DELETED,
    STATE_MISMATCH,
    JOIN_FAILURE,
) = range(1, 8)
RECONNECT = 2
SOURCES = ("UNKNOWN", "CAMERA", "MICROPHONE", "SCREEN_SHARE", "SCREEN_SHARE_AUDIO")
CAPABILITIES = ("CAP_UNUSED", "CAP_PACKET_TRAILER", "CAP_COMPRESSION_DEFLATE_RAW")
# The claims and the grants that it reads; the grants in the order of renewed tokens.
CLAIMS = "iss sub jti exp nbf iat identity name kind video metadata attributes".split()
GRANTS = (
    "roomCreate roomList roomRecord roomAdmin roomJoin room destinationRoom canPublish canSubscribe canPublishData "
    "canPublishSources canUpdateOwnMetadata ingressAdmin hidden recorder agent canSubscribeMetrics canManageAgentSession"
).split()
# ParticipantPermission: field number, and the grant that it is.
PERMISSIONS = {
    "can_subscribe": (1, "canSubscribe"),
    "can_publish": (2, "canPublish"),
    "can_publish_data": (3, "canPublishData"),
    "can_publish_sources": (9, "canPublishSources"),
    "hidden": (7, "hidden"),
    "recorder": (8, "recorder"),
    "can_update_metadata": (10, "canUpdateOwnMetadata"),
    "agent": (11, "agent"),
    "can_subscribe_metrics": (12, "canSubscribeMetrics"),
    "can_manage_agent_session": (13, "canManageAgentSession"),
}


# --- Protocol buffers -----------------------------------------------------------------------------------------------


def varint(number):
    written = b""
    while number > 127:
        written, number = written + bytes([number & 127 | 128]), number >> 7
    return written + bytes([number])


def message(fields):
    """The encoding of fields by number, as Go writes it: in the order of numbers, without what is zero or empty. Bytes
    are a message, which counts though empty; a list is a field that comes again."""
    written = b""
    for number, value in sorted(fields.items()):
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, (bytes, str)) and (each or isinstance(each, bytes)):
                each = each.encode() if isinstance(each, str) else each
                written += varint(number << 3 | 2) + varint(len(each)) + each
            elif isinstance(each, int) and each:
                written += varint(number << 3) + varint(each)
    return written


def fields_of(encoded):
    """The fields of a message: by number a list of integers and bytes."""
    fields, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = encoded[at]
            value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
            if byte < 128:
                return value

    while at < len(encoded):
        key = number()
        if key & 7 == 0:
            value = number()
        else:
            length = number() if key & 7 == 2 else {1: 8, 5: 4}[key & 7]
            value, at = encoded[at : at + length], at + length
        fields.setdefault(key >> 3, []).append(value)
    return fields


@functools.cache
def recorded(name):
    """A recorded message of the signalling."""
    return base64.b64decode((RECORDED / f"{name}.b64").read_text())


# --- Tokens ---------------------------------------------------------------------------------------------------------


class Refusal(Exception):
    """An answer that is no success: a status, and its text."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status, self.text = status, text


def base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed(claims, key, secret):
    """A token as LiveKit writes it: no blanks, and text as it is."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"iss": key, **claims})
    written = [json.dumps(part, separators=(",", ":"), ensure_ascii=False).encode() for part in parts]
    body = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in written)
    digest = hmac.digest(secret.encode(), body.encode(), "sha256")
    return f"{body}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def named(claims, names):
    """The claims as Go reads JSON: names in any case, the last of two."""
    exact = {name.lower(): name for name in names}
    return {exact[name.lower()]: value for name, value in claims.items() if name.lower() in exact}


def claims_of(token, keys, now):
    """The claims of a token that holds; else a Refusal with 401, whose text has the whole token."""
    try:
        header, payload, signature = token.split(".")
        algorithm, claims = json.loads(base64url(header))["alg"], json.loads(base64url(payload))
        claims = named(claims, CLAIMS)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refusal(401, "invalid authorization token") from None
    if not (secret := keys.get(claims.get("iss"))):
        raise Refusal(401, f"invalid API key: {claims.get('iss', '')}")

    def fault():
        if algorithm != "HS256":
            return f"token signature is invalid: signing method {algorithm} is invalid"
        digest = hmac.digest(secret.encode(), f"{header}.{payload}".encode(), "sha256")
        if not hmac.compare_digest(digest, base64url(signature)):
            return "token signature is invalid: signature is invalid"
        if "exp" in claims and now >= float(claims["exp"]) + LEEWAY:
            return "token has invalid claims: token is expired"
        if "nbf" in claims and now < float(claims["nbf"]) - LEEWAY:
            return "token has invalid claims: token is not valid yet"

    if found := fault():
        raise Refusal(401, f"invalid token: {token}, error: {found}")
    if "video" in claims:
        claims["video"] = named(claims["video"] or {}, GRANTS)
    claims["identity"] = claims.get("sub") or claims.get("jti", "")
    return claims


# --- Rooms ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Participant:
    """Somebody in a room: what his token said, and what has become of it."""

    claims: dict
    identity: str
    joined: float
    client: dict  # fields of ClientInfo
    sid: str = dataclasses.field(default_factory=lambda: sid("PA_"))
    state: int = JOINING
    version: int = 0
    is_publisher: bool = False
    socket: object = None
    ends: object = None  # what ends him unless it is cancelled

    @property
    def grants(self):
        return self.claims["video"]

    def permission(self):
        """ParticipantPermission by names. A token that says nothing of publishing and subscribing grants it."""
        grants = {"canSubscribe": True, "canPublish": True, **self.grants}
        grants.setdefault("canPublishData", grants["canPublish"])
        missing = {"can_publish_sources": []}
        return {name: grants.get(grant, missing.get(name, False)) for name, (_, grant) in PERMISSIONS.items()}

    def narrow(self, permission):
        """Takes a permission of UpdateParticipant: what it does not name is no more."""
        for name, (_, grant) in PERMISSIONS.items():
            value = permission.get(name, [] if name == "can_publish_sources" else False)
            if value or name.startswith("can_") and name != "can_publish_sources":
                self.grants[grant] = value
            else:
                self.grants.pop(grant, None)

    def info(self):
        """ParticipantInfo, as the calls answer it."""
        permission = self.permission()
        permission["can_publish_sources"] = [source.upper() for source in permission["can_publish_sources"]]
        return {
            "sid": self.sid,
            "identity": self.identity,
            "state": STATES[self.state],
            "tracks": [],
            "metadata": self.claims.get("metadata", ""),
            "joined_at": str(int(self.joined)),
            "joined_at_ms": str(int(self.joined * 1000)),
            "name": self.claims.get("name", ""),
            "version": self.version,
            "permission": permission,
            "region": "",
            "is_publisher": self.is_publisher,
            "kind": self.claims.get("kind", "standard").upper(),
            "attributes": self.claims.get("attributes") or {},
            "disconnect_reason": "UNKNOWN_REASON",
            "kind_details": [],
            "data_tracks": [],
            "client_protocol": self.client.get(12, [0])[-1],
            "capabilities": [CAPABILITIES[number] for each in self.client.get(13, []) for number in packed(each)],
        }

    def encoded(self):
        """The same as a message."""
        info, permission = self.info(), self.permission()
        permission["can_publish_sources"] = bytes(SOURCES.index(s.upper()) for s in permission["can_publish_sources"])
        attributes = [message({1: name, 2: value}) for name, value in sorted(info["attributes"].items())]
        return message(
            {1: info["sid"], 2: info["identity"], 3: self.state, 5: info["metadata"], 6: int(self.joined)}
            | {9: info["name"], 10: self.version, 13: self.is_publisher, 15: attributes}
            | {11: message({PERMISSIONS[name][0]: value or 0 for name, value in permission.items()})}
            | {14: ("STANDARD", "INGRESS", "EGRESS", "SIP", "AGENT").index(info["kind"])}
            | {17: int(self.joined * 1000), 20: info["client_protocol"]}
            | {21: b"".join(packed_bytes(each) for each in self.client.get(13, [])) or []}
        )


def packed(value):
    """The numbers of a repeated field, packed or not."""
    return list(value) if isinstance(value, bytes) else [value]


def packed_bytes(value):
    return bytes(packed(value))


def sid(kind):
    return kind + "".join(random.choices("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=12))


@functools.cache
def codecs():
    """The codecs of a room, as recorded."""
    return fields_of(fields_of(fields_of(recorded("join_v1"))[1][0])[1][0])[7]


@dataclasses.dataclass
class Room:
    name: str
    created: float
    options: dict = dataclasses.field(default_factory=dict)
    sid: str = dataclasses.field(default_factory=lambda: sid("RM_"))
    turn_password: str = dataclasses.field(default_factory=lambda: secrets.token_urlsafe(32))
    people: dict = dataclasses.field(default_factory=dict)  # by identity

    def info(self):
        """Room, as the calls answer it."""
        return {
            "sid": self.sid,
            "name": self.name,
            "empty_timeout": self.options.get("empty_timeout", 30),
            "departure_timeout": self.options.get("departure_timeout", 5),
            "max_participants": self.options.get("max_participants", 0),
            "creation_time": str(int(self.created)),
            "creation_time_ms": str(int(self.created * 1000)),
            "turn_password": self.turn_password,
            "enabled_codecs": [{"mime": fields_of(c)[1][0].decode(), "fmtp_line": ""} for c in codecs()],
            "metadata": self.options.get("metadata", ""),
            "num_participants": len(self.people),
            "num_publishers": sum(person.is_publisher for person in self.people.values()),
            "active_recording": False,
            "version": None,
        }

    def encoded(self):
        info = self.info()
        return message(
            {1: info["sid"], 2: info["name"], 3: info["empty_timeout"], 4: info["max_participants"]}
            | {5: int(self.created), 6: info["turn_password"], 7: codecs(), 8: info["metadata"]}
            | {
                9: info["num_participants"],
                11: info["num_publishers"],
                14: info["departure_timeout"],
                15: int(self.created * 1000),
            }
        )


# --- WebSocket (RFC 6455) -------------------------------------------------------------------------------------------


class WebSocket:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def send(self, payload, code=2):
        """Sends a frame, unmasked as a server's are."""
        if self.writer.is_closing():
            return
        size = len(payload)
        length = (
            bytes([size]) if size < 126 else struct.pack(">BH" if size < 65536 else ">BQ", 126 + (size > 65535), size)
        )
        self.writer.write(bytes([0x80 | code]) + length + payload)

    def close(self):
        """Closes with 1000 and no reason, as LiveKit does."""
        self.send(struct.pack(">H", 1000), 8)
        self.writer.close()

    async def receive(self):
        """The next message; None where the client has closed."""
        whole = b""
        while True:
            first, second = await self.reader.readexactly(2)
            code, length = first & 15, second & 127
            if length > 125:
                length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
            mask = await self.reader.readexactly(4) if second & 128 else bytes(4)
            data = await self.reader.readexactly(length)
            data = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
            if code == 8:
                return None
            if code == 9:
                self.send(data, 10)
            elif code < 3:
                whole += data
                if first & 128:
                    return whole


# --- The server -----------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Request:
    method: str
    target: str
    headers: list
    body: bytes

    def __post_init__(self):
        self.path, _, self.query = self.target.partition("?")
        self.parameters = {}
        # As Go reads a query: what holds a semicolon is dropped, the first of two counts.
        for pair in self.query.split("&"):
            if pair and ";" not in pair:
                name, _, value = pair.partition("=")
                self.parameters.setdefault(urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(value))

    def header(self, name, otherwise=""):
        """The first header of that name."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), otherwise)

    def token(self):
        """The token: that of the header before one of the query."""
        if authorization := self.header("Authorization"):
            if not authorization.startswith("Bearer "):
                raise Refusal(401, "invalid authorization header. Must start with Bearer ")
            return authorization.removeprefix("Bearer ")
        return self.parameters.get("access_token", "")


class StandIn:
    """A LiveKit server with API keys: secrets by key id."""

    def __init__(self, keys, clock=time.time, auto_create=True, log=None):
        self.keys, self.clock, self.auto_create, self.log = keys, clock, auto_create, log
        self.rooms, self.server, self.connections = {}, None, set()
        self.renewed_each, self.silence, self.without_media = RENEWED_EACH, SILENCE, WITHOUT_MEDIA

    async def start(self, port=0):
        """Listens on 127.0.0.1; the port."""
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", port, limit=1 << 20, backlog=4096)
        return self.server.sockets[0].getsockname()[1]

    async def stop(self):
        """Ends all of it at once, with a Leave to those who hear it."""
        self.server.close()
        for room in self.rooms.values():
            for person in list(room.people.values()):
                self.end(room, person, SERVER_SHUTDOWN)
        for writer in list(self.connections):
            writer.transport.abort()
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)

    async def serve(self, reader, writer):
        """One connection: requests, until one takes it for a WebSocket or says that it is the last."""
        self.connections.add(writer)
        try:
            while request := await self.read(reader):
                if await self.answer(request, reader, writer) or request.header("Connection").lower() == "close":
                    break
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()
            self.connections.discard(writer)

    async def read(self, reader):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return None
        line, *lines = head[:-4].split("\r\n")
        headers = [(name, value.strip()) for name, _, value in (each.partition(":") for each in lines)]
        method, target, _ = line.split(" ", 2)
        request, chunks = Request(method, target, headers, b""), []
        if request.header("Transfer-Encoding").lower() == "chunked":
            while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                chunks.append(await reader.readexactly(size))
                await reader.readexactly(2)
            await reader.readuntil(b"\r\n")
        elif length := int(request.header("Content-Length", "0")):
            chunks.append(await reader.readexactly(length))
        request.body = b"".join(chunks)
        return request

    def write(self, request, writer, status, body=b"", kind=None, **more):
        """An answer. Go sorts what its handlers set, and puts Date, and what it has found itself, behind."""
        body = body.encode() if isinstance(body, str) else body
        own = {"Vary": "Origin"} | {name.replace("_", "-"): value for name, value in more.items()}
        found = {"Date": email.utils.formatdate(self.clock(), usegmt=True)}
        if status not in (101, 204):
            lengths = own if kind else found
            lengths |= {"Content-Length": len(body), "Content-Type": kind or "text/plain; charset=utf-8"}
        if status == 101:
            own, found = more, {}
        headers = dict(sorted(own.items())) if status != 101 else own
        headers = headers | found
        if request.header("Connection").lower() == "close":
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}", *(f"{n}: {v}" for n, v in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.note(request, status)

    def note(self, request, status):
        if not self.log:
            return
        try:
            claims = claims_of(request.token(), self.keys, self.clock())
        except Refusal:
            claims = {}
        line = {"method": request.method, "path": request.path, "status": status, "identity": claims.get("identity")}
        line["room"] = claims.get("video", {}).get("room")
        line["parameters"] = sorted(name for name in request.parameters)
        with open(self.log, "a") as file:
            file.write(json.dumps(line) + "\n")

    async def answer(self, request, reader, writer):
        """Answers a request; whether it took the connection."""
        path = "/" + request.path.lstrip("/")
        more = {"Access-Control-Allow-Origin": "*"} if path in ("/rtc/validate", "/rtc/v1/validate") else {}
        if request.method == "OPTIONS" and request.header("Access-Control-Request-Method"):
            vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
            allow = "Access-Control-Allow-"
            more = {f"{allow}Headers": request.header("Access-Control-Request-Headers"), f"{allow}Origin": "*"}
            more |= {
                f"{allow}Methods": request.header("Access-Control-Request-Method"),
                "Access-Control-Max-Age": 86400,
            }
            more |= {f"{allow}Origin": request.header("Origin"), "Vary": vary}
            return self.write(request, writer, 204, **more)
        try:
            # The middleware: a token that is there must hold, whatever the path.
            claims = claims_of(token, self.keys, self.clock()) if (token := request.token()) else None
            if path in ("/rtc/validate", "/rtc/v1/validate"):
                self.judge(request, claims, v1="v1" in path)
                self.write(request, writer, 200, "success", **more)
            elif path in ("/rtc", "/rtc/v1"):
                return await self.signal(request, claims, path == "/rtc/v1", reader, writer)
            elif path.startswith("/twirp/livekit.RoomService/"):
                await self.call(request, claims, writer)
            elif path == "/":
                self.write(request, writer, 200, "OK")
            elif path == "/agent":
                raise Refusal(401, "no permissions to access the room")
            else:
                self.write(request, writer, 404, "404 page not found\n", **{"X-Content-Type-Options": "nosniff"})
        except Refusal as refusal:
            self.write(request, writer, refusal.status, refusal.text, **more)

    # Joining

    def judge(self, request, claims, v1):
        """Who would join, with what: claims, and a JoinRequest's fields. What no token and no parameter may say is a
        Refusal."""
        if claims is None or claims.get("video") is None:
            raise Refusal(401, "no permissions to access the room")
        wrapped = request.parameters.get("join_request", "")
        if v1 and not wrapped:
            raise Refusal(400, "join_request is required")
        join = self.join_request(wrapped) if wrapped else {}
        claims, video = claims | {"video": dict(claims["video"])}, claims["video"]
        if not claims["identity"]:
            raise Refusal(400, "identity cannot be empty")
        if len(claims["identity"]) > 256:
            raise Refusal(400, "participant identity length exceeds limits: max length 256")
        if not video.get("roomJoin"):
            raise Refusal(401, "permissions denied")
        if not (room := video.get("room")):
            raise Refusal(400, "no room name")
        if len(room) > 256:
            raise Refusal(400, "room name length exceeds limits: max length 256")
        if room not in self.rooms and not self.auto_create and not video.get("roomCreate"):
            raise Refusal(404, "requested room does not exist")
        if (publish := request.parameters.get("publish")) and not wrapped:
            if video.get("canPublish") is False:
                raise Refusal(401, "no permissions to access the room")
            claims["identity"] += f"#{publish}"
            claims["video"]["canSubscribe"] = False
        if join.get(3) or join.get(4):
            if not video.get("canUpdateOwnMetadata"):
                raise Refusal(401, "no permissions to access the room")
            claims["metadata"] = join[3][0].decode() if join.get(3) else claims.get("metadata", "")
            entries = [fields_of(entry) for entry in join.get(4, [])]
            attributes = {entry[1][0].decode(): entry.get(2, [b""])[0].decode() for entry in entries}
            claims["attributes"] = (claims.get("attributes") or {}) | attributes
        return claims, join

    def join_request(self, text):
        """The fields of a JoinRequest, which comes wrapped, and zipped if its sender likes."""
        try:
            wrapped = fields_of(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_"))
            join = wrapped.get(2, [b""])[0]
            return fields_of(gzip.decompress(join) if wrapped.get(1) == [1] else join)
        except (ValueError, LookupError, OSError, EOFError):
            raise Refusal(400, "cannot unmarshal join request") from None

    async def signal(self, request, claims, v1, reader, writer):
        """A WebSocket from its handshake to its end."""
        claims, join = self.judge(request, claims, v1)
        if request.header("Upgrade").lower() != "websocket":
            # What the upgrade says of a request that is none.
            return self.write(request, writer, 404, b"")
        if request.method != "GET":
            raise Refusal(405, "Method Not Allowed\n")
        if not (key := request.header("Sec-WebSocket-Key")) or request.header("Sec-WebSocket-Version") != "13":
            raise Refusal(400, "Bad Request\n")
        wrapped = bool(join)
        resumes = join.get(7) == [1] if wrapped else request.parameters.get("reconnect") in ("1", "true")
        present = self.find(claims["video"]["room"], claims["identity"])
        room = self.rooms.get(claims["video"]["room"])
        full = room and 0 < room.options.get("max_participants", 0) <= len(room.people)
        if full and not present:
            raise Refusal(500, "connection closed by media")
        accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()).decode()
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}
        self.write(request, writer, 101, **upgrade)
        socket = WebSocket(reader, writer)
        if not resumes:
            person = self.join(socket, claims, join, request, wrapped)
        elif not present:
            old = not wrapped and int(request.parameters.get("protocol", "0")) < 13
            leave = {1: old, 2: STATE_MISMATCH, 3: 0 if old else RECONNECT}
            socket.send(message({8: message(leave)}))
            socket.close()
            return True
        else:
            person = self.resume(socket, present, wrapped)
        await self.listen(socket, person)
        return True

    def join(self, socket, claims, join, request, wrapped):
        """Lets somebody in, in the place of himself if he is there already."""
        room = self.rooms.setdefault(claims["video"]["room"], Room(claims["video"]["room"], self.clock()))
        if old := room.people.get(claims["identity"]):
            self.end(room, old, DUPLICATE_IDENTITY)
        client = fields_of(join[1][0]) if 1 in join else {}
        person = Participant(claims, claims["identity"], self.clock(), client, socket=socket)
        template = fields_of(fields_of(recorded("join_v1" if wrapped else "join_v0_protocol16"))[1][0])
        others = [other.encoded() for other in room.people.values() if not other.grants.get("hidden")]
        socket.send(message({1: message(template | {1: [room.encoded()], 2: [person.encoded()], 3: others})}))
        room.people[person.identity] = person
        person.state, person.version = JOINED, 1
        person.ends = self.later(self.without_media, self.end, room, person, JOIN_FAILURE)
        self.renew(person)
        if not wrapped:
            socket.send(recorded("first_offer"))
            socket.send(recorded("first_trickle"))
        if join.get(6):
            self.activate(person)
        return person

    def resume(self, socket, person, wrapped):
        """Lets somebody who is there take up his session: the token's grants, name and metadata count for nothing."""
        old, person.socket = person.socket, socket
        if old:
            old.close()
        if person.state == ACTIVE and person.ends:
            person.ends.cancel()
        room = self.rooms[person.grants["room"]]
        socket.send(recorded("reconnect_response"))
        socket.send(message({5: message({1: [each.encoded() for each in room.people.values()]})}))
        socket.send(message({11: message({1: room.encoded()})}))
        self.renew(person)
        if not wrapped:
            socket.send(recorded("first_offer"))
        return person

    async def listen(self, socket, person):
        """Answers what a client sends, renews his token and pings him, until his WebSocket ends."""
        tasks = [asyncio.create_task(self.each(self.renewed_each, lambda: self.renew(person, socket)))]
        tasks.append(asyncio.create_task(self.each(PING_EACH, lambda: socket.send(b"", 9))))
        reason = None
        try:
            while (received := await socket.receive()) is not None and reason is None:
                reason = self.heed(socket, person, fields_of(received))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        for task in tasks:
            task.cancel()
        room = self.rooms.get(person.grants["room"])
        if person.socket is not socket or not room or room.people.get(person.identity) is not person:
            return
        person.socket = None
        if reason or person.state == JOINED:
            self.end(room, person, None)
        else:
            person.ends = self.later(WITHOUT_SIGNALLING, self.end, room, person, None)

    def heed(self, socket, person, sent):
        """One SignalRequest; the reason of a Leave."""
        if 8 in sent:
            return fields_of(sent[8][0]).get(2, [CLIENT_INITIATED])[0]
        if 2 in sent or 1 in sent:
            self.activate(person)
        if 14 in sent:
            socket.send(message({18: int(self.clock() * 1000)}))
        if 16 in sent:
            asked = fields_of(sent[16][0]).get(1, [0])[0]
            socket.send(message({20: message({1: asked, 2: int(self.clock() * 1000)})}))
        if 15 in sent and person.grants.get("canUpdateOwnMetadata"):
            update = fields_of(sent[15][0])
            for number, claim in ((1, "metadata"), (2, "name")):
                if number in update:
                    person.claims[claim] = update[number][0].decode()
            self.changed(person)

    def activate(self, person):
        if person.state == JOINED:
            person.state, person.version = ACTIVE, person.version + 1
            person.ends.cancel()

    def changed(self, person):
        """A change that others would see: the person gets it, and a token that says so."""
        person.version += 1
        if person.socket:
            person.socket.send(message({5: message({1: person.encoded()})}))
            self.renew(person)

    def renew(self, person, socket=None):
        """Sends the person a renewed token."""
        if socket is None or person.socket is socket:
            person.socket.send(message({16: self.renewed(person)}))

    def renewed(self, person):
        """A token as LiveKit renews it: signed by any of the keys, with the grants of now, for 600 s or as long as the
        one that came."""
        now = int(self.clock())
        grants = {name: person.grants[name] for name in GRANTS if name in person.grants}
        claims = {
            "sub": person.identity,
            "exp": max(now + RENEWED_FOR, int(float(person.claims.get("exp", 0)))),
            "nbf": now,
            "iat": now,
            "identity": person.identity,
            "name": person.claims.get("name"),
            "kind": person.claims.get("kind", "standard"),
            "video": grants,
            "metadata": person.claims.get("metadata"),
            "attributes": person.claims.get("attributes"),
        }
        key, secret = random.choice(list(self.keys.items()))
        return signed({name: value for name, value in claims.items() if value}, key, secret)

    def find(self, room, identity):
        return self.rooms[room].people.get(identity) if room in self.rooms else None

    def end(self, room, person, reason):
        """Ends a session: Leave with the reason, if there is one and somebody to hear it, and the WebSocket."""
        if person.ends:
            person.ends.cancel()
        if room.people.get(person.identity) is person:
            del room.people[person.identity]
        person.state, socket, person.socket = DISCONNECTED, person.socket, None
        if socket:
            if reason:
                socket.send(message({8: message({2: reason})}))
            socket.close()

    def later(self, seconds, action, *arguments):
        return asyncio.get_running_loop().call_later(seconds, action, *arguments)

    async def each(self, seconds, action):
        while True:
            await asyncio.sleep(seconds)
            action()

    # RoomService (Twirp)

    async def call(self, request, claims, writer):
        name = request.path.rsplit("/", 1)[1]
        kind = request.header("Content-Type").split(";")[0].strip().lower()
        try:
            if request.method != "POST":
                bad_route(request, f'unsupported method "{request.method}" (only POST is allowed)')
            if not (action := CALLS.get(name)):
                bad_route(request, f'no handler for path "{request.path}"')
            if kind not in ("application/json", "application/protobuf"):
                bad_route(request, f'unexpected Content-Type: "{request.header("Content-Type")}"')
            asked = arguments_of(request.body) if kind == "application/json" else message_of(request.body)
            answer = await action(self, asked, (claims or {}).get("video") or {}, request)
        except TwirpError as error:
            told = {"code": error.code, "msg": error.text} | ({"meta": error.meta} if error.meta else {})
            body = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
            return self.write(request, writer, error.status, body, "application/json")
        if kind == "application/protobuf":
            return self.write(request, writer, 200, encoded_answer(answer), kind)
        body = json.dumps(plain(answer), separators=(", ", ":"), ensure_ascii=False)
        self.write(request, writer, 200, body, kind)

    async def nobody_answers(self, request):
        """What a call gets whose receiver is not there: 503 after 3 s, or 408 when its own time is over."""
        limit = int(request.header("X-Twirp-Timeout-Ms", "0")) / 1000
        await asyncio.sleep(min(limit or self.silence, self.silence))
        if limit and limit < self.silence:
            raise TwirpError(408, "canceled", "twirp error unknown: request canceled")
        raise TwirpError(503, "unavailable", "twirp error unknown: no response from servers")

    def present(self, asked):
        if not (person := self.find(asked.get("room", ""), asked.get("identity", ""))):
            raise TwirpError(404, "not_found", "twirp error unknown: participant does not exist")
        return person

    def existing(self, asked):
        if not (room := self.rooms.get(asked.get("room", ""))):
            raise TwirpError(404, "not_found", "twirp error unknown: requested room does not exist")
        return room

    async def list_participants(self, asked, grants, request):
        administers(grants, asked)
        room = self.rooms.get(asked.get("room", ""))
        return {"participants": list(room.people.values()) if room else []}

    async def get_participant(self, asked, grants, request):
        administers(grants, asked)
        return self.present(asked)

    async def remove_participant(self, asked, grants, request):
        administers(grants, asked)
        self.end(self.rooms.get(asked.get("room", "")), self.present(asked), PARTICIPANT_REMOVED)
        return {}

    async def update_participant(self, asked, grants, request):
        administers(grants, asked)
        if len(asked.get("metadata", "").encode()) > 524288:
            text = "metadata size exceeds limits"
            raise TwirpError(400, "invalid_argument", f"{text} 524288", {"argument": text})
        person = self.present(asked)
        before = json.dumps(person.info(), sort_keys=True)
        for claim in ("metadata", "name"):
            if asked.get(claim):
                person.claims[claim] = asked[claim]
        attributes = (person.claims.get("attributes") or {}) | asked.get("attributes", {})
        person.claims["attributes"] = {name: value for name, value in attributes.items() if value}
        if "permission" in asked:
            person.narrow(asked["permission"])
        if json.dumps(person.info(), sort_keys=True) != before:
            self.changed(person)
        return person

    async def mute_published_track(self, asked, grants, request):
        administers(grants, asked)
        if not self.find(asked.get("room", ""), asked.get("identity", "")):
            await self.nobody_answers(request)
        return {"track": None}

    async def update_subscriptions(self, asked, grants, request):
        administers(grants, asked)
        if not self.find(asked.get("room", ""), asked.get("identity", "")):
            await self.nobody_answers(request)
        return {}

    async def send_data(self, asked, grants, request):
        administers(grants, asked)
        if asked.get("room", "") not in self.rooms:
            await self.nobody_answers(request)
        return {}

    async def perform_rpc(self, asked, grants, request):
        administers(grants, asked)
        if not self.find(asked.get("room", ""), asked.get("destination_identity", "")):
            await self.nobody_answers(request)
        text = "twirp error unknown: RpcError 1400: Method not supported at destination"
        raise TwirpError(400, "invalid_argument", text)

    async def update_room_metadata(self, asked, grants, request):
        administers(grants, asked)
        room = self.existing(asked)
        room.options["metadata"] = asked.get("metadata", "")
        return room

    async def not_implemented(self, asked, grants, request):
        administers(grants, asked)
        raise TwirpError(500, "unknown", "twirp error unknown: not implemented")

    async def list_rooms(self, asked, grants, request):
        granted(grants.get("roomList"))
        names = asked.get("names") or list(self.rooms)
        return {"rooms": [room for name, room in self.rooms.items() if name in names]}

    async def create_room(self, asked, grants, request):
        granted(grants.get("roomCreate"))
        name = asked.pop("name", "")
        return self.rooms.setdefault(name, Room(name, self.clock(), asked))

    async def delete_room(self, asked, grants, request):
        granted(grants.get("roomCreate"))
        room = self.existing(asked)
        del self.rooms[room.name]
        for person in list(room.people.values()):
            self.end(room, person, ROOM_DELETED)
        return {}


class TwirpError(Exception):
    def __init__(self, status, code, text, meta=None):
        super().__init__(text)
        self.status, self.code, self.text, self.meta = status, code, text, meta


def bad_route(request, text):
    raise TwirpError(404, "bad_route", text, {"twirp_invalid_route": f"{request.method} {request.path}"})


def granted(grant):
    if not grant:
        raise TwirpError(401, "unauthenticated", "permissions denied")


def administers(grants, asked):
    granted(grants.get("roomAdmin") and grants.get("room", "") == asked.get("room", ""))


def arguments_of(body):
    """The arguments of a call in JSON: names in either style, others ignored, texts that are texts."""
    try:
        asked = json.loads(body)
        asked = {re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name): v for name, v in asked.items()}
        permission = asked.get("permission", {})
        asked["permission"] = {re.sub("[A-Z]", lambda c: f"_{c[0].lower()}", name): v for name, v in permission.items()}
    except (ValueError, AttributeError):
        asked = None
    texts = ("room", "identity", "name", "metadata")
    if asked is None or any(not isinstance(asked.get(name, ""), str) for name in texts):
        raise TwirpError(400, "malformed", "the json request could not be decoded")
    return {name: value for name, value in asked.items() if name != "permission" or b'"permission"' in body}


def message_of(body):
    """The arguments of a call as a message: its room and its identity."""
    fields = fields_of(body)
    return {name: fields[n][0].decode() for n, name in ((1, "room"), (2, "identity")) if n in fields}


def plain(answer):
    """What JSON says of an answer."""
    if isinstance(answer, (Participant, Room)):
        return answer.info()
    return {name: [plain(each) for each in v] if isinstance(v, list) else v for name, v in answer.items()}


def encoded_answer(answer):
    if isinstance(answer, (Participant, Room)):
        return answer.encoded()
    return message({1: [each.encoded() for values in answer.values() for each in values or []]})


CALLS = {
    "CreateRoom": StandIn.create_room,
    "DeleteRoom": StandIn.delete_room,
    "ForwardParticipant": StandIn.not_implemented,
    "GetParticipant": StandIn.get_participant,
    "ListParticipants": StandIn.list_participants,
    "ListRooms": StandIn.list_rooms,
    "MoveParticipant": StandIn.not_implemented,
    "MutePublishedTrack": StandIn.mute_published_track,
    "PerformRpc": StandIn.perform_rpc,
    "RemoveParticipant": StandIn.remove_participant,
    "SendData": StandIn.send_data,
    "UpdateParticipant": StandIn.update_participant,
    "UpdateRoomMetadata": StandIn.update_room_metadata,
    "UpdateSubscriptions": StandIn.update_subscriptions,
}


def keys_of(path):
    """Secrets by key id, of a key file as LiveKit reads it."""
    lines = [line.partition(":") for line in pathlib.Path(path).read_text().splitlines() if ":" in line]
    return {key.strip(): secret.strip().strip("\"'") for key, _, secret in lines}


async def run(keys, port):
    stand_in = StandIn(keys, log=os.environ.get("LIVEKIT_STANDIN_LOG"))
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    print(await stand_in.start(port), flush=True)
    await stopped.wait()
    await stand_in.stop()


def main(key_file, port="0"):
    asyncio.run(run(keys_of(key_file), int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
