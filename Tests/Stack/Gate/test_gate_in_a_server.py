"""The gate's files in servers that have other things: each leaves the other as it is, and none lets a request by."""

import itertools
import os
import re
import subprocess

import pytest
from gate_site import MODERATORS, TEXTS, WHIP, GateSite, ask, assert_readable, claims_of, join, request
from hostile_rows import call, whip
from support.deployment import ROOT
from support.livekit_echo import response
from support.places import place_of
from support.waiting import wait_until

GATE = "include {share}/gate.conf;"
SERVER = "include {share}/server.conf;"
LOGIN = (
    "include {share}/server-login.conf; set $livekit_cookie sessionid;"
    " location = /livekit/auth { include {share}/auth-request.conf; proxy_pass http://127.0.0.1:8000/who/; }"
)
# What may stand beside the gate, each or not.
BESIDE = ("prefix.conf", "try.conf", "errors.conf", "gate-moderators.conf", "gate-whip.conf")
# An app of the site's own, on this server.
APP = 'location / { default_type text/plain; return 200 "the app"; } location ~ \\.php$ { return 200 "php"; }'


def is_good(site):
    """What nginx says of the configuration; nothing where all is well."""
    directory = site.web_server.directory
    command = ["nginx", "-p", f"{directory}/", "-c", "nginx.conf", "-e", f"{directory}/log/error.log", "-t", "-q"]
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stderr


@pytest.fixture
def site(request):
    """One whose server the test makes."""
    return GateSite(place_of(request))


@pytest.fixture
def people(site):
    site.good, site.bad = site.member("gloria"), site.member("bert")
    site.deployment.run("member", "remove", "stage-1", "bert")
    return site


def assert_gate(site, prefix=""):
    """Fails unless the gate stands: the good get in, others do not."""
    assert ask(site, join(f"{prefix}/rtc?access_token={site.good}")).status == 101
    assert ask(site, request(f"{prefix}/rtc/v1/validate?access_token={site.good}")).status == 200
    before = len(site.echo.arrived)
    assert ask(site, join(f"{prefix}/rtc?access_token={site.bad}")).status == 403
    assert ask(site, request(f"{prefix}/rtc/validate?access_token={site.bad}")).status == 403
    for path in ("/rtc/v2", "/agent", "/agents/x", "/whip/v1", "/twirp/livekit.RoomService/ListParticipants"):
        assert ask(site, request(f"{prefix}{path}?access_token={site.good}")).status == 404, path
    assert len(site.echo.arrived) == before


@pytest.mark.parametrize("server", ["", SERVER, LOGIN], ids=["alone", "server.conf", "server-login.conf"])
def test_nginx_takes_the_files_in_every_combination_and_order(site, server):
    original = (site.web_server.directory / "sites-enabled/livekit-tokend").read_text()
    for chosen in itertools.product((False, True), repeat=len(BESIDE)):
        beside = [f"include {{share}}/{file};" for file, is_there in zip(BESIDE, chosen, strict=True) if is_there]
        parts = [server, GATE, *beside] if len(beside) % 2 else [*reversed(beside), GATE, server]
        (site.web_server.directory / "sites-enabled/livekit-tokend").write_text(original)
        site.serve(*parts)
        assert is_good(site) == "", parts


def test_nginx_refuses_a_location_of_the_sites_that_is_one_of_the_gate(site):
    original = (site.web_server.directory / "sites-enabled/livekit-tokend").read_text()
    for location in ("= /rtc", "= /rtc/validate", "/rtc/", "^~ /twirp/"):
        (site.web_server.directory / "sites-enabled/livekit-tokend").write_text(original)
        site.serve(GATE, f"location {location} {{ proxy_pass http://{{livekit}}; }}")
        assert "duplicate location" in is_good(site)


def test_the_example_has_the_gate_in_two_lines():
    example = (ROOT / "nginx/site/livekit-tokend").read_text()
    lines = re.findall(r"^ *# include (.*/gate.*);$", example, re.MULTILINE)
    assert [line.rpartition("/")[2] for line in lines] == ["gate-http.conf", "gate.conf"]


def test_an_app_at_the_root_keeps_its_pages(people):
    people.serve(GATE, APP)
    people.start()
    assert_gate(people)
    for path in ("/", "/index.html", "/rtcfoo", "/agentsmith", "/settings", "/debugger/", "/whip-cream", "/livekit/x"):
        assert ask(people, request(path)).body == b"the app", path
    assert ask(people, request("/x.php")).body == b"php"


def test_an_app_has_pages_of_a_name_of_livekits_by_its_own_location(people):
    people.serve(
        GATE, APP, 'location ^~ /settings/ { return 200 "settings"; }', 'location = /agent { return 200 "agent"; }'
    )
    people.start()
    assert ask(people, request("/settings/profile")).body == b"settings"
    assert ask(people, request("/agent")).body == b"agent"
    assert ask(people, request("/agents/x")).status == 404


def test_a_location_that_still_leads_to_livekit_is_not_a_way_past_the_gate(people):
    """What it still opens is what LiveKit has at other paths, which `check` finds."""
    people.serve(GATE, "location / { proxy_pass http://{livekit}; } location /rtc { proxy_pass http://{livekit}; }")
    people.start()
    assert_gate(people)


def test_livekit_below_a_path_is_one_line(people):
    """The line of the manual."""
    manual = (ROOT / "nginx/README.md").read_text()
    (line,) = re.findall(r"^ +(rewrite \^/livekit/sfu.*;)$", manual, re.MULTILINE)
    people.serve(SERVER, GATE, "include {share}/prefix.conf;", line, APP)
    people.start()
    assert_gate(people, "/livekit/sfu")
    arrived = people.echo.arrived[0]
    assert (arrived.path, arrived.query) == ("/rtc", "")
    before = len(people.echo.arrived)
    for path in ("/livekit/gate", "/rtc%0a", "/rtc/", "/rtcfoo", "/x", "/twirp/x", "/livekit/sfu/rtc"):
        assert ask(people, request(f"/livekit/sfu{path}?access_token={people.good}")).status == 404, path
    assert len(people.echo.arrived) == before


def test_a_rewrite_that_leads_to_the_question_gets_no_answer(people):
    """The path of the question is none of nginx's: a request for it is the site's own, whatever it was before."""
    people.serve(SERVER, GATE, "rewrite ^/api(/.*)$ $1 last;", "location = /go { rewrite ^ /livekit/gate last; }")
    people.start()
    for path in ("/api/livekit/gate", "/go", "/api/go"):
        answer = ask(people, request(path, f"Authorization: Bearer {people.good}"))
        assert answer.status == 404, path
        assert b"eyJ" not in answer.body and not any("eyJ" in value for _, value in answer.headers)
    assert [event for event in people.deployment.events() if event["event"].startswith("join.")] == []


def test_another_program_of_the_sites_does_not_lead_to_livekit(people):
    """Its answers may have a header that nginx obeys, be it by a fault."""
    page = response(200, b"", b"X-Accel-Redirect: @livekit_rtc\r\nX-LiveKit-Token: x\r\n")
    people.echo.answers["/page"] = page
    people.serve(GATE, "location / { proxy_pass http://{livekit}; }")
    people.start()
    before = len(people.echo.arrived)
    assert ask(people, request("/page")).status == 404
    assert [arrived.path for arrived in people.echo.arrived[before:]] == ["/page"]


SETTINGS = {
    "error pages that say yes": "error_page 401 403 404 429 500 502 503 504 =200 /sorry;"
    " location = /sorry { return 200 sorry; }",
    "error pages of its own": "recursive_error_pages on; error_page 401 403 503 /sorry;"
    " location = /sorry { return 403; }",
    "satisfy any": "satisfy any; allow all;",
    "a question of its own": "auth_request /yes; location = /yes { internal; return 204; }",
    "headers of its own": "proxy_set_header X-Real-IP $remote_addr;"
    " proxy_set_header Authorization $http_authorization;",
    "answers that are kept": "proxy_cache kept; proxy_cache_key $uri; proxy_cache_valid any 1h; fastcgi_cache kept_too;"
    " fastcgi_cache_key $uri; fastcgi_cache_valid any 1h;",
    "intercepted errors": "proxy_intercept_errors on; fastcgi_intercept_errors on; error_page 404 500 =200 /sorry;"
    " location = /sorry { return 200 sorry; }",
    "parameters of its own": "fastcgi_param LIVEKIT_GATE twirp; fastcgi_param REMOTE_USER $remote_user;",
    "a limit of its own": "limit_req zone=theirs; client_max_body_size 1; proxy_read_timeout 1s;",
    "bodies in its own way": "proxy_request_buffering off; client_body_in_file_only clean; mirror /theirs;"
    " location = /theirs { internal; return 204; }",
    "headers of answers": "add_header Access-Control-Allow-Origin https://a.example; expires max;",
}


ZONES = """limit_req_zone $server_name zone=theirs:1m rate=1r/m;
proxy_cache_path {directory}/kept keys_zone=kept:1m;
fastcgi_cache_path {directory}/kept-too keys_zone=kept_too:1m;
"""


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_the_server_open_no_call(people, name):
    lead = people.member("mona", "moderator")
    people.serve(SETTINGS[name], GATE, *(f"include {{share}}/{file};" for file in (MODERATORS, WHIP)), http=ZONES)
    people.start()
    for text, status in (
        (call(token=lead), 200),
        (call(token=people.good), 403),
        (call(token=people.bad), 403),
        (call(token="x"), 401),
        (call(token=lead, method="GET", body=""), 403),
        (whip(people.good), 201),
        (whip(people.bad), 403),
        (whip(people.bad, "/whip/v1/PA_x", "DELETE", body=""), 403),
    ):
        answer = ask(people, text)
        assert answer.status == status
        assert_readable(answer)
        assert answer.body == TEXTS.get(status, answer.body)
    assert [arrived.path.rpartition("/")[2] for arrived in people.echo.arrived] == ["ListParticipants", "v1"]


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_the_server_open_nothing(people, name):
    people.serve(SETTINGS[name], GATE, http=ZONES)
    people.start()
    assert_gate(people)
    # LiveKit's own word at a full room.
    people.echo.answers["/rtc/validate"] = response(500, b"connection closed by media")
    for path, token, status in (
        ("/rtc/validate", people.bad, 403),
        ("/rtc/validate", people.good, 500),
        ("/rtc/v1/validate", people.good, 200),
    ):
        answer = ask(people, request(f"{path}?access_token={token}"))
        assert answer.status == status
        assert answer.values("access-control-allow-origin") == ["*"]
        assert answer.values("cache-control") == ["no-store"]
        assert answer.values("expires") == []
        assert answer.body == {403: b"You may not enter this room now.", 200: b"success"}.get(
            status, b"connection closed by media"
        )
    people.responder.stop()
    before = len(people.echo.arrived)
    assert ask(people, join(f"/rtc?access_token={people.good}")).status == 503
    assert len(people.echo.arrived) == before


def test_logs_of_the_site_have_no_token(people):
    """With the usual format, errors at every level but debug, and a page for errors that has a log as well."""
    people.serve(
        "access_log {directory}/log/site.log;",
        "error_log {directory}/log/site-error.log notice;",
        "error_page 401 403 404 503 /sorry; location = /sorry { return 200 sorry; }",
        GATE,
        APP,
    )
    people.start()
    assert_gate(people)
    assert ask(people, request(f"/rtc?access_token={people.good}", method="POST")).status == 403
    assert ask(people, join(f"/rtc?access_token={people.good}", body="x" * 5000)).status == 413
    people.echo.kill()
    assert ask(people, join(f"/rtc?access_token={people.good}")).status == 503
    people.responder.stop()
    assert ask(people, join(f"/rtc?access_token={people.good}", "Referer: https://x/?access_token=eyJx")).status == 503
    last = ask(people, request("/page"))
    assert last.body == b"the app"
    wait_until(lambda: "/page" in people.logs()["site.log"], "the app's page is not in the log")
    for name, text in people.logs().items():
        assert "eyJ" not in text and "access_token" not in text, name
        for token in (people.good, people.bad):
            assert claims_of(token)["jti"] not in text or name == people.deployment.log.name
            assert token[-30:] not in text, name
