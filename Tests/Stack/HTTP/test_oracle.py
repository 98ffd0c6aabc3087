"""Whether an answer, the time it takes or the look-ups behind it tell apart what a client must not learn.

There are three pairs: an unknown room and one whose member the caller is not, the latter and one that a block keeps the
caller out of, an unknown session and an expired one. With more requests than in every run:

    ORACLE_REQUESTS=10000 Tests/run.sh oracle

With so many of them Welch's t of the times of a pair must stay below 4.5. That of the times below the 90th percentile,
which sees more, is shown too: on the socket itself, where only nginx is let in, it tells a row that is read from one that
is not.
"""

import hashlib
import math
import os
import random
import re
import secrets
import statistics
import subprocess
import time

import pytest
from support import fastcgi
from support.client import Client
from support.web_server import WebServer

REQUESTS = int(os.environ.get("ORACLE_REQUESTS", "2000"))
LIMIT = 4.5
# With fewer requests a busy machine speaks louder than the responder: the times are shown, and nothing is made of them.
ENOUGH = 10_000
# One names the request, one the time, one tells after a thousand requests that nginx closes the connection.
DIFFERING = ("x-request-id", "date", "connection")
MEMBERS_ONLY, UNKNOWN, BLOCKED = b'{"roomId":"stage-2"}', b'{"roomId":"stage-9"}', b'{"roomId":"stage-3"}'


@pytest.fixture
def expired(deployment):
    """A session that is over; and there is a room that alice is not in, and one that she is blocked in."""
    bearer = secrets.token_hex(24)
    deployment.run("room", "add", "stage-2")
    deployment.run("room", "add", "stage-3")
    deployment.run("block", "alice", "--room", "stage-3")
    deployment.execute(
        "INSERT INTO sessions (token_sha256, user_id, created_at, expires_at) VALUES (?, 'alice', 0, ?)",
        [hashlib.sha256(bearer.encode()).digest(), int(time.time()) - 60],
    )
    return bearer


# The requests of each pair: functions of alice's session and of the expired one, which give a bearer and a body.
PAIRS = {
    "unknown room, non-member": (lambda alice, _: (alice, UNKNOWN), lambda alice, _: (alice, MEMBERS_ONLY)),
    "non-member, blocked": (lambda alice, _: (alice, MEMBERS_ONLY), lambda alice, _: (alice, BLOCKED)),
    "unknown session, expired": (
        lambda *_: (secrets.token_hex(24), UNKNOWN),
        lambda _, expired: (expired, UNKNOWN),
    ),
}


@pytest.fixture(params=PAIRS)
def pair(request, deployment, expired):
    """The two requests of a pair: functions that give a bearer and a body."""
    left, right = PAIRS[request.param]
    return lambda: left(deployment.bearer, expired), lambda: right(deployment.bearer, expired)


class OverFastCGI:
    def __init__(self, socket):
        self.connection = fastcgi.connect(socket)

    def ask(self, bearer, body):
        """The status, the headers and the body of an answer, and the nanoseconds it took."""
        request = fastcgi.token_request(bearer, body, keep=True)
        started = time.perf_counter_ns()
        self.connection.sendall(request)
        answer = fastcgi.receive(self.connection)
        took = time.perf_counter_ns() - started
        return answer.status, answer.headers, answer.body, took


class OverNginx:
    def __init__(self, web_server):
        self.client = Client(web_server)

    def ask(self, bearer, body):
        """The same."""
        answer = self.client.ask(bearer, body)
        return answer.status, answer.headers.items(), answer.body, answer.seconds * 1e9


@pytest.fixture
def over_fastcgi(responder):
    return OverFastCGI(responder.path)


@pytest.fixture
def over_nginx(deployment, responder):
    # The limits on requests would end at the measured number: sessions and addresses would have to be many.
    return OverNginx(WebServer(deployment).lift_limits().start())


@pytest.fixture
def way(request):
    return request.getfixturevalue(request.param)


def anonymous(status, headers, body):
    """An answer without what differs from request to request."""
    request_id = re.search(rb'"requestId":"([0-9a-f]{32})"', body)[1]
    headers = [(name, value) for name, value in headers if name.lower() not in DIFFERING]
    return status, tuple(headers), body.replace(request_id, b"-")


def welch(left, right):
    variance = statistics.variance(left) / len(left) + statistics.variance(right) / len(right)
    return (statistics.fmean(left) - statistics.fmean(right)) / math.sqrt(variance)


@pytest.mark.parametrize("way", ["over_fastcgi", "over_nginx"], indirect=True)
def test_a_pair_has_one_answer_and_as_good_as_one_time(way, pair, figure):
    times, answers = ([], []), set()
    order = [0, 1] * REQUESTS
    random.shuffle(order)
    for _ in range(200):
        for make in pair:
            way.ask(*make())
    for side in order:
        status, headers, body, took = way.ask(*pair[side]())
        times[side].append(took)
        answers.add(anonymous(status, headers, body))
    crop = statistics.quantiles(times[0] + times[1], n=10)[-1]
    t, cropped_t = welch(*times), welch(*([took for took in side if took < crop] for side in times))
    medians = [statistics.median(side) / 1000 for side in times]
    figure(
        f"2 x {REQUESTS}, medians {medians[0]:.1f} and {medians[1]:.1f} µs, t = {t:+.2f}, "
        f"below the 90th percentile t = {cropped_t:+.2f}"
    )
    assert len(answers) == 1, answers
    if REQUESTS >= ENOUGH:
        assert abs(t) < LIMIT, "the times tell them apart"


def look_ups(socket):
    """How many the responder has made, by its own metrics."""
    return fastcgi.metric(socket, "directory_duration_seconds_count")


def snapshots_taken(responder, action):
    """How many snapshots of the directory the responder takes meanwhile: each begins with a look at the file's path."""
    command = ["strace", "-f", "-e", "trace=%%stat", "-p", str(responder.pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        # It says so once it has all threads.
        while "attached" not in tracer.stderr.readline():
            assert tracer.poll() is None, "strace does not attach"
        action()
    finally:
        tracer.terminate()
    return sum('directory.sqlite"' in line for line in tracer.communicate()[1].splitlines())


@pytest.mark.parametrize(
    ("pair", "each"),
    [("unknown room, non-member", 3), ("non-member, blocked", 3), ("unknown session, expired", 1)],
    indirect=["pair"],
)
def test_a_pair_takes_the_same_number_of_look_ups(responder, over_fastcgi, pair, each):
    requests = 50
    for make in pair:
        for _ in range(20):
            over_fastcgi.ask(*make())
        before = look_ups(responder.path)
        snapshots = snapshots_taken(responder, lambda make=make: [over_fastcgi.ask(*make()) for _ in range(requests)])
        assert (snapshots, look_ups(responder.path) - before) == (requests, each * requests)
