"""The metrics are what has happened.

    metrics.py agree METRICS LOG...          a page of metrics has the same numbers as the logs of the responder
    metrics.py faults DEPLOYMENT BEARER      a directory and a log that fail are counted, and gauges follow the load
    metrics.py scraped PORT METRIC VALUE     Prometheus at a port comes to have that value
"""

import collections
import json
import os
import re
import sys
import time
import urllib.parse
import urllib.request

import fastcgi
import lifecycle

BODY = b'{"roomId":"stage-1"}'


def samples(page):
    """The values of a page by name and labels."""
    lines = (line.rsplit(" ", 1) for line in page.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def agree(page, *logs):
    with open(page) as file:
        values = samples(file.read())
    codes, reasons = collections.Counter(), collections.Counter()
    for log in logs:
        with open(log) as file:
            for line in map(json.loads, file):
                if line["event"] == "token.issued":
                    codes["200"] += 1
                elif line["event"] == "token.refused":
                    codes[str(line["status"])] += 1
                    reasons[line["reason"]] += 1
    labelled = lambda name: {m[1]: v for k, v in values.items() if (m := re.fullmatch(name + r'\{\w+="(.*)"\}', k))}
    for name, counted in (("livekit_tokend_requests_total", codes), ("livekit_tokend_refusals_total", reasons)):
        risen = {label: value for label, value in labelled(name).items() if value}
        assert risen == counted, f"{name}: {risen}, but the log has {dict(counted)}"
    total = sum(codes.values())
    assert values["livekit_tokend_tokens_issued_total"] == codes["200"] > 0
    assert values["livekit_tokend_request_duration_seconds_count"] == total
    assert values['livekit_tokend_request_duration_seconds_bucket{le="+Inf"}'] == total
    # Every token takes two look-ups, and no request takes more.
    lookups = values["livekit_tokend_directory_duration_seconds_count"]
    assert 2 * codes["200"] <= lookups <= 2 * total, lookups
    print(f"{total} requests, {codes['200']} tokens, {len(reasons)} reasons: the page and the log agree")


class Subject:
    """A responder, and its metrics as its web server gets them."""

    def __init__(self, deployment):
        self.responder = lifecycle.Responder(deployment).wait_until_ready()
        self.path = self.responder.path

    def metrics(self, **wanted):
        """The page; with gauges that are to come to some value, once they have, or as it is after a minute."""
        deadline = time.monotonic() + 60
        # A worker is still busy for a moment after its answer is there, and so is its connection.
        while True:
            values = self.page()
            if all(values[name] == value for name, value in wanted.items()) or time.monotonic() > deadline:
                return values
            time.sleep(0.1)

    def page(self):
        params = fastcgi.token_params(REQUEST_METHOD="GET", SCRIPT_NAME="/livekit/metrics")
        answer = fastcgi.exchange(self.path, params)
        assert answer.status == 200
        return {
            name.removeprefix("livekit_tokend_"): value for name, value in samples(answer.body.decode()).items()
        }

    def ask(self, bearer):
        return fastcgi.exchange(self.path, fastcgi.token_params(bearer, BODY), BODY).status


def faults(deployment, bearer):
    subject = Subject(deployment)
    assert subject.ask(bearer) == 200
    before = subject.metrics(workers_busy=1, connections=1)
    assert before["directory_up"] == 1 and before["directory_failures_total"] == 0
    assert 0 <= before["key_age_seconds"] < 600
    assert before["workers_busy"] == 1, "the one that writes the page"
    assert before["process_resident_memory_bytes"] > 1e6 and before["process_open_fds"] > 5
    assert abs(time.time() - before["process_start_time_seconds"]) < 600
    assert before["process_cpu_seconds_total"] > 0 and before["process_max_fds"] >= before["process_open_fds"]

    kept = [fastcgi.connect(subject.path) for _ in range(5)]
    for connection in kept:
        connection.sendall(fastcgi.message(fastcgi.token_params(bearer, BODY), BODY, keep=True))
        assert fastcgi.receive(connection).status == 200
    during = subject.metrics(connections=6)
    assert during["connections"] == 6, "those kept, and the one that asks"
    # Two for each; and a worker that had not looked into the directory before has opened it.
    assert 10 <= during["process_open_fds"] - before["process_open_fds"] <= 20
    assert during["tokens_issued_total"] == 6
    for connection in kept:
        connection.close()
    with fastcgi.connect(subject.path) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        fastcgi.receive(connection)
    assert subject.metrics(requests_broken_total=1)["requests_broken_total"] == 1

    os.rename(f"{deployment}/directory.sqlite", f"{deployment}/elsewhere")
    assert subject.ask(bearer) == 503
    broken = subject.metrics()
    assert broken["directory_up"] == 0 and broken["directory_failures_total"] == 1
    assert broken['requests_total{code="503"}'] == 1 and broken['refusals_total{reason="directory_unavailable"}'] == 1
    os.rename(f"{deployment}/elsewhere", f"{deployment}/directory.sqlite")
    assert subject.ask(bearer) == 200
    assert subject.metrics()["directory_up"] == 1
    assert subject.responder.stop() == 0

    with open(f"{deployment}/config.yaml", "a") as file:
        file.write("audit: {file: /dev/full}\n")
    subject = Subject(deployment)
    assert subject.ask(bearer) == 503
    values = subject.metrics()
    assert values["audit_failures_total"] == 1 and values["tokens_issued_total"] == 0
    assert values['refusals_total{reason="audit_unavailable"}'] == 1 and values['requests_total{code="503"}'] == 1
    assert subject.responder.stop() == 0


def scraped(port, metric, value):
    deadline = time.monotonic() + 60
    query = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": metric})
    result = None
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(query, timeout=5) as answer:
                result = json.load(answer)["data"]["result"]
        except OSError as error:
            result = error
        else:
            if result and float(result[0]["value"][1]) == float(value):
                return print(f"{metric} is {value}")
        time.sleep(0.5)
    raise AssertionError(f"{metric} is {result}, not {value}")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
