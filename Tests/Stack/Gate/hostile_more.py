"""Rows of the table of hostile requests: other places for a token, names of nginx's parameters, what is too long."""

from hostile_rows import (
    CLOSED,
    HEADER,
    LIST,
    MALFORMED,
    METHOD,
    NOT_MEMBER,
    QUERY,
    TWICE,
    Outcome,
    call,
    chunks,
    join,
    passed,
    refused,
    request,
    row,
    whip,
)

MISSING, TOKEN = refused(401, "token_missing"), refused(401, "token_malformed")
LONG = Outcome(414)
ADDRESSES = (
    "X-Forwarded-For: 192.0.2.7",
    "X-Real-IP: 192.0.2.7",
    "CF-Connecting-IP: 192.0.2.7",
    "Forwarded: for=192.0.2.7",
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Uri: /rtc?access_token=<B>",
)
# What LiveKit believes from anybody, or might.
BELIEVED = (
    "X-LiveKit-ClientInfo: e30",
    "X-Livekit-Ingress: 1",
    "Cookie: access_token=<B>",
    "X-Access-Token: <B>",
    "Proxy-Authorization: Bearer <B>",
    "Sec-WebSocket-Protocol: access_token, <B>",
    "Range: bytes=0-",
    "TE: trailers",
)

PLACES = {
    "token in a cookie": row(join("/rtc", "Cookie: access_token=<G>"), MISSING),
    "token in Sec-WebSocket-Protocol": row(join("/rtc", "Sec-WebSocket-Protocol: access_token, <G>"), MISSING),
    "token in Proxy-Authorization": row(join("/rtc", "Proxy-Authorization: Bearer <G>"), MISSING),
    "token in X-Access-Token": row(join("/rtc", "X-Access-Token: <G>"), MISSING),
    "token as user of an absolute-form": row(join("https://<G>@localhost/rtc"), MALFORMED),
    "token in the path": row(join("/rtc/<G>"), CLOSED),
    "token after a second ?": row(join("/rtc??access_token=<G>"), MISSING),
    "no token": row(join("/rtc"), MISSING),
    "empty token": row(join("/rtc?access_token="), MISSING),
    "empty token, header G": row(join("/rtc?access_token=", "Authorization: Bearer <G>"), passed()),
    "empty token, then G": row(join("/rtc?access_token=&access_token=<G>"), TWICE),
    "addresses in headers": row(join("/rtc?access_token=<G>", *ADDRESSES), passed()),
    "headers that LiveKit might believe": row(join("/rtc?access_token=<G>", *BELIEVED), passed()),
    "B after #": row(join("/rtc?access_token=<G>#&access_token=<B>"), passed()),
    "header of G with two blanks": row(join("/rtc", "Authorization: Bearer  <G>"), TOKEN),
    "header of G after a tab": row(join("/rtc", "Authorization: Bearer\t<G>"), HEADER),
    "Basic": row(join("/rtc", "Authorization: Basic <G>"), HEADER),
    "token with %2E": row(join("/rtc?access_token=<escaped>"), refused(401, "token_escaped")),
    "%00 in the query": row(join("/rtc?access_token=<G>&x=%00"), QUERY),
    "a header by %0d%0a in the query": row(join("/rtc?access_token=<G>&x=%0d%0aAuthorization:%20Bearer%20<B>"), QUERY),
    "a request by %0d%0a in the query": row(join("/rtc?access_token=<G>&x=%20HTTP/1.1%0d%0a%0d%0aGET%20/agent"), QUERY),
    "a blank in the query": row(join("/rtc?access_token=<G>&x=y HTTP/1.1"), MALFORMED),
    "a byte beyond ASCII in the query": row(join("/rtc?access_token=<G>&x=\xe9"), QUERY),
    "% at the end": row(join("/rtc?access_token=<G>&x=%"), QUERY),
}

# The parameters by which nginx asks the gate, as headers of a client's.
NAMES = ("LIVEKIT_GATE", "LIVEKIT_GATE_METHOD", "LIVEKIT_GATE_URI", "LIVEKIT_GATE_AUTHORIZATION", "SCRIPT_NAME")
VALUES = ("twirp", "GET", "/rtc?access_token=<G>", "Bearer <G>", "/livekit/health")
SPELLINGS = {
    "": str,
    "small ": str.lower,
    "hyphened ": lambda name: name.replace("_", "-"),
    "small hyphened ": lambda name: name.replace("_", "-").lower(),
    "one-hyphened ": lambda name: name.replace("_", "-", 1),
    "HTTP_-": lambda name: f"HTTP_{name}",
    "HTTP--": lambda name: f"HTTP-{name.replace('_', '-')}",
}


def forged(spelling):
    return tuple(f"{spelling(name)}: {value}" for name, value in zip(NAMES, VALUES, strict=True))


PARAMETERS = {
    **{
        f"{kind}parameters of nginx's as headers, query B": row(
            join("/rtc?access_token=<B>", *forged(spelling)), NOT_MEMBER
        )
        for kind, spelling in SPELLINGS.items()
    },
    **{
        f"{kind}parameters of nginx's as headers, no token": row(join("/rtc", *forged(spelling)), MISSING)
        for kind, spelling in SPELLINGS.items()
    },
    **{
        f"the gate itself at {path}": row(request(path, *forged(str), *forged(SPELLINGS["hyphened "])), CLOSED)
        for path in (
            "/livekit/gate?access_token=<G>",
            "//livekit/gate?access_token=<G>",
            "/livekit//gate?access_token=<G>",
            "/livekit/%67ate?access_token=<G>",
            "/livekit/x/../gate?access_token=<G>",
            "/rtc/../livekit/gate?access_token=<G>",
            "http://localhost/livekit/gate?access_token=<G>",
            "/livekit/gate/?access_token=<G>",
            "/livekit/gate%00",
            "/@livekit_gate_503",
            "@livekit_gate_503",
        )
        if not path.endswith("%00") and path[0] != "@"
    },
    "the gate itself at /livekit/gate%00": row(request("/livekit/gate%00"), MALFORMED),
    "a named location as a target": row(request("@livekit_gate_503"), MALFORMED),
}

REST = {
    "HEAD": row(request("/rtc/validate?access_token=<G>", method="HEAD"), refused(403, "method_not_allowed")),
    **{
        f"{method} by G": row(request("/rtc?access_token=<G>", method=method), METHOD)
        for method in ("OPTIONS", "PUT", "PATCH", "DELETE", "PROPFIND")
    },
    "method in small letters": row(join("/rtc?access_token=<G>", method="get"), MALFORMED),
    "upgrade to h2c by G": row(request("/rtc?access_token=<G>", "Connection: Upgrade", "Upgrade: h2c"), passed(404)),
    "upgrade to websocket or h2c by G": row(
        request("/rtc?access_token=<G>", "Connection: Upgrade", "Upgrade: websocket, h2c"), passed(404)
    ),
    "validate with an upgrade, by G": row(
        join("/rtc/v1/validate?access_token=<G>"), passed(200, path="/rtc/v1/validate")
    ),
    "renewed token of B": row(join("/rtc?access_token=<renewed-B>"), NOT_MEMBER),
    "renewed token of G": row(join("/rtc?access_token=<renewed>"), passed(who="renewed")),
    "token that ended two minutes ago": row(join("/rtc?access_token=<ended>"), refused(401, "token_expired")),
    "token without an end": row(join("/rtc?access_token=<endless>"), refused(401, "token_exp_missing")),
    "token without sub": row(join("/rtc?access_token=<anonymous>"), refused(401, "token_sub_missing")),
    "token with Sub beside sub": row(join("/rtc?access_token=<cased>"), refused(401, "token_claim_case")),
    "token of another key": row(join("/rtc?access_token=<foreign>"), refused(401, "token_key_unknown")),
    "agent's token": row(join("/rtc?access_token=<agent>"), refused(403, "identity_foreign")),
    "token of 58 KB in the query": row(join("/rtc?access_token=<long>"), passed(who="long")),
    "token of 58 KB in the header": row(join("/rtc", "Authorization: Bearer <long>"), passed(who="long")),
    "token of 58 KB, a query of 6 KB": row(
        join(f"/rtc?x={'x' * 6144}", "Authorization: Bearer <long>"), refused(401, "token_too_long")
    ),
    "token of 62 KB in the query": row(join("/rtc?access_token=<longer>"), refused(401, "token_too_long")),
    "token of 62 KB in the header": row(join("/rtc", "Authorization: Bearer <longer>"), refused(401, "token_too_long")),
    # nginx cannot put both into one question.
    "tokens of 58 KB in both": row(join("/rtc?access_token=<long>", "Authorization: Bearer <long>"), Outcome(503)),
    "query of 70 KB": row(join(f"/rtc?access_token=<G>&x={'x' * 70000}"), LONG),
    "path of 70 KB": row(join(f"/rtc/{'x' * 70000}?access_token=<G>"), LONG),
    "header of 70 KB": row(join("/rtc?access_token=<G>", f"X-Long: {'x' * 70000}"), MALFORMED),
    "query of 40 KB of &": row(join(f"/rtc?{'&' * 40000}access_token=<B>"), NOT_MEMBER),
    "validate with a form of B, query G": row(
        request(
            "/rtc/validate?access_token=<G>", "Content-Type: application/x-www-form-urlencoded", body="access_token=<B>"
        ),
        MALFORMED,
    ),
    "validate with a request in its body": row(
        request("/rtc/validate?access_token=<G>", body=request("/agent")), MALFORMED
    ),
    "validate with a request in a chunk": row(
        request("/rtc/validate?access_token=<G>", "Transfer-Encoding: chunked") + chunks(request("/agent")),
        MALFORMED,
    ),
    # The yes of the gate would wait for it, however long.
    **{
        f"a body that does not come, {line} at {path}": row(join(f"{path}?access_token=<G>", line), MALFORMED)
        for path in ("/rtc", "/rtc/v1", "/rtc/validate", "/rtc/v1/validate")
        for line in ("Content-Length: 1", "Content-Length: 0400", "Transfer-Encoding: chunked")
    },
    "an empty body": row(join("/rtc?access_token=<G>", "Content-Length: 0"), passed()),
    "body of 5 KB with a GET": row(join("/rtc?access_token=<G>", body="x" * 5000), Outcome(413)),
    "twirp: token of M in the query": row(
        call(token=None, path=f"{LIST}?access_token=<M>&x=y"), passed(200, "M", LIST)
    ),
    "twirp: header M, query G": row(call(path=f"{LIST}?access_token=<G>"), TWICE),
    "twirp: by B": row(call(token="<B>"), refused(403, "grant_missing")),
    "twirp: by G": row(call(token="<G>"), refused(403, "grant_missing")),
    "twirp: token of the API alone": row(call(token="<api>"), refused(401, "token_sub_missing")),
    "twirp: body in chunks": row(
        request(LIST, "Authorization: Bearer <M>", "Transfer-Encoding: chunked", method="POST")
        + "2\r\n{}\r\n0\r\n\r\n",
        passed(200, "M", LIST),
    ),
    **{
        f"twirp: {service}": row(call(path=f"/twirp/livekit.{service}", body="{}"), CLOSED)
        for service in (
            "AgentDispatchService/CreateDispatch",
            "RoomService/CreateRoom",
            "RoomService/ForwardParticipant",
            "RoomService/MoveParticipant",
            "RoomService/PerformRpc",
            "RoomService/",
            "RoomService",
            "SIP/CreateSIPParticipant",
            "Ingress/CreateIngress",
        )
    },
    **{
        f"closed: {path}": row(request(f"{path}?access_token=<M>"), CLOSED)
        for path in (
            "/agents/x",
            "/agents",
            "/settings/",
            "/debug/pprof/",
            "/debug/goroutine",
            "/whip",
            "/whip/v2",
            "/twirp",
            "/twirp/",
        )
    },
    "whip: PATCH by G": row(whip("<G>", "/whip/v1/PA_x", "PATCH"), passed(201, path="/whip/v1/PA_x")),
    "whip: DELETE by B": row(whip("<B>", "/whip/v1/PA_x", "DELETE"), NOT_MEMBER),
    "whip: query goes nowhere": row(whip("<G>", "/whip/v1?access_token="), passed(201, path="/whip/v1")),
    **{
        f"whip: {path}": row(whip("<G>", path), CLOSED)
        for path in ("/whip/v1/", "/whip/v1/PA_x/y", "/whip/v1/PA_x/../..", "/whip/v1/PA_", "/whip/v1/RM_x", "/whip/")
    },
}
