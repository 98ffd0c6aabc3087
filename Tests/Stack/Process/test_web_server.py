"""The web server is killed under load, its workers alone or all of it, and started again: the responder keeps nothing
of those who asked, and gives the next client a token.
"""

import collections
import http.client
import os
import signal
import threading

from support.client import OF_AN_ADDRESS, Client
from support.waiting import wait_until


class Crowd:
    """Eight clients who go on asking until their web server breaks off, or until they are to leave."""

    def __init__(self, web_server):
        self.statuses, self.broken, self.is_over = [], 0, threading.Event()
        self.threads = [threading.Thread(target=self.ask_on, args=(web_server,)) for _ in range(8)]
        for thread in self.threads:
            thread.start()

    def ask_on(self, web_server):
        try:
            while not self.is_over.is_set():
                with Client(web_server) as client:
                    # What matters is who answers: an unknown session is refused by the responder.
                    for _ in range(OF_AN_ADDRESS):
                        self.statuses.append(client.ask(os.urandom(12).hex()).status)
        except (OSError, http.client.HTTPException):
            self.broken += 1

    def leave(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join()


def outcome(web_server, bearer):
    """The status of a request for a token, or why there is none."""
    try:
        with Client(web_server, timeout=10) as client:
            return client.ask(bearer).status
    except OSError as error:
        return repr(error)


def test_web_server_that_is_killed_under_load(deployment, responder, web_server, figure):
    def sockets():
        # The descriptor that is held for the next connection is a second one of the socket that it listens on.
        return len({target for target in responder.descriptors() if target.startswith("socket:")})

    def wait_until_let_go():
        # The one that it listens on is left.
        wait_until(lambda: sockets() == 1, lambda: f"it holds {sockets()} sockets", pause=0.1)

    def wait_for_token():
        outcomes = collections.Counter()

        def is_given():
            outcomes[found := outcome(web_server, deployment.bearer)] += 1
            return found == 200

        wait_until(is_given, lambda: f"no token: {outcomes}", pause=0.1)

    for victim in ("workers", "all", "workers", "all"):
        wait_for_token()
        clients = Crowd(web_server)
        wait_until(lambda: len(clients.statuses) >= 200, "there is no load", pause=0.1)
        held = sockets()
        if victim == "workers":
            for pid in web_server.workers():
                os.kill(pid, signal.SIGKILL)
        else:
            web_server.kill()
        clients.leave()
        if victim == "all":
            wait_until_let_go()
        figure(f"{victim} killed: {held} sockets before, {sockets()} after; {clients.broken} clients broken off")
        assert set(clients.statuses) == {403} and clients.broken
        if victim == "all":
            web_server.start()
    wait_for_token()
    web_server.kill()
    wait_until_let_go()
    responder.assert_recovers(deployment.bearer)
