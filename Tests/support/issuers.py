"""Issuers of JSON Web Tokens: their keys, the sets that they publish, and tokens of which any byte can be chosen."""

import base64
import json
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from support.canaries import plant

ALGORITHMS = jwt.algorithms.get_default_algorithms()
WRITERS = {"RS": RSAAlgorithm, "PS": RSAAlgorithm, "ES": ECAlgorithm, "Ed": OKPAlgorithm}
CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1}


def private_key(algorithm):
    """A new private key for an algorithm of signatures."""
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm]())
    return rsa.generate_private_key(65537, 2048)


class Key:
    """A key of an issuer, with the kid of its algorithm where no other is said."""

    def __init__(self, algorithm, kid=None, issuer=None):
        self.algorithm, self.issuer = algorithm, issuer
        self.private, self.kid = private_key(algorithm), kid or algorithm.lower()
        public = WRITERS[algorithm[:2]].to_jwk(self.private.public_key(), as_dict=True)
        self.public = {**public, "kid": self.kid, "use": "sig"}

    def sign(self, message, algorithm=None):
        return ALGORITHMS[algorithm or self.algorithm].sign(message, self.private)

    def token(self, header=None, **claims):
        """A token of PyJWT's; a claim that is None is left out."""
        now = int(time.time())
        payload = {"iss": self.issuer, "aud": ["account", "livekit"], "sub": "alice", "iat": now, "exp": now + 300}
        payload = {name: value for name, value in (payload | claims).items() if value is not None}
        token = jwt.encode(payload, self.private, self.algorithm, {"kid": self.kid, **(header or {})})
        plant(token)
        return token


class Secret:
    """The secret of an issuer that signs by HMAC, with the interface of a key."""

    algorithm = "HS256"

    def __init__(self, secret, kid=None):
        self.secret, self.kid = secret, kid

    def sign(self, message, algorithm=None):
        return ALGORITHMS[algorithm or self.algorithm].sign(message, self.secret.encode())


def key_set(*keys):
    """The text of a set (RFC 7517 §5)."""
    return json.dumps({"keys": [key.public for key in keys]})


def base64url(content):
    """Bytes, or a text, as base64url without padding (RFC 7515 §2)."""
    content = content.encode() if isinstance(content, str) else content
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(part):
    """The bytes of base64url without padding."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class Raw(str):
    """A text of JSON that stands in a token as it is."""


def json_text(value):
    """JSON as programs write it, but for what is Raw."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{json_text(member)}" for name, member in value.items()) + "}"
    return json.dumps(value)


def compact(header, payload, sign):
    """A signed token (RFC 7515 §7.1) of a header and a payload: each bytes or a text, or what JSON is written of."""
    parts = [part if isinstance(part, (bytes, str)) else json_text(part) for part in (header, payload)]
    signed = ".".join(map(base64url, parts))
    return f"{signed}.{base64url(sign(signed.encode()))}"
