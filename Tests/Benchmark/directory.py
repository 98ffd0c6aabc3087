"""The directory that all responders look things up in: users, sessions and members, made by rule, so that requests can
be made by the same rule.

    directory.py FILE COUNT    fills the tables, which exist, with COUNT users, sessions and members, 100 members a room
"""

import base64
import hashlib
import json
import sqlite3
import sys
import time

MEMBERS_OF_A_ROOM = 100
DAY = 86_400
# So many of the first users have longer sessions as well, and a room with a longer id.
LONG, LONG_BEARERS, LONG_ID = 64, [512, 2048, 8000], 128


def scattered(number):
    """A UUID for a number, in no order, as ids of users are."""
    high = number * 0x9E3779B97F4A7C15 % 2**64
    return f"{high >> 32:08x}-{high >> 16 & 0xFFFF:04x}-4{high >> 4 & 0xFFF:03x}-8000-{number:012x}"


def bearer(number, length=43):
    """A session as a site would make it: 256 bits in base64url, or more where a longer one is wanted."""
    text = ""
    while len(text) < length:
        digest = hashlib.sha256(f"bearer {number} {len(text)}".encode()).digest()
        text += base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return text[:length]


def room(number, length=None):
    name = f"room-{number // MEMBERS_OF_A_ROOM}"
    return name if length is None else name.ljust(length, "x")


def body(number, length=None):
    ids = {"roomId": room(number, length), "sceneId": "intro", "eventId": "launch-2026"}
    return json.dumps({name: value.ljust(length or 0, "x") for name, value in ids.items()})


def digest(text):
    return hashlib.sha256(text.encode()).digest()


def fill(path, count):
    now = int(time.time())
    directory = sqlite3.connect(path, isolation_level=None)
    directory.create_function("scattered", 1, scattered, deterministic=True)
    directory.create_function("digest", 1, lambda number: digest(bearer(number)), deterministic=True)
    directory.executescript(
        f"""
        PRAGMA foreign_keys = OFF;
        PRAGMA cache_size = -200000;
        BEGIN;
        CREATE TEMP TABLE numbers AS
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})
            SELECT i, scattered(i) AS user, digest(i) AS digest FROM n;
        INSERT INTO users (user_id, did, name, created_at)
            SELECT user, 'did:web:user-' || i || '.example', 'Ada "' || i || '" Ünï', {now} FROM numbers
            ORDER BY user;
        INSERT INTO sessions (token_sha256, user_id, created_at, expires_at)
            SELECT digest, user, {now}, {now + 30 * DAY} FROM numbers ORDER BY digest;
        INSERT INTO rooms (room_id, created_at)
            SELECT DISTINCT 'room-' || (i / {MEMBERS_OF_A_ROOM}), {now} FROM numbers;
        INSERT INTO members (room_id, user_id, role)
            SELECT 'room-' || (i / {MEMBERS_OF_A_ROOM}), user, iif(i % 10, 'viewer', 'host') FROM numbers;
        INSERT INTO stream_sessions (room_id, opens_at, closes_at)
            SELECT room_id, {now - DAY}, {now + 7 * DAY} FROM rooms;
        """
    )
    long_sessions = (
        (digest(bearer(number, length)), scattered(number), now + 30 * DAY)
        for number in range(min(LONG, count))
        for length in LONG_BEARERS
    )
    directory.executemany("INSERT INTO sessions (token_sha256, user_id, expires_at) VALUES (?, ?, ?)", long_sessions)
    directory.execute("INSERT INTO rooms (room_id) VALUES (?)", (room(0, LONG_ID),))
    long_members = ((room(0, LONG_ID), scattered(number), "host") for number in range(min(LONG, count)))
    directory.executemany("INSERT INTO members (room_id, user_id, role) VALUES (?, ?, ?)", long_members)
    # It commits what is open first.
    directory.executescript("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);")
    directory.close()


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]))
