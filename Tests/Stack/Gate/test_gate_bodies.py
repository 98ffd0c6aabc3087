"""Bodies at the gate: no yes is kept waiting for one. Signalling has none; a call is judged once its own is here."""

import subprocess
import time

import pytest
from gate_site import MODERATORS, TEXTS, WHIP, GateSite, Wire, ask, assert_readable, claims_of, join, request
from hostile_rows import call, whip
from support import leftovers
from support.places import place_of
from support.waiting import wait_until

CALLS = [
    "ListParticipants",
    "GetParticipant",
    "RemoveParticipant",
    "MutePublishedTrack",
    "UpdateParticipant",
    "UpdateSubscriptions",
    "SendData",
    "UpdateRoomMetadata",
]
# Method and path, of all that has a body.
WITH_BODY = [("POST", f"/twirp/livekit.RoomService/{name}") for name in CALLS]
WITH_BODY += [("POST", "/whip/v1"), ("PATCH", "/whip/v1/PA_x")]
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def site(request):
    with leftovers.ended():
        site = GateSite(place_of(request), MODERATORS, WHIP)
        site.change(" ssl;", " ssl http2;")
        yield site.start()


@pytest.fixture
def lead(site, request):
    """The token of a moderator of the test's own, and what takes their right away."""
    name = f"lead-{len(site.deployment.run('user', 'list'))}"
    token = site.member(name, "moderator")
    return token, lambda: site.deployment.run("member", "remove", "stage-1", name)


class Slow:
    """A request whose head is at nginx, and whose body comes later."""

    def __init__(self, site, kind, method, path, token):
        self.kind, self.site = kind, site
        if kind == "length":
            self.wire = Wire(site)
            lines = (f"Authorization: Bearer {token}", "Content-Length: 4")
            self.wire.socket.sendall(request(path, *lines, method=method, body="").encode() + b"{")
        else:
            # Of HTTP/1.1 it is in chunks; of HTTP/2 no header says that there is a body.
            command = ["curl", f"--{kind}", "--silent", "--request", method, "--upload-file", "."]
            command += ["--cacert", site.web_server.certificate, "--output", "/dev/null"]
            command += ["--write-out", "%{http_code}", "--header", "Expect:", "--header", "Upgrade: websocket"]
            command += ["--header", f"Authorization: Bearer {token}"]
            command += [f"https://localhost:{site.web_server.port}{path}"]
            self.curl = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.curl.stdin.write(b"{")
            self.curl.stdin.flush()
        # For the head to arrive: a test that is too fast finds less, and fails for no other reason.
        time.sleep(0.5)

    def end(self):
        """Sends the rest; the status of the answer."""
        if self.kind == "length":
            with self.wire as wire:
                return wire.send("  }")[0].status
        return int(self.curl.communicate(b"  }", 60)[0])

    def status(self):
        """That of an answer which does not wait for the rest."""
        shown = self.curl.stdout.read()
        self.curl.stdin.close()
        self.curl.wait()
        return int(shown)


@pytest.mark.parametrize("kind", ["length", "http1.1", "http2"])
@pytest.mark.parametrize("method, path", WITH_BODY, ids=lambda word: word.rpartition("/")[2])
def test_a_call_is_judged_when_all_of_it_is_here(site, lead, kind, method, path):
    """Who began one with the right to it, and lost that, does not end it."""
    token, take_away = lead
    slow = Slow(site, kind, method, path, token)
    before = len(site.echo.arrived)
    take_away()
    assert slow.end() == 403
    assert len(site.echo.arrived) == before
    told = [event for event in site.deployment.events() if event.get("tokenId") == claims_of(token)["jti"]]
    assert [(event["event"], event.get("reason")) for event in told if event["event"].startswith("join.")] == [
        ("join.refused", "not_member")
    ]


@pytest.mark.parametrize("kind", ["length", "http1.1", "http2"])
def test_a_slow_call_of_who_still_may_arrives_whole(site, lead, kind):
    for method, path in WITH_BODY:
        assert Slow(site, kind, method, path, lead[0]).end() in (200, 201)
        assert (site.echo.arrived[-1].line, site.echo.arrived[-1].body) == (f"{method} {path} HTTP/1.1", b"{  }")


@pytest.mark.parametrize("path", ["/rtc", "/rtc/v1"])
def test_signalling_is_no_request_of_http2(site, lead, path):
    """It could have a body of which no header tells, and LiveKit would hear of the join once that has ended."""
    before = len(site.echo.arrived)
    slow = Slow(site, "http2", "GET", path, lead[0])
    assert (slow.status(), len(site.echo.arrived)) == (400, before)
    assert ask(site, join(f"{path}?access_token={lead[0]}")).status == 101


def test_a_body_with_signalling_is_refused_in_words(site, lead):
    for path in ("/rtc", "/rtc/v1", "/rtc/validate", "/rtc/v1/validate"):
        answer = ask(site, join(f"{path}?access_token={lead[0]}", "Content-Length: 4000"))
        assert (answer.status, answer.body) == (400, TEXTS[400])
        assert_readable(answer)
        assert site.events(answer.id) == []
    wait_until(lambda: answer.id in site.log.read_text(), "it is not in the access log")
    (line,) = [line for line in site.log.read_text().splitlines() if answer.id in line]
    assert '"route":"validate","method":"GET","status":400' in line


def test_a_body_of_a_call_has_a_megabyte_at_most(site, lead):
    for text in (call(token=lead[0], body="x" * MEGABYTE), whip(lead[0], body="x" * MEGABYTE)):
        assert ask(site, text).status in (200, 201)
        assert site.echo.arrived[-1].body == b"x" * MEGABYTE
    before = len(site.echo.arrived)
    head = request(f"/twirp/livekit.RoomService/{CALLS[0]}", f"Authorization: Bearer {lead[0]}", method="POST")[:-2]
    assert ask(site, f"{head}Content-Length: {MEGABYTE + 1}\r\n\r\n").status == 413
    chunk = f"{MEGABYTE + 1:x}\r\nx"
    assert ask(site, f"{head}Transfer-Encoding: chunked\r\n\r\n{chunk}").status == 413
    assert len(site.echo.arrived) == before
