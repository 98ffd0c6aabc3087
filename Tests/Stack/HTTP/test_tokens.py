"""Tokens as LiveKit's own SDK reads them: who is let in where, as what; and what is not quite a token."""

import json

import jwt
import pytest
from choices import FORBIDDEN, SESSION_INVALID
from livekit import api
from rows import ADA, ADAS, Rows, decoded, encoded

# Who, which room, scene and event: the roles; None where entry is refused.
MEMBERSHIPS = [
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
    # The show has a schedule: one scene is on for an hour, one for less than a token lives, one is over, one to come;
    # and a gala, in all of them. What bob leaves out matches each of them, and a host enters at any time.
    ("bob", "show", None, None, ["speaker"]),
    ("bob", "show", "on", None, ["speaker"]),
    ("bob", "show", "on", "e9", ["speaker"]),
    ("bob", "show", "soon-over", None, ["speaker"]),
    ("bob", "show", "soon-over", "e9", None),
    ("bob", "show", "over", None, ["speaker"]),
    ("bob", "show", "over", "e9", None),
    ("bob", "show", "later", "gala", ["speaker"]),
    ("bob", "show", "later", "e9", None),
    ("bob", "show", "unplanned", "e9", None),
    ("bob", "show", None, "unplanned", ["speaker"]),
    ("bob", "show", None, "gala", ["speaker"]),
    ("alice", "show", None, None, ["host"]),
    ("alice", "show", "on", "e9", ["host"]),
    ("alice", "show", "soon-over", "e9", ["host"]),
    ("alice", "show", "over", "e9", ["host"]),
    ("alice", "show", "later", None, ["host"]),
    ("carol", "show", "on", None, None),
]


def test_memberships(main_stack):
    """Who may enter which room, scene and event, with which roles; and with a session that is over, nowhere."""
    with Rows(main_stack) as rows:
        for user, room, scene, event, roles in MEMBERSHIPS:
            asked = {"roomId": room, "sceneId": scene, "eventId": event}
            body = json.dumps({name: value for name, value in asked.items() if value is not None}).encode()
            wanted = {"user": user, "roles": roles, "room": room, "scene": scene, "event": event}
            if user == ADA:
                wanted |= ADAS
            rows.row(None if roles else FORBIDDEN, authorization=rows.bearer("valid", user), body=body, token=wanted)
            rows.row(SESSION_INVALID, authorization=rows.bearer("revoked", user), body=body)


@pytest.fixture(scope="module")
def token(main_stack):
    """A token with all that one can hold."""
    with Rows(main_stack) as rows:
        rows.row(None, authorization=rows.bearer("valid", ADA), token=dict(user=ADA, roles=["speaker"], **ADAS))
    return rows.issued[-1]


def verifies(key, token):
    try:
        api.TokenVerifier(*key).verify(token)
    except jwt.PyJWTError:
        return False
    return True


def test_no_bit_of_a_token_can_be_another(main_stack, token):
    parts = [decoded(part) for part in token.split(".")]
    accepted = []
    for part, content in enumerate(parts):
        for bit in range(len(content) * 8):
            flipped = bytearray(content)
            flipped[bit // 8] ^= 1 << bit % 8
            forged = [*parts]
            forged[part] = bytes(flipped)
            if verifies(main_stack.deployment.key(), ".".join(map(encoded, forged))):
                accepted.append(f"bit {bit} of part {part}")
    assert not accepted


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS384", "HS512", "RS256", ""])
def test_no_other_algorithm_verifies(main_stack, token, algorithm):
    header = encoded(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
    _, payload, signature = token.split(".")
    assert not verifies(main_stack.deployment.key(), f"{header}.{payload}.")
    assert not verifies(main_stack.deployment.key(), f"{header}.{payload}.{signature}")


def test_no_other_key_verifies(main_stack, token):
    assert not verifies((main_stack.deployment.key()[0], "another-secret-of-more-than-32-bytes!"), token)
