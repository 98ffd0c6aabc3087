"""LiveKit's own client for Python at the gate: how it takes each answer; and, where there is a real server, with media:
in, thrown out, and not back."""

import json
import os
import subprocess
import threading

import pytest

from support import leftovers
from support.deployment import ROOT
from support.livekit import SERVER
from support.waiting import wait_until

PYTHON = ROOT / ".build-venv-livekit/bin/python"
pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="no .build-venv-livekit, which Tests/run.sh makes")


class Client:
    """The SDK in a process of its own; what happened to it."""

    def __init__(self, site, token):
        url = f"wss://localhost:{site.web_server.port}"
        environment = {**os.environ, "SSL_CERT_FILE": site.web_server.certificate}
        command = [PYTHON, "-P", ROOT / "Tests/support/sdk_client.py", url, token]
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        leftovers.register(self)
        self.events = []
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def wait_for(self, name):
        """The first event of a name, once it is there."""
        wait_until(lambda: name in [event["event"] for event in self.events], lambda: f"only {self.events}")
        return next(event for event in self.events if event["event"] == name)

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.thread.join()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def endpoints(site):
    return [event["endpoint"] for event in site.joins()]


class TestRefusals:
    """It need not get in for these."""

    def test_403_is_final_and_in_the_words_of_nginx(self, site):
        token = site.token()
        site.deployment.run("block", "alice")
        client = Client(site, token)
        assert client.wait_for("refused")["text"].endswith("403 Forbidden - You may not enter this room now.")
        client.close()
        assert endpoints(site) == ["rtc", "validate"]

    def test_401_is_final_and_in_the_words_of_nginx(self, site):
        client = Client(site, site.token()[:-3])
        text = client.wait_for("refused")["text"]
        assert text.endswith("401 Unauthorized - This token does not let you in; ask for a new one.")
        client.close()
        assert endpoints(site) == ["rtc", "validate"]

    def test_503_is_tried_again(self, site):
        token = site.token()
        away = site.deployment.path / "away.sqlite"
        site.deployment.directory.rename(away)
        wait_until(lambda: site.status(token) == 503, "the gate still answers")
        before = len(site.joins())
        client = Client(site, token)
        client.wait_for("refused")
        client.close()
        assert endpoints(site)[before:] == ["rtc", "validate"] * 4
        away.rename(site.deployment.directory)

    def test_yes_lets_it_into_the_room(self, site):
        """The stand-in has no media: there it is in the room, and waits for them."""
        client = Client(site, site.token())
        identity = wait_until(lambda: site.livekit.people("stage-1"), "it does not join")[0]
        assert site.joins()[-1]["event"] == "join.admitted" and site.joins()[-1]["identity"] == identity
        client.kill()


@pytest.fixture
def connected(site):
    """A client that is in, with media, which the stand-in has not."""
    client = Client(site, site.token())
    client.wait_for("connected")
    return client


@pytest.mark.parametrize("kind", [SERVER], indirect=True)
class TestMedia:
    def test_who_is_thrown_out_and_barred_does_not_come_back(self, site, connected):
        identity = connected.wait_for("connected")["identity"]
        site.deployment.run("block", "alice")
        before = len(site.joins())
        assert site.livekit.remove("stage-1", identity) == "ok"
        assert connected.wait_for("disconnected")["reason"] == "PARTICIPANT_REMOVED"
        connected.close()
        assert len(site.joins()) == before, "it has asked for nothing"

    def test_who_loses_his_websocket_is_back(self, site, connected):
        site.web_server.kill()
        site.web_server.start()
        connected.wait_for("reconnected")
        connected.close()

    def test_who_loses_his_websocket_and_is_barred_is_out(self, site, connected):
        site.deployment.run("block", "alice")
        site.web_server.kill()
        site.web_server.start()
        assert connected.wait_for("disconnected")["reason"] in ("JOIN_FAILURE", "STATE_MISMATCH", "UNKNOWN_REASON")
        connected.close()
        assert set(site.refusals()) == {"blocked"}
