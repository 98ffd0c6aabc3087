"""Tokens and key sets by other people's signers, for the Swift tests: an array of {library, algorithm, set, token}, where
the set is that library's own spelling of new keys, and the token one that it has signed by the last of them."""

import json
import secrets
import sys

import joserfc.jwk
import joserfc.jwt
import jwt
import jwt.algorithms
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ALGORITHMS = {
    "RS256": ("RSA", 2048),
    "PS256": ("RSA", 3072),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}


def claims():
    """Those of a log-in, with a text of random length, so that every length of base64url occurs."""
    name = secrets.token_urlsafe(secrets.randbelow(40))
    return {"iss": "https://id.example.com", "aud": ["livekit"], "exp": 4000000000, "name": name}


class PyJWT:
    algorithms = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]

    def sample(self, algorithm):
        kind, parameter = ALGORITHMS[algorithm]
        signer = jwt.algorithms.get_default_algorithms()[algorithm]
        keys = {f"key-{index}": self.key(kind, parameter) for index in range(2)}
        members = {"alg": algorithm, "use": "sig"}
        public = [
            signer.to_jwk(key.public_key(), as_dict=True) | {"kid": kid} | members for kid, key in keys.items()
        ]
        token = jwt.encode(claims(), keys["key-1"], algorithm=algorithm, headers={"kid": "key-1"})
        return {"keys": public}, token

    def key(self, kind, parameter):
        if kind == "RSA":
            return rsa.generate_private_key(65537, parameter)
        if kind == "EC":
            return ec.generate_private_key({"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}[parameter])
        return ed25519.Ed25519PrivateKey.generate()


class Joserfc:
    algorithms = list(ALGORITHMS)

    def sample(self, algorithm):
        keys = joserfc.jwk.KeySet([self.key(*ALGORITHMS[algorithm]) for _ in range(2)])
        header = {"alg": algorithm, "kid": keys.keys[-1].kid, "typ": "at+jwt"}
        token = joserfc.jwt.encode(header, claims(), keys.keys[-1], algorithms=[algorithm])
        return keys.as_dict(private=False), token

    def key(self, kind, parameter):
        return joserfc.jwk.generate_key(kind, parameter, parameters={"use": "sig"}, private=True, auto_kid=True)


def samples(count):
    for name, library in (("PyJWT", PyJWT()), ("joserfc", Joserfc())):
        for algorithm in library.algorithms:
            for _ in range(count):
                keys, token = library.sample(algorithm)
                yield {"library": name, "algorithm": algorithm, "set": json.dumps(keys), "token": token}


json.dump(list(samples(int(sys.argv[1]))), sys.stdout)
