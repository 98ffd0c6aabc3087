"""What a request for a token is made of: a method, a path, a media type, an Authorization header, a body.

Each choice is fine or carries a verdict. What must come back is the verdict that comes first in the order of judgement,
or a token.
"""

import dataclasses
import json


@dataclasses.dataclass(frozen=True)
class Verdict:
    status: int
    code: str
    allow: str = None
    authenticate: str = None
    retry: bool = False
    # Who says so: nginx's own answers leave no line in the responder's log.
    by_nginx: bool = False


FORBIDDEN = Verdict(403, "forbidden")
MALFORMED = Verdict(400, "malformed_request")
REFUSED_BY_NGINX = Verdict(400, "malformed_request", by_nginx=True)
UNKNOWN_FIELD = Verdict(400, "unknown_field")
INVALID_ROOM = Verdict(400, "invalid_room_id")
INVALID_SCENE = Verdict(400, "invalid_scene_id")
INVALID_EVENT = Verdict(400, "invalid_event_id")
NOT_FOUND = Verdict(404, "not_found", by_nginx=True)
NOT_POST = Verdict(405, "method_not_allowed", allow="POST")
NOT_GET = Verdict(405, "method_not_allowed", allow="GET, HEAD")
TOO_LARGE = Verdict(413, "body_too_large", by_nginx=True)
WRONG_TYPE = Verdict(415, "unsupported_media_type")
SESSION_MISSING = Verdict(403, "session_missing", authenticate='Bearer realm="livekit"')
SESSION_INVALID = Verdict(403, "session_invalid", authenticate='Bearer realm="livekit", error="invalid_token"')

# Each choice: what it is, and the verdict on it; None where it is fine.
METHODS = [
    ("POST", None),
    *((method, NOT_POST) for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "FOO")),
    *((method, dataclasses.replace(NOT_POST, by_nginx=True)) for method in ("TRACE", "CONNECT")),
]
PATHS = [
    ("/livekit/token", None),
    ("/livekit/%74oken", None),
    ("/livekit/./x/../token", None),
    ("//livekit//token", None),
    *(
        (path, NOT_FOUND)
        for path in (
            *("/", "/livekit", "/livekit/", "/livekit/token/", "/livekit/Token", "/livekit/tokens", "/livekit/toke"),
            *("/livekit/token;a", "/livekit/token%20", "/livekit/token%2F", "/livekit/token%3Fa=b", "/livekit/problem"),
            *("/LIVEKIT/token", "/token", "/livekit/livekit/token", "/livekit/health/", "/index.html"),
        )
    ),
    *((f"/livekit/token?{query}", REFUSED_BY_NGINX) for query in ("a", "access_token=x", "roomId=stage-1", "?")),
    ("/livekit/token%00", REFUSED_BY_NGINX),
]
MEDIA_TYPES = [
    *(
        (media_type, None)
        for media_type in (
            *("application/json", "APPLICATION/JSON", "Application/Json"),
            *("application/json;charset=utf-8", "application/json; charset=UTF-8", 'application/json; charset="utf-8"'),
            "application/json ; charset=utf-8",
            "application/json;",
            "application/json;;charset=utf-8 ;",
        )
    ),
    *(
        (media_type, WRONG_TYPE)
        for media_type in (
            *(
                None,
                "",
                "text/plain",
                "text/json",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
            ),
            *("application/jsonp", "application/json5", "application/vnd.api+json", "application/problem+json", "*/*"),
            *("application/json; charset=latin1", "application/json; charset=utf-16", "application/json; charset="),
            *(
                "application/json, text/plain",
                "application/json; a=b",
                "json",
                "application/json/x",
                "application /json",
            ),
        )
    ),
]


# In bytes, of a body.
LIMIT = 4096


def padded(body, length):
    return body + b" " * (length - len(body))


STAGE = b'{"roomId":"stage-1"}'
BODIES = [
    *(
        (body, None)
        for body in (
            STAGE,
            b' \t\r\n{ "roomId" : "stage-1" } \n',
            b'{"roomId":"\\u0073tage-1"}',
            b'{"room\\u0049d":"stage-1"}',
            b'{"roomId":"stage-1","sceneId":"intro"}',
            b'{"eventId":"launch-2026","sceneId":"intro","roomId":"stage-1"}',
            b'{"roomId":"stage-1","sceneId":"' + b"a" * 128 + b'"}',
            padded(STAGE, LIMIT),
            b'{"roomId":"stage-1","sceneId":null,"eventId":null}',
            b'{"roomId":"stage-1","sceneId":"","eventId":"launch-2026"}',
        )
    ),
    *(
        (body, MALFORMED)
        for body in (
            *(b"", b" ", b"null", b"true", b"1", b'"stage-1"', b"[]", b'[{"roomId":"stage-1"}]', b"stage-1"),
            *(b"{", b"}", b"{}", b'{"sceneId":"intro"}', b'{"roomId"}', b'{"roomId":}', b'{"roomId":"stage-1"'),
            *(
                b'{"roomId":"stage-1",}',
                b'{,"roomId":"stage-1"}',
                b'{"roomId":"stage-1"}x',
                STAGE + STAGE,
                STAGE + b",",
            ),
            *(b"{'roomId':'stage-1'}", b'{roomId:"stage-1"}', b'{"roomId":"stage-1"}//', b'/**/{"roomId":"stage-1"}'),
            *(b'{"roomId":"stage-1","roomId":"stage-1"}', b'{"roomId":"stage-2","room\\u0049d":"stage-1"}'),
            b'{"roomId":"stage-1","sceneId":"a","sceneId":"b"}',
            *(b"\xef\xbb\xbf" + STAGE, STAGE.decode().encode("utf-16"), STAGE.decode().encode("utf-16-be")),
            *(
                STAGE.decode().encode("utf-32"),
                b'{"roomId":"stage-1\xff"}',
                b'{"roomId":"\xc0\xaf"}',
                b'{"roomId":"\xed\xa0\x80"}',
            ),
            *(
                b'{"roomId":"\\ud800"}',
                b'{"roomId":"a\\x41"}',
                b'{"roomId":"a\nb"}',
                b'{"roomId":"a\x00b"}',
                STAGE + b"\x00",
            ),
            *(b'{"roomId":1}', b'{"roomId":null}', b'{"roomId":true}', b'{"roomId":["stage-1"]}', b'{"roomId":{}}'),
            *(b'{"roomId":""}', b'{"roomId":"stage-1","sceneId":false}', b'{"roomId":"stage-1","eventId":7}'),
            b'{"roomId":NaN}',
            *(b'{"roomId":01}', b'{"roomId":' + b"[" * 9 + b"]" * 9 + b"}", b"[" * 2000 + b"]" * 2000),
            *(b"roomId=stage-1", b"<roomId>stage-1</roomId>", b'"', b"\\"),
        )
    ),
    *(
        (body, UNKNOWN_FIELD)
        for body in (
            *(
                b'{"roomId":"stage-1","x":1}',
                b'{"roomId":"stage-1","":""}',
                b'{"room_id":"stage-1"}',
                b'{"roomid":"stage-1"}',
                b'{"room_name":"stage-1","room_config":{}}',
            ),
            *(
                b'{"roomId":"stage-1","roomAdmin":true}',
                b'{"roomId":"stage-1","ttl":86400}',
                b'{"roomId":"stage-1","identity":"bob"}',
            ),
            b'{"roomId":"stage-1","\\u0000<script>":"x"}',
        )
    ),
    *(
        (json.dumps({"roomId": room}).encode(), INVALID_ROOM)
        for room in (
            *(
                " ",
                "a b",
                " stage-1",
                "stage-1 ",
                "stage-1\n",
                "stage-1\r\n",
                "stage-1\0",
                "-a",
                ".",
                "..",
                "../x",
                "a/b",
                "a\\b",
            ),
            *("a'b", 'a"b', "a;b", "a%20b", "%", "*", "stage-1'--", "{{7*7}}", "${x}", "a\tb", "\x1b[31m", "a\x7f"),
            *("ä", "stage-１", "\u212a", "a\u200bb", "a\u202eb", "e\u0301", "😀", "a" * 129, "a" * 257, "a" * 3900),
        )
    ),
    *(
        (json.dumps({"roomId": "stage-1", "sceneId": scene}).encode(), INVALID_SCENE)
        for scene in (" ", "a b", "ä", "a" * 129)
    ),
    *(
        (json.dumps({"roomId": "stage-1", "eventId": event}).encode(), INVALID_EVENT)
        for event in (" ", "a b", "ä", "a" * 129)
    ),
    *((json.dumps({"roomId": room}).encode(), FORBIDDEN) for room in ("nowhere", "Stage-1", "stage-2", "a" * 128)),
    *((body, TOO_LARGE) for body in (padded(STAGE, LIMIT + 1), b"x" * (LIMIT + 1), b"x" * 100_000)),
]

# How an Authorization header is made of a bearer; None for no header at all.
WELL_FORMED = ["Bearer {}", "bearer {}", "BEARER {}", "bEaReR {}", "Bearer  {}"]
ILL_FORMED = [
    *(
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic {}",
        "Token {}",
        "Digest {}",
        "{}",
        "Bearer{}",
        "Bearer={}",
        "Bearer:{}",
        "Bearer\t{}",
    ),
    *(
        "Bearer {} {}",
        "Bearer {},",
        "Bearer {}, Bearer {}",
        'Bearer "{}"',
        "Bearer ={}",
        "Bearer {}=x",
        "Bearer <{}>",
        "Bearer {}\u00e9",
    ),
    *("Bearer 1|{}", "Bearer '{}'", "Bearer undefined", "Bearer null", "Bearer None", "Bearer nil"),
    *("Basic Bearer {}", "XBearer {}", "Bearer token={}", "Bearer {}%20", "Bearer {}\x01", "Bearer {}\x7f"),
]
