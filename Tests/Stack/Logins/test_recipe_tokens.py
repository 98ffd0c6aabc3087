"""The recipes of apps that sign JWTs: each app runs, signs people in, and its tokens open rooms."""

import base64
import dataclasses
import json
import uuid

import jwt
import pytest
from login_site import FORM, JSON, PASSWORDS, PYTHON, Site, form, granted, refused, roles
from recipes import block
from support import leftovers
from support.places import place_of


@dataclasses.dataclass(frozen=True)
class App:
    """An app that follows a recipe."""

    recipe: str
    back_end: str
    # The recipe of its key pair.
    keys: str
    # The members of its answer that have the access token and the refresh token, if it has one.
    token: str
    refresh: str | None = None
    # Users' ids, by name.
    ids: tuple = (("ada", "1"), ("zoe", "2"))
    fields: tuple = (JSON, json.dumps)
    path: str = "/sign-in"

    def signed_in(self, site, name, password=None):
        """What the app answers to somebody who signs in: a status, and the body."""
        headers, encoded = self.fields
        body = encoded({"username": name, "password": password or PASSWORDS[name]})
        status, _, content = site.at_back_end("POST", self.path, headers, body)
        return status, content


FASTAPI = {
    "token": "access_token",
    "path": "/login",
    "ids": tuple((name, str(uuid.UUID(int=number))) for number, name in enumerate(PASSWORDS, 1)),
    "fields": (FORM, lambda fields: form(**fields | {"username": f"{fields['username']}@example.com"})),
}
APPS = [
    App("simplejwt", "simplejwt.py", "rsa", "access", "refresh"),
    App("flask-jwt-extended", "flask_jwt.py", "rsa", "access", "refresh"),
    App("fastapi-users", "fastapi_users_site.py", "rsa", **FASTAPI),
    App("pyjwt", "signing_app.py", "ec", "token"),
]


def of(*apps):
    """Parametrizes a test by some of the apps alone."""
    return pytest.mark.parametrize("signed", apps, ids=lambda app: app.recipe, indirect=True)


class SignIns:
    """A running site, and the people who sign in at its app."""

    def __init__(self, app, site):
        self.app, self.site = app, site

    def tokens(self, name):
        status, body = self.app.signed_in(self.site, name)
        assert status == 200, body
        return json.loads(body)

    def token(self, name):
        return self.tokens(name)[self.app.token]

    def ask(self, token, **options):
        return self.site.ask({"Authorization": f"Bearer {token}"}, **options)


@pytest.fixture(scope="module", params=APPS, ids=lambda app: app.recipe)
def signed(request):
    """Each of the apps in turn, running."""
    app = request.param
    with leftovers.ended():
        site = Site(place_of(request), app.recipe)
        for line in block(app.keys, "sh").splitlines():
            site.run(line)
        yield SignIns(app, site.start_back_end(PYTHON, app.back_end).start())


@pytest.mark.parametrize("path", ["/livekit/token", "/livekit/token-source"])
def test_a_signed_in_host_gets_a_token(signed, path):
    claims = granted(signed.ask(signed.token("ada"), room="stage-7", path=path))
    assert (claims["video"]["room"], claims["name"], roles(claims)) == ("stage-7", "Ada Lovelace", ["host"])
    assert claims["video"]["canPublish"]


def test_a_viewer_gets_what_the_app_says_and_no_more(signed):
    token = signed.token("zoe")
    claims = granted(signed.ask(token))
    assert (claims["name"], roles(claims)) == ("Zoë “Z” Müller-Ōkami 🎤", ["viewer"])
    assert not claims["video"]["canPublish"]
    assert refused(signed.ask(token, room="stage-7")) == "forbidden"


def test_a_wrong_password_gets_nothing(signed):
    status, body = signed.app.signed_in(signed.site, "ada", "wrong")
    assert status in (400, 401) and b"eyJ" not in body


def test_a_token_that_somebody_has_written_over_is_refused(signed):
    """zoe's token with the rooms of a host under zoe's signature, under none, and under a key of zoe's own."""
    head, payload, signature = signed.token("zoe").split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["livekit_rooms"] = {"*": ["host"]}
    written = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    own_key = ("of zoe's own, 32 bytes or more of it", "HS256")
    for forged in (f"{head}.{written}.{signature}", jwt.encode(claims, None, "none"), jwt.encode(claims, *own_key)):
        assert refused(signed.ask(forged)) == "session_invalid"


def test_the_command_of_the_manual_says_whose_a_token_is(signed):
    (signed.site.folder / "token.txt").write_text(signed.token("ada"))
    assert dict(signed.app.ids)["ada"] in signed.site.run(block("ask-token", "sh").strip())


def test_no_token_is_no_session(signed):
    assert refused(signed.site.ask({})) == "session_missing"


@of(*(app for app in APPS if app.refresh))
def test_a_refresh_token_is_no_session(signed):
    assert refused(signed.ask(signed.tokens("ada")[signed.app.refresh])) == "session_invalid"


def test_a_user_who_is_disabled_in_the_directory_is_refused_at_once(signed):
    token, identity = signed.token("zoe"), dict(signed.app.ids)["zoe"]
    assert granted(signed.ask(token))
    signed.site.deployment.run("user", "add", identity)
    signed.site.deployment.run("user", "disable", identity)
    assert refused(signed.ask(token)) == "session_invalid"
    signed.site.deployment.run("user", "enable", identity)
    assert granted(signed.ask(token))


# --- What is true of one app ----------------------------------------------------------------------------------------


@of(APPS[0])
def test_simplejwt_keeps_the_rooms_of_the_sign_in(signed):
    """An access token that comes by a refresh has what the refresh token has, not what is true by then."""
    body = json.dumps({"refresh": signed.tokens("ada")["refresh"]})
    signed.site.at_back_end("POST", "/staff/ada/0")
    try:
        _, _, content = signed.site.at_back_end("POST", "/refresh", JSON, body)
        assert roles(granted(signed.ask(json.loads(content)["access"]))) == ["host"]
        assert roles(granted(signed.ask(signed.token("ada")))) == ["viewer"]
    finally:
        signed.site.at_back_end("POST", "/staff/ada/1")


@of(APPS[2])
def test_fastapi_users_token_for_a_new_password_is_no_session(signed):
    _, _, content = signed.site.at_back_end("POST", "/forgot/ada@example.com")
    assert refused(signed.ask(json.loads(content)["token"])) == "session_invalid"


# --- An app that signs with a secret, and has no line of code of the recipe -----------------------------------------

PLAIN = """
from fastapi_users.authentication import JWTStrategy


def get_jwt_strategy():
    return JWTStrategy(secret={secret!r}, lifetime_seconds=900)
"""


@pytest.fixture(scope="module")
def plain(request):
    """FastAPI-Users with one secret for all its tokens, as its own documentation begins."""
    app = App("fastapi-users-secret", "fastapi_users_site.py", "", **FASTAPI)
    with leftovers.ended():
        site = Site(place_of(request), app.recipe)
        secret = "of this test alone, 32 characters or more"
        (site.folder / "app-secret").write_text(f"{secret}\n")
        (site.folder / "app-secret").chmod(0o600)
        (site.folder / "livekit_login.py").write_text(PLAIN.format(secret=secret))
        yield SignIns(app, site.start_back_end(PYTHON, app.back_end).start())


def test_fastapi_users_own_tokens_are_sessions(plain):
    """They say who it is and nothing else; what everybody may enter is a template."""
    claims = granted(plain.ask(plain.token("zoe"), room="stage-7"))
    assert ("name" not in claims, roles(claims)) == (True, ["viewer"])
    assert refused(plain.ask(plain.token("zoe"), room="office")) == "forbidden"


def test_with_one_secret_for_all_a_token_for_a_new_password_is_no_session(plain):
    _, _, content = plain.site.at_back_end("POST", "/forgot/ada@example.com")
    assert refused(plain.ask(json.loads(content)["token"])) == "session_invalid"
