"""The same endpoint with LiveKit's official Python SDK, as one would deploy it: Starlette under uvicorn, with uvloop,
httptools and orjson. Everything is done on the event loop: what waits is measured in microseconds, and a thread for it
would cost more.

KEY_FILE, DIRECTORY and AUDIT_FILE come from the environment.
"""

import datetime
import hashlib
import os
import re
import sqlite3
import time
import uuid

import orjson
from livekit import api
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

TTL, MINIMUM_TTL, MAXIMUM_BODY = 300, 60, 4096
BEARER = re.compile(r"bearer ([A-Za-z0-9._~+/-]{1,8192}=*)", re.IGNORECASE)
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
GRANTS = {
    "host": {"can_publish": True, "can_publish_data": True},
    "speaker": {"can_publish": True, "can_publish_data": True},
    "viewer": {},
}
# Those that count while no stream session is open.
ANYTIME = {"host"}
# The statements are those of Sources/SQLiteDirectory/ReadConnection.swift; a Swift test compares them.
SESSION = """
    SELECT u.user_id, u.did, u.name, u.disabled, s.expires_at, s.revoked_at
    FROM sessions AS s JOIN users AS u ON u.user_id = s.user_id WHERE s.token_sha256 = ?1"""
ROOM = """
    SELECT 0, access, NULL, NULL, NULL, NULL FROM rooms WHERE room_id = ?1
    UNION ALL SELECT 1, role, scene_id, event_id, NULL, expires_at FROM members WHERE room_id = ?1 AND user_id = ?2
    UNION ALL SELECT * FROM (SELECT 2, NULL, NULL, NULL, NULL, NULL FROM stream_sessions WHERE room_id = ?1 LIMIT 1)
    UNION ALL SELECT 3, NULL, scene_id, event_id, opens_at, closes_at FROM stream_sessions
    WHERE room_id = ?1 AND closes_at > ?3
    UNION ALL SELECT 3, NULL, scene_id, event_id, opens_at, closes_at FROM stream_sessions
    WHERE room_id = ?1 AND closes_at IS NULL"""
BLOCK = """
    SELECT user_id, room_id, expires_at, why, identity FROM blocks
    WHERE identity = ?1 AND +room_id IN ('', ?2) AND (expires_at IS NULL OR expires_at > ?3)
    ORDER BY room_id LIMIT 1"""

with open(os.environ["KEY_FILE"]) as file:
    KEY, SECRET = file.readline().strip().split(": ")
directory = sqlite3.connect(f"file:{os.environ['DIRECTORY']}?mode=ro", uri=True, isolation_level=None)
audit = os.open(os.environ["AUDIT_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)


class Refusal(Exception):
    def __init__(self, status, code):
        self.status, self.code = status, code


def rfc3339(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def covers(limit, named):
    return not limit or limit == named


def matches(limit, named):
    return not named or covers(limit, named)


def decide(bearer, body, now):
    found = BEARER.fullmatch(bearer or "")
    if not found:
        raise Refusal(403, "session_missing")
    digest = hashlib.sha256(found[1].encode()).digest()
    session = directory.execute(SESSION, (digest,)).fetchone()
    if not session or session[3] or session[5] is not None or session[4] - now < MINIMUM_TTL:
        raise Refusal(403, "session_invalid")
    user, did, name, _, session_end, _ = session

    try:
        ask = orjson.loads(body)
    except ValueError:
        raise Refusal(400, "malformed_request") from None
    if not isinstance(ask, dict) or not ask.keys() <= {"roomId", "sceneId", "eventId"} or "roomId" not in ask:
        raise Refusal(400, "malformed_request")
    if not all(isinstance(value, str) and ID.fullmatch(value) for value in ask.values()):
        raise Refusal(400, "invalid_id")
    room, scene, event = ask["roomId"], ask.get("sceneId"), ask.get("eventId")

    access, roles, is_scheduled, ends = None, set(), False, []
    for kind, word, row_scene, row_event, opens_at, until in directory.execute(ROOM, (room, user, now)):
        if kind == 0:
            access = word
        elif kind == 2:
            is_scheduled = True
        elif until is None or now < until:
            if kind == 1:
                if covers(row_scene, scene) and covers(row_event, event):
                    roles.add(word)
            elif matches(row_scene, scene) and matches(row_event, event) and (opens_at or 0) <= now:
                ends.append(until)
    if is_scheduled and not ends:
        roles &= ANYTIME
    elif access == "open":
        roles.add("viewer")
    is_blocked = directory.execute(BLOCK, (f"user-{user}", room, now)).fetchone()
    if access is None or not roles or is_blocked:
        raise Refusal(403, "forbidden")
    expiry = min(now + TTL, session_end)
    if ends and None not in ends and not roles & ANYTIME:
        expiry = min(expiry, max(ends))
    if expiry - now < MINIMUM_TTL:
        raise Refusal(403, "forbidden")
    return user, digest, did, name, ask, sorted(roles), expiry


async def token(request):
    started, now = time.monotonic_ns(), int(time.time())
    request_id, client = request.headers.get("x-request-id", ""), request.headers.get("x-real-ip", "")
    line = {"time": rfc3339(now), "level": "info", "event": "token.issued", "requestId": request_id}
    try:
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            raise Refusal(415, "unsupported_media_type")
        body = await request.body()
        if len(body) > MAXIMUM_BODY:
            raise Refusal(413, "body_too_large")
        user, digest, did, name, ask, roles, expiry = decide(request.headers.get("authorization"), body, now)
        grants = {"can_publish": False, "can_publish_data": False, "can_update_own_metadata": False}
        for role in roles:
            grants.update(GRANTS[role])
        metadata = {key: ask[key] for key in ("sceneId", "eventId") if key in ask} | {"roles": roles}
        if did:
            metadata["did"] = did
        identity, token_id = f"user-{user}", str(uuid.uuid4())
        jwt = (
            api.AccessToken(KEY, SECRET)
            .with_identity(identity)
            .with_name(name or "")
            .with_metadata(orjson.dumps(metadata).decode())
            .with_ttl(datetime.timedelta(seconds=expiry - now))
            .with_grants(api.VideoGrants(room=ask["roomId"], room_join=True, can_subscribe=True, **grants))
            .to_jwt()
        )
        line |= {"userId": user, "session": digest[:6].hex(), "did": did, "identity": identity, **ask}
        line |= {"roles": roles, "tokenId": token_id}
        line |= {"expiresAt": rfc3339(expiry), "apiKey": KEY}
        status, kind, answer = 200, "application/json", {"token": jwt, "expiresAt": rfc3339(expiry)}
    except Refusal as refusal:
        line |= {"event": "token.refused", "code": refusal.code}
        status, kind, answer = refusal.status, "application/problem+json", {"type": "about:blank", "code": refusal.code}
    line |= {"client": client, "micros": (time.monotonic_ns() - started) // 1000}
    os.write(audit, orjson.dumps(line) + b"\n")
    headers = {"Cache-Control": "no-store", "X-Request-Id": request_id}
    return Response(orjson.dumps(answer), status, headers, kind)


app = Starlette(routes=[Route("/livekit/token", token, methods=["POST"])])
