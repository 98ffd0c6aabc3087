"""What is written down of joins: who entered, and who did not; never a token, and no socket of a network is made."""

import pathlib

import pytest

from support import fastcgi
from support.livekit_site import claims
from support.livekit import STAND_IN
from support.signalling import JAVASCRIPT, Refused


def test_the_log_says_who_entered(site):
    client = site.client().connect()
    admitted = site.joins()[-1]
    said = {name: admitted[name] for name in ("event", "level", "userId", "roomId", "identity", "endpoint", "tokenId")}
    assert said == {
        "event": "join.admitted",
        "level": "info",
        "userId": "alice",
        "roomId": "stage-1",
        "identity": client.participant.identity,
        "endpoint": "rtc",
        "tokenId": claims(client.given)["jti"],
    }
    issued = [event for event in site.deployment.events() if event["event"] == "token.issued"][-1]
    assert issued["tokenId"] == admitted["tokenId"]
    client.cut()
    client.come_back()
    # A renewed token has no id.
    assert "tokenId" not in site.joins()[-1]


def test_the_request_id_is_the_clients(site):
    _, headers, _ = site.door().request("GET", "/rtc/validate", {"Authorization": f"Bearer {site.token()}"})
    assert headers["X-Request-Id"] == site.joins()[-1]["requestId"]


def test_no_token_is_in_a_log_whatever_fails(site):
    """nginx's own errors quote the request: LiveKit is away, the gate is, a request is too long or no request."""
    token, door = site.token(), site.door()
    for path in ("/rtc", "/rtc/v1", "/rtc/validate", "/rtc/v2", "/agent", "/twirp/livekit.RoomService/DeleteRoom"):
        door.request("GET", f"{path}?access_token={token}")
        door.request("POST", f"{path}?access_token={token}", {"Authorization": f"Bearer {token}"}, b"x" * 100_000)
    client = site.client(token, JAVASCRIPT).connect()
    client.cut()
    door.request("GET", f"/rtc?access_token={token}&{'x' * 20_000}")
    site.livekit.stop()
    assert site.status(token) == 503
    with pytest.raises((Refused, OSError)):
        site.client(token, JAVASCRIPT).connect()
    site.responder.stop()
    assert site.status(token) == 503
    log = pathlib.Path(site.web_server.directory, "log/livekit-tokend.access.log")
    assert "/rtc" not in log.read_text() or token not in log.read_text()
    site.assert_no_token_in_a_log()
    site.responder = site.start_responder()
    site.livekit.start()


def test_metrics_count_joins_by_endpoint_and_reason(site):
    def count(name):
        page = fastcgi.exchange(site.deployment.socket, fastcgi.get_params("/livekit/metrics")).body.decode()
        values = [line.rpartition(" ")[2] for line in page.splitlines() if line.startswith(f"livekit_tokend_{name} ")]
        return int(values[0]) if values else 0

    token = site.token()
    before = count('joins_admitted_total{endpoint="validate"}')
    assert site.status(token) == 200
    assert count('joins_admitted_total{endpoint="validate"}') == before + 1
    site.deployment.run("block", "alice")
    assert site.status(token) == 403
    assert count('joins_refused_total{endpoint="validate",reason="blocked"}') == 1
    assert count("join_duration_seconds_count") == before + 2


@pytest.mark.parametrize("path", ["/livekit/gate", "/livekit/gate/", "//livekit/gate", "/livekit/%67ate"])
def test_no_client_asks_the_gate_itself(site, path):
    status, headers, _ = site.door().request("GET", path, {"Authorization": f"Bearer {site.token()}"})
    assert status == 404
    assert "X-LiveKit-Token" not in headers
    assert site.joins() == []


def test_the_trace_of_sockets_sees_a_responders_first_and_last(site):
    """The control of what is asserted at the end of each site: that its trace has the sockets there are."""
    client = site.client().connect()
    assert client.is_in()
    site.responder.stop()
    made = site.made_sockets()
    assert made, "the responder listens at a socket that it has made itself"
    assert all("AF_UNIX" in line for line in made)
    site.responder = site.start_responder()
    assert len(site.made_sockets()) > len(made)


def test_the_stand_in_sees_a_verified_token_and_a_query_without_it(site, kind):
    if kind != STAND_IN:
        pytest.skip("what a real LiveKit was asked is not known")
    site.client(sdk=JAVASCRIPT).connect()
    asked = [line for line in site.livekit.requests() if line["path"] == "/rtc/v1"][-1]
    assert asked["status"] == 101 and asked["room"] == "stage-1"
    assert asked["parameters"] == ["join_request"]
