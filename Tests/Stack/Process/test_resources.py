"""Descriptors and memory run out while the responder runs, and are to be had again."""

import os
import signal
import time

import pytest

from support import fastcgi
from support.responder import Responder
from support.service_manager import ServiceManager
from support.waiting import wait_until


@pytest.fixture
def used_responder(deployment, responder):
    """One whose workers have opened what they need."""
    for _ in range(8):
        assert responder.ask(deployment.bearer).status == 200
    return responder


def test_without_descriptors_it_lives_and_recovers(deployment, used_responder, figure):
    """It serves again as soon as there are some."""
    responder, threads = used_responder, used_responder.threads()
    responder.limit("--nofile=24:24")
    crowd = [fastcgi.connect(responder.path) for _ in range(60)]
    time.sleep(1.5)
    assert responder.is_running()
    for connection in crowd:
        connection.close()
    started = time.monotonic()
    answer = responder.ask(deployment.bearer)
    figure(f"served {(time.monotonic() - started) * 1000:.0f} ms after descriptors were to be had again")
    assert answer.status == 200
    assert responder.threads() == threads, "a worker is gone"
    assert responder.stop() == 0


def test_storms_of_descriptors_that_run_out(deployment, used_responder):
    """And come back, again and again, with requests in between: all workers stay."""
    responder, threads, usual = used_responder, used_responder.threads(), len(used_responder.descriptors())
    for round in range(5):
        responder.limit(f"--nofile={usual + round}:4096")
        crowd = [fastcgi.connect(responder.path) for _ in range(100)]
        time.sleep(0.3)
        for connection in crowd:
            connection.close()
        responder.limit("--nofile=1024:4096")
        responder.wait_until_it_gives_tokens(deployment.bearer)
    assert responder.threads() == threads, "a worker is gone"
    wait_until(lambda: len(responder.descriptors()) <= usual + 8, "descriptors are lost")
    assert responder.is_well()
    assert responder.stop() == 0


def idle_connections(responder, deployment):
    """30 connections that have had an answer, and are kept."""
    kept = [fastcgi.connect(responder.path) for _ in range(30)]
    for connection in kept:
        connection.sendall(fastcgi.token_request(deployment.bearer, keep=True))
        assert fastcgi.receive(connection).status == 200
    return kept


@pytest.mark.parametrize("slack", range(4))
def test_without_descriptors_the_longest_idle_go_and_every_request_is_answered(slack, deployment, used_responder):
    """Not the newest: nginx tries a request that it has sent on a fresh connection no second time."""
    responder = used_responder
    kept = idle_connections(responder, deployment)
    # A limit is of the greatest number, and not of how many are in use.
    responder.limit(f"--nofile={max(numbers(responder)) + 1 + slack}:4096")
    crowd = [fastcgi.connect(responder.path) for _ in range(20)]
    for connection in crowd:
        connection.sendall(fastcgi.token_request(deployment.bearer, keep=True))
    assert [fastcgi.receive(connection).status for connection in crowd] == [200] * 20
    gone = [is_closed(connection) for connection in kept]
    assert 1 <= gone.count(True) <= 21
    # An answer is out a moment before its worker notes the time.
    late = gone[: gone.count(True)].count(False)
    assert late < responder.threads(), "one that was idle for longer has stayed"
    assert not any(is_closed(connection) for connection in crowd[-5:])
    responder.limit("--nofile=1024:4096")
    responder.assert_recovers(deployment.bearer)


@pytest.mark.parametrize("slack", range(4))
def test_without_descriptors_the_backlog_is_answered_at_sigterm(slack, deployment, used_responder):
    """A socket of the responder's own has no process after it: the idle connections make room."""
    responder = used_responder
    kept = idle_connections(responder, deployment)
    # Half a request holds a worker for a second: what connects now waits in the backlog.
    halves = [fastcgi.connect(responder.path) for _ in range(4)]
    for connection in halves:
        connection.sendall(fastcgi.token_request(deployment.bearer)[:-20])
    # Were a worker free all the same, it would only make the test easier.
    time.sleep(0.1)
    responder.limit(f"--nofile={max(numbers(responder)) + 1 + slack}:4096")
    crowd = [fastcgi.connect(responder.path) for _ in range(20)]
    for connection in crowd:
        connection.sendall(fastcgi.token_request(deployment.bearer))
    responder.process.send_signal(signal.SIGTERM)
    assert [fastcgi.receive(connection).status for connection in crowd] == [200] * 20
    assert responder.wait() == 0


def test_limit_that_is_lowered_below_descriptors_in_use_costs_no_answer(deployment, used_responder):
    """They stay, but can name nothing else any more: also the one that is held for the next connection."""
    responder = used_responder
    kept = [fastcgi.connect(responder.path) for _ in range(20)]
    for connection in kept:
        connection.sendall(fastcgi.token_request(deployment.bearer, keep=True))
        assert fastcgi.receive(connection).status == 200
    highest = max(numbers(responder))
    for connection in kept:
        connection.close()
    wait_until(lambda: len(numbers(responder)) < 30, "it closes nothing")
    responder.limit(f"--nofile={highest}:4096")
    assert [responder.ask(deployment.bearer).status for _ in range(5)] == [200] * 5
    responder.limit("--nofile=1024:4096")
    responder.assert_recovers(deployment.bearer)


def numbers(responder):
    """The numbers of its descriptors."""
    return [int(number) for number in os.listdir(f"/proc/{responder.pid}/fd")]


def is_closed(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_without_descriptors_it_gives_signs_of_life(deployment):
    """Kept connections take them all: systemd does not restart a service that is well."""
    manager = ServiceManager()
    responder = Responder(deployment, env=manager.environment).wait_until_ready()
    assert "WATCHDOG=1" in manager.hear(until="WATCHDOG")
    kept = idle_connections(responder, deployment)
    responder.limit(f"--nofile={len(numbers(responder))}:4096")
    manager.forget()
    for _ in range(4):
        assert "WATCHDOG=1" in manager.hear(until="WATCHDOG")
    responder.limit("--nofile=1024:4096")
    assert responder.stop() == 0
    manager.socket.close()


@pytest.mark.memory
def test_without_memory(deployment, used_responder, figure):
    """Requests that need none go on; if one ends the process, the next process serves."""
    responder, statuses = used_responder, set()
    with open(f"/proc/{responder.pid}/statm") as file:
        size = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    responder.limit(f"--as={size}:unlimited")
    for _ in range(200):
        try:
            statuses.add(responder.ask(deployment.bearer).status)
        except OSError:
            break
    figure(f"{statuses}, then it {'lives' if responder.is_running() else 'has ended'}")
    assert statuses <= {200, 503, None}
    if responder.is_running():
        responder.limit("--as=unlimited:unlimited")
    else:
        responder = Responder(deployment).wait_until_ready()
    responder.assert_recovers(deployment.bearer)
