"""The cookie that carries a login: which one counts, what goes on to the back end, to the browser, and to other pages."""

import collections
import re
import secrets

import pytest
from support import leftovers
from support.client import Client
from support.logins import APP, LOBBY, LoginSite, yes
from support.web_server import WebServer

PREFLIGHT = {"Origin": APP, "Access-Control-Request-Method": "POST"}


@pytest.fixture(scope="module")
def site(stack):
    with leftovers.ended():
        site = LoginSite(f"{stack}/cookies").start()
        site.back_end.let_in("good", "alice")
        yield site


@pytest.fixture
def asked(site):
    """What the back end is asked in a test."""
    site.back_end.heads.clear()
    return site.back_end.heads


def cookies_of(heads):
    return [line for head in heads for line in head.split("\r\n") if line.lower().startswith("cookie:")]


# A header of the client -> the cookie that the back end gets; None: it gets none; 400: it is not asked.
FORWARDED = {
    "sessionid=good": "good",
    "a=b; sessionid=good": "good",
    "sessionid=good; a=b": "good",
    "a=b;sessionid=good;c=d": "good",
    " sessionid=good ": "good",
    "sessionid=good;": "good",
    'x="sessionid=evil; y"; sessionid=good': "good",
    "xsessionid=evil; sessionid=good": "good",
    "sessionid2=evil; sessionid=good": "good",
    "__Host-sessionid=evil; sessionid=good": "good",
    "a=sessionid=evil; sessionid=good": "good",
    "a; sessionid=good": "good",
    "=; ; sessionid=good": "good",
    'sessionid="good"': '"good"',
    "sessionid=a%3Db": "a%3Db",
    "sessionid=a/b+c==": "a/b+c==",
    "sessionid=s%3Aabc.d%2Be": "s%3Aabc.d%2Be",
    "sessionid=" + "x" * 7000: "x" * 7000,
    "": None,
    "a=b": None,
    "sessionid": None,
    "sessionid=": None,
    "sessionid=; a=b": None,
    "SESSIONID=good": None,
    "xsessionid=good": None,
    "__Host-sessionid=good": None,
    "x=1,sessionid=good": None,
    "a=sessionid=good": None,
    'x="sessionid=good"': None,
    # Two of one name, in whatever case, order or spelling.
    "sessionid=good; sessionid=good": 400,
    "sessionid=one; sessionid=good": 400,
    "sessionid=good; sessionid=two": 400,
    "SESSIONID=one; sessionid=good": 400,
    "sessionid=good; SessionId=two": 400,
    "SESSIONID=one; sessionID=good": 400,
    "sessionid=; sessionid=good": 400,
    "sessionid=good,sessionid=two": 400,
    "a=b,sessionid=one; sessionid=good": 400,
    "sessionid =one; sessionid=good": 400,
    "sessionid=good;\tsessionid\t=two": 400,
    "a=b; sessionid=good; c=d; sessionid=two; e=f": 400,
    'x="a; sessionid=evil; b"; sessionid=good': 400,
    # Another spelling than a program writes.
    "sessionid= good": 400,
    "sessionid =good": 400,
    "sessionid=go od": 400,
    "sessionid=good,evil": 400,
    'sessionid="good': 400,
    'sessionid=good"': 400,
    'sessionid="go\\157d"': 400,
    "sessionid=go\\od": 400,
    "sessionid=%67ood": 400,
    "sessionid=g%6Fod": 400,
    "sessionid=a%3db": 400,
    "sessionid=a%3Db=": 400,
    "sessionid=a%": 400,
    "sessionid=a%2": 400,
    "sessionid=goöd": 400,
    "sessionid=\tgood": 400,
}


@pytest.mark.parametrize("cookie", FORWARDED)
def test_one_cookie_goes_on_as_it_is(site, asked, cookie):
    answer = site.ask(cookie.encode() if "ö" in cookie else cookie)
    expected = FORWARDED[cookie]
    if expected == 400:
        assert (answer.status, answer.json()["code"], asked) == (400, "malformed_request", [])
    else:
        assert cookies_of(asked) == ([] if expected is None else [f"Cookie: sessionid={expected}"])
        assert answer.status == (200 if expected == "good" else 403)


def test_lines_of_one_header_are_one(site, asked):
    """Over HTTP/1.1 a client should send one line (RFC 6265 §5.4); nginx joins them."""
    long = "a=" + "x" * 15000
    for others, status in (
        (["a=b"], 200),
        ([long], 200),
        # More than 16 KB in all.
        ([long, long], 400),
        (["sessionid=good"], 400),
        (["SESSIONID=x"], 400),
    ):
        with Client(site.web_server) as client:
            connection = client.connection
            connection.putrequest("POST", "/livekit/token")
            for line in ("sessionid=good", *others):
                connection.putheader("Cookie", line)
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(len(LOBBY)))
            connection.endheaders(LOBBY)
            assert connection.getresponse().status == status
    assert cookies_of(asked) == ["Cookie: sessionid=good"] * 2


def test_what_the_back_end_is_asked(site, asked):
    """One GET without a body, and nothing of the client but that cookie."""
    body = LOBBY + b" " * 3000
    mine = {
        "Authorization": "Bearer x",
        "X-Livekit-User": "eve",
        "X-Forwarded-For": "9.9.9.9",
        "Expect": "",
        "Foo": "b",
    }
    assert site.ask("a=b; sessionid=good", "/livekit/%74oken", body, **mine).status == 200
    (head,) = asked
    lines = head.rstrip().split("\r\n")
    assert lines[0] == "GET /who/ HTTP/1.1"
    named = dict(line.split(": ", 1) for line in lines[1:])
    assert re.fullmatch("[0-9a-f]{32}", named.pop("X-Request-Id"))
    address = named.pop("X-Real-IP")
    assert address.startswith("127.") and named.pop("X-Forwarded-For") == address
    assert named == {
        "Host": "localhost",
        "Cookie": "sessionid=good",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "localhost",
        "X-Forwarded-Method": "POST",
        "X-Forwarded-Uri": "/livekit/token",
        "X-Original-URI": "/livekit/token",
        "X-Original-URL": "https://localhost/livekit/token",
        "X-Original-Method": "POST",
    }


def test_authorization_goes_on_where_the_site_says_so(stack):
    site = LoginSite(f"{stack}/cookies-header", "set $livekit_header $http_authorization;\n").start()
    site.back_end.let_in("good", "alice")
    heads = site.back_end.heads
    for value, forwarded in (
        ("Bearer abc", True),
        ("Token 1|abc", True),
        ("Basic YTpi", True),
        ("abc", False),
        ("Bearer a b", False),
        ("Bearer a\tb", False),
        ('Digest username="a", realm="b"', False),
    ):
        heads.clear()
        site.ask(None, Authorization=value)
        assert re.findall("^Authorization: (.*)\r$", heads[0], re.MULTILINE) == ([value] if forwarded else [])
        heads.clear()
        # One credential alone, the one that counts for the rate.
        assert site.ask("sessionid=good", Authorization=value).status == 200
        assert "Authorization" not in heads[0] and cookies_of(heads) == ["Cookie: sessionid=good"]


# --- The limit --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def limited(stack):
    with leftovers.ended():
        yield LoginSite(f"{stack}/cookies-limited", lift=False).start()


def statuses(site, cookies, **headers):
    return collections.Counter(site.ask(cookie, **headers).status for cookie in cookies)


# How a client that has one session could try to have a rate for each request; {} is the session, {n} a number.
EVASIONS = [
    "sessionid={};x={n}",
    "x={n}; sessionid={}",
    "sessionid={n}; sessionid={}",
    "sessionid={}; sessionid={n}",
    "SESSIONID={n}; sessionid={}",
    "sessionid={}; SESSIONID={n}",
    "sessionId={n},sessionid={}",
    "xsessionid={n}; sessionid={}",
    "sessionid ={n}; sessionid={}",
    'sessionid="{}"; x={n}',
    "sessionid=%{n:02x}{}",
    "sessionid={};{spaces}",
    '__Host-sessionid={n}; sessionid={}; y="{n}',
]


def test_a_session_in_a_cookie_has_one_rate_however_it_is_sent(limited):
    """30 of 30 attempts are counted, each from an address of its own, or get no token."""
    for form in EVASIONS:
        cookie = secrets.token_urlsafe(40)
        limited.back_end.let_in(cookie, "alice")
        limited.back_end.let_in(f'"{cookie}"', "alice")
        assert statuses(limited, [f"sessionid={cookie}"] * 25)[429] >= 2
        tried = [form.format(cookie, n=number, spaces=" " * number) for number in range(30)]
        counted = statuses(limited, tried)
        # What has come into the bucket meanwhile: two a second.
        assert counted[200] <= 8 and sum(counted.values()) == 30, (form, counted)
        assert set(counted) <= {200, 400, 403, 429}


def test_authorization_does_not_give_a_cookie_another_rate(limited):
    cookie = secrets.token_urlsafe(40)
    limited.back_end.let_in(cookie, "alice")
    counted = collections.Counter(
        limited.ask(f"sessionid={cookie}", Authorization=f"Bearer {secrets.token_urlsafe(40)}").status
        for _ in range(60)
    )
    assert counted[429] >= 25, counted


@pytest.mark.parametrize("length", [1, 47, 48, 49, 400])
def test_a_cookie_of_any_length_has_its_rate(limited, length):
    cookie = secrets.token_urlsafe(length)[:length]
    counted = statuses(limited, [f"sessionid={cookie}"] * 60)
    assert set(counted) == {403, 429} and counted[429] >= 25, counted


def test_a_class_whose_cookies_begin_alike_gets_in(limited):
    head = secrets.token_urlsafe(200)[:200]
    for number in range(40):
        cookie = f"{head}.{secrets.token_urlsafe(30)}"
        limited.back_end.let_in(cookie, f"user-{number}")
        assert statuses(limited, [f"sessionid={cookie}"] * 3) == {200: 3}


def test_beyond_the_limit_the_back_end_is_not_asked(limited):
    cookie = secrets.token_urlsafe(40)
    limited.back_end.heads.clear()
    counted = statuses(limited, [f"sessionid={cookie}"] * 60)
    assert len(limited.back_end.heads) == counted[403]


# --- A renewed login --------------------------------------------------------------------------------------------------

RENEWED = {
    "sessionid=new": "sessionid=new",
    "sessionid=new; Path=/; HttpOnly; SameSite=Lax": "sessionid=new; Path=/; HttpOnly; SameSite=Lax",
    "sessionid=new; Expires=Thu, 01 Jan 2027 00:00:00 GMT; Secure": "sessionid=new; Expires=Thu, 01 Jan 2027 00:00:00 GMT; Secure",
    "sessionid=new;expires=Thu, 01-Jan-2027 00:00:00 GMT;path=/": "sessionid=new;expires=Thu, 01-Jan-2027 00:00:00 GMT;path=/",
    "csrf=new; Path=/": None,
    "SESSIONID=new": None,
    "xsessionid=new": None,
    "sessionid=; Max-Age=0": None,
}


@pytest.mark.parametrize("sent", RENEWED)
@pytest.mark.parametrize("path", ["/livekit/token", "/livekit/token-source"])
def test_a_cookie_that_the_back_end_renews_reaches_the_browser(site, sent, path):
    site.back_end.let_in("old", "alice", f"Set-Cookie: {sent}")
    body = {"/livekit/token": LOBBY, "/livekit/token-source": b'{"room_name":"lobby"}'}[path]
    answer = site.ask("sessionid=old", path, body)
    assert answer.status in (200, 201)
    assert answer.headers.get("set-cookie") == RENEWED[sent]
    # Also where the room is not for the user: the login is renewed all the same.
    refused = site.ask("sessionid=old", path, body.replace(b"lobby", b"nowhere"))
    assert (refused.status, refused.headers.get("set-cookie")) == (403, RENEWED[sent])


def test_a_refresh_that_revokes_the_cookie_before_keeps_its_user_in(site):
    """As with a provider that revokes refresh tokens: each answer has the next cookie, and the last is good no more."""
    jar = "turn-0"
    for turn in range(5):
        site.back_end.answers.clear()
        site.back_end.let_in(f"turn-{turn}", "alice", f"Set-Cookie: sessionid=turn-{turn + 1}; Path=/; HttpOnly")
        answer = site.ask(f"sessionid={jar}")
        assert answer.status == 200
        jar = re.match("sessionid=([^;]+)", answer.headers["set-cookie"])[1]
    site.back_end.let_in("good", "alice")


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "500 Oops", "302 Found"])
def test_what_a_back_end_sets_with_a_no_reaches_no_browser(site, status):
    site.back_end.answers["gone"] = yes("alice", "Set-Cookie: sessionid=new", status=status)
    assert "set-cookie" not in site.ask("sessionid=gone").headers


# --- Pages of other origins -------------------------------------------------------------------------------------------


def test_a_page_of_a_listed_origin_may_send_the_cookie(site, asked):
    for cookie, path, status in (
        ("sessionid=good", "/livekit/token", 200),
        ("sessionid=bad", "/livekit/token", 403),
        ("sessionid=a; sessionid=b", "/livekit/token", 400),
        ("sessionid=good", "/livekit/token?x=1", 400),
        ("sessionid=good", "/livekit/nothing", 404),
        ("sessionid=good", "/livekit/auth", 404),
    ):
        answer = site.ask(cookie, path, Origin=APP)
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == APP
        assert answer.headers["access-control-allow-credentials"] == "true"
    site.back_end.answers["broken"] = b""
    answer = site.ask("sessionid=broken", Origin=APP)
    assert (answer.status, answer.headers["access-control-allow-credentials"]) == (503, "true")


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", f"{APP}.evil.example", "*", f"{APP}/"])
def test_a_page_of_another_origin_may_not(site, origin):
    for method in ("POST", "OPTIONS"):
        answer = site.ask("sessionid=good", method=method, **{**PREFLIGHT, "Origin": origin})
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_preflights_never_reach_the_back_end(site, asked):
    for path in ("/livekit/token", "/livekit/token-source"):
        answer = site.ask(None, path, None, "OPTIONS", **PREFLIGHT)
        assert (answer.status, answer.headers["access-control-allow-credentials"]) == (204, "true")
        assert "set-cookie" not in answer.headers
    assert asked == []


def test_a_form_of_another_page_gets_nothing(site):
    """What a browser sends without a preflight has another Content-Type (Fetch standard)."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = site.ask("sessionid=good", **{"Content-Type": kind, "Origin": "https://evil.example.com"})
        assert (answer.status, answer.json()["code"]) == (415, "unsupported_media_type")


# --- A cookie that is the session itself ------------------------------------------------------------------------------


def with_cookie(deployment, line):
    """An nginx with server.conf, whose cookie `app` becomes what a line says."""
    web_server = WebServer(deployment)
    path = web_server.directory / "sites-enabled/livekit-tokend"
    path.write_text(
        path.read_text().replace("    location / {", f"    set $livekit_cookie app;\n    {line}\n    location / {{")
    )
    return web_server.start()


def test_a_cookie_that_is_a_session_of_the_directory(deployment, responder):
    """It counts before a header, has one rate with it, and the header does without it."""
    web_server = with_cookie(deployment, "set $livekit_bearer $livekit_value;")

    def ask(**headers):
        with Client(web_server) as client:
            headers = {"Content-Type": "application/json", **headers}
            return client.request("POST", "/livekit/token", headers, b'{"roomId":"stage-1"}').status

    good, other = deployment.bearer, f"Bearer {deployment.bearer}"
    assert ask(Cookie=f"app={good}") == 200
    assert ask(Cookie=f"a=b; app={good}; c=d", Authorization="Bearer x") == 200
    assert ask(Authorization=other) == 200
    assert ask(Cookie="app=bad", Authorization=other) == 403
    assert ask(Cookie=f"app={good}; APP={good}") == 400
    assert ask(Cookie=f"APP={good}") == 403
    assert ask() == 403
    counted = collections.Counter(
        ask(Cookie=f"app={good}") if number % 2 else ask(Authorization=other) for number in range(60)
    )
    assert counted[429] >= 25, counted


def test_a_cookie_that_is_a_jwt_becomes_the_parameter(stack):
    site = LoginSite(f"{stack}/cookies-jwt", "set $livekit_jwt $livekit_value;\n", echo=True)
    site.change("server-login.conf;", "server.conf;")
    site.change("location = /livekit/auth {", "location = /livekit/unused {")
    site.start()
    assert site.params("sessionid=a.b.c") == {"JWT": "a.b.c"}
    assert site.params("a=b") == {}
    assert site.params("sessionid=a.b.c", **{"Livekit-Jwt": "evil", "Authorization": "Bearer x"}) == {"JWT": "a.b.c"}
