"""Other people's verifiers of a JSON Web Token, asked by the Swift tests.

Reads one JSON array of questions from standard input and writes the array of answers. A question names a library and

    verify   a token, a secret and the time: the answer is {"claims": …} or {"refused": the kind of the error}
    sign     claims, a secret and an algorithm: the answer is {"token": …}

joserfc and PyJWT are two readers of RFC 7519 that share no code; livekit is what a LiveKit application verifies with.
"""

import datetime
import json
import sys

import joserfc.errors
import joserfc.jwk
import joserfc.jwt
import jwt
import jwt.api_jwt
import livekit.api


def at(seconds):
    """The class whose `now` is that time: the libraries ask it whether a token has expired."""

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.datetime.fromtimestamp(seconds, tz)

    return Clock


class PyJWT:
    refusals = jwt.PyJWTError

    def verify(self, token, secret, issuer):
        options = {"require": ["exp", "nbf", "iat", "iss", "sub", "jti"]}
        return jwt.decode(token, secret, algorithms=["HS256"], issuer=issuer, options=options)

    def sign(self, claims, secret, algorithm):
        return jwt.encode(claims, secret, algorithm=algorithm)


class Joserfc:
    refusals = (joserfc.errors.JoseError, ValueError)
    registry = joserfc.jwt.JWTClaimsRegistry

    def verify(self, token, secret, issuer):
        key = joserfc.jwk.OctKey.import_key(secret)
        claims = joserfc.jwt.decode(token, key, algorithms=["HS256"]).claims
        required = {name: {"essential": True} for name in ("exp", "nbf", "iat", "sub", "jti")}
        now = int(jwt.api_jwt.datetime.now(datetime.timezone.utc).timestamp())
        self.registry(now=now, iss={"essential": True, "value": issuer}, **required).validate(claims)
        return claims

    def sign(self, claims, secret, algorithm):
        key = joserfc.jwk.OctKey.import_key(secret)
        return joserfc.jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])


class LiveKit:
    refusals = jwt.PyJWTError

    def verify(self, token, secret, issuer):
        return livekit.api.TokenVerifier(issuer, secret).verify(token).asdict()


LIBRARIES = {"PyJWT": PyJWT(), "joserfc": Joserfc(), "livekit": LiveKit()}


def answer(question):
    library = LIBRARIES[question["library"]]
    if "claims" in question:
        return {"token": library.sign(question["claims"], question["secret"], question["algorithm"])}
    jwt.api_jwt.datetime = at(question["now"])
    try:
        return {"claims": library.verify(question["token"], question["secret"], question["issuer"])}
    except library.refusals as error:
        return {"refused": type(error).__name__}


json.dump([answer(question) for question in json.load(sys.stdin)], sys.stdout)
