"""The metrics are what has happened: they agree with the log, and what fails is counted."""

import collections
import concurrent.futures
import re
import secrets
import time

import pytest
from support import fastcgi
from support.canaries import keep_error_body, plant
from support.client import Client, token_headers
from support.responder import Responder
from support.waiting import PATIENCE


def samples(page):
    """The values of a page by name and labels, without the prefix that all names have."""
    lines = (line.rsplit(" ", 1) for line in page.splitlines() if line and not line.startswith("#"))
    return {name.removeprefix("livekit_tokend_"): float(value) for name, value in lines}


class Subject:
    """A responder, and its metrics as its web server gets them."""

    def __init__(self, deployment):
        self.deployment = deployment
        self.responder = Responder(deployment).wait_until_ready()

    def ask(self):
        return self.responder.ask(self.deployment.bearer).status

    def metrics(self, **wanted):
        """The page; with gauges that are to come to some value, once they have, or as it is after a while."""
        deadline = time.monotonic() + PATIENCE
        # A worker is still busy for a moment after its answer is there, and so is its connection.
        while True:
            answer = fastcgi.exchange(self.responder.path, fastcgi.get_params("/livekit/metrics"))
            assert answer.status == 200
            values = samples(answer.body.decode())
            if all(values[name] == value for name, value in wanted.items()) or time.monotonic() > deadline:
                return values
            time.sleep(0.1)


@pytest.fixture
def subject(deployment):
    return Subject(deployment)


def ask_for_all_kinds_of_answers(stack):
    """Three tokens and four kinds of refusals; none is too much of one session or of one address."""

    def ask(method, path, headers, body):
        with Client(stack.web_server) as client:
            answer = client.request(method, path, headers, body)
        if answer.status == 200:
            plant(answer.json()["token"])
        else:
            keep_error_body(answer.body)

    bearer = stack.deployment.new_session("alice")
    for room in ("stage-1", "stage-1", "stage-2", "../etc", "stage-1"):
        ask("POST", "/livekit/token", token_headers(bearer), f'{{"roomId": "{room}"}}')
    ask("POST", "/livekit/token", token_headers(secrets.token_urlsafe()), '{"roomId": "stage-1"}')
    ask("POST", "/livekit/token", {}, "")


def test_after_many_requests_at_once_the_page_agrees_with_the_log_to_the_last_request(main_stack, figure):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(ask_for_all_kinds_of_answers, [main_stack] * 16))
    # As Prometheus on the same machine gets it.
    with Client(main_stack.web_server, "127.0.0.1") as client:
        values = samples(client.request("GET", "/livekit/metrics").body.decode())

    codes, reasons = collections.Counter(), collections.Counter()
    for event in main_stack.deployment.events():
        if event["event"] == "token.issued":
            codes["200"] += 1
        elif event["event"] == "token.refused":
            codes[str(event["status"])] += 1
            reasons[event["reason"]] += 1
    for name, counted in (("requests_total", codes), ("refusals_total", reasons)):
        labelled = {m[1]: v for k, v in values.items() if (m := re.fullmatch(name + r'\{\w+="(.*)"\}', k))}
        assert {label: value for label, value in labelled.items() if value} == counted, name
    total = sum(codes.values())
    assert total >= 16 * 7
    assert values["tokens_issued_total"] == codes["200"] >= 16 * 3
    assert values["request_duration_seconds_count"] == total
    assert values['request_duration_seconds_bucket{le="+Inf"}'] == total
    # Every token takes three look-ups, and no request takes more.
    assert 3 * codes["200"] <= values["directory_duration_seconds_count"] <= 3 * total
    figure(f"{total} requests, {codes['200']} tokens, {len(reasons)} reasons")


def test_gauges_follow_the_load(subject):
    assert subject.ask() == 200
    before = subject.metrics(workers_busy=1, connections=1)
    assert before["directory_up"] == 1 and before["directory_failures_total"] == 0
    assert 0 <= before["key_age_seconds"] < 600
    assert before["workers_busy"] == 1, "the one that writes the page"
    assert before["process_resident_memory_bytes"] > 1e6 and before["process_open_fds"] > 5
    assert abs(time.time() - before["process_start_time_seconds"]) < 600
    assert before["process_cpu_seconds_total"] > 0 and before["process_max_fds"] >= before["process_open_fds"]

    kept = [fastcgi.connect(subject.responder.path) for _ in range(5)]
    for connection in kept:
        connection.sendall(fastcgi.token_request(subject.deployment.bearer, keep=True))
        assert fastcgi.receive(connection).status == 200
    during = subject.metrics(connections=6)
    assert during["connections"] == 6, "those kept, and the one that asks"
    # Two for each; and a worker that had not looked into the directory before has opened it. The one that is held for
    # the next connection may be in use just then.
    assert 9 <= during["process_open_fds"] - before["process_open_fds"] <= 20
    assert during["tokens_issued_total"] == 6
    for connection in kept:
        connection.close()
    assert subject.metrics(connections=1)["connections"] == 1


def test_a_broken_request_is_counted(subject):
    with fastcgi.connect(subject.responder.path) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        fastcgi.receive(connection)
    assert subject.metrics(requests_broken_total=1)["requests_broken_total"] == 1


def test_a_directory_that_fails_is_counted_until_it_is_back(subject):
    directory, elsewhere = subject.deployment.directory, subject.deployment.path / "elsewhere"
    assert subject.ask() == 200
    directory.rename(elsewhere)
    assert subject.ask() == 503
    broken = subject.metrics()
    assert broken["directory_up"] == 0 and broken["directory_failures_total"] == 1
    assert broken['requests_total{code="503"}'] == 1 and broken['refusals_total{reason="directory_unavailable"}'] == 1
    elsewhere.rename(directory)
    assert subject.ask() == 200
    assert subject.metrics()["directory_up"] == 1


def test_a_log_that_fails_is_counted(deployment):
    deployment.configure("audit: {file: /dev/full}\n")
    subject = Subject(deployment)
    assert subject.ask() == 503
    values = subject.metrics()
    assert values["audit_failures_total"] == 1 and values["tokens_issued_total"] == 0
    assert values['refusals_total{reason="audit_unavailable"}'] == 1 and values['requests_total{code="503"}'] == 1
