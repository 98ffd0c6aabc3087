"""Caddy in the place of nginx, by the Caddyfile that ships: what is changed is its name, its certificate and paths."""

import os
import re
import subprocess

import pytest
from support.canaries import plant
from support.client import Client, token_headers
from support.deployment import ROOT, Deployment
from support.responder import Responder
from support.waiting import wait_until
from support.web_server import WebServer

ORIGIN = "https://app.example.com"


class Caddy(WebServer):
    """A Caddy with the certificate of the nginx that would be there."""

    def start(self):
        text = (ROOT / "deploy/Caddyfile").read_text()
        key = self.directory / "tls/privkey.pem"
        for old, new in (
            ("\n{\n", "\n{\n\tadmin off\n\tauto_https disable_redirects\n"),
            (
                "\nlivekit.example.com {\n",
                f"\nhttps://127.0.0.1:{self.port}, https://localhost:{self.port} {{\n\ttls {self.certificate} {key}\n",
            ),
            ("unix//run/livekit-tokend.sock", f"unix/{self.directory.parent}/fcgi.sock"),
            ("/usr/share/livekit-tokend", f"{ROOT}/nginx"),
        ):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        place = self.directory / "caddy"
        place.mkdir()
        (place / "Caddyfile").write_text(text)
        home = {"HOME": str(place), "XDG_DATA_HOME": str(place), "XDG_CONFIG_HOME": str(place)}
        self.log = place / "caddy.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["caddy", "run", "--adapter", "caddyfile", "--config", str(place / "Caddyfile")],
                env={**os.environ, **home},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self.answers, lambda: f"Caddy does not answer: {self.log.read_text()}")
        return self


@pytest.fixture(scope="module")
def site(stack):
    """A running deployment behind Caddy."""
    deployment = Deployment.create_with_alice(f"{stack}/caddy", "token_source: {participant_name: true}\n")
    responder, web_server = Responder(deployment).wait_until_ready(), Caddy(deployment).start()
    yield deployment, responder, web_server
    web_server.stop()
    assert deployment.bearer not in web_server.log.read_text()


@pytest.fixture
def client(site):
    with Client(site[2]) as client:
        yield client


REQUEST_ID = re.compile("[0-9a-f]{32}")
# The titles that nginx's answers have.
TITLES = dict(
    re.findall(
        r'^    ([0-9]+) +"(.*)";$',
        re.search(r"map \$status \$livekit_title \{(.*?)\}", (ROOT / "nginx/snippets/http.conf").read_text(), re.S)[1],
        re.M,
    )
)


def problem(answer, status, code):
    """Fails unless an answer is a problem, whole, as nginx and the service write it."""
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), answer
    body = answer.json()
    retry_after = ["retryAfter"] if status >= 502 else []
    assert list(body) == ["type", "title", "status", "code", "detail", *retry_after, "requestId"]
    assert (body["status"], body["code"], body["requestId"]) == (status, code, answer.headers["x-request-id"])
    assert REQUEST_ID.fullmatch(body["requestId"])
    assert body["title"] == TITLES.get(str(status), body["title"])
    assert answer.headers.get("retry-after") == (str(body["retryAfter"]) if retry_after else None)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["strict-transport-security"] == "max-age=63072000"


def test_tokens(site, client):
    deployment, _, _ = site
    answer = client.ask(deployment.bearer)
    assert answer.status == 200 and "status" not in answer.headers
    token = answer.json()["token"]
    plant(token)
    decode = deployment.command("token", "decode", "-", "--json")
    assert b"stage-1" in subprocess.run(decode, input=token.encode(), capture_output=True, check=True).stdout
    answer = client.request(
        "POST", "/livekit/token-source", token_headers(deployment.bearer), b'{"room_name":"stage-1"}'
    )
    assert answer.status == 201
    assert client.request("GET", "/livekit/health").body == b'{"status":"ok"}'
    line = deployment.events()[-1]
    assert line["client"] == client.address


def test_refusals_of_the_service_and_of_caddy(site, client):
    problem(client.ask("unknown"), 403, "session_invalid")
    problem(client.request("GET", "/livekit/token"), 405, "method_not_allowed")
    problem(client.request("POST", "/livekit/token", {}, b"{}"), 415, "unsupported_media_type")
    problem(client.request("POST", "/livekit/token?a=b", {}, b"{}"), 400, "malformed_request")
    chunks = iter([b"2\r\n{}\r\n0\r\n\r\n"])
    problem(
        client.request("POST", "/livekit/token", {"Transfer-Encoding": "chunked"}, chunks), 400, "malformed_request"
    )
    problem(client.request("POST", "/livekit/token", {}, b" " * 4097), 413, "body_too_large")
    assert client.request("POST", "/livekit/token", token_headers("x"), b" " * 4096).status == 403


def test_paths_that_lead_nowhere(client):
    """Nobody gets at the metrics, by any spelling: Prometheus, tunnels and clients all come through here."""
    for path in (
        "metrics",
        "Metrics",
        "./metrics",
        "token/../metrics",
        "token/..%2fmetrics",
        "%6detrics",
        "token/",
        "x",
        "",
    ):
        problem(client.request("GET", f"/livekit/{path}"), 404, "not_found")


def test_pages_of_other_origins(client):
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    for path in ("token", "token?a=b", "tokens"):
        answer = client.request("OPTIONS", f"/livekit/{path}", preflight)
        assert answer.status == 204
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "baggage" in answer.headers["access-control-allow-headers"]
        assert REQUEST_ID.fullmatch(answer.headers["x-request-id"])
    for path, status in (("token", 405), ("tokens", 404)):
        assert (
            client.request("GET", f"/livekit/{path}", {"Origin": ORIGIN}).headers["access-control-allow-origin"]
            == ORIGIN
        )
        answer = client.request("OPTIONS", f"/livekit/{path}", {**preflight, "Origin": f"{ORIGIN}.evil.example"})
        assert answer.status == status and "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "Origin"


def test_the_description(client):
    answer = client.request("GET", "/livekit/openapi.yaml")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/yaml")
    assert answer.body == (ROOT / "nginx/openapi.yaml").read_bytes()
    assert REQUEST_ID.fullmatch(answer.headers["x-request-id"])
    assert client.request("HEAD", "/livekit/openapi.yaml").status == 200
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = client.request(method, "/livekit/openapi.yaml", {}, b"{}")
        problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD"
        assert answer.json()["detail"] == "The method must be one of: GET, HEAD."


def test_a_service_that_is_away_leaves_no_secret_in_the_log(site):
    deployment, responder, web_server = site
    responder.stop()
    try:
        with Client(web_server) as client:
            headers = {**token_headers(deployment.bearer), "Referer": f"https://a.example/?{deployment.bearer}"}
            answer = client.request("POST", "/livekit/token", headers, b"{}")
        problem(answer, 502, "bad_gateway")
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["retryAfter"] == 1
    finally:
        Responder(deployment).wait_until_ready()


def test_it_finds_nothing_to_say_about_the_file():
    """Also that it is formatted as Caddy has it, and names the headers and the limit that nginx has."""
    path = ROOT / "deploy/Caddyfile"
    ended = subprocess.run(["caddy", "fmt", str(path)], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == path.read_text().strip()
    nginx = (ROOT / "nginx/snippets/http.conf").read_text()
    headers = re.search(r'"(Authorization, [^$"]*)";', nginx)[1]
    assert f'Access-Control-Allow-Headers "{headers}"' in path.read_text()
    assert re.search("at most [0-9]+ bytes", nginx)[0] in path.read_text()


def test_what_caddy_refuses_before_it_looks_for_a_route(client):
    """As deploy/README.md says: a text, and no problem."""
    answer = client.request("GET", "/livekit/health", {"X": "x" * (2 << 20)})
    assert (answer.status, answer.headers["content-type"]) == (431, "text/plain; charset=utf-8")
