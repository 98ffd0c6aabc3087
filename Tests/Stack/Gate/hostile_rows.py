"""The rows of the table of hostile requests: what is tried, and how it must end.

In a request `<G>` is the token of somebody who may enter stage-1, `<B>` one whose membership was removed after it was
signed, `<M>` that of a moderator; the others are in test_hostile_requests.py.
"""

import base64
import dataclasses
import gzip

from gate_site import join, request


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one request ends.

    `who` is whose token reaches LiveKit with it, whose answer the status then is; None where nothing does. `reason` is
    the gate's, for a refusal of its own.
    """

    status: int
    reason: str | None = None
    who: str | None = None
    path: str = "/rtc"


@dataclasses.dataclass(frozen=True)
class Row:
    text: str
    # One for each request in the text.
    outcomes: tuple
    # What LiveKit without a gate did (livekit-server 1.13.5), where it was tried.
    bare: str = ""


def row(text, *outcomes, bare=""):
    return Row(text, outcomes, bare)


def passed(status=101, who="G", path="/rtc"):
    return Outcome(status, who=who, path=path)


def refused(status, reason):
    return Outcome(status, reason)


# By nginx, before the gate is asked.
CLOSED, MALFORMED, METHOD = Outcome(404), Outcome(400), Outcome(403, "method_not_allowed")
NOT_MEMBER = refused(403, "not_member")
TWICE, QUERY = refused(401, "token_twice"), refused(401, "query_malformed")
HEADER = refused(401, "authorization_malformed")
PUBLISH, SUFFIXED = refused(403, "publish_parameter"), refused(403, "identity_suffixed")
EXCEEDED = refused(403, "grants_exceeded")

LIST = "/twirp/livekit.RoomService/ListParticipants"


def join_request(compressed=False, content=b"\x0a\x0a\x0a\x04\x08\x01\x10\x10\x12\x02\x08\x01"):
    """A `WrappedJoinRequest` of LiveKit's protocol; field 1 says that it is compressed."""
    if compressed:
        content = gzip.compress(content)
        content = b"\x08\x01\x12" + bytes([len(content)]) + content
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


JOIN_REQUEST, GZIP = join_request(), join_request(compressed=True)
# Metadata and attributes in it, which LiveKit judges by the token.
OWN_METADATA = join_request(compressed=True, content=b"\x1a\x05forge\x22\x08\x0a\x01a\x12\x03b=c")


def call(name="ListParticipants", token="<M>", body='{"room":"stage-1"}', method="POST", path=None, lines=()):
    """A call of LiveKit's API."""
    authorization = [f"Authorization: Bearer {token}"] if token else []
    path = path or f"/twirp/livekit.RoomService/{name}"
    return request(path, *authorization, "Content-Type: application/json", *lines, method=method, body=body)


def whip(token, path="/whip/v1", method="POST", body="v=0", kind="application/sdp"):
    return request(path, f"Authorization: Bearer {token}", f"Content-Type: {kind}", method=method, body=body)


def chunks(body):
    return f"{len(body):x}\r\n{body}\r\n0\r\n\r\n"


def joins(paths, outcome, bare):
    """Rows of one token that is no longer good, at several paths."""
    return {f"B at {path}": row(join(f"{path}?access_token=<B>"), outcome, bare=bare) for path in paths}


PATHS = {
    **joins(["/rtc", "//rtc", "/%72tc", "/rt%63", "/%2frtc"], NOT_MEMBER, "in as B"),
    "B at /rtc/v1 with a join_request": row(
        join(f"/rtc/v1?access_token=<B>&join_request={GZIP}"), NOT_MEMBER, bare="in as B"
    ),
    **joins(["///rtc", "/./rtc", "/x/../rtc", "/rtc/v1/../../rtc", "/rtc//v1"], NOT_MEMBER, "307"),
    **joins(["/x/%2e%2e/rtc", "/rtc%2fv1"], NOT_MEMBER, "404"),
    "B at /rtc#": row(join("/rtc#?access_token=<B>"), refused(401, "token_missing"), bare="404"),
    "B at /rtc, # after it": row(join("/rtc?access_token=<B>#"), NOT_MEMBER, bare="404"),
    **joins(["/rtc%2f", "/rtc/..;/rtc", "/rtc/v1/../x", "/rtc/", "/rtc/v1/", "/RTC", "/rtc;x"], CLOSED, "404, 307"),
    **joins(["/rtc%20", "/rtc%09", "/rtc%0d%0aX:1", "/rtc%23", "/rtc%3f"], CLOSED, "404"),
    **joins(["/rtc\\", "/\\rtc", "/rtc/v0", "/rtc/v2"], CLOSED, "404"),
    **joins(["/rtc%00"], MALFORMED, "404"),
    **joins(["/rtc/validate"], NOT_MEMBER, "200"),
    **joins(["/agent"], CLOSED, "401"),
    **joins(["/"], CLOSED, "200"),
    **joins(["/debug/rooms", "/metrics", "/settings/regions", "/_gate"], CLOSED, "404"),
    "absolute-form, own host": row(join("https://localhost/rtc?access_token=<B>"), NOT_MEMBER, bare="in as B"),
    "absolute-form, foreign host": row(join("http://127.0.0.1:7880/rtc?access_token=<B>"), NOT_MEMBER, bare="in as B"),
    "absolute-form to /agent": row(join("http://127.0.0.1:7880/agent?access_token=<B>"), CLOSED, bare="401"),
}

REQUESTS = {
    "HTTP/1.0 with an upgrade": row(join("/rtc?access_token=<B>", version="HTTP/1.0"), NOT_MEMBER, bare="in as B"),
    "HTTP/0.9": row("GET /rtc?access_token=<B>\r\n", Outcome(None), bare="400"),
    "no Host": row(join("/rtc?access_token=<B>", host=None), MALFORMED, bare="400"),
    "two Hosts": row(join("/rtc?access_token=<B>", "Host: localhost"), MALFORMED, bare="400"),
    "CONNECT": row(request("127.0.0.1:7880", method="CONNECT"), MALFORMED, bare="404"),
    "CONNECT with a path": row(request("/rtc?access_token=<G>", method="CONNECT"), Outcome(405)),
    "h2c upgrade": row(
        request(
            "/rtc?access_token=<B>", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"
        ),
        NOT_MEMBER,
        bare="404",
    ),
    "POST with a form of B, query G": row(
        join(
            "/rtc?access_token=<G>",
            "Content-Type: application/x-www-form-urlencoded",
            method="POST",
            body="access_token=<B>",
        ),
        MALFORMED,
        bare="405",
    ),
    "GET with a form of B, query G": row(
        join("/rtc?access_token=<G>", "Content-Type: application/x-www-form-urlencoded", body="access_token=<B>"),
        MALFORMED,
        bare="closed",
    ),
    "GET in chunks, a second request inside": row(
        join("/rtc?access_token=<G>", "Transfer-Encoding: chunked") + chunks(request("/rtc?access_token=x")),
        MALFORMED,
        bare="closed",
    ),
    "Content-Length and chunks": row(
        join("/rtc?access_token=<G>", "Content-Length: 4", "Transfer-Encoding: chunked") + "0\r\n\r\n",
        MALFORMED,
        bare="closed",
    ),
    "Transfer-Encoding with a blank before its colon": row(
        join("/rtc?access_token=<G>", "Transfer-Encoding : chunked") + "0\r\n\r\n", MALFORMED, bare="400"
    ),
    **{
        f"{line}: …": row(join("/rtc?access_token=<B>", f"{line}: {value}"), NOT_MEMBER, bare="in as B")
        for line, value in {
            "X-HTTP-Method-Override": "OPTIONS",
            "X-Original-URI": "/rtc?access_token=<G>",
            "X-Rewrite-URL": "/rtc?access_token=<G>",
        }.items()
    },
    "WebSocket of version 7, then B in the pipeline": row(
        join("/rtc?access_token=<G>").replace("Version: 13", "Version: 7") + join("/rtc?access_token=<B>"),
        passed(400),
        NOT_MEMBER,
    ),
    "validate as G, then as B, kept open": row(
        request("/rtc/validate?access_token=<G>") + request("/rtc/validate?access_token=<B>"),
        passed(200, path="/rtc/validate"),
        NOT_MEMBER,
    ),
    "no Sec-WebSocket-Key": row(
        request("/rtc?access_token=<G>", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"),
        passed(400),
        bare="400",
    ),
    "a WebSocket of G, then B in it": row(join("/rtc?access_token=<G>") + join("/rtc?access_token=<B>"), passed()),
}
