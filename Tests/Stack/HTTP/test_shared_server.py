"""The files of nginx in a server that has other things: each leaves the other as it is."""

import os
import re
import socket
import subprocess

import pytest
from support.client import Client, token_headers
from support.web_server import WebServer

ORIGIN = "https://app.example.com"
PREFLIGHT = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
# The parts of a site's own server, by name, in the order in which it has them.
OURS = "    include {share}/nginx/server.conf;\n    include {share}/nginx/prefix.conf;\n"
SHOP = """
    location = /404.html { internal; default_type text/html; return 200 "the shop's page"; }
    location ~ ^/index\\.php { proxy_pass http://127.0.0.1:{backend}; proxy_intercept_errors on; }
"""
# What stands for a back end: it answers as its path says, and tells what it was asked.
BACKEND = """
server {
    listen 127.0.0.1:{backend};
    default_type application/xml;
    location / { return 200 "<asked>$request_uri</asked>"; }
    location /index.php/404 { return 404 "<none/>"; }
    location /index.php/403 { return 403 "<none/>"; }
    location /index.php/503 { return 503 "<none/>"; }
}
"""


@pytest.fixture
def server(deployment, responder):
    """Makes a server of these parts, and starts it; the client of it."""
    clients = []

    def start(*parts, http=""):
        web_server = made(deployment, *parts, http=http)
        clients.append(Client(web_server.start()))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


def made(deployment, *parts, http):
    """The files of an nginx whose one server has these parts."""
    web_server = WebServer(deployment)
    directory = web_server.directory
    text = (directory / "sites-enabled/livekit-tokend").read_text()
    # Of the example: where it listens, and its certificate.
    tls = "".join(re.findall(r"^    (?:listen|ssl_certificate).*\n", text, re.MULTILINE))
    text = f"include {{share}}/nginx/http.conf;\n{http}server {{\n{tls}{''.join(parts)}}}\n{BACKEND}"
    text = text.replace("{share}", f"{directory}/share").replace("{backend}", str(backend_port()))
    text = text.replace("{proxied}", str(proxied_port()))
    (directory / "sites-enabled/livekit-tokend").write_text(text)
    origins = directory / "snippets/livekit-tokend-origins.conf"
    origins.write_text(origins.read_text().replace('default "";', f'default "";\n    {ORIGIN} $http_origin;'))
    return web_server


# Far from the ports that servers of other tests take, one after the other.
def proxied_port():
    return int(os.environ["STACK_PORT"]) + 511


def backend_port():
    return int(os.environ["STACK_PORT"]) + 512


def problem(answer, status):
    """Fails unless an answer is a problem, whole; its code."""
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["strict-transport-security"] == "max-age=63072000"
    assert answer.headers["x-request-id"] == answer.json()["requestId"]
    return answer.json()["code"]


@pytest.mark.parametrize("order", ["before", "after"])
def test_error_pages_of_the_site(server, deployment, order):
    """Of the site's `error_page` and our include either may stand first."""
    theirs = "    error_page 404 503 /404.html;\n"
    client = server(*((theirs, OURS) if order == "before" else (OURS, theirs)), SHOP)
    for path in ("/nothing", "/index.php/404", "/index.php/503", "/livekit"):
        answer = client.request("GET", path, {"Origin": ORIGIN})
        assert (answer.status, answer.body) == (503 if "503" in path else 404, b"the shop's page")
        for name in ("strict-transport-security", "access-control-allow-origin", "x-request-id", "vary"):
            assert name not in answer.headers
    assert client.request("GET", "/index.php/403").body == b"<none/>"
    assert problem(client.request("GET", "/livekit/nothing"), 404) == "not_found"
    assert problem(client.request("GET", "/livekit/token?a=b"), 400) == "malformed_request"
    assert problem(client.request("POST", "/livekit/token", {}, b" " * 5000), 413) == "body_too_large"
    assert client.ask(deployment.bearer).status == 200


def test_settings_of_the_server_that_would_change_our_answers(server, deployment):
    client = server(
        "    expires max;\n    add_header X-Shop yes always;\n    fastcgi_intercept_errors on;\n",
        "    fastcgi_param CONTENT_TYPE x;\n    error_page 403 =200 /404.html;\n    default_type text/plain;\n",
        OURS,
        SHOP,
    )
    answer = client.ask(deployment.bearer)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert "expires" not in answer.headers and "x-shop" not in answer.headers
    assert problem(client.ask("unknown"), 403) == "session_invalid"
    assert problem(client.request("GET", "/livekit/nothing"), 404) == "not_found"
    assert client.request("GET", "/livekit/nothing").headers["cache-control"] == "no-store"
    assert client.request("GET", "/livekit/openapi.yaml").headers["cache-control"] == "no-cache"
    assert "max-age" in client.request("GET", "/index.php/x").headers["cache-control"]


def test_transport_security_is_the_sites_to_decide(server, deployment):
    client = server("    set $livekit_hsts '';\n", OURS)
    for answer in (client.ask(deployment.bearer), client.ask("unknown"), client.request("GET", "/livekit/nothing")):
        assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("location", ["/livekit/", "/livekit", r"~ ^/livekit/(rtc|jwt)(/|$)", "^~ /livekit/rtc"])
def test_livekit_itself_below_the_same_path(server, deployment, location):
    """Without prefix.conf: the signalling goes where it went, in any order, and our exact paths are ours."""
    theirs = f"    location {location} {{ proxy_pass http://127.0.0.1:{{backend}}; }}\n"
    ours = OURS.splitlines(keepends=True)[0]
    client = server(theirs, ours, "    include {share}/nginx/try.conf;\n")
    answer = client.request("GET", "/livekit/rtc?access_token=x")
    assert (answer.status, answer.body) == (200, b"<asked>/livekit/rtc?access_token=x</asked>")
    assert "strict-transport-security" not in answer.headers
    assert client.ask(deployment.bearer).status == 200
    for path in ("token", "token-source", "token?a=b", "health", "openapi.yaml", "try/x"):
        assert client.request("OPTIONS", f"/livekit/{path}", PREFLIGHT).status == 204, path
    assert problem(client.request("GET", "/livekit/token"), 405) == "method_not_allowed"
    assert client.request("GET", "/livekit/try/").status == 200


def test_another_path_for_the_endpoint(server, deployment):
    """By the one line that deploy/README.md has."""
    line = "rewrite ^/api/livekit-token$ /livekit/token last;"
    with open(f"{os.path.dirname(__file__)}/../../../deploy/README.md") as file:
        assert f"    {line}\n" in file.read()
    client = server(OURS, f"    {line}\n", "    location /api/ { return 404; }\n")
    headers = token_headers(deployment.bearer)
    assert client.request("POST", "/api/livekit-token", headers, b'{"roomId":"stage-1"}').status == 200
    assert client.request("OPTIONS", "/api/livekit-token", PREFLIGHT).status == 204
    assert problem(client.request("POST", "/api/livekit-token?a=b", headers, b"{}"), 400) == "malformed_request"
    assert problem(client.request("GET", "/api/livekit-token"), 405) == "method_not_allowed"
    assert problem(client.request("POST", "/api/livekit-token", headers, b" " * 5000), 413) == "body_too_large"


@pytest.mark.parametrize(
    "name, value",
    [
        *(("X-Forwarded-For", "203.0.113.7"), ("Forwarded", "for=203.0.113.7"), ("Via", "1.1 proxy")),
        *(
            ("X-Real-IP", "203.0.113.7"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "a.example"),
            ("Via", "0"),
        ),
    ],
)
def test_metrics_are_not_for_requests_that_were_forwarded(main_stack, name, value):
    """As from a tunnel or a load balancer on this machine, whose clients all have its address."""
    with Client(main_stack.web_server, "127.0.0.1") as client:
        assert client.request("GET", "/livekit/metrics").status == 200
        assert problem(client.request("GET", "/livekit/metrics", {name: value}), 403) == "forbidden"
        assert problem(client.request("GET", "/livekit/metrics", {name.lower(): value}), 403) == "forbidden"
        assert client.request("GET", "/livekit/metrics").status == 200


def test_metrics_are_not_for_connections_that_were_forwarded(server):
    """By the PROXY protocol, as a load balancer for TCP sends it."""
    client = server(OURS, "    listen 127.0.0.1:{proxied} ssl proxy_protocol;\n")
    with socket.create_connection(("127.0.0.1", proxied_port()), 60) as connection:
        connection.sendall(b"PROXY TCP4 203.0.113.7 127.0.0.1 40000 443\r\n")
        with client.connection._context.wrap_socket(connection, server_hostname="localhost") as encrypted:
            encrypted.sendall(b"GET /livekit/metrics HTTP/1.0\r\n\r\n")
            assert encrypted.recv(20).split()[1] == b"403"


def test_real_addresses_behind_a_load_balancer(server):
    """By the lines that deploy/README.md has: each client has its rate, and the metrics stay closed."""
    lines = "    set_real_ip_from 127.0.0.0/8;\n    real_ip_header X-Forwarded-For;\n"
    client = server(lines, OURS)
    for number in range(20):
        headers = {"X-Forwarded-For": f"203.0.113.{number}"}
        assert {client.request("POST", "/livekit/token", headers, b"{}").status for _ in range(40)} == {415}
    statuses = [client.request("POST", "/livekit/token", {"X-Forwarded-For": "::ffff:203.0.113.99"}).status]
    assert statuses == [415]
    assert problem(client.request("GET", "/livekit/metrics", {"X-Forwarded-For": "127.0.0.1"}), 403) == "forbidden"


def checked(web_server):
    """What nginx -t says of an nginx."""
    command = ["nginx", "-t", "-q", "-p", f"{web_server.directory}/", "-c", "nginx.conf", "-e", "stderr"]
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_one_of_the_files_alone(deployment):
    """http.conf alone is a configuration; server.conf alone fails at a line that says what is missing."""
    web_server = WebServer(deployment)
    site = web_server.directory / "sites-enabled/livekit-tokend"
    shipped = site.read_text()
    site.write_text(re.match(r"(?s).*?include [^;]*/http\.conf;\n", shipped)[0])
    assert (checked(web_server).returncode, checked(web_server).stderr) == (0, "")
    server = shipped[shipped.index("server {") :]
    site.write_text(re.sub(r" *access_log .*\n", "", server))
    failed = checked(web_server)
    assert failed.returncode == 1
    file, line = re.search(r' in upstream "livekit_tokend" in (\S+):(\d+)', failed.stderr).groups()
    with open(file) as lines:
        assert "include http.conf" in "".join(lines.readlines()[int(line) - 2 : int(line)])
    for other in ("server.conf", "prefix.conf", "try.conf", "errors.conf"):
        site.write_text("\n".join(line for line in shipped.splitlines() if not line.endswith(f"/{other};")) + "\n")
        assert (checked(web_server).returncode, checked(web_server).stderr) == (0, ""), other
