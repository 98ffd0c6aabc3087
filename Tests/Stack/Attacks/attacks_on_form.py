"""Tokens of another form, header or signature than a login has (RFC 7515, RFC 8725 §2), by name."""

import hashlib
import hmac
import json
import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.hazmat.primitives.hashes import SHA256
from forging import MISSING, PENDING, SECRET, Row, form, header, signed, text
from support.issuers import base64url, compact, decoded

P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED25519 = 2**252 + 27742317777372353535851937790883648493
# The letters of base64url: a last one may have bits that are not used.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def unsigned(name, signature=""):
    """A token that calls itself unsecured (RFC 7515 §6)."""

    def attack(draft, _):
        return compact({**draft.header, "alg": name}, draft.claims, lambda _: b"").rstrip(".") + "." + signature

    return Row("token_algorithm", attack)


def public(key, form):
    """A public key in a form that a server may have for it."""
    public = key.private.public_key()
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    return {
        "pem": lambda: public.public_bytes(serialization.Encoding.PEM, info),
        "pem without its last line end": lambda: public.public_bytes(serialization.Encoding.PEM, info).rstrip(),
        "der": lambda: public.public_bytes(serialization.Encoding.DER, info),
        "jwk": lambda: json.dumps(key.public).encode(),
        "n": lambda: key.public["n"].encode(),
        "empty": lambda: b"",
    }[form]()


def confused(form, algorithm="HS256"):
    """HMAC by what everybody knows of a key (RFC 8725 §2.1)."""

    def sign(forge, message):
        digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[algorithm]
        return hmac.digest(public(forge.key("main", "RS256"), form), message, digest)

    return signed("token_algorithm", sign, algorithm="RS256", header={"alg": algorithm})


def resigned(change, algorithm="ES256"):
    """The key's own signature, spelled in another way."""
    return form(
        "token_signature",
        lambda head, payload, signature: f"{head}.{payload}.{base64url(change(decoded(signature)))}",
        algorithm=algorithm,
    )


def halves(signature):
    return [int.from_bytes(half) for half in (signature[:32], signature[32:])]


def der(signature):
    return utils.encode_dss_signature(*halves(signature))


def with_other_s(draft):
    """The same by the other S that fits (SEC 1 §4.1.4): who has one has both, and no check is weaker for it."""

    def sign(message):
        r, s = halves(draft.sign(message))
        return r.to_bytes(32) + (P256 - s).to_bytes(32)

    return draft.changed(sign=sign)


def plus_order(signature):
    """The same of S and the order of the group, which is no number below it (RFC 8032 §5.1.7)."""
    return signature[:32] + (int.from_bytes(signature[32:], "little") + ED25519).to_bytes(32, "little")


def other_last(part):
    """Another last letter, whose bits that count are the same (RFC 4648 §3.5)."""
    assert len(part) % 4, "all bits of this length count"
    return part[:-1] + LETTERS[LETTERS.index(part[-1]) ^ 1]


def salted(length):
    """A signature of PSS with a salt of another length (RFC 7518 §3.5)."""

    def sign(forge, message):
        return forge.key("strict", "PS256").private.sign(message, padding.PSS(padding.MGF1(SHA256()), length), SHA256())

    return sign


ALGORITHMS = {
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg NONE": unsigned("NONE"),
    "alg nOnE": unsigned("nOnE"),
    "alg none, with a signature": unsigned("none", base64url(bytes(64))),
    "alg empty": unsigned(""),
    "alg with a blank after it": header("token_algorithm", {"alg": "ES256 "}),
    "alg in small letters": header("token_algorithm", {"alg": "es256"}),
    "alg missing": header("token_algorithm", {"alg": None}),
    "alg a number": header("token_algorithm", {"alg": 0}),
    "alg in a list": header("token_algorithm", {"alg": ["ES256"]}),
    "alg that the issuer does not have": signed(
        "token_algorithm",
        lambda forge, message: forge.key("main", "RS256").sign(message, "PS256"),
        algorithm="RS256",
        header={"alg": "PS256"},
    ),
    "alg of a longer digest": signed(
        "token_algorithm",
        lambda forge, message: forge.key("main", "RS256").sign(message, "RS512"),
        algorithm="RS256",
        header={"alg": "RS512"},
    ),
    "alg of another kind of key": header("token_key_algorithm", {"alg": "RS256"}),
    "alg of the key that has signed, kid of another": signed(
        "token_key_algorithm",
        lambda forge, message: forge.key("main", "EdDSA").sign(message),
        header={"alg": "EdDSA"},
    ),
    "alg of encryption": header("token_algorithm", {"alg": "RSA-OAEP", "enc": "A256GCM"}),
    **{f"HMAC by the public key: {name}": confused(name) for name in ("pem", "der", "jwk", "n", "empty")},
    "HMAC by the public key: pem without its last line end": confused("pem without its last line end"),
    "HMAC by the public key, HS512": confused("pem", "HS512"),
}
OF_A_SECRET = {
    "another secret": signed(
        "token_signature", lambda _, message: hmac.digest(b"x" * 32, message, "sha256"), of="secret"
    ),
    "the secret with its line end": signed(
        "token_signature", lambda _, message: hmac.digest(f"{SECRET}\n".encode(), message, "sha256"), of="secret"
    ),
    "no secret": signed("token_signature", lambda _, message: hmac.digest(b"", message, "sha256"), of="secret"),
    "the secret, HS512": signed(
        "token_algorithm",
        lambda _, message: hmac.digest(SECRET.encode(), message, "sha512"),
        of="secret",
        header={"alg": "HS512"},
    ),
    "half of the digest": signed(
        "token_signature", lambda _, message: hmac.digest(SECRET.encode(), message, "sha256")[:16], of="secret"
    ),
    "a key in the place of the secret": signed(
        "token_algorithm",
        lambda forge, message: forge.own["RS256"].sign(message),
        of="secret",
        header={"alg": "RS256", "kid": "rs256"},
    ),
}
KEYS = {
    "kid unknown": header("token_kid_unknown", {"kid": "es257"}),
    "kid in other letters": header("token_kid_unknown", {"kid": "ES256"}),
    "kid empty": header("token_kid_unknown", {"kid": ""}),
    "kid of a path": header("token_kid_unknown", {"kid": "../../../../dev/null"}),
    "kid of SQL": header("token_kid_unknown", {"kid": "es256' OR '1'='1"}),
    "kid of a command": header("token_kid_unknown", {"kid": "es256|/bin/sh -c id"}),
    "kid of a URL": header("token_kid_unknown", {"kid": "https://evil.test/key"}),
    "kid with a NUL after it": header("token_kid_unknown", {"kid": "es256\0"}),
    "kid with a line end": header("token_kid_unknown", {"kid": 'es256\n{"event":"token.issued"}'}),
    "kid of 8,000 letters": header("token_kid_unknown", {"kid": "k" * 8000}),
    "kid a number": header("token_header", {"kid": 0}),
    "kid in a list": header("token_header", {"kid": ["es256"]}),
    "kid twice": text("token_header", lambda head: '{"kid":"rs256",' + head[1:], "header"),
    "no kid, of several keys": header("token_key_missing", {"kid": None}, algorithm="RS256"),
    "no kid, of no key": signed(
        "token_key_missing",
        lambda forge, message: forge.own["ES256"].sign(message),
        of="fetched",
        header={"alg": "ES256", "kid": None},
    ),
    "kid of the issuer's next key": header("token_signature", {"kid": "rs256-next"}, algorithm="RS256"),
    "kid that a fetch may bring": header("key_set_pending", {"kid": "next"}, of="fetched", outcome=PENDING),
}
MEMBERS = {
    "jwk": header("token_header_member", lambda forge: {"jwk": forge.own["ES256"].public}),
    "jku": header("token_header_member", {"jku": "https://evil.test/certs"}),
    "x5u": header("token_header_member", {"x5u": "https://evil.test/chain.pem"}),
    "x5c": header("token_header_member", {"x5c": ["MIIB"]}, {"x5t": "dGVzdA"}),
    "crit of a claim": header("token_header_member", {"crit": ["exp"]}),
    "crit empty": header("token_header_member", {"crit": []}),
    "b64 false": header("token_header_member", {"b64": False}),
    "zip": header("token_header_member", {"zip": "DEF"}),
    "typ of a logout token": header("token_typ", {"typ": "logout+jwt"}, {"typ": "at+jwt"}),
    "typ of DPoP": header("token_typ", {"typ": "dpop+jwt"}, {"typ": "jwt"}),
    "typ of another media type": header("token_typ", {"typ": "application/jwt"}, {"typ": "application/AT+JWT"}),
    "typ a number": header("token_typ", {"typ": 1}, {"typ": "JWT"}),
    "typ with a blank": header("token_typ", {"typ": "JWT "}),
    "alg twice": text("token_header", lambda head: '{"alg":"none",' + head[1:], "header"),
    "alg twice by an escape": text("token_header", lambda head: '{"\\u0061lg":"none",' + head[1:], "header"),
    "a header with a byte order mark": text("token_header", lambda head: b"\xef\xbb\xbf" + head.encode(), "header"),
    "a header in UTF-16": text("token_header", lambda head: head.encode("utf-16-le"), "header"),
    "a header that is no UTF-8": text("token_header", lambda head: head.encode()[:-1] + b',"x":"\xff"}', "header"),
    "a header in a list": text("token_header", lambda head: f"[{head}]", "header"),
    "a header null": text("token_header", lambda _: "null", "header"),
    "an empty object as a header": text("token_algorithm", lambda _: "{}", "header"),
    "no header": text("token_header", lambda _: "", "header"),
    "a header of many levels": text("token_header", lambda head: f'{{"x":{"[" * 500}{"]" * 500},' + head[1:], "header"),
    "something behind the header": text("token_header", lambda head: head + "\0", "header"),
}
SIGNATURES = {
    "an attacker's key": signed("token_signature", lambda forge, message: forge.own["ES256"].sign(message)),
    "an attacker's key of RSA": signed(
        "token_signature", lambda forge, message: forge.own["RS256"].sign(message), algorithm="RS256"
    ),
    "an attacker's key of Ed25519": signed(
        "token_signature", lambda forge, message: forge.own["EdDSA"].sign(message), algorithm="EdDSA"
    ),
    # It has the same kid.
    "the key of another issuer": signed("token_signature", lambda forge, message: forge.key("other").sign(message)),
    "a signature of another token": Row(
        "token_signature",
        lambda draft, forge: draft.token().rpartition(".")[0] + "." + forge.draft().token().rpartition(".")[2],
    ),
    "claims under the signature of others": Row(
        "token_signature",
        lambda draft, _: compact(
            draft.header,
            {**draft.claims, "sub": "eve"},
            lambda _: decoded(draft.token().rpartition(".")[2]),
        ),
    ),
    "no signature": form("token_signature", lambda head, payload, _: f"{head}.{payload}."),
    "a signature of zeros": resigned(lambda signature: bytes(len(signature))),
    "a signature of zeros, RSA": resigned(lambda signature: bytes(len(signature)), "RS256"),
    "a signature of zeros, Ed25519": resigned(lambda signature: bytes(len(signature)), "EdDSA"),
    "a signature of one": resigned(lambda _: (bytes(31) + b"\1") * 2),
    "half a signature": resigned(lambda signature: signature[:32]),
    "a signature without its last byte": resigned(lambda signature: signature[:-1], "RS256"),
    "a signature and a byte": resigned(lambda signature: signature + b"\0"),
    "a signature and a byte, RSA": resigned(lambda signature: b"\0" + signature, "RS256"),
    "a signature and a byte, Ed25519": resigned(lambda signature: signature + b"\0", "EdDSA"),
    "a signature in DER": resigned(der),
    "a signature with its halves changed over": resigned(lambda signature: signature[32:] + signature[:32]),
    "a signature with its first bit turned": resigned(lambda signature: bytes([signature[0] ^ 128]) + signature[1:]),
    "S beyond the order of Ed25519": resigned(plus_order, "EdDSA"),
    "PSS without a salt": signed("token_signature", salted(0), of="strict"),
    "PSS with a salt of 20 bytes": signed("token_signature", salted(20), of="strict"),
    "random bytes": signed("token_signature", lambda *_: secrets.token_bytes(64)),
}
FORMS = {
    "one part": form("token_parts", lambda head, *_: head),
    "two parts": form("token_parts", lambda head, payload, _: f"{head}.{payload}"),
    "four parts": form("token_parts", lambda *parts: ".".join(parts) + ".e30"),
    "a dot more at the end": form("token_parts", lambda *parts: ".".join(parts) + "."),
    "a dot more before it": form("token_parts", lambda *parts: "." + ".".join(parts)),
    "dots alone": form("token_parts", lambda *_: "...."),
    "no part of three": form("token_header", lambda *_: ".."),
    "no header before the dot": form("token_header", lambda _, payload, signature: f".{payload}.{signature}"),
    "two tokens": form("token_encrypted", lambda *parts: ".".join(parts * 2)[: -len(parts[2]) - 1]),
    "an encrypted token": form(
        "token_encrypted", lambda head, payload, signature: f"{head}..{payload}.{signature}.e30"
    ),
    "padding behind the signature": form("token_encoding", lambda *parts: ".".join(parts) + "=="),
    "another last letter": form(
        "token_encoding", lambda head, payload, signature: f"{head}.{payload}.{other_last(signature)}"
    ),
    "a letter more": form("token_encoding", lambda *parts: ".".join(parts) + "A" * 3),
    "the letters of base64": form("token_encoding", lambda head, payload, _: f"{head}.{payload}." + "+/" * 43),
    "a token that names no form": form("token_parts", lambda *_: "opaque-0123456789abcdef"),
    "padding within": form(
        "authorization_malformed", lambda head, *rest: ".".join([head + "=", *rest]), outcome=MISSING
    ),
    "a blank within": form("authorization_malformed", lambda head, *rest: f"{head}. {'.'.join(rest)}", outcome=MISSING),
    "a line end in percent": form("authorization_malformed", lambda *parts: ".".join(parts) + "%0A", outcome=MISSING),
    "JSON serialization, flattened": form(
        "authorization_malformed",
        lambda head, payload, signature: json.dumps({"protected": head, "payload": payload, "signature": signature}),
        outcome=MISSING,
    ),
    "JSON serialization": form(
        "authorization_malformed",
        lambda head, payload, signature: json.dumps(
            {"payload": payload, "signatures": [{"protected": head, "signature": signature}]}
        ),
        outcome=MISSING,
    ),
    "letters that are no ASCII": form("authorization_malformed", lambda *parts: ".".join(parts) + "é", outcome=MISSING),
    "in quotes": form("authorization_malformed", lambda *parts: f'"{".".join(parts)}"', outcome=MISSING),
}
ATTACKS = ALGORITHMS | OF_A_SECRET | KEYS | MEMBERS | SIGNATURES | FORMS
