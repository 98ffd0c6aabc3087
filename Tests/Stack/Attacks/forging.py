"""Attacks on logins by JSON Web Tokens: what a row of the tables has, and the issuers that the attacked service trusts.

A row is an attack and its near miss, which differs in the one thing that is wrong, and is a login.
"""

import dataclasses
import functools
import time
from collections.abc import Callable

from support.fastcgi import STAGE
from support.issuers import Key, Secret, compact, json_text, key_set

HOST = "https://id.example.test/realms"
# The issuers, by the name that rows have for them.
ISSUERS = {
    "main": f"{HOST}/main",
    "other": f"{HOST}/other",
    "fetched": f"{HOST}/fetched",
    "secret": "https://app.example.test",
    "strict": f"{HOST}/strict",
}
CONFIGURATION = """
http: {{unauthenticated_status: 401}}
memberships: {{source: claims, claim: livekit_rooms}}
sessions:
  source: jwt
  users: any
  jwt:
    - {{issuer: {main}, audience: livekit, prefix: 'main:', key_set_file: {place}/main.json}}
    - {{issuer: {other}, audience: livekit, prefix: 'other:', key_set_file: {place}/other.json}}
    - issuer: {fetched}
      audience: livekit
      prefix: 'fetched:'
      key_set_file: {place}/fetched.json
      key_set_url: {fetched}/certs
    - {{issuer: {secret}, audience: livekit, prefix: 'app:', secret_file: jwt-secret, require: {{token_type: access}}}}
    - issuer: {strict}
      audience: {{claim: azp, value: app}}
      prefix: 'strict:'
      key_set_file: {place}/strict.json
      algorithms: [PS256, ES384]
      require:
        - {{claim: [realm, verified], value: true}}
        - {{claim: 'https://app.example.test/kind', value: [access, login]}}
      refuse:
        - {{claim: [act, sub], value: present}}
        - {{claim: amr, value: [anonymous, 0]}}
      claims: {{user: [app, user], name: [app, name], session: [app, session.id]}}
"""
SECRET = "of-this-test-alone-with-more-than-32-bytes"
# What the tokens of an issuer say beside what all have.
CLAIMS = {
    "secret": {"token_type": "access"},
    "strict": {
        "azp": "app",
        "realm": {"verified": True},
        "https://app.example.test/kind": "login",
        "app": {"user": "alice", "name": "Alice", "session.id": "s-1"},
    },
}


class Now:
    """A time in a claim: so many seconds from now."""

    def __init__(self, seconds=0):
        self.seconds = seconds


@dataclasses.dataclass
class Draft:
    """A token that is not put together yet: everything in it can be wrong alone."""

    header: dict
    claims: dict
    sign: Callable

    @functools.cached_property
    def _token(self):
        return compact(self.header, self.claims, self.sign)

    def token(self):
        """The token, the same each time."""
        return self._token

    def changed(self, header=None, claims=None, sign=None):
        """Another, with members of its header and claims replaced; one that is None is left out."""
        return Draft(merged(self.header, header), merged(self.claims, claims), sign or self.sign)


def merged(members, changes):
    members = {name: value for name, value in {**members, **(changes or {})}.items() if value is not None}
    now = int(time.time())
    return {name: now + value.seconds if isinstance(value, Now) else value for name, value in members.items()}


class Forge:
    """The keys of all issuers, and an attacker's own."""

    def __init__(self):
        self.keys = {
            "main": [Key("ES256"), Key("RS256"), Key("EdDSA"), Key("RS256", "rs256-next")],
            # Of the same kids.
            "other": [Key("ES256"), Key("RS256"), Key("EdDSA")],
            "fetched": [Key("EdDSA")],
            "secret": [Secret(SECRET)],
            "strict": [Key("PS256"), Key("ES384")],
        }
        self.own = {algorithm: Key(algorithm) for algorithm in ("ES256", "RS256", "EdDSA", "PS256")}
        self.count = 0

    def write(self, place):
        """Writes the key sets and the secret into a directory."""
        for name, keys in self.keys.items():
            if name != "secret":
                (place / f"{name}.json").write_text(key_set(*keys))
        secret = place / "jwt-secret"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o600)

    def key(self, issuer, algorithm=None):
        """The first key of an issuer, or the first for an algorithm."""
        return next(key for key in self.keys[issuer] if algorithm in (None, key.algorithm))

    def draft(self, issuer="main", algorithm=None):
        """A token that is a login; no two are alike."""
        key = self.key(issuer, algorithm)
        self.count += 1
        claims = {
            "iss": ISSUERS[issuer],
            "aud": ["account", "livekit"],
            "sub": "alice",
            "iat": Now(),
            "exp": Now(300),
            "jti": f"t-{self.count}",
            "livekit_rooms": {"stage-1": ["host"]},
            **CLAIMS.get(issuer, {}),
        }
        return Draft(merged({"alg": key.algorithm, "kid": key.kid}, {}), merged(claims, {}), key.sign)


@dataclasses.dataclass(frozen=True)
class Request:
    """A request that does not have its token as a bearer: names and values of headers as they come, path, and body."""

    headers: tuple
    path: str = "/livekit/token"
    body: bytes = STAGE
    kind: str = "application/json"
    method: str = "POST"


# --- Rows -----------------------------------------------------------------------------------------------------------

# What the client is told: a status, the code of the problem, and WWW-Authenticate (RFC 6750 §3).
INVALID = (401, "session_invalid", 'Bearer realm="livekit", error="invalid_token"')
MISSING = (401, "session_missing", 'Bearer realm="livekit"')
FORBIDDEN = (403, "forbidden", None)
PENDING = (503, "unavailable", None)
# By nginx itself.
MALFORMED = (400, "malformed_request", None)


@dataclasses.dataclass(frozen=True)
class Row:
    """An attack, how it ends, and its near miss.

    `attack` makes it of the near miss's draft and of the Forge: a bearer, or a Request. `reason` is None where nginx
    refuses, and the log of the responder has no line.
    """

    reason: str | None
    attack: Callable
    outcome: tuple = INVALID
    issuer: str = "main"
    algorithm: str | None = None
    # Changes of a good token that make the near miss.
    header: dict = dataclasses.field(default_factory=dict)
    claims: dict = dataclasses.field(default_factory=dict)

    def near(self, forge):
        return forge.draft(self.issuer, self.algorithm).changed(self.header, self.claims)


def claims(reason, bad, near=None, of="main", outcome=INVALID):
    """Claims that are wrong in a token of a good signature, and such as are right."""
    return Row(reason, lambda draft, _: draft.changed(claims=bad).token(), outcome, of, claims=near or {})


def header(reason, bad, near=None, of="main", algorithm=None, outcome=INVALID):
    """The same of its header, over which the signature goes."""
    bad_of = bad if callable(bad) else lambda _: bad
    return Row(
        reason, lambda draft, forge: draft.changed(bad_of(forge)).token(), outcome, of, algorithm, header=near or {}
    )


def text(reason, change, part="payload", of="main"):
    """Another text of the header or the payload, made of the good one, and signed as it is then."""

    def attack(draft, _):
        parts = {"header": draft.header, "payload": draft.claims}
        parts[part] = change(json_text(parts[part]))
        return compact(parts["header"], parts["payload"], draft.sign)

    return Row(reason, attack, issuer=of)


def form(reason, change, of="main", algorithm=None, outcome=INVALID):
    """Other bytes in the place of a good token's parts: header, payload and signature, in base64url."""
    return Row(reason, lambda draft, _: change(*draft.token().split(".")), outcome, of, algorithm)


def signed(reason, sign, of="main", algorithm=None, **changes):
    """Another signature than the key's: a function of the Forge and of the message."""

    def attack(draft, forge):
        draft = draft.changed(**changes)
        return draft.changed(sign=lambda message: sign(forge, message)).token()

    return Row(reason, attack, INVALID, of, algorithm)
