"""Rows of a table: a request through nginx, what must come back, and what the responder's log must say of it."""

import base64
import hashlib
import http.client
import json
import os
import re
import ssl
import time
import uuid

import jwt
from choices import FORBIDDEN, SESSION_INVALID, STAGE
from livekit import api
from support.canaries import keep_error_body, plant
from support.client import next_address
from support.deployment import ADA

ADAS = {"name": 'Ada "L" Ünï', "did": "did:web:ada.example"}
# Identities of users whose id is no UUID are derived in this namespace, for ever.
IDENTITIES = uuid.UUID("d8caf7aa-0e5e-4654-9f53-53db88a0b17d")

GRANTS = {
    "host": {"can_publish", "can_subscribe", "can_publish_data"},
    "speaker": {"can_publish", "can_subscribe", "can_publish_data"},
    "viewer": {"can_subscribe"},
}


class Bearers:
    """Sessions by what is wrong with them, each used no more often than nginx lets one be used at once."""

    uses = 5

    def __init__(self, deployment):
        self.deployment, self.kept = deployment, {}

    def __call__(self, kind, user="alice"):
        bearer, left = self.kept.get((kind, user), (None, 0))
        if not left:
            bearer, left = getattr(self, kind)(user), self.uses
        self.kept[kind, user] = (bearer, left - 1)
        return bearer

    def valid(self, user):
        return self.deployment.new_session(user)

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
        digest = hashlib.sha256(bearer.encode()).digest()
        assert self.deployment.execute(f"UPDATE sessions SET {assignment} WHERE token_sha256 = ?", [digest]) == 1
        return bearer


class Client:
    """A TLS client with a kept connection, which takes a new address before nginx finds that it asks too often."""

    def __init__(self, web_server):
        self.port, self.context = web_server.port, ssl.create_default_context(cafile=web_server.certificate)
        self.connection, self.left = None, 0
        # When the last request was sent.
        self.asked = 0

    def __call__(self, method, path, headers, body):
        if not self.left:
            self.connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, context=self.context, timeout=15, source_address=(next_address(), 0)
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


class Rows:
    """The rows of one test: each is sent as it comes, and what is wrong with the answers is gathered.

    A row names what it departs in from a request that gets a token; the end of the `with` fails with every row that is
    wrong.
    """

    def __init__(self, stack):
        self.deployment = stack.deployment
        self.client, self.bearers = Client(stack.web_server), Bearers(stack.deployment)
        self.verifier = api.TokenVerifier(*stack.deployment.key())
        self.count, self.failures = 0, []
        # Request ids and what the responder's log must say of them.
        self.logged = []
        # The answers to those who may not know why they are refused, and the tokens.
        self.refusals, self.issued = {}, []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.check_log()
            assert self.count and not self.failures, f"{len(self.failures)} of {self.count} rows:\n" + "\n".join(
                self.failures
            )

    def bearer(self, kind, user="alice"):
        """The header with a session of some kind."""
        return f"Bearer {self.bearers(kind, user)}"

    def row(
        self,
        expected,
        method="POST",
        path="/livekit/token",
        media_type="application/json",
        authorization=None,
        body=STAGE,
        token=None,
        health=False,
    ):
        """Sends one request and checks the answer: `expected` is a verdict, or None for a token, of which `token` tells
        more, or for the answer of a healthy service."""
        headers = []
        if media_type is not None:
            headers.append(("Content-Type", media_type))
        if authorization is not None:
            headers.append(("Authorization", authorization))
        status, answered, content = self.client(method, path, headers, body)
        problems = list(self.wrong_in(expected, status, answered, content, method))
        if not problems and not (health and expected is None):
            # That all is well decides nothing, and leaves no line in the log.
            self.logged.append((dict(answered)["X-Request-Id"], expected))
        if not problems and expected is None and not health:
            problems += self.wrong_in_token(json.loads(content), **(token or {}))
        shown = re.sub(r"[A-Za-z0-9_-]{30,}", "…", authorization or "none")
        self.conclude(f"{method} {path[:60]} [{media_type}] [{shown}] {body[:80]!r}", problems)

    def conclude(self, name, problems):
        """Counts a row, and keeps its name if something is wrong."""
        self.count += 1
        if problems:
            self.failures.append("\n    ".join([name, *problems]))

    def wrong_in(self, expected, status, headers, content, method):
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
            keep_error_body(content)
        if status != (expected.status if expected else 200):
            yield f"status is {status}, not {expected.status if expected else 200}: {content[:200]!r}"
            return
        if expected is None or method == "HEAD":
            return
        problem = json.loads(content)
        retry = ["retryAfter"] if expected.retry else []
        if list(problem) != ["type", "title", "status", "code", "detail", *retry, "requestId"] or problem.get("retryAfter", 1) != 1:
            yield f"the members are {list(problem)}"
        if (problem["type"], problem["status"], problem["code"]) != ("about:blank", expected.status, expected.code):
            yield f"the problem is {content!r}, not {expected.code}"
        if problem["requestId"] != request_ids[0]:
            yield f"requestId is {problem['requestId']}, but X-Request-Id {request_ids[0]}"
        # What the client learns beside its request id must not depend on why: headers and body alike.
        if expected in (FORBIDDEN, SESSION_INVALID):
            del problem["requestId"]
            told = [header for header in headers if header[0] not in ("X-Request-Id", "Date", "Connection")]
            self.refusals.setdefault(expected.code, set()).add(json.dumps([told, problem]))

    def wrong_in_token(
        self, answer, user="alice", roles=("host",), room="stage-1", scene=None, event=None, name="", did=None
    ):
        """Has LiveKit's own SDK check a token, and compares what it found."""
        if list(answer) != ["token", "expiresAt"]:
            yield f"the members are {list(answer)}"
        token = answer["token"]
        plant(token)
        self.issued.append(token)
        try:
            claims = self.verifier.verify(token)
        except jwt.PyJWTError as error:
            yield f"LiveKit's SDK refuses the token: {error!r}"
            return
        payload = json.loads(decoded(token.split(".")[1]))
        identity = user.lower() if user == ADA else uuid.uuid5(IDENTITIES, user)
        grants = {name: any(name in GRANTS[role] for role in roles) for name in GRANTS["host"]}
        grants["can_update_own_metadata"] = False
        metadata = {"sceneId": scene, "eventId": event, "roles": sorted(roles), "did": did}
        metadata = {name: value for name, value in metadata.items() if value is not None}
        for what, found, wanted in (
            ("identity", claims.identity, f"user-{identity}"),
            ("name", claims.name, name),
            ("metadata", json.loads(claims.metadata), metadata),
            ("grants", claims.video, api.VideoGrants(room_join=True, room=room, **grants)),
            ("expiresAt", answer["expiresAt"], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(payload["exp"]))),
            ("lifetime", payload["exp"] - payload["iat"], 300),
            (
                "issued now",
                self.client.asked <= payload["iat"] <= time.time() and payload["nbf"] == payload["iat"] - 10,
                True,
            ),
            ("jti", str(uuid.UUID(payload["jti"])), payload["jti"]),
            ("integers", [type(payload[claim]) for claim in ("iat", "nbf", "exp")], [int] * 3),
            ("length", len(token) <= 4096, True),
        ):
            if found != wanted:
                yield f"{what} is {found}, not {wanted}"

    def check_log(self):
        """Every answer of the responder has its one line, and nginx's own answers have none."""
        lines = {}
        for event in self.deployment.events():
            if "requestId" in event:
                lines.setdefault(event["requestId"], []).append(event)
        for request_id, expected in self.logged:
            if expected is None:
                wanted = [("token.issued", None, None)]
            elif expected.by_nginx:
                wanted = []
            else:
                wanted = [("token.refused", expected.status, expected.code)]
            found = [(event["event"], event.get("status"), event.get("code")) for event in lines.get(request_id, [])]
            if found != wanted:
                self.failures.append(f"the log of {request_id} says {found}, not {wanted}")
        for code, texts in self.refusals.items():
            if len(texts) != 1:
                self.failures.append(f"{code} has {len(texts)} different answers: {texts}")


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
