"""A good token elsewhere than in the one header that counts (RFC 6750 §2), or in another way, by name."""

import json
import urllib.parse

from forging import INVALID, MALFORMED, MISSING, Request, Row

FORM = "application/x-www-form-urlencoded"


def placed(reason, headers=lambda _: (), outcome=MISSING, **request):
    """A good token in headers that are a function of it; what else of the request is one is called with it too."""

    def attack(draft, forge):
        token = draft.token()
        given = {name: value(token) if callable(value) else value for name, value in request.items()}
        made = headers(token)
        return Request(tuple(made.items()) if isinstance(made, dict) else tuple(made), **given)

    return Row(reason, attack, outcome)


def scheme(reason, template, outcome=MISSING):
    """The header Authorization, of a template."""
    return placed(reason, lambda token: {"Authorization": template.replace("TOKEN", token)}, outcome)


def other(name, reason="authorization_missing"):
    """Another header that has the token, as other services read it."""
    return placed(reason, lambda token: {name: token})


def long(letters):
    """A token that is longer by what a claim has."""

    def attack(draft, _):
        return draft.changed(claims={"filler": "x" * letters}).token()

    return attack


ATTACKS = {
    "no Authorization": placed("authorization_missing"),
    "Authorization empty": scheme("authorization_missing", ""),
    "Authorization without a scheme": scheme("authorization_not_bearer", "TOKEN"),
    "Authorization Basic": scheme("authorization_not_bearer", "Basic TOKEN"),
    "Authorization DPoP": scheme("authorization_not_bearer", "DPoP TOKEN"),
    "Authorization JWT": scheme("authorization_not_bearer", "JWT TOKEN"),
    "Authorization Bearer with a colon": scheme("authorization_not_bearer", "Bearer: TOKEN"),
    "Authorization Bearer without a blank": scheme("authorization_not_bearer", "BearerTOKEN"),
    "Authorization Bearer with a tab": scheme("authorization_not_bearer", "Bearer\tTOKEN"),
    "Authorization Bearer alone": scheme("authorization_malformed", "Bearer"),
    "Authorization with two tokens": scheme("authorization_malformed", "Bearer TOKEN TOKEN"),
    "Authorization with two schemes": scheme("authorization_malformed", "Bearer TOKEN, Bearer TOKEN"),
    "Authorization with parameters": scheme("authorization_malformed", 'Bearer token="TOKEN"'),
    "Authorization undefined": scheme("authorization_placeholder", "Bearer undefined"),
    "Authorization folded": placed(None, lambda token: [("Authorization", "Bearer\r\n " + token)], MALFORMED),
    "Authorization with a NUL": placed(None, lambda token: {"Authorization": f"Bearer {token}\0"}, MALFORMED),
    "Authorization twice": placed(None, lambda token: [("Authorization", f"Bearer {token}")] * 2, MALFORMED),
    "Authorization twice, one of them Basic": placed(
        None, lambda token: [("Authorization", "Basic eDp5"), ("Authorization", f"Bearer {token}")], MALFORMED
    ),
    "Authorization with a blank before the colon": placed(
        None, lambda token: [("Authorization ", f"Bearer {token}")], MALFORMED
    ),
    "Proxy-Authorization": placed("authorization_missing", lambda token: {"Proxy-Authorization": f"Bearer {token}"}),
    "X-Authorization": placed("authorization_missing", lambda token: {"X-Authorization": f"Bearer {token}"}),
    "HTTP_AUTHORIZATION": placed("authorization_missing", lambda token: {"HTTP_AUTHORIZATION": f"Bearer {token}"}),
    "X-Forwarded-Access-Token": other("X-Forwarded-Access-Token"),
    "Livekit-Jwt": other("Livekit-Jwt"),
    "LIVEKIT_JWT": other("LIVEKIT_JWT"),
    "Sec-WebSocket-Protocol": placed(
        "authorization_missing", lambda token: {"Sec-WebSocket-Protocol": f"access_token, {token}"}
    ),
    "a cookie that the site does not name": placed(
        "authorization_missing", lambda token: {"Cookie": f"access_token={token}; livekit_jwt={token}"}
    ),
    # RFC 6750 §2.3
    "access_token in the query": placed(
        None, outcome=MALFORMED, path=lambda token: f"/livekit/token?access_token={token}"
    ),
    "a good header, and access_token in the query": placed(
        None,
        lambda token: {"Authorization": f"Bearer {token}"},
        MALFORMED,
        path=lambda token: f"/livekit/token?access_token={token}",
    ),
    # RFC 6750 §2.2
    "access_token in a form": placed(
        "unsupported_media_type",
        outcome=(415, "unsupported_media_type", None),
        body=lambda token: urllib.parse.urlencode({"roomId": "stage-1", "access_token": token}).encode(),
        kind=FORM,
    ),
    "access_token in the body": placed(
        "authorization_missing", body=lambda token: json.dumps({"roomId": "stage-1", "access_token": token}).encode()
    ),
    "a good header, and access_token in the body": placed(
        "unknown_field",
        lambda token: {"Authorization": f"Bearer {token}"},
        (400, "unknown_field", None),
        body=lambda token: json.dumps({"roomId": "stage-1", "access_token": token}).encode(),
    ),
    "a path with the token": placed(
        None, outcome=(404, "not_found", None), path=lambda token: f"/livekit/token/{token}"
    ),
    "a GET": placed(
        "method_not_allowed",
        lambda token: {"Authorization": f"Bearer {token}"},
        (405, "method_not_allowed", None),
        body=b"",
        method="GET",
    ),
    "longer than a token may be": Row("token_length", long(11_800), INVALID, claims={"filler": "x" * 11_400}),
    "longer than a line of a header may be": Row(None, long(12_500), MALFORMED, claims={"filler": "x" * 11_400}),
}
