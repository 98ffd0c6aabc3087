"""A site with the gate: LiveKit, or its stand-in, behind the nginx that ships, and a responder that is asked before each
join. What its responders do to sockets is traced, from the first to the last."""

import json
import pathlib
import subprocess

import jwt

from support import fastcgi
from support.canaries import plant
from support.deployment import ROOT, Deployment
from support.livekit import STAND_IN, LiveKit
from support.responder import Responder
from support.signalling import PYTHON, Door, SignallingClient
from support.waiting import wait_until
from support.web_server import WebServer

# Where in the example of a site further files are included.
GATE = "include {share}/nginx/gate.conf;"


class LiveKitWebServer(WebServer):
    """nginx with the gate before a LiveKit at a port."""

    def __init__(self, deployment, livekit_port, moderators=True):
        super().__init__(deployment)
        script = 'source "$1/deploy/throwaway.sh" && throwaway_gate "$2" "$3"'
        words = [str(ROOT), str(self.directory), f"127.0.0.1:{livekit_port}"]
        subprocess.run(["bash", "-euc", script, "bash", *words], check=True)
        self.certify()
        if moderators:
            self.add("gate-moderators.conf")

    def certify(self):
        """Gives it a certificate of its own that signs no other: LiveKit's SDKs do not take a CA's for a server's."""
        tls, names = self.directory / "tls", "subjectAltName=DNS:localhost,IP:127.0.0.1"
        command = ["openssl", "req", "-x509", "-key", tls / "privkey.pem", "-days", "30", "-subj", "/CN=localhost"]
        command += ["-addext", names, "-addext", "basicConstraints=critical,CA:FALSE", "-out", self.certificate]
        subprocess.run(command, check=True, capture_output=True)

    def add(self, name):
        """Includes another file of the gate's behind gate.conf."""
        site = self.directory / "sites-enabled/livekit-tokend"
        line = GATE.format(share=self.directory / "share")
        text = site.read_text()
        assert line in text, "the example of a site does not include gate.conf"
        site.write_text(text.replace(line, f"{line}\n    {line.replace('gate.conf', name)}"))

    def reload(self):
        """Tells it to read its files again; returns once new workers serve."""
        before = set(self.workers())
        subprocess.run(["kill", "-HUP", str(self.process.pid)], check=True)
        wait_until(lambda: len(set(self.workers()) - before) >= 2, "nginx does not start new workers")


class LiveKitSite:
    """One in which alice may enter stage-1 as host, with a session in `deployment.bearer`."""

    def __init__(self, path, configuration="", kind=STAND_IN, gate="on"):
        self.deployment = Deployment.create_with_alice(path, f"workers: 4\ngate: {gate}\n{configuration}")
        self.livekit = LiveKit(self.deployment, kind)
        self.web_server = LiveKitWebServer(self.deployment, self.livekit.port)
        self.responder, self.clients, self.people = None, [], 0

    def start(self, lift_limits=False):
        """Starts all of it; the site."""
        if lift_limits:
            self.web_server.lift_limits()
        self.livekit.start()
        self.responder = self.start_responder()
        self.web_server.start()
        return self

    @property
    def sockets(self):
        """The trace: a line for each socket that a responder made."""
        return pathlib.Path(self.deployment.path, "sockets.trace")

    def traced(self, command):
        """A command, followed by what notes which sockets its process makes, and is not its parent."""
        return ["strace", "-D", "-f", "-qq", "-A", "-e", "trace=socket", "-o", str(self.sockets), *command]

    def start_responder(self):
        return Responder(self.deployment, command=self.traced(self.deployment.command("serve"))).wait_until_ready()

    def made_sockets(self):
        """The lines of the trace."""
        return [line for line in self.sockets.read_text().splitlines() if "socket(" in line]

    # Tokens and clients

    def token(self, bearer=None, body=fastcgi.STAGE):
        """A token as an app gets it."""
        answer = fastcgi.ask(self.deployment.socket, bearer or self.deployment.bearer, body)
        assert answer.status == 200, answer.body
        token = json.loads(answer.body)["token"]
        plant(token)
        return token

    def tokens(self, count):
        """Tokens of so many further people, person-0, person-1 and so on, who may enter stage-1."""
        bearers = {}
        for number in range(count):
            user = f"person-{self.people + number}"
            self.deployment.run("user", "add", user)
            self.deployment.run("member", "add", "stage-1", user, "--role", "host")
            bearers[user] = self.deployment.new_session(user)
        self.people += count
        return [self.token(bearer) for bearer in bearers.values()]

    def door(self):
        """LiveKit through nginx, from an address that no other client has."""
        return Door(self.web_server.port, self.web_server.certificate)

    def client(self, token=None, sdk=PYTHON):
        self.clients.append(SignallingClient(self.door(), token or self.token(), sdk))
        return self.clients[-1]

    def status(self, token, path="/rtc/validate"):
        """What a question for a token gets: 200, or the gate's or LiveKit's refusal."""
        return self.door().request("GET", path, {"Authorization": f"Bearer {token}"})[0]

    def call(self, method, token, room="stage-1", **arguments):
        """A moderator's call through nginx: the status, and the body."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        body = json.dumps({"room": room, **arguments})
        status, _, answer = self.door().request("POST", f"/twirp/livekit.RoomService/{method}", headers, body)
        return status, answer

    def joins(self):
        """The joins of the log."""
        return [event for event in self.deployment.events() if event["event"].startswith("join.")]

    def refusals(self):
        return [event["reason"] for event in self.joins() if event["event"] == "join.refused"]

    # The end

    def close(self):
        """Ends it. No log holds a token, and no responder has made a socket of a network."""
        for client in self.clients:
            plant(client.token)
            client.close()
        self.responder.stop()
        self.web_server.stop()
        self.livekit.stop()
        self.assert_no_token_in_a_log()
        assert not [line for line in self.made_sockets() if "AF_UNIX" not in line]

    def assert_no_token_in_a_log(self):
        logs = [self.deployment.log, self.deployment.errors, *pathlib.Path(self.web_server.directory, "log").iterdir()]
        for path in logs:
            assert b"eyJ" not in path.read_bytes(), f"{path} holds a token"


def claims(token):
    """What a token says, unverified."""
    return jwt.decode(token, options={"verify_signature": False})
