"""What a back end answers when nginx asks it who has logged in, and what becomes of each answer."""

import base64
import functools
import json
import os
import secrets
import subprocess
import urllib.parse

import pytest
from support import leftovers
from support.canaries import plant
from support.logins import Echo, LoginSite, yes
from support.waiting import wait_until


@pytest.fixture(scope="module")
def site(stack):
    with leftovers.ended():
        yield LoginSite(f"{stack}/login").start()


@pytest.fixture(scope="module")
def echo(stack):
    """The same with a responder that tells what it got."""
    with leftovers.ended():
        yield LoginSite(f"{stack}/login-echo", echo=True).start()


ZOE = "Zoë “Z” Müller-Ōkami 🎤"
RAW = ZOE.encode().decode("latin-1")
ROOMS = '{"stage-1":["host"],"b\\u00fchne":["host"]}'
ADA = {"USER": "ada"}
# Headers of the back end's 2xx -> the parameters; None is 503. "User" stands for X-Livekit-User, and so on.
HEADERS = {
    "all": (
        ["User: ada", "Name: Zo%C3%AB", "Did: did:web:a", "Session: s1", "Session-End: 1", "Rooms: {}", "Groups: a,b"],
        ADA
        | {"NAME_PERCENT": "Zo%C3%AB", "DID": "did:web:a", "SESSION": "s1", "SESSION_END": "1"}
        | {"ROOMS": "{}", "GROUPS": "a,b"},
    ),
    "jwt": (["Jwt: a.b.c"], {"JWT": "a.b.c"}),
    "utf-8": (["User: zoe", f"Groups: {ZOE}".encode()], {"USER": "zoe", "GROUPS": RAW}),
    "latin-1": (["User: jose", "Name: José Núñez".encode("latin-1")], {"USER": "jose", "NAME_PERCENT": "José Núñez"}),
    "rfc 2047": (["User: zoe", "Name: =?utf-8?b?Wm/Dqw==?="], {"USER": "zoe", "NAME_PERCENT": "=?utf-8?b?Wm/Dqw==?="}),
    "empty": (["User:"], {}),
    "none": ([], {}),
    "spaces": (["User:   ada  ", "Name: \tAda\t"], ADA | {"NAME_PERCENT": "\tAda\t"}),
    "tab": (["User: ada\tx"], {"USER": "ada\tx"}),
    "control": (["User: ada\x01x"], {"USER": "ada\x01x"}),
    "delete": (["User: ada\x7fx"], {"USER": "ada\x7fx"}),
    "nul": (["User: ada\0x"], None),
    "bare cr": (["User: ada\rx"], None),
    "folded": (["User: ada", " x"], None),
    "blank before the colon": (["User : ada"], None),
    "case": (["uSER: ada"], ADA),
    "underscores": (["-Real: x", "User: ada", "Remote_User: eve", "X_Remote_User: eve"], ADA),
    "commas": (["User: ada", "Groups: Lovelace, Ada"], ADA | {"GROUPS": "Lovelace, Ada"}),
    "quotes": (["User: ada", 'Groups: Ada "the" \\L'], ADA | {"GROUPS": 'Ada "the" \\L'}),
    "json": (["User: ada", f"Rooms: {ROOMS}"], ADA | {"ROOMS": ROOMS}),
    "json in utf-8": (["User: ada", f'Rooms: {{"{ZOE}":1}}'.encode()], ADA | {"ROOMS": f'{{"{RAW}":1}}'}),
    **{f"{count} headers": (["User: ada"] + [f"More-{n}: x" for n in range(count)], ADA) for count in (40, 100, 300)},
    **{
        f"{size} bytes": (["User: ada", f"Rooms: {'x' * size}"], ADA | {"ROOMS": "x" * size} if size < 17000 else None)
        for size in (3000, 4096, 6000, 8000, 8300, 15000, 16200, 17000, 33000)
    },
}


def header(line):
    """A header of the table."""
    line = line if isinstance(line, bytes) else line.encode()
    return line if line.startswith((b" ", b"Remote_", b"X_")) else b"X-Livekit-" + line


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("path", ["/livekit/token", "/livekit/token-source"])
def test_a_header_of_the_back_end_becomes_a_parameter_as_it_is(echo, name, path):
    lines, params = HEADERS[name]
    echo.back_end.answers["good"] = yes(None, *map(header, lines), status="200 OK")
    if params is None:
        answer = echo.ask("sessionid=good", path)
        assert (answer.status, answer.json()["code"], answer.json()["retryAfter"]) == (503, "unavailable", 1)
    else:
        assert echo.params("sessionid=good", path) == params


def test_a_header_that_comes_twice(echo):
    """nginx up to 1.22 takes the first, also where it is empty; a later one joins them, which is no id."""
    for first, second in (("ada", "eve"), ("", "eve")):
        echo.back_end.answers["good"] = yes(None, f"X-Livekit-User: {first}", f"X-Livekit-User: {second}")
        assert echo.params("sessionid=good").get("USER", "") in (first, f"{first}, {second}")


def test_a_back_end_must_not_mirror_headers_of_its_client(echo):
    """nginx reads an underscore in a name of the answer as a dash, and nothing switches that off."""
    echo.back_end.answers["good"] = yes(None, "X_Livekit_User: eve", "X-Livekit-User: ada")
    assert echo.params("sessionid=good")["USER"].startswith("eve")


# What the back end answers -> status and code for the client, and authStatus of the access log.
DENIED, FAILED = (403, "session_invalid"), (503, "unavailable")
LEAKS = ("WWW-Authenticate: Basic realm=app", "Location: https://app/login", "Set-Cookie: sessionid=new", "X-App: yes")


def redirected(status):
    return yes("alice", *LEAKS, "Content-Length: 4", status=status) + b"body"


ANSWERS = {
    "200": (redirected("200 OK"), (200, None), "200"),
    "202": (redirected("202 Accepted"), (200, None), "202"),
    "204": (yes("alice"), (200, None), "204"),
    "206": (redirected("206 Partial Content"), (200, None), "206"),
    "299": (redirected("299 Whatever"), (200, None), "299"),
    "body cut off": (yes("alice", "Content-Length: 1000", status="200 OK") + b"x", (200, None), "200"),
    "slow body": ([yes("alice", "Content-Length: 9", status="200 OK"), 3.0, b"123456789"], (200, None), "200"),
    "401": (redirected("401 Unauthorized"), DENIED, "401"),
    "403": (redirected("403 Forbidden"), DENIED, "403"),
    "100": (b"HTTP/1.1 100 Continue\r\nX-Livekit-User: alice\r\n\r\n", FAILED, "100"),
    **{
        status: (redirected(f"{status} Whatever"), FAILED, status)
        for status in ("300", "301", "302", "303", "304", "307", "400", "404", "405", "407", "408", "413", "418")
        + ("429", "444", "494", "499", "500", "501", "502", "503", "504", "599")
    },
    "closes": (b"", FAILED, "502"),
    "garbage": (b"\x16\x03\x01 no HTTP at all\r\n\r\n", FAILED, "200"),
    "half a header": (b"HTTP/1.1 200 OK\r\nX-Livekit-User: ali", FAILED, "502"),
    "silent": ([30.0], FAILED, "504"),
    "half a header, then silent": ([b"HTTP/1.1 200 OK\r\nX-Livekit-User: alice\r\n", 30.0], FAILED, "504"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_of_the_back_end_is_a_verdict_of_ours(site, name):
    sent, (status, code), logged = ANSWERS[name]
    site.back_end.answers["case"] = sent
    for path, good, body in (
        ("/livekit/token", 200, b'{"roomId":"stage-1"}'),
        ("/livekit/token-source", 404, b'{"room_name":"stage-1"}'),
    ):
        answer = site.ask("sessionid=case", path, body)
        if code is None:
            assert answer.status in (good, 201), answer
        else:
            assert (answer.status, answer.json()["code"]) == (status, code)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["x-request-id"] == answer.json()["requestId"]
            assert answer.headers.get("retry-after") == ("1" if status == 503 else None)
        assert_nothing_leaks(answer)
        line = wait_until(functools.partial(site.logged, answer), "it is not in the log")
        assert (line["authStatus"], line["status"]) == (logged, answer.status)


def assert_nothing_leaks(answer):
    """Fails if anything of the back end's answer is in ours."""
    for name in ("location", "x-app", "x-livekit-user"):
        assert name not in answer.headers
    assert not [line for line in answer.lines if line[0].lower() == "www-authenticate" and "app" in line[1]]
    # The cookie of the login itself goes on, of one that is good.
    assert "set-cookie" not in answer.headers or answer.status < 300
    assert answer.headers["cache-control"] == "no-store"
    assert b"body" not in answer.body.replace(b"bodyLength", b"")


def test_nothing_listens_where_the_back_end_should(stack):
    site = LoginSite(f"{stack}/login-away").start()
    site.back_end.kill()
    answer = site.ask("sessionid=good")
    assert (answer.status, answer.json()["code"]) == FAILED
    assert site.ask("sessionid=good", "/livekit/health", None, "GET").status == 200


@pytest.mark.parametrize("prefix", [True, False])
def test_a_site_that_has_forgotten_the_location_lets_no_one_in(stack, prefix):
    """With prefix.conf there is a 404, without it whatever the site says of all paths: 200, and no user."""
    site = LoginSite(f"{stack}/login-forgotten-{prefix}")
    site.change("location = /livekit/auth {", "location = /livekit/other {")
    site.change("return 404;", "return 200;")
    if not prefix:
        site.change(f"include {site.web_server.directory}/share/nginx/prefix.conf;", "")
    site.start()
    answer = site.ask("sessionid=good", **{"X-Livekit-User": "alice"})
    assert (answer.status, answer.json()["code"]) == (FAILED if prefix else (403, "session_missing"))


def test_a_location_of_the_sites_own_making(stack):
    """Without our include: what the back end says leaks where nginx hands it on, and still no one gets in."""
    site = LoginSite(f"{stack}/login-bare")
    site.change(f"include {site.web_server.directory}/share/nginx/auth-request.conf;", "proxy_pass_request_body off;")
    site.start()
    site.back_end.let_in("good", "alice", status="200 OK")
    assert site.ask("sessionid=good").status == 200
    for answer in ("401 Unauthorized", "403 Forbidden"):
        site.back_end.answers["bad"] = yes("alice", status=answer)
        denied = site.ask("sessionid=bad")
        assert (denied.status, denied.json()["code"]) == DENIED
    site.back_end.answers["bad"] = yes("alice", status="302 Found")
    assert site.ask("sessionid=bad").json()["code"] == "unavailable"


class Page(Echo):
    """A back end behind FastCGI, as PHP-FPM is: it knows one session."""

    def __init__(self, path):
        self.asked = []
        super().__init__(path)

    def answer(self, sent):
        self.asked.append(sent)
        if sent.get("HTTP_COOKIE") != ["sessionid=good"]:
            return b"Status: 401 Unauthorized\r\nWWW-Authenticate: Basic realm=app\r\nX-Livekit-User: eve\r\n\r\n"
        return b"Status: 200 OK\r\nX-Livekit-User: alice\r\nSet-Cookie: sessionid=new; Path=/\r\n\r\n"


def test_a_back_end_behind_fastcgi(stack):
    place = f"{stack}/login-page"
    passes = f"fastcgi_pass unix:{place}.sock;\n        fastcgi_param SCRIPT_FILENAME /srv/app/livekit-auth.php;"
    site, page = LoginSite(place, file="auth-request-fastcgi.conf", passes=passes).start(), Page(f"{place}.sock")
    answer = site.ask("a=b; sessionid=good", **{"X-Livekit-User": "eve", "Proxy": "evil"})
    assert (answer.status, answer.headers["set-cookie"]) == (200, "sessionid=new; Path=/")
    (sent,) = page.asked
    assert {"GET"} == set(sent["REQUEST_METHOD"]) and sent["SCRIPT_FILENAME"] == ["/srv/app/livekit-auth.php"]
    assert [name for name in sent if name.startswith("HTTP_")] == ["HTTP_HOST", "HTTP_COOKIE", "HTTP_X_REQUEST_ID"]
    assert all(len(values) == 1 for values in sent.values())
    denied = site.ask("sessionid=bad")
    assert (denied.status, denied.json()["code"]) == DENIED
    assert_nothing_leaks(denied)
    page.kill()
    assert site.ask("sessionid=good").json()["code"] == "unavailable"


def test_a_slow_back_end_has_five_seconds(stack):
    """And the responder waits for none of it: its own deadline is shorter."""
    site = LoginSite(f"{stack}/login-slow", file="auth-request-slow.conf").start()
    site.back_end.answers["slow"] = [2.0, yes("alice")]
    assert site.ask("sessionid=slow").status == 200


def test_headers_of_other_names(stack):
    """By lines of the site's own after the include, as oauth2-proxy and Authelia need."""
    lines = (
        "auth_request_set $livekit_user $upstream_http_remote_user;\n"
        "    auth_request_set $livekit_name $upstream_http_remote_name;\n"
        "    auth_request_set $livekit_groups $upstream_http_remote_groups;\n"
    )
    echo = LoginSite(f"{stack}/login-names", lines, echo=True).start()
    echo.back_end.answers["good"] = yes("eve", "Remote-User: ada", f"Remote-Name: {ZOE}", "Remote-Groups: a,b")
    assert echo.params("sessionid=good") == ADA | {"NAME": RAW, "GROUPS": "a,b"}


def test_the_refusal_has_the_status_of_the_configuration(stack):
    site = LoginSite(f"{stack}/login-401", settings="http: {unauthenticated_status: 401}\n").start()
    answer = site.ask("sessionid=bad")
    assert (answer.status, answer.json()["code"]) == (401, "session_invalid")
    assert answer.headers["www-authenticate"] == 'Bearer realm="livekit", error="invalid_token"'


# --- A server that has settings of its own ----------------------------------------------------------------------------

OTHERS = """
    location = /404.html { internal; return 200 "the shop's page"; }
    location /shop/ { auth_request /shop-auth; auth_request_set $shopper $upstream_http_remote_user; alias /nonexistent/; }
    location = /shop-auth { internal; return 403; }
"""


def test_error_pages_headers_and_interceptions_of_the_server_are_not_ours(stack):
    site = LoginSite(
        f"{stack}/login-shop",
        "error_page 400 401 403 404 500 502 503 504 =200 /404.html;\n    recursive_error_pages on;\n"
        "    proxy_intercept_errors on;\n    fastcgi_intercept_errors on;\n    log_subrequest on;\n"
        "    proxy_set_header X-Shop yes;\n    proxy_busy_buffers_size 8k;\n    proxy_read_timeout 60s;\n"
        "    proxy_next_upstream error http_500;\n    add_header X-Shop yes always;\n" + OTHERS,
    )
    site.change(f"include {site.web_server.directory}/share/nginx/errors.conf;", "")
    site.start()
    site.back_end.let_in("good", "alice")
    answer = site.ask("sessionid=good")
    assert answer.status == 200 and "x-shop" not in answer.headers
    assert "X-Shop" not in site.back_end.heads[0]
    for name in ("401", "403", "302", "404", "500", "503", "closes", "silent"):
        sent, (status, code), _ = ANSWERS[name]
        site.back_end.answers["case"] = sent
        refused = site.ask("sessionid=case")
        assert (refused.status, refused.json()["code"], refused.json()["status"]) == (status, code, status)
        assert_nothing_leaks(refused)
    assert all(line["route"] == "token" for line in site.access_log() if line["authStatus"])
    shop = site.ask("sessionid=good", "/shop/x", None, "GET")
    assert (shop.status, shop.body, shop.headers.get("x-shop")) == (200, b"the shop's page", "yes"), shop


@pytest.mark.parametrize(
    ("rules", "status", "code"),
    [
        ("deny all;", 403, "forbidden"),
        ("satisfy any;\n    allow all;", 403, "session_invalid"),
        ("satisfy any;\n    deny all;", 403, "forbidden"),
        ("auth_basic site;\n    auth_basic_user_file /dev/null;", 403, "forbidden"),
    ],
)
def test_rules_of_the_server_add_to_the_login(stack, rules, status, code):
    """What they refuse is refused by nginx; what they allow must still be logged in."""
    site = LoginSite(f"{stack}/login-rules-{abs(hash(rules))}", f"{rules}\n").start()
    answer = site.ask("sessionid=bad")
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert bool(site.back_end.heads) == (code == "session_invalid")
    assert site.deployment.log.read_text().count("token.refused") == (code == "session_invalid")


def test_nothing_of_a_login_is_written_down(stack):
    """However the back end fails: no cookie, no credential, nothing of its answer but the user's id."""
    site = LoginSite(f"{stack}/login-logs", "set $livekit_header $http_authorization;\n").start()
    secret = secrets.token_urlsafe(30)
    plant(secret)
    for sent, _, _ in ANSWERS.values():
        site.back_end.answers[secret] = sent
        site.ask(f"sessionid={secret}")
    site.back_end.answers[secret] = yes("ada", f"X-Livekit-Rooms: {secret}", f"X-Livekit-Session: {secret}")
    assert site.ask(f"sessionid={secret}").status == 200
    for cookie in (f"sessionid={secret}; sessionid=x", f"sessionid={secret},"):
        assert site.ask(cookie, Referer=secret).status == 400
    site.ask(None, Authorization=f"Bearer {secret}")
    site.back_end.kill()
    assert site.ask(f"sessionid={secret}").status == 503
    logs = list((site.web_server.directory / "log").iterdir())
    assert len(logs) == 3
    for path in logs:
        assert secret not in path.read_text(), path.name
        assert path.name.endswith("access.log") or path.read_text() == ""
    assert secret not in site.deployment.errors.read_text()
    written = site.deployment.log.read_text()
    assert secret not in written and '"userId":"ada"' in written


def test_nginx_has_nothing_to_say_about_the_files(stack):
    for file in ("auth-request.conf", "auth-request-slow.conf"):
        site = LoginSite(f"{stack}/login-check-{file[:-5]}", "set $livekit_header $http_authorization;\n", file=file)
        command = ["nginx", "-t", "-q", "-p", f"{site.web_server.directory}/", "-c", "nginx.conf", "-e", "stderr"]
        environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
        checked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")


# --- What the responder makes of it ----------------------------------------------------------------------------------


def claims(answer):
    """The claims of a token, unverified."""
    payload = answer.json()["token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def last_event(site):
    return site.deployment.events()[-1]


def test_a_token_is_for_whom_the_back_end_names(site):
    site.back_end.let_in(
        "good", "ada@example.com", f"X-Livekit-Name: {urllib.parse.quote(ZOE)}", "X-Livekit-Session: s"
    )
    token = claims(site.ask("sessionid=good"))
    assert token["name"] == ZOE
    event = last_event(site)
    assert (event["userId"], event["event"]) == ("ada@example.com", "token.issued")
    assert len(event["session"]) == 12


@pytest.mark.parametrize("user", ["ada lovelace", "zoë", "a\tb", "a\x7fb", "x" * 257, "a\x01"])
def test_an_id_that_is_none_lets_no_one_in(site, user):
    site.back_end.let_in("odd", user)
    assert site.ask("sessionid=odd").json()["code"] == "session_invalid"
    assert last_event(site)["reason"] == "login_malformed"


@pytest.mark.parametrize(
    "name", ["%E2%80%AEada", "%ZZ", "%", "Jos\xe9", "=?utf-8?b?Wm/Dqw==?=", "%00", "%C0%AF", "x" * 300]
)
def test_a_name_never_shuts_the_door(site, name):
    site.back_end.answers["odd"] = yes("ada", b"X-Livekit-Name: " + name.encode("latin-1"))
    assert site.ask("sessionid=odd").status == 200


def test_a_login_that_has_ended(site):
    for end, reason in ((1, "session_expired"), ("2026-11-28 03:04:18 +0000 UTC", "login_malformed")):
        site.back_end.let_in("old", "ada", f"X-Livekit-Session-End: {end}")
        assert site.ask("sessionid=old").json()["code"] == "session_invalid"
        assert last_event(site)["reason"] == reason


def test_a_login_without_a_user_is_missing(site):
    site.back_end.answers["none"] = yes(None)
    assert site.ask("sessionid=none").json()["code"] == "session_missing"
    assert last_event(site)["reason"] == "login_missing"


def test_revoked_at_the_back_end_is_refused_at_the_next_request(site):
    for _ in range(20):
        site.back_end.let_in("session-1", "alice")
        assert site.ask("sessionid=session-1").status == 200
        del site.back_end.answers["session-1"]
        assert site.ask("sessionid=session-1").json()["code"] == "session_invalid"
        assert last_event(site)["reason"] == "login_denied"


def test_a_user_who_is_disabled_in_the_directory(site):
    site.deployment.run("user", "add", "mallory")
    site.back_end.let_in("m", "mallory")
    assert site.ask("sessionid=m").status == 200
    site.deployment.run("user", "disable", "mallory")
    assert site.ask("sessionid=m").json()["code"] == "session_invalid"
    assert last_event(site)["reason"] == "user_disabled"
