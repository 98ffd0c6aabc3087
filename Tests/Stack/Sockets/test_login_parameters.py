"""Parameters of a login on the FastCGI socket itself: each is read by its own name, once, and heeded where they count."""

import base64
import json
import random
import time

import pytest
from support import fastcgi
from support.deployment import Deployment
from support.responder import Responder

SETTINGS = "workers: 4\nsessions: {source: nginx, users: any}\ntoken: {identity: session}\n"
LOBBY = b'{"roomId":"lobby"}'


@pytest.fixture(scope="module")
def deployment(stack):
    deployment = Deployment.create_with_alice(f"{stack}/parameters", SETTINGS)
    deployment.run("room", "add", "lobby", "--open")
    with Responder(deployment) as responder:
        responder.wait_until_ready()
        yield deployment


def ask(deployment, *logins, bearer=None):
    """The answer to a request with these parameters after those of every request, and its line in the log."""
    params = fastcgi.token_params(bearer, LOBBY) + list(logins)
    answer = fastcgi.exchange(deployment.socket, params, LOBBY)
    return answer, deployment.events()[-1]


def claims(answer):
    payload = json.loads(answer.body)["token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_each_parameter_is_what_its_name_says_in_any_order(deployment):
    end = int(time.time()) + 100
    logins = [
        ("LIVEKIT_USER", "ada"),
        ("LIVEKIT_NAME", "Plain"),
        ("LIVEKIT_NAME_PERCENT", "Zo%C3%AB"),
        ("LIVEKIT_DID", "did:web:ada.example"),
        ("LIVEKIT_SESSION", "session-1"),
        ("LIVEKIT_SESSION_END", str(end)),
        ("LIVEKIT_ROOMS", "no JSON"),
        ("LIVEKIT_GROUPS", "a,b"),
        ("LIVEKIT_JWT", "a.b.c"),
        ("LIVEKIT_AUTH_STATUS", "200"),
        ("LIVEKIT_UNKNOWN", "x"),
    ]
    order, identities = random.Random(1), set()
    for _ in range(20):
        order.shuffle(logins)
        answer, event = ask(deployment, *logins)
        assert answer.status == 200
        token = claims(answer)
        assert (token["name"], token["exp"]) == ("Zoë", end)
        assert json.loads(token["metadata"])["did"] == "did:web:ada.example"
        assert (event["userId"], event["did"]) == ("ada", "did:web:ada.example")
        identities.add(token["sub"])
    # Of the session, which is the same.
    assert len(identities) == 1


def test_an_empty_parameter_is_an_absent_one(deployment):
    session = ("LIVEKIT_SESSION", "session-1")
    names = [("LIVEKIT_NAME", "Ada"), ("LIVEKIT_NAME_PERCENT", "")]
    answer, _ = ask(deployment, ("LIVEKIT_USER", "ada"), session, *names)
    assert claims(answer)["name"] == "Ada"
    for login in ([], [("LIVEKIT_USER", "")]):
        answer, event = ask(deployment, *login, bearer=deployment.bearer)
        assert (answer.status, event["reason"]) == (403, "login_missing")


@pytest.mark.parametrize("name", ["USER", "NAME", "SESSION_END", "ROOMS", "JWT", "AUTH_STATUS"])
@pytest.mark.parametrize("values", [("200", "200"), ("", "200"), ("200", ""), ("", "")])
def test_a_parameter_that_comes_twice_is_a_mistake_of_the_web_server(deployment, name, values):
    twice = [(f"LIVEKIT_{name}", value) for value in values]
    answer, event = ask(deployment, *([] if name == "USER" else [("LIVEKIT_USER", "ada")]), *twice)
    assert (answer.status, event["reason"]) == (500, "header_repeated")
    assert f"LIVEKIT_{name}" in event["fault"]


@pytest.mark.parametrize(
    "name", ["HTTP_LIVEKIT_USER", "livekit_user", "LIVEKIT-USER", "LIVEKIT_USER ", "LIVEKIT_USERS", "REMOTE_USER"]
)
def test_another_name_names_no_user(deployment, name):
    answer, event = ask(deployment, (name, "ada"))
    assert (answer.status, event["reason"]) == (403, "login_missing")


def test_a_directory_of_sessions_heeds_no_login_but_a_no(stack):
    deployment = Deployment.create_with_alice(f"{stack}/parameters-directory")
    deployment.run("room", "add", "lobby", "--open")
    with Responder(deployment) as responder:
        responder.wait_until_ready()
        eve = ("LIVEKIT_USER", "eve")
        answer, event = ask(deployment, eve)
        assert (answer.status, event["reason"]) == (403, "authorization_missing")
        answer, event = ask(deployment, eve, ("LIVEKIT_NAME", "Eve"), bearer=deployment.bearer)
        assert (answer.status, event["userId"]) == (200, "alice")
        assert "name" not in claims(answer)
        answer, event = ask(deployment, ("LIVEKIT_AUTH_STATUS", "401"), bearer=deployment.bearer)
        assert (answer.status, event["reason"]) == (403, "login_denied")
