"""The gate while a part is away: 503, no way in, and no token in a log."""

import json
import os
import signal
import socket
import struct

import pytest
from gate_site import MODERATORS, TEXTS, VALIDATES, GateSite, Wire, ask, assert_readable, join
from hostile_rows import call
from support.client import Client
from support.places import place_of
from support.responder import Responder
from support.waiting import wait_until


def access(site, answer):
    """The line of the access log for an answer."""

    def lines():
        return [line for line in site.log.read_text().splitlines() if answer.id in line]

    return json.loads(wait_until(lines, "it is not in the access log")[0])


def assert_unavailable(site):
    """Fails unless each endpoint says 503; the line of the access log for the last."""
    for text in (call(token=site.lead), *(join(f"{path}?access_token={site.good}") for path in ("/rtc", *VALIDATES))):
        answer = ask(site, text)
        assert (answer.status, answer.body) == (503, TEXTS[503])
        assert answer.values("retry-after") == ["1"]
        assert_readable(answer)
    return access(site, answer)


@pytest.fixture
def broken(request):
    """A site to break; afterwards no log of nginx's has a token."""
    site = GateSite(place_of(request), MODERATORS).start()
    site.good, site.lead = site.member("gloria"), site.member("mona", "moderator")
    yield site
    for name, text in site.logs().items():
        assert "eyJ" not in text and site.good[-30:] not in text, name


def test_a_responder_that_is_away(broken):
    assert broken.responder.stop() == 0
    assert assert_unavailable(broken)["upstreamStatus"] == "502"
    Responder(broken.deployment).wait_until_ready()
    assert ask(broken, join(f"/rtc?access_token={broken.good}")).status == 101


def test_a_responder_that_hangs(broken, figure):
    os.kill(broken.responder.pid, signal.SIGSTOP)
    line = assert_unavailable(broken)
    os.kill(broken.responder.pid, signal.SIGCONT)
    assert line["upstreamStatus"] == "504"
    figure(f"503 after {line['seconds']} s")
    assert ask(broken, join(f"/rtc?access_token={broken.good}")).status == 101


def test_a_livekit_that_is_away(broken):
    broken.echo.kill()
    line = assert_unavailable(broken)
    assert line["upstreamStatus"] == "204 : 502"


def test_a_gate_that_is_off(request):
    site = GateSite(place_of(request), MODERATORS)
    site.good, site.lead = site.member("gloria"), site.member("mona", "moderator")
    site.responder.stop()
    text = site.deployment.configuration.read_text()
    site.deployment.configuration.write_text(text.replace("gate: on", "gate: off"))
    Responder(site.deployment).wait_until_ready()
    site.start()
    assert assert_unavailable(site)["upstreamStatus"] == "404"
    assert site.echo.arrived == []


def test_sockets_that_break_in_every_way(broken):
    """The client is cut off, LiveKit is, the worker is killed: of none of them is a token written down."""
    for end in ("client", "livekit", "worker"):
        with Wire(broken) as wire:
            assert wire.send(join(f"/rtc?access_token={broken.good}"))[0].status == 101
            match end:
                case "client":
                    # A reset, as of a device that is gone.
                    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                case "livekit":
                    for connection in list(broken.echo.open):
                        connection.shutdown(socket.SHUT_RDWR)
                case "worker":
                    for worker in broken.web_server.workers():
                        os.kill(worker, signal.SIGKILL)
    wait_until(lambda: serves(broken), "it does not serve")


def serves(site):
    try:
        with Client(site.web_server) as client:
            return client.request("GET", f"/rtc/validate?access_token={site.good}").status == 200
    except OSError:
        return False
