"""What nginx writes down of requests that fail: no bearer, no token and no URL, in whatever way they fail."""

import collections
import contextlib
import json
import os
import pathlib
import secrets
import socket
import ssl
import subprocess
import threading

import pytest
from support.canaries import plant
from support.client import Client, next_address, token_headers
from support.deployment import ROOT, Deployment
from support.waiting import wait_until
from support.web_server import WebServer


class Site:
    """An nginx without a responder, with the page to try it; `level` is the one of the server's error log."""

    def __init__(self, path, level):
        self.deployment = Deployment.create(path)
        self.web_server = WebServer(self.deployment)
        directory = self.web_server.directory
        script = 'source "$1/deploy/throwaway.sh" && throwaway_try_page "$2"'
        subprocess.run(["bash", "-euc", script, "bash", str(ROOT), str(directory)], check=True)
        site = directory / "sites-enabled/livekit-tokend"
        assert "error.log error;" in site.read_text()
        site.write_text(site.read_text().replace("error.log error;", f"error.log {level};"))
        self.log = directory / "log"
        self.secret = f"lks_{secrets.token_urlsafe(32)}"
        plant(self.secret)
        self.web_server.start()

    def ask(self, path="/livekit/token", method="POST", body=b"{}", **headers):
        """The status of a request that has the secret in its bearer and its Referer."""
        with Client(self.web_server) as client:
            referer = {"Referer": f"https://app.example.com/custom?token={self.secret}"}
            answer = client.request(method, path, {**token_headers(self.secret), **referer, **headers}, body)
        return answer.status

    def send(self, text, encrypted=True):
        """The first bytes of the answer to a text that need be no request."""
        with socket.create_connection(("127.0.0.1", self.web_server.port), 60, (next_address(), 0)) as connection:
            if encrypted:
                context = ssl.create_default_context(cafile=self.web_server.certificate)
                connection = context.wrap_socket(connection, server_hostname="localhost")
            with connection:
                connection.sendall(text.encode())
                return connection.recv(100)

    def lines(self):
        """The access log's, as far as they are there."""
        path = self.log / "livekit-tokend.access.log"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def assert_clean(self):
        """Fails if the secret is in a log, or half of it."""
        for path in self.log.iterdir():
            assert self.secret[:20] not in path.read_text(), f"{path.name}: {path.read_text()}"


@pytest.fixture(params=["error", "notice"])
def site(request, stack):
    site = Site(f"{stack}/error-log-{request.param}", request.param)
    yield site
    site.web_server.stop()
    site.assert_clean()
    if request.param == "error":
        assert (site.log / "livekit-tokend.error.log").read_text() == ""


@contextlib.contextmanager
def responder(path, answer):
    """A responder that sends these bytes whatever it is asked, and then closes; None: it never answers."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen()

    def serve():
        kept = []
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                if answer is None:
                    kept.append(connection)
                    continue
                connection.recv(65536)
                connection.sendall(answer)
                connection.close()

    threading.Thread(target=serve, daemon=True).start()
    yield
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    os.unlink(path)


def test_a_responder_that_fails(site):
    """Away, silent, closing, and of another protocol. The access log says what nginx met."""
    assert site.ask() == 502
    for answer, status in ((b"", 502), (b"HTTP/1.1 200 OK\r\n\r\n", 502), (b"\x01\x06\x00\x01\xff", 502), (None, 504)):
        with responder(site.deployment.socket, answer):
            assert site.ask("/livekit/token-source") == status
            if answer is not None:
                assert site.ask("/livekit/health", "GET", None) == status
    wait_until(lambda: len(site.lines()) >= 8, "the access log is not written")
    failed = [line for line in site.lines() if line["status"] in (502, 504)]
    assert len(failed) == 8
    assert all(set(line["upstreamStatus"].split(", ")) <= {"502", "504"} for line in failed), failed


def test_paths_and_queries(site):
    """At each location, with and without a query string; in the page's folder nginx looks for files of these names."""
    secret, statuses = site.secret, collections.Counter()
    for path in (
        *(
            f"/livekit/try/{secret}",
            f"/livekit/try/{secret}/",
            f"/livekit/try/index.html/{secret}",
            f"/livekit/{secret}",
        ),
        *(f"/livekit/try/{secret * 20}", f"/livekit/try/..%2f{secret}", f"/{secret}", f"/livekit/problem/{secret}"),
        *(
            f"/livekit/{name}?session={secret}"
            for name in ("try/", "try/x", "try", "openapi.yaml", "metrics", "health")
        ),
        *(f"/livekit/{name}?session={secret}" for name in ("token", "token-source", "problem", "x", "")),
    ):
        for method, body in (("GET", None), ("POST", b"{}"), ("POST", b" " * 5000), ("PUT", b" " * 2_000_000)):
            with contextlib.suppress(ConnectionError):
                statuses[site.ask(path, method, body)] += 1
    assert set(statuses) == {400, 404, 413}, statuses


def test_bodies_that_are_too_large(site):
    for path in (
        "/livekit/token",
        "/livekit/token-source",
        "/livekit/health",
        "/livekit/openapi.yaml",
        "/livekit/try/",
    ):
        assert site.ask(path, body=b" " * 5000) == 413, path
    chunk = f"1388\r\n{' ' * 5000}\r\n0\r\n\r\n"
    headers = f"Host: x\r\nTransfer-Encoding: chunked\r\nReferer: {site.secret}\r\n"
    assert b" 413 " in site.send(f"POST /livekit/token HTTP/1.1\r\n{headers}\r\n{chunk}")


def test_what_nginx_refuses_before_it_looks_for_a_location(site):
    """Lines of headers and request lines that are not HTTP, or too long, or sent without TLS."""
    host = f"Host: x\r\nAuthorization: Bearer {site.secret}\r\n"
    for text in (
        f"POST /livekit/token HTTP/1.1\r\n{host}Authorization: Bearer {site.secret}\r\n\r\n",
        f"POST /livekit/token HTTP/1.1\r\n{host}X-Long: {site.secret * 300}\r\n\r\n",
        f"POST /livekit/token HTTP/1.1\r\n{host}Bad\x00Header: {site.secret}\r\n\r\n",
        f"POST /livekit/token HTTP/1.1\r\n{host}Host: y\r\n\r\n",
        f"POST /livekit/token HTTP/1.1\r\n{host}Content-Length: {site.secret}\r\n\r\n",
        f"GET /livekit/token?{site.secret} HTTP/7.{site.secret}\r\n\r\n",
        f"GET /livekit/%00{site.secret} HTTP/1.1\r\n{host}\r\n",
        f"GET /livekit/{site.secret * 300} HTTP/1.1\r\n{host}\r\n",
        f"GET /{'../' * 9}{site.secret} HTTP/1.1\r\n{host}\r\n",
        f"TRACE /livekit/{site.secret} HTTP/1.1\r\n{host}\r\n",
    ):
        assert site.send(text).split()[1][:1] in (b"4", b"5"), text
    assert b" 400 " in site.send(f"POST /livekit/token HTTP/1.1\r\n{host}\r\n", encrypted=False)


def test_too_many(site):
    """Refusals by rate and by the number of connections, and of the metrics."""
    directory = pathlib.Path(site.web_server.directory, "snippets")
    for path in directory.glob("*.conf"):
        text = path.read_text().replace("rate=50r/s", "rate=1r/m").replace("burst=400", "burst=1")
        path.write_text(text.replace("livekit_connection 200;", "livekit_connection 1;"))
    before = site.web_server.workers()
    site.web_server.process.send_signal(1)
    wait_until(lambda: not set(before) & set(site.web_server.workers()), "nginx does not reload")
    with Client(site.web_server) as client:
        headers = {**token_headers(site.secret), "Referer": site.secret}
        answers = [client.request("POST", "/livekit/token", headers, b"{}").status for _ in range(9)]
    assert answers.count(429) == 7
    assert site.ask("/livekit/metrics", "GET", None) == 403
