"""Logins by the tokens of identity providers: PyJWT signs them, a key set in a file verifies them, nginx is in front."""

import base64
import os
import secrets
import signal
import time

import jwt
import pytest

from support import fastcgi
from support.canaries import plant
from support.client import Client
from support.issuers import Key, key_set
from support.responder import Responder
from support.waiting import wait_until
from support.web_server import WebServer

ISSUER = "https://id.example.test/realms/main"
SECRET = secrets.token_urlsafe(32)


def make_key(algorithm, kid=None):
    return Key(algorithm, kid, ISSUER)


@pytest.fixture(scope="module")
def keys():
    return {algorithm: make_key(algorithm) for algorithm in ("RS256", "ES256", "EdDSA")}


class Site:
    """A deployment whose logins are tokens."""

    def __init__(self, deployment, keys):
        self.deployment, self.keys = deployment, keys
        self.set, self.runtime = deployment.path / "set.json", deployment.path / "runtime"
        self.runtime.mkdir()
        self.usual = deployment.configuration.read_text()

    def configure(self, *lines, users="known", keys=None):
        keys = keys or f"key_set_file: {self.set}, key_set_url: 'https://id.example.test/certs'"
        entry = ", ".join([f"issuer: '{ISSUER}'", "audience: livekit", keys, *lines])
        self.deployment.configuration.write_text(
            f"{self.usual}sessions: {{source: jwt, users: {users}, jwt: {{{entry}}}}}\n"
        )

    def publish(self, *keys, began=None, text=None):
        """Puts a set in place by renaming, as the fetch does, with the second at which it began."""
        new = self.deployment.path / "set.new"
        new.write_text(text or key_set(*keys))
        began = int(time.time()) if began is None else began
        os.utime(new, (began, began))
        os.rename(new, self.set)

    def start(self):
        self.responder = Responder(self.deployment, env={**os.environ, "RUNTIME_DIRECTORY": str(self.runtime)})
        self.responder.wait_until_listening()
        self.web_server = WebServer(self.deployment).lift_limits().start()
        self.client = Client(self.web_server)
        return self

    def ask(self, token):
        """The status of the answer, its code if it is a problem, and the reason in the log."""
        answer = self.client.ask(token)
        request = answer.headers["x-request-id"]
        events = [event for event in self.deployment.events() if event.get("requestId") == request]
        assert len(events) == 1
        return answer.status, answer.json().get("code"), events[0].get("reason")

    def event(self, token):
        self.client.ask(token)
        return self.deployment.events()[-1]

    def health(self):
        answer = self.client.request("GET", "/livekit/health")
        return answer.status, answer.json()

    def events(self, name):
        return [event for event in self.deployment.events() if event["event"] == name]

    def metric(self, name):
        return fastcgi.metric(self.responder.path, name)


@pytest.fixture
def site(deployment, keys):
    site = Site(deployment, keys)
    site.publish(*keys.values())
    site.configure()
    return site


GOOD = (200, None, None)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_token_of_a_provider_is_a_login(site, algorithm):
    site.start()
    key = site.keys[algorithm]
    token = key.token(name="Ada", sid="s-1")
    answer = site.client.ask(token)
    assert answer.status == 200
    issued = jwt.decode(answer.json()["token"], options={"verify_signature": False})
    assert issued["video"]["room"] == "stage-1" and issued["name"] == "Ada"
    given = jwt.decode(token, options={"verify_signature": False})
    assert issued["exp"] <= given["exp"]
    event = site.deployment.events()[-1]
    assert (event["userId"], event["event"]) == ("alice", "token.issued")
    # Once more, from memory, and in a length that takes nginx's large buffers with it.
    assert site.ask(token) == GOOD
    assert site.metric("login_tokens_remembered_total") == 1
    assert site.ask(key.token(filler="x" * 5000)) == GOOD
    # Another token by the same key, with its last bit turned.
    head, _, signature = key.token().rpartition(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[0] ^= 1
    forged = f"{head}.{base64.urlsafe_b64encode(raw).decode().rstrip('=')}"
    assert site.ask(forged) == (403, "session_invalid", "token_signature")


def test_secret_of_a_provider(site):
    (site.deployment.path / "jwt-secret").write_text(SECRET + "\n")
    (site.deployment.path / "jwt-secret").chmod(0o600)
    plant(SECRET)
    site.configure("require: {token_type: access}", keys="secret_file: jwt-secret")
    site.start()
    claims = {"iss": ISSUER, "aud": "livekit", "sub": "alice", "exp": int(time.time()) + 300}
    assert site.ask(jwt.encode({**claims, "token_type": "access"}, SECRET, "HS256")) == GOOD
    assert site.ask(jwt.encode(claims, SECRET, "HS256")) == (403, "session_invalid", "token_required")
    refresh = jwt.encode({**claims, "token_type": "refresh"}, SECRET, "HS256")
    assert site.ask(refresh) == (403, "session_invalid", "token_purpose")
    hs512 = jwt.encode({**claims, "token_type": "access"}, SECRET * 2, "HS512")
    assert site.ask(hs512) == (403, "session_invalid", "token_algorithm")
    assert site.health() == (200, {"status": "ok"})


def test_blocked_user(site):
    site.configure(users="any")
    site.deployment.run("room", "add", "lobby", "--open")
    site.start()
    login = site.keys["ES256"].token(sub="idp|eve")
    lobby = {"body": b'{"roomId": "lobby"}'}

    def ask():
        answer = site.client.ask(login, **lobby)
        event = site.deployment.events()[-1]
        return answer.status, answer.json().get("code"), event.get("reason"), answer

    assert ask()[:3] == GOOD
    # The directory knows no such user.
    site.deployment.run("block", "idp|eve", "--room", "lobby", "--for", "1h", "--why", "spam")
    *verdict, answer = ask()
    assert verdict == [403, "forbidden", "blocked"]
    assert "block" not in answer.body.decode() and "spam" not in answer.body.decode()
    assert site.events("token.refused")[-1]["userId"] == "idp|eve"
    site.deployment.run("unblock", "idp|eve")
    assert ask()[:3] == GOOD


def test_refused_tokens(site):
    site.configure("require: {typ: Bearer}", "refuse: {client_id: present}")
    site.start()
    key, now = site.keys["ES256"], int(time.time())
    good = {"typ": "Bearer"}
    rows = [
        ({}, "token_required"),
        ({**good, "client_id": "x"}, "token_refused"),
        ({**good, "iss": f"{ISSUER}/"}, "token_issuer"),
        ({**good, "aud": "account"}, "token_audience"),
        ({**good, "exp": now - 1}, "token_expired"),
        ({**good, "exp": now + 9}, "session_ends_too_soon"),
        ({**good, "exp": None}, "token_exp_missing"),
        ({**good, "nbf": now + 300}, "token_not_yet_valid"),
        ({**good, "iat": now + 300}, "token_issued_in_future"),
        ({**good, "cnf": {"jkt": "x"}}, "token_bound"),
        ({**good, "events": {}}, "token_events"),
        ({**good, "sub": None}, "token_user"),
        ({**good, "did": "x"}, "token_did"),
    ]
    for claims, reason in rows:
        assert site.ask(key.token(**claims)) == (403, "session_invalid", reason), claims
    assert site.ask(key.token(**good)) == GOOD
    for header, reason in [
        ({"typ": "logout+jwt"}, "token_typ"),
        ({"crit": ["exp"]}, "token_header_member"),
        ({"jwk": key.public}, "token_header_member"),
    ]:
        assert site.ask(key.token(header, **good)) == (403, "session_invalid", reason)
    none = jwt.encode({"iss": ISSUER}, None, "none")
    assert site.ask(none) == (403, "session_invalid", "token_algorithm")
    assert site.ask("opaque") == (403, "session_invalid", "token_parts")
    assert site.ask("eyJhbGciOiJkaXIifQ..iv.text.tag") == (403, "session_invalid", "token_encrypted")
    event = site.event(key.token(**{**good, "aud": "account"}))
    assert event["fault"] == 'aud is "account", and sessions.jwt.audience is livekit'
    assert event["userId"] == "alice"
    assert site.event(key.token(**good, sub="nobody-known"))["reason"] == "unknown_user"


def test_token_in_a_parameter(site):
    """As the web server passes one that its back end has told it; a header of the client is not looked at."""
    site.configure("from: parameter")
    site.start()
    key = site.keys["EdDSA"]

    def ask(bearer=None, **parameters):
        params = fastcgi.token_params(bearer, fastcgi.STAGE, **parameters)
        answer = fastcgi.exchange(site.responder.path, params, fastcgi.STAGE)
        return answer.status, site.deployment.events()[-1].get("reason")

    assert ask(LIVEKIT_JWT=key.token()) == (200, None)
    assert ask("opaque", LIVEKIT_JWT=key.token()) == (200, None)
    assert ask(key.token()) == (403, "login_token_missing")
    assert ask(LIVEKIT_JWT="") == (403, "login_token_missing")
    assert ask(LIVEKIT_JWT=f"Bearer {key.token()}") == (403, "token_encoding")
    # A client's own header never becomes the parameter: nginx passes what is configured, and nothing else.
    headers = {"Content-Type": "application/json", "Livekit-Jwt": key.token(), "LIVEKIT_JWT": key.token()}
    assert site.client.request("POST", "/livekit/token", headers, fastcgi.STAGE).status == 403
    assert site.deployment.events()[-1]["reason"] == "login_token_missing"


def test_reload_takes_over_what_a_token_must_say(site):
    site.start()
    token = site.keys["ES256"].token()
    assert site.ask(token) == GOOD
    assert site.ask(token) == GOOD
    for lines, outcome in ((["require: {typ: Bearer}"], (403, "session_invalid", "token_required")), ([], GOOD)):
        before = len(site.events("service.reloaded"))
        site.configure(*lines)
        site.responder.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(site.events("service.reloaded")) > before, "it is not reloaded")
        assert site.ask(token) == outcome
    site.deployment.configuration.write_text(site.usual + "sessions: {source: jwt}\n")
    site.responder.process.send_signal(signal.SIGHUP)
    wait_until(lambda: site.events("reload.refused"), "it is not refused")
    assert "sessions.jwt is missing" in site.events("reload.refused")[0]["message"]
    assert site.ask(token) == GOOD


def test_set_is_replaced_while_it_serves(site):
    site.set.unlink()
    site.start()
    key, other = site.keys["RS256"], make_key("RS256", "other")
    status, problem = site.health()
    assert (status, problem["detail"]) == (503, "Down: sessions.")
    assert site.ask(key.token()) == (503, "unavailable", "key_set_missing")
    site.publish(key)
    assert site.ask(key.token()) == GOOD
    kept = key.token()
    assert site.ask(kept) == GOOD
    # A bad one changes nothing, and says so.
    site.publish(text='{"keys": [')
    assert site.ask(kept) == GOOD
    assert site.health() == (200, {"status": "degraded"})
    refused = site.events("key_set.refused")[-1]
    assert "is not JSON" in refused["message"] and "the set of before stays" in refused["message"]
    assert site.metric("key_set_up") == 1
    # Nor does a reload with it.
    reloads = len(site.events("service.reloaded"))
    site.responder.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(site.events("service.reloaded")) > reloads, "it is not reloaded")
    assert site.ask(kept) == GOOD
    # The next set has another key: what was remembered goes with the one before.
    site.publish(other, began=int(time.time()) + 2)
    assert site.ask(other.token()) == GOOD
    assert site.ask(kept)[0] == 503
    assert site.health() == (200, {"status": "ok"})


def test_unknown_key_asks_for_a_fetch(site):
    wish, new = site.runtime / "key-sets-wanted", make_key("RS256", "new")
    began = int(time.time()) - 60
    site.publish(*site.keys.values(), began=began)
    site.start()
    assert not wish.exists()
    answer = site.client.ask(new.token())
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["retryAfter"] == 5
    assert site.deployment.events()[-1]["reason"] == "key_set_pending"
    assert wish.exists() and wish.stat().st_size == 0
    # A fetch that began later has confirmed the set, which does not have that key.
    seen = int(time.time())
    wait_until(lambda: time.time() >= seen + 1, "no second passes")
    os.utime(site.set, (seen + 1, seen + 1))
    assert site.ask(new.token()) == (403, "session_invalid", "token_kid_unknown")
    assert site.ask(site.keys["RS256"].token()) == GOOD
    # The next has the key.
    site.publish(new, *site.keys.values())
    assert site.ask(new.token()) == GOOD


def test_old_set(site):
    site.publish(*site.keys.values(), began=int(time.time()) - 2 * 86400)
    site.start()
    token = site.keys["EdDSA"].token()
    assert site.ask(token) == GOOD
    assert site.health() == (200, {"status": "degraded"})
    began = int(time.time()) - 8 * 86400
    os.utime(site.set, (began, began))
    assert site.ask(token) == (503, "unavailable", "key_set_too_old")
    assert site.health()[0] == 503
    assert site.metric("key_set_up") == 0 and site.metric("key_set_age_seconds") >= 8 * 86400


def test_secret_of_livekit_is_none_of_a_provider(site):
    _, secret = site.deployment.key()
    (site.deployment.path / "jwt-secret").write_text(secret)
    (site.deployment.path / "jwt-secret").chmod(0o600)
    site.configure(keys="secret_file: jwt-secret")
    responder = Responder(site.deployment)
    assert responder.wait() == 78
    assert "the secret is one of LiveKit's own" in site.deployment.errors.read_text()
