"""The gate cannot know: 503, which is final for nobody, never 403, and all is well again by itself."""

import contextlib
import fcntl
import os
import signal
import threading
import time

import pytest

from support.responder import Responder
from support.signalling import JAVASCRIPT, Refused
from support.waiting import wait_until

# nginx waits 1.9 s for the gate, and a busy machine makes more of it.
ANSWER_IN = 20


def statuses_until(site, token, condition):
    """What questions for a token get, one after the other, until a condition holds of the last; and the slowest."""
    seen, slowest = [], 0

    def holds():
        nonlocal slowest
        started = time.monotonic()
        seen.append(site.status(token))
        slowest = max(slowest, time.monotonic() - started)
        return condition(seen[-1])

    wait_until(holds, lambda: f"only {set(seen)}")
    return set(seen), slowest


@contextlib.contextmanager
def gone(site):
    away = site.deployment.path / "away.sqlite"
    site.deployment.directory.rename(away)
    yield
    away.rename(site.deployment.directory)


@contextlib.contextmanager
def locked(site):
    """Each lock of the WAL's index (wal-index format, "WAL Locks") is another process's, so that no read begins."""
    with open(f"{site.deployment.directory}-shm", "r+b") as index:
        fcntl.lockf(index, fcntl.LOCK_EX, 8, 120)
        yield


@contextlib.contextmanager
def stopped(site):
    """As a disk that does not answer stops it."""
    site.responder.process.send_signal(signal.SIGSTOP)
    yield
    site.responder.process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def killed(site):
    """And its socket is nobody's."""
    site.responder.kill()
    yield
    os.unlink(site.deployment.socket)
    site.responder = site.start_responder()


@pytest.mark.parametrize("broken", [gone, locked, stopped, killed], ids=lambda broken: broken.__name__)
class TestOutages:
    def test_questions_get_503_and_then_the_answer(self, site, broken, figure):
        client = site.client().connect()
        with broken(site):
            before, _ = statuses_until(site, client.token, lambda status: status == 503)
            # What was asked before may be known still; nothing is refused.
            assert before <= {200, 503}
            slowest = 0
            for path in ("/rtc/validate", "/rtc/v1/validate", "/rtc"):
                started = time.monotonic()
                status, headers, body = site.door().request("GET", path, {"Authorization": f"Bearer {client.token}"})
                slowest = max(slowest, time.monotonic() - started)
                assert (status, body.decode()) == (503, "The gate cannot answer now; try again.")
                assert headers.get_all("Access-Control-Allow-Origin") == ["*"]
                assert headers["Retry-After"] == "1"
            assert slowest < ANSWER_IN
            figure(f"503 within {slowest:.2f} s")
            assert client.is_in(), "who is inside notices nothing"
        after, _ = statuses_until(site, client.token, lambda status: status == 200)
        assert after <= {200, 503}
        client.cut()
        assert client.come_back() in ("resumed", "joined")
        assert set(site.refusals()) <= {"directory_unavailable", "index_not_in_time"}

    def test_who_may_not_enter_does_not_enter_either(self, site, broken):
        """Not during the outage, and not after it."""
        token = site.token()
        site.deployment.run("block", "alice")
        assert site.status(token) == 403
        with broken(site):
            statuses, _ = statuses_until(site, token, lambda status: status == 503)
            assert statuses <= {403, 503}
        statuses, _ = statuses_until(site, token, lambda status: status == 403)
        assert statuses <= {403, 503}


def test_a_first_join_fails_once_and_the_app_repeats_it(site):
    """The SDK for JavaScript gives up a first join at once."""
    token = site.token()
    with gone(site):
        wait_until(lambda: site.status(token) == 503, "the gate still answers")
        client = site.client(token, JAVASCRIPT)
        with pytest.raises(Refused) as refusal:
            client.connect()
        assert refusal.value.status == 503
        assert client.asked() == [("join", 503), ("validate", 503)]
    statuses_until(site, token, lambda status: status == 200)
    assert client.connect().is_in()


def test_a_short_lock_is_waited_out(site):
    """As a backup or a checkpoint holds one: it is over before nginx gives up."""
    token = site.token()
    assert site.status(token) == 200
    # The file is opened here first: what is closed of it in this process ends the lock.
    with open(f"{site.deployment.directory}-shm", "r+b") as index:
        for _ in range(5):
            fcntl.lockf(index, fcntl.LOCK_EX, 8, 120)
            letting_go = threading.Timer(0.2, lambda: fcntl.lockf(index, fcntl.LOCK_UN, 8, 120))
            letting_go.start()
            assert site.status(token) in (200, 503)
            letting_go.join()
    statuses_until(site, token, lambda status: status == 200)
    assert set(site.refusals()) <= {"directory_unavailable", "index_not_in_time"}


def test_a_responder_just_started_refuses_nobody_for_good(site):
    """Its index is empty: who asks then waits, or is told to try again."""
    token = site.token()
    for number in range(300):
        site.deployment.execute("INSERT INTO users (user_id) VALUES (?)", (f"other-{number}",))
    for _ in range(5):
        assert site.responder.stop() == 0
        with contextlib.suppress(FileNotFoundError):
            os.unlink(site.deployment.socket)
        starting = Responder(site.deployment, command=site.traced(site.deployment.command("serve")))
        site.responder = starting
        seen, _ = statuses_until(site, token, lambda status: status == 200)
        assert seen <= {200, 503}
        starting.wait_until_ready()
    assert "unknown_user" not in site.refusals()


def test_livekit_away_is_503_and_its_return_needs_nothing(site):
    """As after its upgrade: with rooms that know nobody, so that a resume becomes a join."""
    client = site.client().connect()
    site.livekit.stop()
    assert site.status(client.token) == 503
    site.livekit.start()
    wait_until(lambda: site.status(client.token) == 200, "LiveKit is not found again")
    client.close()
    assert client.come_back() == "joined"
    assert client.is_in()
