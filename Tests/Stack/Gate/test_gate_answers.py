"""What a client and LiveKit see of the gate: its answers, WebSockets that pass, and parts that are away."""

import contextlib
import os
import signal
import subprocess

import pytest
from gate_site import MODERATORS, TEXTS, VALIDATES, WHIP, GateSite, Wire, ask, assert_readable, join, request
from hostile_rows import LIST, call
from support import leftovers
from support.livekit_echo import response
from support.logins import Echo
from support.places import place_of
from support.waiting import wait_until


@pytest.fixture(scope="module")
def site(request):
    with leftovers.ended():
        site = GateSite(place_of(request), MODERATORS, WHIP).start()
        site.good, site.bad = site.member("gloria"), site.member("bert")
        site.lead = site.member("mona", "moderator")
        site.deployment.run("member", "remove", "stage-1", "bert")
        yield site


@pytest.mark.parametrize("path", ["/rtc", "/rtc/v1", *VALIDATES])
def test_a_refusal_is_a_short_text(site, path):
    for query, status in (("", 401), (f"?access_token={site.bad}", 403)):
        answer = ask(site, join(f"{path}{query}"))
        assert (answer.status, answer.body) == (status, TEXTS[status])
        assert answer.values("content-type") == ["text/plain"]
        assert_readable(answer)


def test_reasons_are_not_told(site):
    """The same answer to the byte, but for its id and date, to an unknown key, a bad signature, an ended token."""
    tokens = ["x", f"{site.good}x", site.signed(site.good, exp=1, nbf=1, iat=1), site.signed(site.good, iss="APIx")]
    answers = [ask(site, request(f"/rtc/validate?access_token={token}")) for token in tokens]
    seen = {
        (answer.status, answer.body, *(line for line in answer.headers if line[0] not in ("x-request-id", "date")))
        for answer in answers
    }
    assert len(seen) == 1


@pytest.mark.parametrize("path", VALIDATES)
@pytest.mark.parametrize("status", [200, 400, 401, 404, 500, 503])
def test_answers_of_livekit_pass_with_one_header_for_pages(site, path, status):
    site.echo.answers[path] = response(status, b"no room name", b"Access-Control-Allow-Credentials: true\r\n")
    answer = ask(site, request(f"{path}?access_token={site.good}", "Origin: https://app.example.com"))
    del site.echo.answers[path]
    assert (answer.status, answer.body) == (status, b"no room name")
    assert_readable(answer)


def test_what_is_closed_says_so_to_pages(site):
    for path in ("/rtc/v2/validate", "/agents/x", "/twirp/livekit.RoomService/DeleteRoom"):
        answer = ask(site, request(path))
        assert (answer.status, answer.body) == (404, TEXTS[404])


def test_a_page_may_call_as_a_moderator(site):
    for path, method in ((LIST, "POST"), ("/whip/v1", "POST"), ("/whip/v1/PA_x", "PATCH")):
        before = len(site.echo.arrived)
        asked = ("Origin: https://app.example.com", f"Access-Control-Request-Method: {method}")
        answer = ask(site, request(path, *asked, method="OPTIONS"))
        assert (answer.status, len(site.echo.arrived)) == (204, before)
        assert method in answer.values("access-control-allow-methods")[0]
        assert "Authorization" in answer.values("access-control-allow-headers")[0]
        assert_readable(answer)
    answer = ask(site, call(token=site.lead))
    assert (answer.status, answer.body) == (200, b"{}")
    assert_readable(answer)


# --- WebSockets, connections ------------------------------------------------------------------------------------------


def test_a_websocket_passes_and_outlives_a_reload(site):
    with Wire(site) as wire:
        (answer,) = wire.send(join(f"/rtc?access_token={site.good}"))
        assert answer.status == 101
        assert answer.values("sec-websocket-accept") == ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]
        assert_echoes(wire)
        before = set(site.web_server.workers())
        site.web_server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: set(site.web_server.workers()) - before, "it has not reloaded")
        assert_echoes(wire)


def test_a_reload_with_a_time_limit_brings_everybody_to_the_gate_again(request):
    """As the manual has it for a sweep: who may still enter is back, who may not is not."""
    site = GateSite(place_of(request))
    site.change("worker_processes 2;", "worker_processes 2;\nworker_shutdown_timeout 1s;", "nginx.conf")
    site.start()
    tokens = [site.member(user) for user in ("gloria", "bert")]
    with Wire(site) as one, Wire(site) as other:
        for wire, token in zip((one, other), tokens, strict=True):
            assert wire.send(join(f"/rtc?access_token={token}"))[0].status == 101
        site.deployment.run("member", "remove", "stage-1", "bert")
        for wire in (one, other):
            assert_echoes(wire)
        site.web_server.process.send_signal(signal.SIGHUP)
        for wire in (one, other):
            assert wire.stream.read(1) == b""
    assert [ask(site, join(f"/rtc?access_token={token}")).status for token in tokens] == [101, 403]


def test_a_participant_holds_two_connections_of_a_worker(request):
    """As the manual counts them: of 64, nginx itself has some."""
    site = GateSite(place_of(request))
    site.change("worker_processes 2;", "worker_processes 1;", "nginx.conf")
    site.change("worker_connections 4096;", "worker_connections 64;", "nginx.conf")
    site.start()
    text, inside = join(f"/rtc?access_token={site.member('gloria')}"), 0
    with contextlib.ExitStack() as wires, contextlib.suppress(OSError):
        while inside < 64 and wires.enter_context(Wire(site)).send(text)[0].status == 101:
            inside += 1
    assert 24 <= inside <= 32


def assert_echoes(wire):
    sent = os.urandom(100_000)
    wire.socket.sendall(sent)
    assert wire.stream.read(len(sent)) == sent


def test_other_requests_share_a_connection_to_livekit(site):
    before = len(site.echo.arrived)
    with Wire(site) as wire:
        for number in range(6):
            wire.send(request(f"/rtc/validate?access_token={site.good}&x={number}"))
    arrived = site.echo.arrived[before:]
    assert [request.query for request in arrived] == [f"x={number}" for number in range(6)]
    assert len({request.connection for request in arrived}) == 1


YES = b"Status: 204\r\nX-Accel-Redirect: @livekit_validate\r\n"


class Answerer(Echo):
    """Stands where the responder should, and counts connections and questions."""

    def __init__(self, path):
        self.connections = self.questions = 0
        self.answers = {
            "yes": YES + b"X-LiveKit-Token: x\r\nX-LiveKit-Query: \r\n\r\n",
            "no": b"Status: 403\r\nContent-Type: text/plain\r\n\r\nno",
            "half": YES + b"\r\n",
            "unknown": b"Status: 404\r\nContent-Type: text/plain\r\n\r\nnot here",
            "well": b"Status: 200\r\nContent-Type: text/plain\r\n\r\nsomething else",
        }
        super().__init__(path)

    def _serve(self, connection):
        self.connections += 1
        super()._serve(connection)

    def answer(self, sent):
        self.questions += 1
        return self.answers[sent["LIVEKIT_GATE_URI"][0].partition("=")[2]]


def test_refusals_share_a_connection_and_no_answer_is_kept(request):
    site = GateSite(place_of(request), responds=False)
    gate = Answerer(site.deployment.socket)
    site.start()
    before = files(site)
    with Wire(site) as wire:
        for _ in range(20):
            assert wire.send(request_for("no"))[0].status == 403
        assert (gate.connections, gate.questions) == (1, 20)
        assert wire.send(request_for("yes"))[0].status == 200
    # From what is no gate: no way in, or no token.
    for kind, status in (("unknown", 503), ("well", 200), ("half", 401)):
        assert ask(site, request_for(kind)).status == status
    assert files(site) == before
    assert site.echo.arrived[-1].values("Authorization") == ["Bearer"]


def request_for(kind):
    return request(f"/rtc/validate?x={kind}")


def files(site):
    return {path for path in site.web_server.directory.rglob("*") if path.is_file() and path.parent.name != "log"}


# --- HTTP/2 -----------------------------------------------------------------------------------------------------------


def test_http2_is_judged_alike(request, tmp_path):
    """By curl: the statuses, and what reached LiveKit."""
    site = GateSite(place_of(request), MODERATORS)
    site.change(" ssl;", " ssl http2;")
    site.start()
    good, bad = site.member("gloria"), site.member("bert")
    site.deployment.run("member", "remove", "stage-1", "bert")
    rows = {f"{path}?access_token={bad}": 403 for path in VALIDATES}
    closed = ("/agent", "/rtc/", "/livekit/gate", "//livekit/gate", "/livekit/%67ate", "/rtc%0a", "/rtc/../agent")
    rows |= {f"{path}?access_token={good}": 404 for path in closed}
    rows |= {f"/rtc/validate?access_token={bad}&access_token={good}": 401, f"/rtc/validate?access_token={good}": 200}
    # A WebSocket needs HTTP/1.1, and this is none.
    rows |= {f"{path}?access_token={token}": 400 for path in ("/rtc", "/rtc/v1", "//rtc") for token in (good, bad)}
    config = tmp_path / "curl"
    config.write_text(
        "next\n".join(
            f'url = "https://localhost:{site.web_server.port}{target}"\npath-as-is\nhttp2\nsilent\noutput = /dev/null\n'
            f'header = "Upgrade: websocket"\nwrite-out = "%{{http_code}} %{{http_version}}\\n"\n'
            f'cacert = "{site.web_server.certificate}"\ngloboff\n'
            for target in rows
        )
    )
    ended = subprocess.run(["curl", "--config", config], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == [f"{status} 2" for status in rows.values()]
    assert [arrived.line for arrived in site.echo.arrived] == ["GET /rtc/validate? HTTP/1.1"]
