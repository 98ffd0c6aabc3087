"""The gate is on or off by the configuration, and by each reload of it; while it is off, nothing shows of it."""

import json
import os
import secrets
import signal
import uuid

import jwt
import pytest

from support import fastcgi
from support.canaries import plant
from support.deployment import Deployment
from support.responder import Responder
from support.waiting import wait_until

ENDPOINTS = ("rtc", "validate", "twirp", "whip", "agent", "")


def question(token="", endpoint="rtc", path="/livekit/gate"):
    """The parameters of a question of nginx to the gate; without an endpoint it is none."""
    params = fastcgi.get_params(path)
    if endpoint is not None:
        params += [
            ("LIVEKIT_GATE", endpoint),
            ("LIVEKIT_GATE_METHOD", "GET"),
            ("LIVEKIT_GATE_URI", f"/rtc?access_token={token}&protocol=16"),
        ]
    return params


def shown(answer):
    """All of an answer but its own id."""
    headers = [(name, value) for name, value in answer.headers if name != "X-Request-Id"]
    body = answer.body
    for name, value in answer.headers:
        if name == "X-Request-Id":
            body = body.replace(value.encode(), b"ID")
    return answer.status, headers, body


def logged(deployment):
    """The last line of the log, without what differs from one request to the next."""
    event = deployment.events()[-1]
    return {name: value for name, value in event.items() if name not in ("time", "requestId", "micros")}


def metrics(path):
    page = fastcgi.exchange(path, fastcgi.get_params("/livekit/metrics")).body.decode()
    return [line for line in page.splitlines() if "_join" in line]


LOGINS = ["sessions: {source: nginx, users: any}", "memberships: {source: claims}"]


@pytest.fixture
def responder(deployment):
    return Responder(deployment).wait_until_ready()


def reload(responder, gate):
    """Has it take over the configuration with another `gate`; what it says of the gate then."""
    deployment = responder.deployment
    lines = [line for line in deployment.configuration.read_text().splitlines() if not line.startswith("gate:")]
    deployment.configuration.write_text("\n".join([*lines, *gate]) + "\n")

    def events():
        return [event for event in deployment.events() if event["event"] in ("service.reloaded", "reload.refused")]

    before = len(events())
    responder.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(events()) > before, "there is no word of the reload", pause=0.01)
    return events()[-1]


def token(responder):
    return json.loads(responder.ask(responder.deployment.bearer).body)["token"]


def test_off_it_is_a_path_that_there_is_not(responder):
    """The same bytes, and the same line of the log, as for any unknown path, whatever nginx would ask."""
    unknown = fastcgi.exchange(responder.path, question(endpoint=None, path="/livekit/unknown"))
    line = logged(responder.deployment)
    assert unknown.status == 404
    for endpoint in (None, *ENDPOINTS):
        answer = fastcgi.exchange(responder.path, question(token(responder), endpoint))
        assert shown(answer) == shown(unknown)
        assert logged(responder.deployment) == line
    assert metrics(responder.path) == []
    started = [event for event in responder.deployment.events() if event["event"] == "service.started"]
    assert started[-1]["gate"] == "off"


def test_on_it_is_one_for_nginx_alone(responder):
    assert reload(responder, ["gate: on"])["gate"] == "on"
    # A client can make the path, and not the parameter.
    assert fastcgi.exchange(responder.path, question(endpoint=None)).status == 404
    given = token(responder)
    answer = fastcgi.exchange(responder.path, question(given))
    assert (answer.status, answer.body) == (204, b"")
    headers = dict(answer.headers)
    assert (headers["X-LiveKit-Token"], headers["X-LiveKit-Query"]) == (given, "protocol=16")
    event = logged(responder.deployment)
    assert (event["event"], event["userId"], event["endpoint"]) == ("join.admitted", "alice", "rtc")
    responder.deployment.run("member", "remove", "stage-1", "alice")
    assert fastcgi.exchange(responder.path, question(given)).status == 403
    assert fastcgi.exchange(responder.path, question("made.up.token")).status == 401
    assert fastcgi.exchange(responder.path, question(given, "agent")).status == 503
    assert 'livekit_tokend_joins_admitted_total{endpoint="rtc"} 1' in metrics(responder.path)
    assert 'livekit_tokend_joins_refused_total{endpoint="rtc",reason="not_member"} 1' in metrics(responder.path)
    assert given not in responder.deployment.log.read_text()


def test_a_reload_turns_it_on_and_off(responder):
    given = token(responder)
    for gate, status, words in (
        (["gate: on"], 204, "on"),
        (["gate: {grants: strict}"], 204, "on, strict"),
        (["gate: off"], 404, "off"),
        (["gate: on"], 204, "on"),
        ([], 404, "off"),
    ):
        assert reload(responder, gate)["gate"] == words
        assert fastcgi.exchange(responder.path, question(given)).status == status
        assert bool(metrics(responder.path)) == (status == 204)
    # A gate that could not judge is refused, and the one of before stays.
    assert reload(responder, ["gate: on"])["gate"] == "on"
    refused = reload(responder, ["gate: {memberships: unjudged}"])
    assert "gate.memberships is unjudged, and memberships.source is directory" in refused["message"]
    assert fastcgi.exchange(responder.path, question(given)).status == 204


def test_a_gate_that_comes_with_its_directory_waits_for_a_restart(stack):
    deployment = Deployment.create(f"{stack}/switch-{uuid.uuid4().hex[:8]}")
    with_directory = deployment.configuration.read_text().splitlines() + LOGINS
    without = [line for line in with_directory if not line.startswith("directory:")] + ["directory: {url: none}"]
    deployment.configuration.write_text("\n".join(without) + "\n")
    with Responder(deployment) as responder:
        responder.wait_until_ready()
        deployment.configuration.write_text("\n".join(with_directory) + "\n")
        told = reload(responder, ["gate: {memberships: unjudged}"])
        assert told["gate"] == "off: it takes a restart"
        wait_until(lambda: deployment.events()[-1]["event"] == "reload.incomplete", "nothing is left to a restart")
        assert deployment.events()[-1]["message"] == "gate, directory.url: changed, which takes a restart"
        assert fastcgi.exchange(responder.path, question("x")).status == 404


@pytest.mark.parametrize("gate", ["gate: on", "gate: off"])
def test_a_reload_keeps_each_key_of_the_environment(stack, gate):
    """LiveKit renews a token by any of them, and the process has forgotten the variable by then."""
    deployment = Deployment.create_with_alice(f"{stack}/switch-{uuid.uuid4().hex[:8]}", f"workers: 4\n{gate}\n")
    text = deployment.configuration.read_text()
    assert ", key_file: keys.yaml" in text
    deployment.configuration.write_text(text.replace(", key_file: keys.yaml", ""))
    keys = {name: secrets.token_urlsafe(32) for name in ("APIone", "APItwo")}
    plant(*keys.values())
    lines = "\n".join(f"{name}: {secret}" for name, secret in keys.items())
    environment = {**os.environ, "LIVEKIT_KEYS": lines, "LIVEKIT_API_KEY": "APIone"}
    with Responder(deployment, env=environment) as responder:
        responder.wait_until_ready()
        claims = jwt.decode(token(responder), keys["APIone"], ["HS256"])
        renewed = jwt.encode({**claims, "iss": "APItwo"}, keys["APItwo"])
        for _ in range(2):
            assert reload(responder, ["gate: on"])["gate"] == "on"
            assert fastcgi.exchange(responder.path, question(token(responder))).status == 204
            assert fastcgi.exchange(responder.path, question(renewed)).status == 204
