"""Attacks on logins by JSON Web Tokens, through nginx as it ships: each is refused for its own reason, told to the
client in one answer, and its near miss is a login. No log has a token."""

import json
import re

import attacks_on_claims
import attacks_on_form
import attacks_on_requests
import jwt
import pytest
from forging import CONFIGURATION, ISSUERS, Forge, Request
from support import fastcgi, leftovers
from support.canaries import plant
from support.client import Client
from support.deployment import Deployment
from support.issuers import Raw, decoded
from support.places import place_of
from support.responder import Responder
from support.waiting import wait_until
from support.web_server import WebServer

TABLES = {
    "claims": attacks_on_claims.ATTACKS,
    "form": attacks_on_form.ATTACKS,
    "request": attacks_on_requests.ATTACKS,
}
ROWS = {f"{kind}: {name}": row for kind, table in TABLES.items() for name, row in table.items()}
TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}
TITLES |= {415: "Unsupported Media Type", 503: "Service Unavailable"}
# Reasons for which nothing that a token claims is believed.
UNVERIFIED = {f"token_{reason}" for reason in ("header", "header_member", "typ", "algorithm", "signature", "payload")}
UNVERIFIED |= {f"token_{reason}" for reason in ("issuer", "kid_unknown", "key_algorithm", "key_missing", "encoding")}
UNVERIFIED |= {"key_set_pending"}


class Site:
    """A deployment that trusts the issuers of a Forge, and its nginx."""

    def __init__(self, place):
        self.forge, self.deployment = Forge(), Deployment.create(place)
        self.forge.write(self.deployment.path)
        self.deployment.configure(CONFIGURATION.format(place=self.deployment.path, **ISSUERS))
        self.responder = Responder(self.deployment).wait_until_ready()
        self.web_server = WebServer(self.deployment).lift_limits().start()
        self.logs = [self.deployment.log, self.deployment.errors, *(self.web_server.directory / "log").iterdir()]

    def send(self, attack):
        """The answer to a bearer, or to a Request."""
        if not isinstance(attack, Request):
            attack = Request((("Authorization", f"Bearer {attack}".encode()),))
        with Client(self.web_server) as client:
            connection = client.connection
            connection.putrequest(attack.method, attack.path)
            for name, value in (
                ("Content-Type", attack.kind),
                ("Content-Length", str(len(attack.body))),
                *attack.headers,
            ):
                connection.putheader(name, value)
            connection.endheaders(attack.body)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def events(self, request):
        """What the responder's log has of a request."""
        return [event for event in self.deployment.events() if event.get("requestId") == request]

    def login(self, token):
        """Fails unless a token is a login; the LiveKit token for it."""
        with Client(self.web_server) as client:
            answer = client.ask(token)
        request = answer.headers["x-request-id"]
        (event,) = self.events(request)
        assert (answer.status, event["event"]) == (200, "token.issued"), (answer.body, event)
        plant(answer.json()["token"])
        return jwt.decode(answer.json()["token"], options={"verify_signature": False})

    def remembered(self):
        """How many tokens were known from before."""
        return fastcgi.metric(self.responder.path, "login_tokens_remembered_total")

    def assert_refused(self, row, attack):
        """Fails unless an attack ends as its row says."""
        status, headers, body = self.send(attack)
        problem, headers = self.problem(status, headers, body)
        told = (status, problem["code"], headers.get("www-authenticate"))
        request = problem["requestId"]
        events = self.events(request)
        assert (told, [event["reason"] for event in events]) == (row.outcome, [row.reason] if row.reason else [])
        wait_until(lambda: self.access(request), "it is not in the access log")
        assert f'"status":{status},' in self.access(request)
        assert headers.get("retry-after") == ("5" if status == 503 else None)
        for event in events:
            assert event["event"] == "token.refused"
            # Whom a token names is the issuer's word, and not a stranger's.
            assert row.reason not in UNVERIFIED or "userId" not in event, event
            # What the log says of a token is one line that a terminal can show.
            assert re.fullmatch(r"[ -~]{1,400}", event.get("fault", "-")), event
            assert "fault" in event or not row.reason.startswith("token_"), event

    def problem(self, status, headers, body):
        """The problem of an answer (RFC 9457), and its headers in small letters; it has no token."""
        headers = {name.lower(): value for name, value in headers.items()}
        assert headers["content-type"] == "application/problem+json"
        assert headers["cache-control"] == "no-store"
        assert b"eyJ" not in body
        problem = json.loads(body)
        assert (problem["status"], problem["title"]) == (status, TITLES[status])
        assert problem["requestId"] == headers["x-request-id"]
        return problem, headers

    def access(self, request):
        """The line of nginx's access log for a request."""
        lines = (self.web_server.directory / "log/livekit-tokend.access.log").read_text().splitlines()
        return next((line for line in lines if request in line), None)

    def assert_silent(self, *tokens):
        """Fails if a part of a token, or a signature as it was decoded, is in a log."""
        logs = b"".join(log.read_bytes() for log in self.logs)
        assert b"eyJ" not in logs
        for token in tokens:
            for part in re.findall(r"[A-Za-z0-9_-]{16,}", token):
                assert part.encode() not in logs
                assert decoded(part[: len(part) // 4 * 4]) not in logs


@pytest.fixture(scope="module")
def site(request):
    with leftovers.ended():
        yield Site(place_of(request))


@pytest.mark.parametrize("name", ROWS)
def test_attack_is_refused_and_its_near_miss_is_a_login(site, name):
    row = ROWS[name]
    near = row.near(site.forge)
    token, attack = near.token(), row.attack(near, site.forge)
    bearers = [token] if isinstance(attack, Request) else [token, attack]
    plant(*(bearer for bearer in bearers if re.fullmatch(r"[\w.-]{60,}", bearer)))
    # Before anything is known of the good token, and once it is remembered.
    site.assert_refused(row, attack)
    site.login(token)
    known = site.remembered()
    site.login(token)
    assert site.remembered() == known + 1
    site.assert_refused(row, attack)
    # What is no login is not remembered; what is one may be, whatever is asked with it.
    assert site.remembered() == known + 1 or not (row.reason or "").startswith("token_")
    site.login(token)
    site.assert_silent(*bearers)


def test_a_login_and_a_token_in_a_log_would_be_found(site, tmp_path):
    token, log = site.forge.draft().token(), tmp_path / "a.log"
    with pytest.raises(AssertionError):
        site.assert_refused(ROWS["form: an attacker's key"], token)
    site.logs.append(log)
    for found in (*token.split("."), decoded(token.rpartition(".")[2])):
        log.write_bytes(b"x " + (found if isinstance(found, bytes) else found.encode()) + b" x")
        with pytest.raises(AssertionError):
            site.assert_silent(token)
    site.logs.remove(log)


# What looks like an attack, and is a login.
LOGINS = {
    "no kid, of the one key": lambda forge: forge.draft().changed({"kid": None}),
    "no kid and no other member": lambda forge: forge.draft("secret").changed({"kid": None}),
    "a kid beside a secret": lambda forge: forge.draft("secret").changed({"kid": "../../jwt-secret"}),
    "the other name of EdDSA (RFC 9864 §2.2)": lambda forge: forge.draft(algorithm="EdDSA").changed({"alg": "Ed25519"}),
    "members of a header that say nothing": lambda forge: forge.draft().changed({"cty": "JWT", "x": [{}], "enc": 1}),
    "the other S of ECDSA": lambda forge: attacks_on_form.with_other_s(forge.draft()),
    "an object sixteen levels deep": lambda forge: forge.draft().changed(claims={"x": Raw("[" * 15 + "]" * 15)}),
    "times with fractions": lambda forge: forge.draft().changed(claims={"iat": Raw("1e9"), "exp": Raw("4102444800.9")}),
}


@pytest.mark.parametrize("name", LOGINS)
def test_what_is_no_attack_is_a_login(site, name):
    token = LOGINS[name](site.forge).token()
    plant(token)
    site.login(token)
    site.assert_silent(token)


def test_a_user_of_one_issuer_is_none_of_another(site):
    drafts = [site.forge.draft(issuer) for issuer in ("main", "other", "fetched")]
    drafts.append(site.forge.draft("other").changed(claims={"sub": "main:alice"}))
    users = {site.login(draft.token())["sub"] for draft in drafts}
    assert len(users) == len(drafts)


@pytest.mark.parametrize("name", ["a\u202e", "\u200b", "a\nb", "x" * 257, 7, ["Alice"], ""], ids=ascii)
def test_a_name_that_breaks_the_rule_is_dropped(site, name):
    assert "name" not in site.login(site.forge.draft().changed(claims={"name": name}).token())
    assert site.login(site.forge.draft().changed(claims={"name": "Alice"}).token())["name"] == "Alice"


def test_there_are_more_than_eighty_attacks(figure):
    assert len(ROWS) >= 80
    assert len({(row.reason, row.outcome) for row in ROWS.values()}) > 30
    figure(f"{len(ROWS)} attacks, of {len({row.reason for row in ROWS.values()})} reasons")
