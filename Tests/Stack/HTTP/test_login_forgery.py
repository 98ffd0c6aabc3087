"""What a client can send that looks like a word of nginx's or of the back end's: none of it becomes one."""

import http.client
import itertools
import json
import re
import socket
import ssl
import subprocess

import pytest
from support import leftovers
from support.logins import LOBBY, LoginSite, yes

EVE = "eve-0d1f"
WORDS = ("user", "name", "name-percent", "did", "session", "session-end", "rooms", "groups", "jwt", "auth-status")
NAMES = [
    *(f"x-livekit-{word}" for word in WORDS),
    *(f"livekit-{word}" for word in WORDS),
    *("remote-user", "x-auth-request-user", "x-forwarded-user", "x-webauth-user", "http-livekit-user", "upstream-user"),
    *("x-upstream-http-x-livekit-user", "fastcgi-livekit-user", "auth-request-set", "x-accel-redirect"),
]
SPELLINGS = (
    str,
    str.upper,
    str.title,
    lambda name: name.replace("-", "_"),
    lambda name: name.upper().replace("-", "_"),
    lambda name: name.replace("-", "_", 1),
    lambda name: name + "_",
)
# Of a header that is forged: its lines.
REPEATS = (
    lambda name: [f"{name}: {EVE}"],
    lambda name: [f"{name}: {EVE}", f"{name}: {EVE}"],
    lambda name: [f"{name}:", f"{name}: {EVE}"],
)


def mirror(head):
    """A back end that believes the headers of its request."""
    lines = [line for line in head.split("\r\n") if re.match("(?i)x[-_]livekit|remote[-_]user", line)]
    return yes(None, *lines, "X-Livekit-User: alice", "Content-Length: 0", status="200 OK")


class Wire:
    """A kept connection on which any bytes may be sent."""

    def __init__(self, web_server):
        context = ssl.create_default_context(cafile=web_server.certificate)
        plain = socket.create_connection(("127.0.0.1", web_server.port), 60)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")

    def send(self, target="/livekit/token", lines=(), cookie=None, body=LOBBY, chunked=False):
        """Status and body of the answer to one request."""
        head = [f"POST {target} HTTP/1.1", "Host: localhost", "Content-Type: application/json", *lines]
        head += [f"Cookie: {cookie}"] if cookie else []
        if chunked:
            head.append("Transfer-Encoding: chunked")
            body = (
                b"%x\r\n%b\r\n0\r\n" % (len(body), body) + b"".join(f"{line}\r\n".encode() for line in lines) + b"\r\n"
            )
        else:
            head.append(f"Content-Length: {len(body)}")
        self.socket.sendall("\r\n".join([*head, "", ""]).encode() + body)
        response = http.client.HTTPResponse(self.socket, method="POST")
        response.begin()
        return response.status, response.read()


def attempts():
    """Arguments of Wire.send, each a way to say that one is eve."""
    for name, spelling, repeat in itertools.product(NAMES, SPELLINGS, REPEATS):
        yield {"lines": repeat(spelling(name))}
    for name in NAMES:
        line = f"{name}: {EVE}"
        yield {"lines": [line], "chunked": True}
        yield {"lines": [line], "target": "https://localhost/livekit/token"}
        yield {"lines": [line], "target": "/livekit/token-source", "body": b'{"room_name":"lobby"}'}
        yield {"lines": [line], "target": "//livekit/./%74oken"}
        yield {"lines": [f"Connection: {name}", line]}
    for word in WORDS:
        variable = f"LIVEKIT_{word.upper().replace('-', '_')}"
        yield {"target": f"/livekit/token?{variable}={EVE}"}
        yield {"target": f"https://localhost/livekit/token?{variable}={EVE}"}
        yield {"target": f"/livekit/token/{variable}={EVE}"}
        yield {"target": f"/livekit/token;{variable}={EVE}"}
        yield {"body": json.dumps({"roomId": "lobby", variable: EVE}).encode()}
        yield {"lines": [f"Cookie: {variable}={EVE}"]}
        yield {"lines": [f"Authorization: {variable} {EVE}"]}
        yield {"lines": [f"Content-Type: application/json; {variable}={EVE}"]}
    for target in (
        "/livekit/auth",
        "/livekit/auth/",
        "//livekit/auth",
        "/livekit/%61uth",
        "https://localhost/livekit/auth",
    ):
        yield {"target": target, "lines": [f"X-Livekit-User: {EVE}"]}
    for target in ("@livekit_denied", "/@livekit_denied", "/livekit/problem"):
        yield {"target": target, "lines": [f"X-Livekit-User: {EVE}"]}


# As it ships; and in a server that passes on all headers, odd ones too.
SERVERS = {"as it ships": "", "all headers": "underscores_in_headers on;\n    ignore_invalid_headers off;\n"}


@pytest.fixture(scope="module", params=SERVERS)
def sites(request, stack):
    """One with an Echo, one with the responder, before a back end that believes what it is told."""
    place = f"{stack}/forgery-{list(SERVERS).index(request.param)}"
    with leftovers.ended():
        made = []
        for name, echo in (("echo", True), ("real", False)):
            site = LoginSite(f"{place}-{name}", SERVERS[request.param], echo)
            site.change(" ssl;", " ssl http2;")
            site.back_end.answers["good"] = mirror
            made.append(site.start())
        yield made


def assert_eve_is_nobody(params, is_good):
    """Fails unless what a responder gets is what nginx and the back end say, and nothing else."""
    logins = {name: values for name, values in params.items() if "LIVEKIT" in name}
    if is_good:
        assert logins == {"LIVEKIT_AUTH_STATUS": ["200"], "LIVEKIT_USER": ["alice"]}
    else:
        assert logins == {"LIVEKIT_AUTH_STATUS": ["401"]}
    assert all(len(values) == 1 for values in params.values())
    others = {"CONTENT_TYPE", "HTTP_AUTHORIZATION"}
    assert not [name for name, values in params.items() if EVE in values[0] and name not in others]


def test_no_request_names_a_user(sites, figure):
    """Each attempt with and without a session of alice: the user is alice, or nobody."""
    echo, real = sites
    wires = {site: Wire(site.web_server) for site in sites}
    answered = 0
    for attempt, cookie in itertools.product(attempts(), (None, "sessionid=good")):
        for site in sites:
            try:
                status, body = wires[site].send(cookie=cookie, **attempt)
            except (http.client.HTTPException, ConnectionError, ssl.SSLError):
                # nginx has closed the connection over what it could not read.
                wires[site] = Wire(site.web_server)
                continue
            answered += site is echo
            if status in (400, 413):
                wires[site] = Wire(site.web_server)
            if site is echo and status == 200:
                assert_eve_is_nobody(json.loads(body), cookie is not None)
            elif site is real and cookie is None:
                assert status >= 400, attempt
    events = [event for event in real.deployment.events() if event["event"] == "token.issued"]
    assert len(events) > 500
    assert {event["userId"] for event in events} == {"alice"}
    for site in sites:
        assert not [head for head in site.back_end.heads if EVE in head]
    assert answered >= 900
    figure(f"{answered} forgeries, of which none reached a parameter")


def test_no_request_names_a_user_over_http2(sites, tmp_path):
    """The same by curl, whose names are in lower case there, as HTTP/2 has them (RFC 9113 §8.2.1)."""
    echo, real = sites
    for site in sites:
        options = []
        forged = list(itertools.product(NAMES, SPELLINGS, REPEATS[1:], (None, "good")))
        for name, spelling, repeat, cookie in forged:
            url = f"https://localhost:{site.web_server.port}/livekit/token"
            lines = [*repeat(spelling(name)), "Content-Type: application/json"]
            lines += [f"Cookie: sessionid={cookie}"] if cookie else []
            fields = "".join(f'header = "{line if line[-1] != ":" else line[:-1] + ";"}"\n' for line in lines)
            options.append(
                f'url = "{url}"\n{fields}data = "{{\\"roomId\\":\\"lobby\\"}}"\nwrite-out = "\\n%{{http_code}} %{{http_version}}\\n"\n'
                f'cacert = "{site.web_server.certificate}"\nsilent\n'
            )
        config = tmp_path / f"curl-{site is echo}"
        config.write_text("next\n".join(options))
        ended = subprocess.run(["curl", "--http2", "--config", config], capture_output=True, text=True, check=True)
        answers = re.findall(r"(.*)\n(\d+) (\S+)\n", ended.stdout)
        assert len(answers) == len(forged) >= 400
        assert {version for _, _, version in answers} == {"2"}
        for (_, _, _, cookie), (body, status, _) in zip(forged, answers, strict=True):
            if site is echo:
                assert status in ("200", "400")
                if status == "200":
                    assert_eve_is_nobody(json.loads(body), cookie is not None)
            else:
                assert (status == "200") == (cookie is not None) or status == "400"
    users = {event["userId"] for event in real.deployment.events() if event["event"] == "token.issued"}
    assert users == {"alice"}
