"""Whether answers, or the time they take, tell apart what they must not.

    oracle.py fastcgi DEPLOYMENT BEARER REQUESTS         on the responder's socket
    oracle.py nginx DEPLOYMENT BEARER REQUESTS PORT      through nginx
    oracle.py queries DEPLOYMENT BEARER PID              how often the directory is asked, by strace

For each of the two pairs, unknown room and non-member, unknown and expired session, so many requests of either kind
in random order; with 10,000 of them Welch's t of their times must stay below 4.5. That of the times below the 90th
percentile, which sees more, is printed too: on the socket itself, where only nginx is let in, it tells a row that is read
from one that is not.
"""

import hashlib
import http.client
import math
import os
import random
import re
import sqlite3
import ssl
import statistics
import subprocess
import sys
import time

import fastcgi

# One names the request, one the time, one tells after a thousand requests that nginx closes the connection.
DIFFERING = ("X-Request-Id", "Date", "Connection")
LIMIT = 4.5
# With fewer requests a busy machine speaks louder than the responder: the times are shown, and nothing is made of them.
ENOUGH = 10_000
MEMBER_ONLY, UNKNOWN = b'{"roomId":"stage-2"}', b'{"roomId":"stage-9"}'


def prepare(deployment):
    """A room that alice is not in, and a session that is over."""
    expired = os.urandom(24).hex()
    with sqlite3.connect(f"{deployment}/directory.sqlite", timeout=10) as directory:
        directory.execute("INSERT OR IGNORE INTO rooms VALUES ('stage-2', 'restricted', 0)")
        digest = hashlib.sha256(expired.encode()).digest()
        directory.execute("INSERT INTO sessions VALUES (?, 'alice', 0, ?, NULL)", (digest, int(time.time()) - 60))
    directory.close()
    return expired


def kinds(bearer, expired):
    return {
        "unknown room / non-member": (lambda: (bearer, UNKNOWN), lambda: (bearer, MEMBER_ONLY)),
        "unknown / expired session": (lambda: (os.urandom(24).hex(), UNKNOWN), lambda: (expired, UNKNOWN)),
    }


class OverFastCGI:
    def __init__(self, deployment):
        self.connection = fastcgi.connect(f"{deployment}/fcgi.sock")

    def ask(self, bearer, body):
        request = fastcgi.message(fastcgi.token_params(bearer, body), body, keep=True)
        started = time.perf_counter_ns()
        self.connection.sendall(request)
        answer = fastcgi.receive(self.connection)
        took = time.perf_counter_ns() - started
        return answer.status, answer.headers, answer.body, took


class OverNginx:
    def __init__(self, deployment, port):
        context = ssl.create_default_context(cafile=f"{deployment}/nginx/tls/fullchain.pem")
        self.connection = http.client.HTTPSConnection("localhost", int(port), context=context, timeout=10)

    def ask(self, bearer, body):
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
        started = time.perf_counter_ns()
        self.connection.request("POST", "/livekit/token", body, headers)
        response = self.connection.getresponse()
        content = response.read()
        took = time.perf_counter_ns() - started
        return response.status, response.getheaders(), content, took


def anonymous(status, headers, body):
    """An answer without what differs from request to request."""
    request_id = re.search(rb'"requestId":"([0-9a-f]{32})"', body)[1]
    headers = [(name, value) for name, value in headers if name not in DIFFERING]
    return status, tuple(headers), body.replace(request_id, b"-")


def welch(left, right):
    variance = statistics.variance(left) / len(left) + statistics.variance(right) / len(right)
    return (statistics.fmean(left) - statistics.fmean(right)) / math.sqrt(variance)


def measure(way, bearer, expired, requests):
    worst = 0
    for name, (left, right) in kinds(bearer, expired).items():
        times, answers = ([], []), set()
        order = [0, 1] * int(requests)
        random.shuffle(order)
        for _ in range(200):
            way.ask(*left())
            way.ask(*right())
        for side in order:
            status, headers, body, took = way.ask(*(left, right)[side]())
            times[side].append(took)
            answers.add(anonymous(status, headers, body))
        crop = statistics.quantiles(times[0] + times[1], n=10)[-1]
        cropped = [[took for took in side if took < crop] for side in times]
        t, cropped_t = welch(*times), welch(*cropped)
        medians = [statistics.median(side) / 1000 for side in times]
        print(
            f"{name}: 2 x {requests}, medians {medians[0]:.1f} and {medians[1]:.1f} µs, t = {t:+.2f}, "
            f"below the 90th percentile t = {cropped_t:+.2f}, {len(answers)} different answer(s)"
        )
        assert len(answers) == 1, answers
        worst = max(worst, abs(t))
    if int(requests) >= ENOUGH:
        assert worst < LIMIT, f"|t| = {worst:.2f}: the times tell them apart"


def look_ups(deployment):
    """How many the responder has made, by its own metrics."""
    params = fastcgi.token_params(REQUEST_METHOD="GET", SCRIPT_NAME="/livekit/metrics")
    page = fastcgi.exchange(f"{deployment}/fcgi.sock", params).body
    return int(re.search(rb"^livekit_tokend_directory_duration_seconds_count (\d+)$", page, re.MULTILINE)[1])


def queries(deployment, bearer, pid):
    """Each snapshot begins with a look at the file's path: strace counts those; the responder counts what it asks one."""
    expired = prepare(deployment)
    requests = 50
    counts = {}
    way = OverFastCGI(deployment)
    for name, sides in kinds(bearer, expired).items():
        for side, make in zip(name.split(" / "), sides):
            for _ in range(20):
                way.ask(*make())
            before = look_ups(deployment)
            tracer = subprocess.Popen(
                ["strace", "-f", "-e", "trace=%%stat", "-p", pid], stderr=subprocess.PIPE, text=True
            )
            # It says so once it has all threads.
            while "attached" not in tracer.stderr.readline():
                assert tracer.poll() is None, "strace does not attach"
            for _ in range(requests):
                way.ask(*make())
            tracer.terminate()
            lines = tracer.communicate()[1].splitlines()
            looks = sum("directory.sqlite\"" in line for line in lines)
            counts[side] = looks, look_ups(deployment) - before
    print(f"snapshots and look-ups of {requests} requests each: {counts}")
    rooms, sessions = list(counts.values())[:2], list(counts.values())[2:]
    assert rooms == [(requests, 2 * requests)] * 2 and sessions == [(requests, requests)] * 2, counts


if __name__ == "__main__":
    command, deployment, bearer, *rest = sys.argv[1:]
    if command == "queries":
        queries(deployment, bearer, rest[0])
    else:
        way = OverFastCGI(deployment) if command == "fastcgi" else OverNginx(deployment, rest[1])
        measure(way, bearer, prepare(deployment), rest[0])
