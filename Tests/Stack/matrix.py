"""The status matrix: requests through nginx, and for each what must come back.

A request is made of choices: a method, a path, a media type, a bearer, a body. Each choice is fine or carries a
verdict, and what must come back is the verdict that comes first in the order of judgement, or a token. Every token is
checked by LiveKit's own SDK, every answer against the responder's log.

    matrix.py GROUP      a group is one of the functions under "The groups"
"""

import base64
import dataclasses
import hashlib
import http.client
import json
import os
import re
import sqlite3
import ssl
import subprocess
import sys
import time
import uuid

from livekit import api

from lifecycle import TOKEND

STACK = os.environ["STACK"]
PORT = int(os.environ["STACK_PORT"])
MAIN = f"{STACK}/main"

ADA = "0F8FAD5B-D9CB-469F-A165-70867728950E"
ADAS = dict(name='Ada "L" Ünï', did="did:web:ada.example")
# Identities of users whose id is no UUID are derived in this namespace, for ever.
IDENTITIES = uuid.UUID("d8caf7aa-0e5e-4654-9f53-53db88a0b17d")

GRANTS = {
    "host": dict(can_publish=True, can_subscribe=True, can_publish_data=True, can_update_own_metadata=True),
    "speaker": dict(can_publish=True, can_subscribe=True, can_publish_data=True, can_update_own_metadata=False),
    "viewer": dict(can_publish=False, can_subscribe=True, can_publish_data=False, can_update_own_metadata=False),
}


# --- Choices ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Verdict:
    status: int
    code: str
    allow: str = None
    authenticate: str = None
    retry: bool = False
    # Who says so: nginx's own answers leave no line in the responder's log.
    by_nginx: bool = False


FORBIDDEN = Verdict(403, "forbidden")
MALFORMED = Verdict(400, "malformed_request")
REFUSED_BY_NGINX = Verdict(400, "malformed_request", by_nginx=True)
UNKNOWN_FIELD = Verdict(400, "unknown_field")
INVALID_ROOM = Verdict(400, "invalid_room_id")
INVALID_SCENE = Verdict(400, "invalid_scene_id")
INVALID_EVENT = Verdict(400, "invalid_event_id")
NOT_FOUND = Verdict(404, "not_found", by_nginx=True)
NOT_POST = Verdict(405, "method_not_allowed", allow="POST")
NOT_GET = Verdict(405, "method_not_allowed", allow="GET, HEAD")
TOO_LARGE = Verdict(413, "body_too_large", by_nginx=True)
WRONG_TYPE = Verdict(415, "unsupported_media_type")
SESSION_MISSING = Verdict(403, "session_missing", authenticate='Bearer realm="livekit"')
SESSION_INVALID = Verdict(403, "session_invalid", authenticate='Bearer realm="livekit", error="invalid_token"')

# Each choice: what it is, and the verdict on it; None where it is fine.
METHODS = [
    ("POST", None),
    *((method, NOT_POST) for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "FOO")),
    *((method, dataclasses.replace(NOT_POST, by_nginx=True)) for method in ("TRACE", "CONNECT")),
]
PATHS = [
    ("/livekit/token", None),
    ("/livekit/%74oken", None),
    ("/livekit/./x/../token", None),
    ("//livekit//token", None),
    *(
        (path, NOT_FOUND)
        for path in (
            *("/", "/livekit", "/livekit/", "/livekit/token/", "/livekit/Token", "/livekit/tokens", "/livekit/toke"),
            *("/livekit/token;a", "/livekit/token%20", "/livekit/token%2F", "/livekit/token%3Fa=b", "/livekit/problem"),
            *("/LIVEKIT/token", "/token", "/livekit/livekit/token", "/livekit/health/", "/index.html"),
        )
    ),
    *((f"/livekit/token?{query}", REFUSED_BY_NGINX) for query in ("a", "access_token=x", "roomId=stage-1", "?")),
    ("/livekit/token%00", REFUSED_BY_NGINX),
]
MEDIA_TYPES = [
    *(
        (media_type, None)
        for media_type in (
            *("application/json", "APPLICATION/JSON", "Application/Json"),
            *("application/json;charset=utf-8", "application/json; charset=UTF-8", 'application/json; charset="utf-8"'),
            "application/json ; charset=utf-8",
        )
    ),
    *(
        (media_type, WRONG_TYPE)
        for media_type in (
            *(None, "", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
            *("application/jsonp", "application/json5", "application/vnd.api+json", "application/problem+json", "*/*"),
            *("application/json; charset=latin1", "application/json; charset=utf-16", "application/json; charset="),
            *("application/json, text/plain", "application/json; a=b", "json", "application/json/x", "application /json"),
        )
    ),
]


def padded(body, length):
    return body + b" " * (length - len(body))


STAGE = b'{"roomId":"stage-1"}'
BODIES = [
    *(
        (body, None)
        for body in (
            STAGE,
            b' \t\r\n{ "roomId" : "stage-1" } \n',
            b'{"roomId":"\\u0073tage-1"}',
            b'{"room\\u0049d":"stage-1"}',
            b'{"roomId":"stage-1","sceneId":"intro"}',
            b'{"eventId":"launch-2026","sceneId":"intro","roomId":"stage-1"}',
            b'{"roomId":"stage-1","sceneId":"' + b"a" * 128 + b'"}',
            padded(STAGE, 4096),
        )
    ),
    *(
        (body, MALFORMED)
        for body in (
            *(b"", b" ", b"null", b"true", b"1", b'"stage-1"', b"[]", b'[{"roomId":"stage-1"}]', b"stage-1"),
            *(b"{", b"}", b"{}", b'{"sceneId":"intro"}', b'{"roomId"}', b'{"roomId":}', b'{"roomId":"stage-1"'),
            *(b'{"roomId":"stage-1",}', b'{,"roomId":"stage-1"}', b'{"roomId":"stage-1"}x', STAGE + STAGE, STAGE + b","),
            *(b"{'roomId':'stage-1'}", b'{roomId:"stage-1"}', b'{"roomId":"stage-1"}//', b'/**/{"roomId":"stage-1"}'),
            *(b'{"roomId":"stage-1","roomId":"stage-1"}', b'{"roomId":"stage-2","room\\u0049d":"stage-1"}'),
            b'{"roomId":"stage-1","sceneId":"a","sceneId":"b"}',
            *(b"\xef\xbb\xbf" + STAGE, STAGE.decode().encode("utf-16"), STAGE.decode().encode("utf-16-be")),
            *(STAGE.decode().encode("utf-32"), b'{"roomId":"stage-1\xff"}', b'{"roomId":"\xc0\xaf"}', b'{"roomId":"\xed\xa0\x80"}'),
            *(b'{"roomId":"\\ud800"}', b'{"roomId":"a\\x41"}', b'{"roomId":"a\nb"}', b'{"roomId":"a\x00b"}', STAGE + b"\x00"),
            *(b'{"roomId":1}', b'{"roomId":null}', b'{"roomId":true}', b'{"roomId":["stage-1"]}', b'{"roomId":{}}'),
            *(b'{"roomId":"stage-1","sceneId":null}', b'{"roomId":"stage-1","eventId":7}', b'{"roomId":NaN}'),
            *(b'{"roomId":01}', b'{"roomId":' + b"[" * 9 + b"]" * 9 + b"}", b"[" * 2000 + b"]" * 2000),
            *(b"roomId=stage-1", b"<roomId>stage-1</roomId>", b'"', b"\\"),
        )
    ),
    *(
        (body, UNKNOWN_FIELD)
        for body in (
            *(b'{"roomId":"stage-1","x":1}', b'{"roomId":"stage-1","":""}', b'{"room_id":"stage-1"}', b'{"roomid":"stage-1"}'),
            *(b'{"roomId":"stage-1","roomAdmin":true}', b'{"roomId":"stage-1","ttl":86400}', b'{"roomId":"stage-1","identity":"bob"}'),
            b'{"roomId":"stage-1","\\u0000<script>":"x"}',
        )
    ),
    *(
        (json.dumps({"roomId": room}).encode(), INVALID_ROOM)
        for room in (
            *("", " ", "a b", " stage-1", "stage-1 ", "stage-1\n", "stage-1\r\n", "stage-1\0", "-a", ".", "..", "../x", "a/b", "a\\b"),
            *("a'b", 'a"b', "a;b", "a%20b", "%", "*", "stage-1'--", "{{7*7}}", "${x}", "a\tb", "\x1b[31m", "a\x7f"),
            *("ä", "stage-１", "\u212a", "a\u200bb", "a\u202eb", "e\u0301", "😀", "a" * 129, "a" * 257, "a" * 3900),
        )
    ),
    *((json.dumps({"roomId": "stage-1", "sceneId": scene}).encode(), INVALID_SCENE) for scene in ("", "a b", "ä", "a" * 129)),
    *((json.dumps({"roomId": "stage-1", "eventId": event}).encode(), INVALID_EVENT) for event in ("", "a b", "ä", "a" * 129)),
    *((json.dumps({"roomId": room}).encode(), FORBIDDEN) for room in ("nowhere", "Stage-1", "stage-2", "a" * 128)),
    *((body, TOO_LARGE) for body in (padded(STAGE, 4097), b"x" * 5000, b"x" * 100_000)),
]


class Bearers:
    """Sessions by what is wrong with them, each used no more often than nginx lets one be used at once."""

    uses = 5

    def __init__(self):
        self.kept = {}

    def __call__(self, kind, user="alice"):
        bearer, left = self.kept.get((kind, user), (None, 0))
        if not left:
            bearer, left = getattr(self, kind)(user), self.uses
        self.kept[kind, user] = (bearer, left - 1)
        return bearer

    def valid(self, user):
        bearer = tokend("session", "create", user)
        plant(bearer)
        return bearer

    def unknown(self, _):
        bearer = "canary-" + os.urandom(24).hex()
        plant(bearer)
        return bearer

    def expired(self, user):
        return self.changed(user, "expires_at = unixepoch() - 1")

    def ending(self, user):
        return self.changed(user, "expires_at = unixepoch() + 50")

    def revoked(self, user):
        return self.changed(user, "revoked_at = unixepoch() - 1")

    def disabled(self, _):
        return self.valid("disabled")

    def changed(self, user, assignment):
        """Takes a session to where only time would take it."""
        bearer = self.valid(user)
        with sqlite3.connect(f"{MAIN}/directory.sqlite", timeout=10) as directory:
            digest = hashlib.sha256(bearer.encode()).digest()
            changed = directory.execute(f"UPDATE sessions SET {assignment} WHERE token_sha256 = ?", [digest])
            assert changed.rowcount == 1
        return bearer


bearers = Bearers()

# How an Authorization header is made of a bearer; None for no header at all.
WELL_FORMED = ["Bearer {}", "bearer {}", "BEARER {}", "bEaReR {}", "Bearer  {}"]
ILL_FORMED = [
    *(None, "", "Bearer", "Bearer ", "Basic {}", "Token {}", "Digest {}", "{}", "Bearer{}", "Bearer={}", "Bearer:{}", "Bearer\t{}"),
    *("Bearer {} {}", "Bearer {},", "Bearer {}, Bearer {}", 'Bearer "{}"', "Bearer ={}", "Bearer {}=x", "Bearer <{}>", "Bearer {}\u00e9"),
    *("Basic Bearer {}", "XBearer {}", "Bearer token={}", "Bearer {}%20", "Bearer {}\x01", "Bearer {}\x7f"),
]


# --- Running a row ----------------------------------------------------------------------------------------------------


class Client:
    """A TLS client with a kept connection, which takes a new address before nginx finds that it asks too often."""

    def __init__(self):
        self.context = ssl.create_default_context(cafile=f"{MAIN}/nginx/tls/fullchain.pem")
        self.connection, self.left = None, 0
        # When the last request was sent.
        self.asked = 0

    def __call__(self, method, path, headers, body):
        if not self.left:
            self.connection = http.client.HTTPSConnection(
                "127.0.0.1", PORT, context=self.context, timeout=15, source_address=(next_address(), 0)
            )
            self.left = 15
        self.left -= 1
        self.asked = int(time.time())
        # nginx answers a request that is too large without reading all of it, and then closes.
        try:
            self.connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers:
                self.connection.putheader(name, value.encode("latin-1"))
            if body or method == "POST":
                self.connection.putheader("Content-Length", str(len(body)))
            self.connection.endheaders(body)
        except BrokenPipeError:
            pass
        response = self.connection.getresponse()
        content = response.read()
        if response.will_close:
            self.connection.close()
        return response.status, response.getheaders(), content


client = Client()
failures, rows = [], 0
# Request ids and what the responder's log must say of them.
logged = []
refusal_texts, issued = {}, []


def row(expected, method="POST", path="/livekit/token", media_type="application/json", authorization=None, body=STAGE, token=None, health=False):
    """Sends one request and checks the answer: `expected` is a verdict, or None for a token, of which `token` tells more,
    or for the answer of a healthy service."""
    global rows
    rows += 1
    headers = []
    if media_type is not None:
        headers.append(("Content-Type", media_type))
    if authorization is not None:
        headers.append(("Authorization", authorization))
    status, answered, content = client(method, path, headers, body)
    problems = list(wrong_in(expected, status, answered, content, method))
    if not problems and not (health and expected is None):
        # That all is well decides nothing, and leaves no line in the log.
        logged.append((dict(answered)["X-Request-Id"], expected))
    if not problems and expected is None and not health:
        problems += wrong_in_token(json.loads(content), **(token or {}))
    if problems:
        shown = re.sub(r"[A-Za-z0-9_-]{30,}", "…", authorization or "none")
        failures.append(f"{method} {path[:60]} [{media_type}] [{shown}] {body[:80]!r}\n    " + "\n    ".join(problems))


def wrong_in(expected, status, headers, content, method):
    values = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value)
    for name, wanted in (
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("strict-transport-security", "max-age=63072000"),
        ("content-type", "application/problem+json" if expected else "application/json"),
        ("allow", expected and expected.allow),
        ("www-authenticate", expected and expected.authenticate),
        ("retry-after", "1" if expected and expected.retry else None),
    ):
        if values.get(name, []) != ([] if wanted is None else [wanted]):
            yield f"{name} is {values.get(name)}, not {wanted}"
    request_ids = values.get("x-request-id", [])
    if len(request_ids) != 1 or not re.fullmatch("[0-9a-f]{32}", request_ids[0]):
        yield f"x-request-id is {request_ids}"
        return
    if status != 200:
        with open(f"{STACK}/error-bodies.log", "ab") as file:
            file.write(content + b"\n")
    if status != (expected.status if expected else 200):
        yield f"status is {status}, not {expected.status if expected else 200}: {content[:200]!r}"
        return
    if expected is None or method == "HEAD":
        return
    problem = json.loads(content)
    if list(problem) != ["type", "title", "status", "code", "detail", "requestId"]:
        yield f"the members are {list(problem)}"
    if (problem["type"], problem["status"], problem["code"]) != ("about:blank", expected.status, expected.code):
        yield f"the problem is {content!r}, not {expected.code}"
    if problem["requestId"] != request_ids[0]:
        yield f"requestId is {problem['requestId']}, but X-Request-Id {request_ids[0]}"
    # What the client learns beside its request id must not depend on why: headers and body alike.
    if expected in (FORBIDDEN, SESSION_INVALID, SESSION_MISSING):
        del problem["requestId"]
        told = [header for header in headers if header[0] not in ("X-Request-Id", "Date", "Connection")]
        refusal_texts.setdefault(expected.code, set()).add(json.dumps([told, problem]))


def wrong_in_token(answer, user="alice", roles=("host",), room="stage-1", scene=None, event=None, name="", did=None):
    """Has LiveKit's own SDK check a token, and compares what it found."""
    if list(answer) != ["token", "expiresAt"]:
        yield f"the members are {list(answer)}"
    token = answer["token"]
    plant(token)
    issued.append(token)
    try:
        claims = VERIFIER.verify(token)
    except Exception as error:
        yield f"LiveKit's SDK refuses the token: {error!r}"
        return
    payload = json.loads(decoded(token.split(".")[1]))
    identity = user.lower() if user == ADA else uuid.uuid5(IDENTITIES, user)
    grants = {name: any(GRANTS[role][name] for role in roles) for name in GRANTS["host"]}
    metadata = {"sceneId": scene, "eventId": event, "roles": sorted(roles), "did": did}
    metadata = {name: value for name, value in metadata.items() if value is not None}
    for what, found, wanted in (
        ("identity", claims.identity, f"user-{identity}"),
        ("name", claims.name, name),
        ("metadata", json.loads(claims.metadata), metadata),
        ("grants", claims.video, api.VideoGrants(room_join=True, room=room, **grants)),
        ("expiresAt", answer["expiresAt"], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(payload["exp"]))),
        ("lifetime", payload["exp"] - payload["iat"], 300),
        ("issued now", client.asked <= payload["iat"] <= time.time() and payload["nbf"] == payload["iat"], True),
        ("jti", str(uuid.UUID(payload["jti"])), payload["jti"]),
        ("integers", [type(payload[claim]) for claim in ("iat", "nbf", "exp")], [int] * 3),
        ("length", len(token) <= 4096, True),
    ):
        if found != wanted:
            yield f"{what} is {found}, not {wanted}"


# --- The groups -------------------------------------------------------------------------------------------------------


def order():
    """Every combination of a few choices of each kind: the verdict that comes first in the order of judgement wins."""
    some_bodies = [
        (STAGE, None),
        (b"{", MALFORMED),
        (b'{"x":1}', UNKNOWN_FIELD),
        (b'{"roomId":"a b"}', INVALID_ROOM),
        (b'{"roomId":"nowhere"}', FORBIDDEN),
        (padded(STAGE, 4097), TOO_LARGE),
    ]
    sessions = [("valid", None), ("none", SESSION_MISSING), ("unknown", SESSION_INVALID), ("revoked", SESSION_INVALID)]
    for method, method_verdict in (("POST", None), ("GET", NOT_POST), ("PUT", NOT_POST)):
        for media_type, type_verdict in (("application/json", None), (None, WRONG_TYPE), ("text/plain", WRONG_TYPE)):
            for kind, session_verdict in sessions:
                for body, body_verdict in some_bodies:
                    # nginx looks at the size before anybody looks at anything else.
                    size_verdict = body_verdict if body_verdict == TOO_LARGE else None
                    verdicts = [size_verdict, method_verdict, type_verdict, session_verdict, body_verdict]
                    row(
                        next(filter(None, verdicts), None),
                        method,
                        media_type=media_type,
                        authorization=None if kind == "none" else f"Bearer {bearers(kind)}",
                        body=body,
                    )


def methods_and_paths():
    for path, path_verdict in PATHS:
        for method, method_verdict in METHODS:
            # nginx refuses these two before it looks where they go, and knows what is allowed only where it is plain.
            first = method_verdict if method in ("TRACE", "CONNECT") else path_verdict or method_verdict
            if method == "TRACE" or method == "CONNECT":
                if path == "/livekit/token%00":
                    continue
            row(first, method, path, authorization=f"Bearer {bearers('valid')}")
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        verdict = dataclasses.replace(NOT_GET, by_nginx=method == "TRACE")
        row(None if method in ("GET", "HEAD") else verdict, method, "/livekit/health", body=b"", health=True)


def media_types():
    for media_type, verdict in MEDIA_TYPES:
        for kind in ("valid", "unknown"):
            session_verdict = SESSION_INVALID if kind == "unknown" else None
            row(verdict or session_verdict, media_type=media_type, authorization=f"Bearer {bearers(kind)}")


def sessions():
    for form in WELL_FORMED:
        for kind in ("valid", "unknown", "expired", "ending", "revoked", "disabled"):
            row(None if kind == "valid" else SESSION_INVALID, authorization=form.format(bearers(kind)))
    for form in ILL_FORMED:
        for kind in ("valid", "unknown"):
            authorization = None if form is None else form.replace("{}", bearers(kind))
            row(SESSION_MISSING, authorization=authorization)
    # A bearer is its bytes: one in another case is another one.
    row(SESSION_INVALID, authorization=f"Bearer {bearers('valid').swapcase()}")
    for length, verdict in ((1000, SESSION_INVALID), (8000, SESSION_INVALID), (9000, REFUSED_BY_NGINX)):
        row(verdict, authorization="Bearer " + "a" * length)


def bodies():
    for body, verdict in BODIES:
        asked = {"scene": None, "event": None}
        if verdict is None:
            asked = {"scene": json.loads(body).get("sceneId"), "event": json.loads(body).get("eventId")}
        row(verdict, authorization=f"Bearer {bearers('valid')}", body=body, token=asked)
        # Without a session nobody learns what is wrong with a body.
        row(verdict if verdict == TOO_LARGE else SESSION_INVALID, authorization=f"Bearer {bearers('unknown')}", body=body)


def memberships():
    """Who, where: the roles; None where entry is refused."""
    for user, room, scene, event, roles in (
        ("alice", "stage-1", None, None, ["host"]),
        ("alice", "stage-1", "any", "any", ["host"]),
        ("alice", "stage-2", None, None, None),
        ("alice", "nowhere", None, None, None),
        ("alice", "lobby", None, None, ["viewer"]),
        ("bob", "stage-1", None, None, ["viewer"]),
        ("bob", "lobby", "x", None, ["viewer"]),
        ("carol", "stage-1", None, None, None),
        ("carol", "lobby", None, "y", ["viewer"]),
        (ADA, "stage-1", None, None, ["speaker"]),
        (ADA, "stage-1", "intro", "launch-2026", ["speaker"]),
        # dave is a speaker in one scene, a host at one event, and was a host in all of another room.
        ("dave", "scenes", None, None, None),
        ("dave", "scenes", "s1", None, ["speaker"]),
        ("dave", "scenes", "s2", None, None),
        ("dave", "scenes", "S1", None, None),
        ("dave", "scenes", None, "e1", ["host"]),
        ("dave", "scenes", "s1", "e1", ["host", "speaker"]),
        ("dave", "scenes", "s1", "e2", ["speaker"]),
        ("dave", "scenes", "s2", "e2", None),
        ("dave", "former", None, None, None),
        # The show has a schedule: one scene is on for an hour, one for less than a token lives, one is over, one to come.
        ("alice", "show", None, None, ["host"]),
        ("alice", "show", "on", None, ["host"]),
        ("alice", "show", "on", "e9", ["host"]),
        ("alice", "show", "soon-over", None, None),
        ("alice", "show", "over", None, None),
        ("alice", "show", "later", None, None),
        ("alice", "show", "unplanned", None, None),
        ("alice", "show", None, "unplanned", None),
        ("alice", "show", None, "gala", ["host"]),
        ("carol", "show", "on", None, None),
    ):
        asked = {"roomId": room, "sceneId": scene, "eventId": event}
        body = json.dumps({name: value for name, value in asked.items() if value is not None}).encode()
        wanted = dict(user=user, roles=roles, room=room, scene=scene, event=event)
        if user == ADA:
            wanted |= ADAS
        verdict = None if roles else FORBIDDEN
        row(verdict, authorization=f"Bearer {bearers('valid', user)}", body=body, token=wanted)
        row(SESSION_INVALID, authorization=f"Bearer {bearers('revoked', user)}", body=body)


def forgeries():
    """What is not quite a token that was issued, LiveKit's SDK refuses."""
    global rows
    row(None, authorization=f"Bearer {bearers('valid')}")
    row(None, authorization=f"Bearer {bearers('valid', ADA)}", token=dict(user=ADA, roles=["speaker"], **ADAS))
    if not issued:
        failures.append("no token was issued")
        return
    token = issued[-1]
    header, payload, signature = map(decoded, token.split("."))
    for part, content in enumerate((header, payload, signature)):
        for bit in range(len(content) * 8):
            flipped = bytearray(content)
            flipped[bit // 8] ^= 1 << bit % 8
            parts = [header, payload, signature]
            parts[part] = bytes(flipped)
            refuses(".".join(map(encoded, parts)), f"bit {bit} of part {part} flipped")
    for algorithm in ("none", "None", "NONE", "HS384", "HS512", "RS256", ""):
        forged = encoded(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
        for end in ("", encoded(signature)):
            refuses(f"{forged}.{encoded(payload)}.{end}", f"alg {algorithm!r}")
    for name, secret in (("another", "another-secret-of-more-than-32-bytes!"), ("no", "")):
        rows += 1
        try:
            api.TokenVerifier("APIstack", secret).verify(token)
            failures.append(f"{name} key verifies the token")
        except Exception:
            pass


def refuses(token, what):
    global rows
    rows += 1
    try:
        VERIFIER.verify(token)
    except Exception:
        return
    failures.append(f"LiveKit's SDK accepts a token with {what}")


# --- Small things -----------------------------------------------------------------------------------------------------


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def tokend(*arguments):
    command = [TOKEND, *arguments, "--config", f"{MAIN}/config.yaml"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def plant(canary):
    with open(f"{STACK}/canaries", "a") as file:
        file.write(canary + "\n")


def next_address():
    stack = os.path.join(os.path.dirname(__file__), "stack.bash")
    return subprocess.run(["bash", "-c", f"source {stack} && next_address"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def check_log():
    """Every answer of the responder has its one line, and nginx's own answers have none."""
    lines = {}
    with open(f"{MAIN}/out.log") as file:
        for line in file:
            event = json.loads(line)
            if "requestId" in event:
                lines.setdefault(event["requestId"], []).append(event)
    for request_id, expected in logged:
        events = lines.get(request_id, [])
        if expected is None:
            wanted = [("token.issued", None, None)]
        elif expected.by_nginx:
            wanted = []
        else:
            wanted = [("token.refused", expected.status, expected.code)]
        found = [(event["event"], event.get("status"), event.get("code")) for event in events]
        if found != wanted:
            failures.append(f"the log of {request_id} says {found}, not {wanted}")
    for code, texts in refusal_texts.items():
        if len(texts) != 1:
            failures.append(f"{code} has {len(texts)} different answers: {texts}")


def key():
    with open(f"{MAIN}/keys.yaml") as file:
        name, secret = file.read().strip().split(": ")
    return name, secret


VERIFIER = api.TokenVerifier(*key())

if __name__ == "__main__":
    for group in sys.argv[1:]:
        globals()[group]()
    check_log()
    print(f"{rows} rows, {len(failures)} wrong")
    for failure in failures[:20]:
        print(failure)
    sys.exit(bool(failures))
