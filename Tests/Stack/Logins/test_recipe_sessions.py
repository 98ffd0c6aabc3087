"""The recipes of back ends with sessions: each runs behind nginx, and what it says of a cookie opens rooms."""

import dataclasses
import json
import threading
import time
from urllib.parse import quote

import pytest
from login_site import FORM, JSON, NAMES, PASSWORDS, PYTHON, PhpSite, Site, form, granted, refused, roles
from recipes import block
from support import leftovers
from support.places import place_of


@dataclasses.dataclass(frozen=True)
class App:
    """An app that follows a recipe."""

    recipe: str
    kind: type
    cookie: str
    sign_in: str
    sign_out: str
    fields: tuple

    def __str__(self):
        return self.recipe


APPS = [
    App("django", Site, "sessionid", "/sign-in", "/sign-out", (JSON, json.dumps)),
    App("php", PhpSite, "PHPSESSID", "/sign-in.php", "/sign-out.php", (FORM, lambda fields: form(**fields))),
]


class SignIns:
    """A running site, and the people who sign in at its app."""

    def __init__(self, app, site):
        self.app, self.site = app, site

    def sign_in(self, name, password=None):
        """What the app answers: a status, and the cookie of a session."""
        headers, encoded = self.app.fields
        body = encoded({"username": name, "password": password or PASSWORDS[name]})
        status, answered, _ = self.site.at_back_end("POST", self.app.sign_in, headers, body)
        cookies = [line.split(";")[0] for line in answered.get_all("Set-Cookie", [])]
        return status, next((cookie for cookie in cookies if cookie.startswith(f"{self.app.cookie}=")), None)

    def cookie(self, name):
        status, cookie = self.sign_in(name)
        assert status == 200 and cookie
        return cookie

    def sign_out(self, cookie):
        status, _, _ = self.site.at_back_end("POST", self.app.sign_out, {"Cookie": cookie})
        assert status in (200, 204)

    def ask(self, cookie, headers=None, **options):
        return self.site.ask({"Cookie": cookie, **(headers or {})}, **options)


def of(*apps):
    """Parametrizes a test by some of the apps alone."""
    return pytest.mark.parametrize("signed", apps, ids=str, indirect=True)


@pytest.fixture(scope="module", params=APPS, ids=str)
def signed(request):
    """Each of the apps in turn, running."""
    app = request.param
    with leftovers.ended():
        site = app.kind(place_of(request), app.recipe)
        if app.kind is Site:
            site.start_back_end(PYTHON, "django_session.py")
        yield SignIns(app, site.start())


@pytest.mark.parametrize("path", ["/livekit/token", "/livekit/token-source"])
def test_a_signed_in_host_gets_a_token(signed, path):
    claims = granted(signed.ask(signed.cookie("ada"), room="stage-7", path=path))
    assert (claims["video"]["room"], claims["name"], roles(claims)) == ("stage-7", NAMES["ada"], ["host"])


def test_a_viewer_gets_what_the_app_says_and_no_more(signed):
    cookie = signed.cookie("zoe")
    claims = granted(signed.ask(cookie))
    assert (claims["name"], roles(claims), claims["video"]["canPublish"]) == (NAMES["zoe"], ["viewer"], False)
    assert refused(signed.ask(cookie, room="stage-7")) == "forbidden"


def test_a_wrong_password_opens_nothing(signed):
    status, cookie = signed.sign_in("ada", "wrong")
    assert status == 401
    assert cookie is None or refused(signed.ask(cookie)) == "session_invalid"


@pytest.mark.parametrize("value", ["0" * 32, "x", "%00"], ids=["unknown", "short", "a zero byte"])
def test_a_cookie_of_no_session_opens_nothing(signed, value):
    assert refused(signed.ask(f"{signed.app.cookie}={value}")) == "session_invalid"


def test_no_cookie_opens_nothing(signed):
    assert refused(signed.site.ask({})) == "session_invalid"


def test_who_signs_out_is_refused_at_the_next_request(signed):
    cookie, other = signed.cookie("ada"), signed.cookie("ada")
    assert granted(signed.ask(cookie))
    signed.sign_out(cookie)
    assert refused(signed.ask(cookie)) == "session_invalid"
    assert granted(signed.ask(other))


def test_a_client_cannot_say_who_it_is(signed):
    """Neither beside a good session of another user nor without any."""
    forged = {"X-Livekit-User": "1", "X-Livekit-Rooms": '{"*":["host"]}', "X_Livekit_User": "1", "Livekit-User": "1"}
    claims = granted(signed.ask(signed.cookie("zoe"), forged))
    assert (claims["name"], roles(claims)) == (NAMES["zoe"], ["viewer"])
    assert refused(signed.site.ask(forged)) == "session_invalid"


def test_what_the_app_calls_a_session_tells_two_of_one_user_apart_and_is_not_the_cookie(signed):
    cookies = [signed.cookie("ada"), signed.cookie("ada")]
    for cookie in cookies:
        granted(signed.ask(cookie))
    labels = [event["session"] for event in signed.site.deployment.events()[-2:]]
    assert len(set(labels)) == 2
    logs = [signed.site.deployment.log, *(signed.site.web_server.directory / "log").iterdir()]
    written = "".join(log.read_text() for log in logs)
    assert not any(cookie.split("=")[1] in written for cookie in cookies)


# --- What is true of one app ----------------------------------------------------------------------------------------


@of(APPS[0])
def test_the_command_of_the_manual_says_what_django_says_of_a_cookie(signed):
    (signed.site.folder / "cookie.txt").write_text(signed.cookie("ada"))
    assert "X-Livekit-User: 1" in signed.site.run(block("ask-back-end", "sh").strip())


@of(APPS[0])
@pytest.mark.parametrize(("change", "undo"), [("active/zoe/0", "active/zoe/1"), ("password/zoe/new", None)])
def test_django_refuses_a_closed_account_and_an_old_password_at_the_next_request(signed, change, undo):
    cookie = signed.cookie("zoe")
    assert granted(signed.ask(cookie))
    assert signed.site.at_back_end("POST", f"/{change}")[0] == 204
    try:
        assert refused(signed.ask(cookie)) == "session_invalid"
    finally:
        signed.site.at_back_end("POST", f"/{undo}" if undo else f"/password/zoe/{quote(PASSWORDS['zoe'])}")


@of(APPS[1])
def test_php_answers_while_another_page_holds_the_session(signed):
    """For two seconds, which is longer than a back end without locks is waited for."""
    cookie = signed.cookie("ada")
    slow = threading.Thread(target=signed.site.at_back_end, args=("GET", "/slow.php", {"Cookie": cookie}))
    slow.start()
    try:
        time.sleep(0.3)
        assert granted(signed.ask(cookie))
    finally:
        slow.join()
