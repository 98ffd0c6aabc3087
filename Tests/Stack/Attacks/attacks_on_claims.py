"""Tokens with a good signature that claim what is no login here (RFC 7519 §4), by name."""

from forging import FORBIDDEN, ISSUERS, Now, Row, claims, text
from support.issuers import Raw, compact

MAIN = ISSUERS["main"]
LONG = 256 - len("main:")
KIND = "https://app.example.test/kind"


def app(**changes):
    """Claims of the issuer `strict`, whose user is a path."""
    return {"app": {"user": "alice", "name": "Alice", "session.id": "s-1", **changes}}


def rooms(value, reason="rooms_claim_malformed", near=None):
    """What a token says of memberships, where it does not say that its user may enter the room."""
    near = near and {"livekit_rooms": near}
    return claims(reason, {"livekit_rooms": value}, near, outcome=FORBIDDEN)


ISSUER = {
    "iss with a slash at its end": claims("token_issuer", {"iss": MAIN + "/"}),
    "iss in other letters": claims("token_issuer", {"iss": MAIN.replace("id.", "ID.")}),
    "iss by http": claims("token_issuer", {"iss": MAIN.replace("https", "http")}),
    "iss with a blank after it": claims("token_issuer", {"iss": MAIN + " "}),
    "iss that ours begins": claims("token_issuer", {"iss": MAIN + ".evil.test"}),
    "iss with a NUL after it": claims("token_issuer", {"iss": MAIN + "\0"}),
    "iss in a list": claims("token_issuer", {"iss": [MAIN]}),
    "iss null": claims("token_issuer", {"iss": Raw("null")}),
    "iss none": claims("token_issuer", {"iss": "none"}),
    "iss empty": claims("token_issuer", {"iss": ""}),
    "iss missing": claims("token_issuer", {"iss": None}, {"iss": Raw(f'"{MAIN}"'.replace("/", "\\/"))}),
    # The entry of the one is chosen by iss, and the keys of the other have signed.
    "iss of another issuer": claims("token_signature", {"iss": ISSUERS["other"]}),
    "iss of an issuer with a secret": claims("token_algorithm", {"iss": ISSUERS["secret"]}),
}
AUDIENCE = {
    "aud of another": claims("token_audience", {"aud": "account"}, {"aud": "livekit"}),
    "aud of others": claims("token_audience", {"aud": ["account", "web"]}, {"aud": ["livekit"]}),
    "aud that begins like ours": claims("token_audience", {"aud": "livekit2"}),
    "aud with ours and a blank": claims("token_audience", {"aud": "account livekit"}),
    "aud in other letters": claims("token_audience", {"aud": "LiveKit"}),
    "aud beside a number": claims("token_audience", {"aud": ["livekit", 1]}),
    "aud beside null": claims("token_audience", {"aud": ["livekit", None]}),
    "aud in a list in a list": claims("token_audience", {"aud": [["livekit"]]}),
    "aud as a member": claims("token_audience", {"aud": {"livekit": True}}),
    "aud an empty list": claims("token_audience", {"aud": []}),
    "aud null": claims("token_audience", {"aud": Raw("null")}),
    "aud missing": claims("token_audience", {"aud": None}),
    "aud in the place of azp": claims("token_audience", {"azp": None, "aud": "app"}, {"aud": None}, of="strict"),
    "azp of another app": claims("token_audience", {"azp": "App"}, {"azp": ["app", "web"]}, of="strict"),
}
TIMES = {
    "exp a second ago": claims("token_expired", {"exp": Now(-1)}),
    "exp long ago": claims("token_expired", {"exp": 1}),
    "exp 0": claims("token_expired", {"exp": 0}),
    "exp negative": claims("token_expired", {"exp": Raw("-9223372036854775808")}),
    "exp in nine seconds": claims("session_ends_too_soon", {"exp": Now(9)}, {"exp": Now(60)}),
    "exp a text": claims("token_time", {"exp": "4102444800"}, {"exp": 4102444800}),
    "exp a date": claims("token_time", {"exp": "2100-01-01T00:00:00Z"}),
    "exp true": claims("token_time", {"exp": True}),
    "exp null": claims("token_time", {"exp": Raw("null")}),
    "exp in a list": claims("token_time", {"exp": [4102444800]}),
    "exp 1e300": claims("token_time", {"exp": Raw("1e300")}, {"exp": Raw("9223372036854775807")}),
    "exp 1e400": claims("token_payload", {"exp": Raw("1e400")}, {"exp": Raw("4.1024448e9")}),
    "exp past 64 bits": claims("token_payload", {"exp": Raw("99999999999999999999")}),
    "exp NaN": claims("token_payload", {"exp": Raw("NaN")}),
    "exp missing": claims("token_exp_missing", {"exp": None}, {"exp": Raw("4102444800.5")}),
    "exp in other letters": claims("token_exp_missing", {"exp": None, "Exp": 4102444800}),
    "nbf in an hour": claims("token_not_yet_valid", {"nbf": Now(3600)}, {"nbf": Now(30)}),
    "nbf at the end of 64 bits": claims("token_not_yet_valid", {"nbf": Raw("9223372036854775807")}, {"nbf": 0}),
    "nbf a text": claims("token_time", {"nbf": "0"}),
    "iat in an hour": claims("token_issued_in_future", {"iat": Now(3600)}, {"iat": Now(30)}),
    "iat in milliseconds": claims("token_issued_in_future", {"iat": Raw("1800000000000")}, {"iat": None}),
    "iat false": claims("token_time", {"iat": False}),
}
PURPOSES = {
    "token_type refresh": claims("token_purpose", {"token_type": "refresh"}, {"token_type": "access"}),
    "typ Refresh": claims("token_purpose", {"typ": "Refresh"}, {"typ": "Bearer"}),
    "type OFFLINE": claims("token_purpose", {"type": "OFFLINE"}, {"type": 1}),
    "typ Logout in a list": claims("token_purpose", {"typ": ["JWT", "Logout"]}, {"typ": ["JWT"]}),
    "events of a logout token": claims(
        "token_events", {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}
    ),
    "events null": claims("token_events", {"events": Raw("null")}),
    "cnf of DPoP": claims("token_bound", {"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}),
    "cnf empty": claims("token_bound", {"cnf": {}}),
}
USERS = {
    "sub missing": claims("token_user", {"sub": None}),
    "sub null": claims("token_user", {"sub": Raw("null")}),
    "sub empty": claims("token_user", {"sub": ""}),
    "sub negative": claims("token_user", {"sub": -1}, {"sub": 0}),
    "sub past 2^53": claims("token_user", {"sub": 2**53 + 1}, {"sub": 2**53}),
    "sub with a fraction": claims("token_user", {"sub": Raw("1.0")}, {"sub": 1}),
    "sub true": claims("token_user", {"sub": True}),
    "sub in a list": claims("token_user", {"sub": ["alice"]}),
    "sub too long": claims("token_user", {"sub": "x" * (LONG + 1)}, {"sub": "x" * LONG}),
    "sub with a NUL": claims("token_user", {"sub": "alice\0"}),
    "sub with a line end": claims("token_user", {"sub": 'alice\n{"event":"token.issued"}'}),
    "sub with an escape of terminals": claims("token_user", {"sub": "\x1b[2Jalice"}),
    "sub with a blank before it": claims("token_user", {"sub": " alice"}),
    "sub with a change of direction": claims("token_user", {"sub": "alice\u202e"}),
    "sub with a letter that looks like one": claims("token_user", {"sub": "\u0430lice"}),
    "sub half a pair of UTF-16": claims("token_payload", {"sub": Raw('"alice\\ud800"')}),
    "did of another scheme": claims("token_did", {"did": "urn:a"}, {"did": "did:web:a.example"}),
    "did a number": claims("token_did", {"did": 1}, {"did": Raw("null")}),
    "sid empty": claims("token_session", {"sid": ""}, {"sid": "s-1"}),
    "sid in a list": claims("token_session", {"sid": ["s-1"]}, {"sid": 7}),
}
RULES = {
    "a required claim missing": claims("token_required", {"token_type": None}, of="secret"),
    "a required claim in other letters": claims("token_required", {"token_type": "Access"}, of="secret"),
    "a required claim in a list": claims("token_required", {"token_type": ["access"]}, of="secret"),
    "a required claim of another value": claims("token_required", {KIND: "refresh"}, {KIND: "access"}, of="strict"),
    "true as a text": claims("token_required", {"realm": {"verified": "true"}}, of="strict"),
    "true as a number": claims("token_required", {"realm": {"verified": 1}}, of="strict"),
    "a path as one name": claims("token_required", {"realm": None, "realm.verified": True}, of="strict"),
    "a path through a list": claims("token_required", {"realm": [{"verified": True}]}, of="strict"),
    "a name with dots as a path": claims(
        "token_required", {KIND: None, "https://app": {"example": {"test/kind": "access"}}}, of="strict"
    ),
    "a refused claim": claims("token_refused", {"act": {"sub": "eve"}}, {"act": {"iss": "eve"}}, of="strict"),
    "a refused claim null": claims("token_refused", {"act": {"sub": None}}, {"act": "sub"}, of="strict"),
    "a refused value": claims("token_refused", {"amr": "anonymous"}, {"amr": "Anonymous"}, of="strict"),
    "a refused value in a list": claims(
        "token_refused", {"amr": ["pwd", ["anonymous"]]}, {"amr": ["pwd"]}, of="strict"
    ),
    "a refused number by another spelling": claims(
        "token_refused", {"amr": Raw("0e9")}, {"amr": Raw("0.5")}, of="strict"
    ),
    "a user elsewhere than at its path": claims(
        "token_user", {"app": {}, "user": "alice", "app.user": "alice"}, of="strict"
    ),
    "a path of a user that ends before it": claims("token_user", {"app": "alice"}, of="strict"),
    "a user with another inside": claims("token_user", app(user={"user": "alice"}), app(user=7), of="strict"),
    "a session as a path of its name": claims(
        "token_session", app(**{"session.id": {}}), app(session={"id": {}}), of="strict"
    ),
}
MEMBERSHIPS = {
    "no rooms": rooms(None, "unknown_room"),
    "rooms of others": rooms({"stage-2": ["host"]}, "unknown_room", {"stage-*": ["host"]}),
    "rooms in other letters": rooms({"STAGE-1": ["host"]}, "unknown_room"),
    "a glob of another kind": rooms({"stage-?": ["host"], "stage-[1]": ["host"]}, "unknown_room", {"st*1": ["host"]}),
    "a pattern for a glob": rooms({".*": ["host"]}, "unknown_room", {"*": ["host"]}),
    "rooms in a list": rooms(["stage-1"]),
    "rooms true": rooms(True),
    "rooms as a text that is no JSON": rooms("stage-1: host", near='{"stage-1": ["host"]}'),
    "rooms as a text of a text": rooms('"{\\"stage-1\\": [\\"host\\"]}"'),
    "rooms twice in a text": rooms('{"stage-1": ["host"], "stage-1": ["viewer"]}'),
    "roles that are no list": rooms({"stage-1": "host"}),
    "an end that is no number": rooms({"stage-1": [{"role": "host", "until": "soon"}]}),
    "an end that has come": rooms(
        {"stage-1": [{"role": "host", "until": 1}]},
        "membership_expired",
        {"stage-1": [{"role": "host", "until": 4102444800}]},
    ),
    "a scene that is not asked for": rooms(
        {"stage-1": [{"role": "host", "scene": "intro"}]}, "not_member_of_scene_or_event"
    ),
    "a member that is unknown": rooms({"stage-1": [{"role": "host", "untill": 1}]}),
    "a role that is unknown": rooms({"stage-1": ["admin"]}, "role_not_configured", {"stage-1": ["admin", "host"]}),
    "a member of grants": rooms({"stage-1": [{"role": "host", "roomAdmin": True}]}),
}
PAYLOADS = {
    "a claim twice": text("token_payload", lambda claims: '{"sub":"eve",' + claims[1:]),
    "a claim twice by an escape": text("token_payload", lambda claims: '{"s\\u0075b":"eve",' + claims[1:]),
    "a claim twice in another": text("token_payload", lambda claims: '{"x":{"y":1,"y":2},' + claims[1:]),
    "a byte order mark": text("token_payload", lambda claims: b"\xef\xbb\xbf" + claims.encode()),
    "UTF-16": text("token_payload", lambda claims: claims.encode("utf-16-le")),
    "bytes that are no UTF-8": text("token_payload", lambda claims: claims.encode().replace(b"alice", b"al\xffce")),
    "an overlong spelling": text("token_payload", lambda claims: claims.encode().replace(b"alice", b"alic\xc1\xa5")),
    "a NUL behind the object": text("token_payload", lambda claims: claims + "\0"),
    "another object behind it": text("token_payload", lambda claims: claims + "{}"),
    "a comma at the end": text("token_payload", lambda claims: claims[:-1] + ",}"),
    "a comment": text("token_payload", lambda claims: claims + "/**/"),
    "single quotes": text("token_payload", lambda claims: claims.replace('"', "'")),
    "a list of one object": text("token_payload", lambda claims: f"[{claims}]"),
    # Nested (RFC 7519 §5.2).
    "a token of the same key": Row(
        "token_payload", lambda draft, _: compact({**draft.header, "cty": "JWT"}, draft.token(), draft.sign)
    ),
    "a text of JSON": text("token_payload", lambda claims: '"' + claims.replace('"', '\\"') + '"'),
    "no payload": text("token_payload", lambda _: ""),
    "an object of another depth": text("token_payload", lambda claims: f'{{"x":{"[" * 16}{"]" * 16},' + claims[1:]),
    "a thousand levels": text("token_payload", lambda claims: f'{{"x":{"[" * 1000}{"]" * 1000},' + claims[1:]),
    "too many claims": text(
        "token_payload", lambda claims: "{" + "".join(f'"{n}":1,' for n in range(1024)) + claims[1:]
    ),
    "a number of a thousand digits": text("token_payload", lambda claims: f'{{"x":{"1" * 1000},' + claims[1:]),
}
ATTACKS = ISSUER | AUDIENCE | TIMES | PURPOSES | USERS | RULES | MEMBERSHIPS | PAYLOADS
