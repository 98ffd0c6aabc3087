"""Joins without a pause, while the responder or nginx is restarted: none is lost."""

import collections
import os
import threading
import time

import pytest

from support.responder import Responder
from support.signalling import GO, PYTHON, Lost, Refused, SignallingClient
from support.socket_holder import SocketHolder
from support.waiting import wait_until

JOINERS, RESTARTS = 8, 5


class Load:
    """Threads that each join, leave and join again, with a token each."""

    def __init__(self, site):
        self.site, self.outcomes, self.slowest = site, collections.Counter(), 0
        self.tokens, self.stopping, self.doors = site.tokens(JOINERS), threading.Event(), []
        self.threads = [threading.Thread(target=self.join, args=(token,)) for token in self.tokens]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def join(self, token):
        door = self.site.door()
        while not self.stopping.is_set():
            started = time.monotonic()
            client = SignallingClient(door, token, GO)
            try:
                client.join()
                self.outcomes["joined"] += 1
                client.leave()
            except Refused as refusal:
                self.outcomes[refusal.status] += 1
            except (Lost, OSError) as error:
                self.outcomes[type(error).__name__] += 1
            self.slowest = max(self.slowest, time.monotonic() - started)

    def wait_for_more(self, joins=20):
        """Waits until so many further joins are done."""
        before = self.outcomes["joined"]
        wait_until(lambda: self.outcomes["joined"] >= before + joins, lambda: f"no more joins: {self.outcomes}")


@pytest.fixture
def loaded(make_site):
    """A site without limits of rates, whose responder serves a socket that outlives it."""
    site = make_site(lift_limits=True)
    site.responder.stop()
    os.unlink(site.deployment.socket)
    with SocketHolder(site.deployment) as holder:
        options = holder.options()
        # The same, traced: what bash does before it becomes the responder makes no socket.
        options["command"] = site.traced(options["command"])
        site.start_responder = lambda: Responder(site.deployment, **options).wait_until_ready()
        site.responder = site.start_responder()
        yield site


def test_the_responder_restarts_5_times_and_no_join_is_lost(loaded, figure):
    with Load(loaded) as load:
        started = time.monotonic()
        for number in range(RESTARTS):
            load.wait_for_more()
            assert loaded.responder.stop() == 0
            loaded.responder = loaded.start_responder()
            time.sleep(max(0, started + (number + 1) * 2 - time.monotonic()))
        load.wait_for_more()
    figure(f"{load.outcomes['joined']} joins, slowest {load.slowest * 1000:.0f} ms")
    assert set(load.outcomes) == {"joined"}, load.outcomes
    assert loaded.refusals() == []


def test_a_reload_of_nginx_loses_no_websocket_and_no_join(loaded, figure):
    held = [loaded.client(token, PYTHON).connect() for token in loaded.tokens(20)]
    with Load(loaded) as load:
        for _ in range(3):
            load.wait_for_more()
            loaded.web_server.reload()
        load.wait_for_more()
        assert all(client.is_in() for client in held)
    figure(f"{load.outcomes['joined']} joins, 20 WebSockets over 3 reloads")
    assert set(load.outcomes) == {"joined"}, load.outcomes
    assert [client.asked() for client in held] == [[("join", 101)]] * 20


def test_a_flood_of_the_refused_keeps_nobody_out(loaded, figure):
    """People who are barred, and ask as fast as they can."""
    tokens = loaded.tokens(4)
    loaded.deployment.execute("UPDATE members SET expires_at = unixepoch() - 1 WHERE user_id <> 'alice'")
    token, stopping, refused = loaded.token(), threading.Event(), collections.Counter()

    def ask(token):
        while not stopping.is_set():
            refused[loaded.status(token)] += 1

    threads = [threading.Thread(target=ask, args=(each,)) for each in tokens]
    for thread in threads:
        thread.start()
    slowest = 0
    for _ in range(50):
        started = time.monotonic()
        loaded.client(token).join().leave()
        slowest = max(slowest, time.monotonic() - started)
    stopping.set()
    for thread in threads:
        thread.join()
    figure(f"{refused.total()} refused meanwhile; the slowest of 50 joins took {slowest * 1000:.0f} ms")
    assert set(refused) == {403}


def test_memberships_that_come_and_go_under_load(loaded, figure):
    """Whoever asks after a commit gets what it says: none is admitted who was barred before he asked, and none refused
    who was let in before."""
    tokens = loaded.tokens(4)
    wrong, asked = [], collections.Counter()

    def follow(number, token):
        user = f"person-{number}"
        for turn in range(25):
            loaded.deployment.execute("UPDATE members SET expires_at = unixepoch() - 1 WHERE user_id = ?", (user,))
            asked[loaded.status(token)] += 1
            if loaded.status(token) != 403:
                wrong.append((user, turn, "admitted"))
            loaded.deployment.execute("UPDATE members SET expires_at = NULL WHERE user_id = ?", (user,))
            if loaded.status(token) != 200:
                wrong.append((user, turn, "refused"))

    threads = [threading.Thread(target=follow, args=each) for each in enumerate(tokens)]
    with Load(loaded) as load:
        # The joiners are persons too, with numbers behind these.
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    figure(f"{sum(asked.values()) * 3} questions beside {load.outcomes['joined']} joins")
    assert wrong == [] and set(asked) == {403}
