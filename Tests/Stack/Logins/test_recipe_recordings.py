"""The recipes of providers that do not run here: nginx asks a back end that answers as they did, byte for byte.

Tests/Recorded/logins/answers.json has the headers that oauth2-proxy, Ory Kratos and Auth.js sent; Authelia's are as its
source has them.
"""

import json
import re
import time

import pytest
import yaml
from login_site import PYTHON, Site, granted, refused, roles
from recipes import block
from support import leftovers
from support.deployment import ROOT
from support.places import place_of

TOKENS = json.loads((ROOT / "Tests/Recorded/logins/tokens.json").read_text())
RECORDED = json.loads((ROOT / "Tests/Recorded/logins/answers.json").read_text())
NO = {"status": 401, "headers": []}
ZOE = "Zoë “Z” Müller-Ōkami 🎤"


class Provider:
    """A site that follows a recipe, and what its provider answers to a cookie."""

    def __init__(self, place, recipe, cookie, path):
        self.cookie, self.answers = cookie, {"": NO}
        self.site = Site(place, recipe)
        self.trust("oauth2-proxy")
        self.file, self.path = self.site.folder / "answers.json", path
        self.say("", NO)
        self.site.start_back_end(PYTHON, "replay.py").start()

    def trust(self, provider):
        """Takes the recorded issuer and its keys for the recipe's."""
        configuration = self.site.deployment.configuration
        text = re.sub(r"issuer: .*", f"issuer: {TOKENS['issuers'][provider]}", configuration.read_text())
        configuration.write_text(text)
        (self.site.folder / "main.json").write_text(TOKENS["sets"][provider])

    def say(self, value, answer):
        """Has the provider answer so to a cookie of this value, from now on."""
        self.answers[value] = answer
        self.file.write_text(json.dumps({"cookie": self.cookie, "path": self.path, "answers": self.answers}))

    def ask(self, value, **options):
        return self.site.ask({"Cookie": f"{self.cookie}={value}"}, **options)


def provider(recipe, cookie, path):
    """A fixture: the provider of a recipe."""

    @pytest.fixture(scope="module")
    def made(request):
        with leftovers.ended():
            yield Provider(f"{place_of(request)}-{recipe}", recipe, cookie, path)

    return made


# --- oauth2-proxy ---------------------------------------------------------------------------------------------------

oauth2_proxy = provider("oauth2-proxy", "_oauth2_proxy", "/oauth2/auth")
oauth2_proxy_token = provider("oauth2-proxy-token", "_oauth2_proxy", "/oauth2/auth")
oauth2_proxy_groups = provider("oauth2-proxy-groups", "_oauth2_proxy", "/oauth2/auth")
# The header in which the recording has a claim.
HEADERS = {
    "name": "X-Livekit-Name",
    "livekit_rooms": "X-Livekit-Rooms",
    "sid": "X-Livekit-Session",
    "exp": "X-Livekit-Exp",
}


def injected(name, **changes):
    """A recorded answer with its claims in the headers that the recipe's own configuration names."""
    recorded = RECORDED[name]
    values = {claim: value for claim, header in HEADERS.items() for key, value in recorded["headers"] if key == header}
    values |= changes
    lines = [line for line in recorded["headers"] if not line[0].startswith("X-Livekit-")]
    for header in yaml.safe_load(block("oauth2-proxy", "yaml", "alpha.yaml"))["injectResponseHeaders"]:
        claim = header["values"][0]["claimSource"]["claim"]
        lines += [[header["name"], values[claim]]] if claim in values else []
    return {"status": recorded["status"], "headers": lines}


def test_oauth2_proxy_says_user_name_and_rooms(oauth2_proxy):
    """`until`, within an object, comes as a text of digits."""
    end = int(time.time()) + 120
    oauth2_proxy.say("good", injected("oauth2-proxy-ada", exp=str(end)))
    claims = granted(oauth2_proxy.ask("good"))
    assert (claims["name"], roles(claims), claims["exp"]) == ("Ada Lovelace", ["host"], end)
    assert refused(oauth2_proxy.ask("good", room="team-42-a")) == "forbidden"
    claims = granted(oauth2_proxy.ask("good", room="team-42-a", scene="intro"))
    assert roles(claims) == ["speaker"]


def test_a_name_of_oauth2_proxy_comes_as_it_is(oauth2_proxy):
    rooms = '{"stage-1":["viewer"]}'
    oauth2_proxy.say("zoe", injected("oauth2-proxy-zoe", exp=str(int(time.time()) + 120), livekit_rooms=rooms))
    assert granted(oauth2_proxy.ask("zoe"))["name"] == ZOE


def test_oauth2_proxy_that_asks_the_provider_no_more_is_not_believed(oauth2_proxy):
    """The recorded answer, whose token has been over for long: without cookie_refresh it goes on saying 202."""
    oauth2_proxy.say("old", injected("oauth2-proxy-ada"))
    assert refused(oauth2_proxy.ask("old")) == "session_invalid"


@pytest.mark.parametrize("answer", ["oauth2-proxy-none", "oauth2-proxy-skipped"])
def test_oauth2_proxy_without_a_user_opens_nothing(oauth2_proxy, answer):
    oauth2_proxy.say("other", RECORDED[answer])
    assert refused(oauth2_proxy.ask("other")) in ("session_invalid", "session_missing")


def test_a_ticket_that_oauth2_proxy_renews_reaches_the_browser(oauth2_proxy):
    answer = injected("oauth2-proxy-ada", exp=str(int(time.time()) + 120))
    renewed = "_oauth2_proxy=djIuYWJj|1795834758|Zm9v_w==; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Lax"
    answer["headers"].append(["Set-Cookie", renewed])
    oauth2_proxy.say("djIuYWJj|1795834663|YmFy-g==", answer)
    answer = oauth2_proxy.ask("djIuYWJj|1795834663|YmFy-g==")
    assert granted(answer) and answer.headers["set-cookie"] == renewed


def test_an_access_token_of_oauth2_proxy_arrives_whole(oauth2_proxy_token):
    """Its signature is good, and its time is over: the service judges the one before the other."""
    token = TOKENS["tokens"]["oauth2-proxy/access"]["token"]
    for sent, reason in (
        (token, "token_expired"),
        (f"{token[:-6]}AAAAAA", "token_signature"),
        ("", "login_token_missing"),
    ):
        answer = {"status": 202, "headers": [["X-Auth-Request-Access-Token", sent]]}
        oauth2_proxy_token.say("good", answer)
        assert refused(oauth2_proxy_token.ask("good")) in ("session_invalid", "session_missing")
        assert oauth2_proxy_token.site.deployment.events()[-1]["reason"] == reason


def test_groups_of_oauth2_proxy_stand_for_rooms(oauth2_proxy_groups):
    """Dex's two are `crew` and `stage, main`; the header has `crew,stage, main`."""
    oauth2_proxy_groups.say("good", RECORDED["oauth2-proxy-groups"])
    assert roles(granted(oauth2_proxy_groups.ask("good"))) == ["host"]
    assert refused(oauth2_proxy_groups.ask("good", room="office")) == "forbidden"


# --- Ory Kratos -----------------------------------------------------------------------------------------------------

kratos = provider("kratos", "ory_kratos_session", "/sessions/whoami")


def test_kratos_says_who_it_is(kratos):
    kratos.say("good", RECORDED["kratos-ada"])
    assert roles(granted(kratos.ask("good"))) == ["viewer"]
    # Who may do more is in the directory: the commands of the recipe.
    for line in block("kratos", "sh").splitlines():
        kratos.site.run(line)
    claims = granted(kratos.ask("good"))
    assert (claims["name"], "host" in roles(claims)) == ("Ada Lovelace", True)


def test_who_signs_out_at_kratos_is_refused_at_the_next_request(kratos):
    kratos.say("session", RECORDED["kratos-ada"])
    assert granted(kratos.ask("session"))
    kratos.say("session", RECORDED["kratos-none"])
    assert refused(kratos.ask("session")) == "session_invalid"


# --- Auth.js --------------------------------------------------------------------------------------------------------

authjs = provider("authjs", "__Secure-authjs.session-token", "/livekit/auth")


def test_auth_js_says_user_name_and_rooms(authjs):
    answer = {**RECORDED["authjs-ada"]}
    answer["headers"] = [*answer["headers"], ["X-Livekit-Rooms", '{"stage-1":["host"]}']]
    authjs.say("eyJhbGciOiJkaXIi..iv.text.tag", answer)
    claims = granted(authjs.ask("eyJhbGciOiJkaXIi..iv.text.tag"))
    assert (claims["name"], roles(claims)) == ("Ada Lovelace", ["host"])
    assert refused(authjs.ask("other")) == "session_invalid"


# --- Authelia -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authelia(request):
    with leftovers.ended():
        site = Site(place_of(request), "authelia")
        yield site.start_back_end(PYTHON, "authelia.py").start()


@pytest.mark.parametrize(
    ("session", "room", "outcome"),
    [
        ("ada", "stage-1", ["host", "speaker"]),
        ("ada", "stage-7", ["host"]),
        ("ada", "office", "forbidden"),
        ("zoe", "stage-1", "forbidden"),
        ("bypass", "stage-1", "session_missing"),
        ("denied", "stage-1", "session_invalid"),
        ("unknown", "stage-1", "session_invalid"),
    ],
)
def test_authelia(authelia, session, room, outcome):
    answer = authelia.ask({"Cookie": f"authelia_session={session}"}, room=room)
    if isinstance(outcome, str):
        assert refused(answer) == outcome
    else:
        claims = granted(answer)
        assert (claims["name"], sorted(roles(claims))) == (ZOE, outcome)
