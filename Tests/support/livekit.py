"""LiveKit for tests: the stand-in, or a real server where the machine has one; and what only its administrator may."""

import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import jwt

from support import leftovers
from support.deployment import ROOT
from support.signalling import Door
from support.waiting import wait_until
from support.web_server import free_port

STAND_IN, SERVER = "stand-in", "livekit-server"


def real_server():
    """The program of a real LiveKit; None where the machine has none."""
    return os.environ.get("LIVEKIT_SERVER") or shutil.which("livekit-server")


class LiveKit:
    """A running LiveKit with the keys of a deployment, on the loopback network."""

    def __init__(self, deployment, kind=STAND_IN, port=None):
        self.deployment, self.kind, self.port = deployment, kind, port or free_port(20)
        self.log = pathlib.Path(deployment.path, "livekit.log")
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Starts it, and waits until it answers; the server."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "Tests"), "LIVEKIT_STANDIN_LOG": str(self.log)}
        with open(f"{self.deployment.path}/livekit.out", "ab") as out:
            self.process = subprocess.Popen(self.command(), env=environment, stdout=out, stderr=out, cwd="/")
        leftovers.register(self)
        wait_until(self.answers, "LiveKit does not answer")
        return self

    def command(self):
        if self.kind == STAND_IN:
            return [sys.executable, "-m", "support.livekit_standin", str(self.deployment.key_file), str(self.port)]
        configuration = {
            "port": self.port,
            "bind_addresses": ["127.0.0.1"],
            "rtc": {"udp_port": self.port + 1, "tcp_port": self.port + 2, "node_ip": "127.0.0.1"}
            | {"enable_loopback_candidate": True, "use_external_ip": False},
            "keys": dict(line.split(": ") for line in self.deployment.key_file.read_text().splitlines()),
            "logging": {"level": "error"},
        }
        return [real_server(), "--config-body", json.dumps(configuration)]

    def answers(self):
        assert self.process.poll() is None, f"LiveKit has ended with {self.process.returncode}"
        try:
            return self.door().request("GET", "/")[0] == 200
        except OSError:
            return False

    def door(self):
        """Where it is without nginx."""
        return Door(self.port)

    def token(self, **claims):
        """A token by the deployment's key; `video` are its grants."""
        key, secret = self.deployment.key()
        now = int(time.time())
        return jwt.encode({"iss": key, "nbf": now, "exp": now + 30, **claims}, secret, "HS256")

    def call(self, method, room, **arguments):
        """What its administrator gets for a call: the status, and the JSON."""
        headers = {"Authorization": f"Bearer {self.token(video={'roomAdmin': True, 'room': room})}"}
        headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            body = json.dumps({"room": room, **arguments})
            connection.request("POST", f"/twirp/livekit.RoomService/{method}", body, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def remove(self, room, identity):
        """Throws somebody out; the code of the answer, "ok" or "not_found"."""
        _, answer = self.call("RemoveParticipant", room, identity=identity)
        return answer.get("code", "ok")

    def people(self, room):
        """The identities of those who are in a room."""
        status, answer = self.call("ListParticipants", room)
        assert status == 200, answer
        return [person["identity"] for person in answer["participants"]]

    def requests(self):
        """What a stand-in was asked: lines of its log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            if self.kind == SERVER:
                # A real one waits for those who are inside, until it is told twice; and does not hear the first in its
                # first moments.
                time.sleep(0.3)
                self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
