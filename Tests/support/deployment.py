"""A deployment: a directory with a configuration, a key file and a database of its own.

python -m support.deployment DIRECTORY            makes one; further lines of its configuration come from standard input
python -m support.deployment --alice DIRECTORY    with four workers, where alice may enter stage-1: prints her session
python -m support.deployment --seed DIRECTORY     gives one the users and rooms that most tests ask for
"""

import json
import os
import pathlib
import secrets
import sqlite3
import subprocess
import sys

from support.canaries import plant

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The program under test; $TOKEND is another build of it.
PROGRAM = os.environ.get("TOKEND") or str(ROOT / ".build-release/release/livekit-tokend")
# A user whose id is a UUID, in capital letters, with a name that JSON has to escape.
ADA = "0F8FAD5B-D9CB-469F-A165-70867728950E"


class Deployment:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.socket = f"{path}/fcgi.sock"
        self.configuration = self.path / "config.yaml"
        self.directory = self.path / "directory.sqlite"
        self.key_file = self.path / "keys.yaml"
        # What the responder writes: its audit log, and its complaints.
        self.log, self.errors = self.path / "out.log", self.path / "err.log"
        # A session of alice, once she is there.
        self.bearer = None

    @classmethod
    def create(cls, path, configuration="workers: 4\n"):
        """Makes one, with further lines of configuration."""
        deployment = cls(path)
        deployment.path.mkdir(parents=True, exist_ok=True)
        deployment.write_keys(APIstack=secrets.token_urlsafe(32))
        deployment.configuration.write_text(
            f"listen: {deployment.socket}\n"
            "livekit: {url: 'wss://livekit.school.edu', key_file: keys.yaml}\n"
            f"directory: {{url: 'sqlite:{deployment.directory}'}}\n" + configuration
        )
        return deployment

    @classmethod
    def create_with_alice(cls, path, configuration="workers: 4\n"):
        """Makes one where alice may enter stage-1; her session is its `bearer`."""
        deployment = cls.create(path, configuration)
        deployment.run("user", "add", "alice")
        deployment.run("room", "add", "stage-1")
        deployment.run("member", "add", "stage-1", "alice", "--role", "host")
        deployment.bearer = deployment.new_session("alice")
        return deployment

    def configure(self, lines):
        """Appends lines to the configuration."""
        with open(self.configuration, "a") as file:
            file.write(lines)

    def command(self, *arguments):
        """The program's command line for this deployment."""
        return [PROGRAM, *arguments, "--config", str(self.configuration)]

    def run(self, *arguments):
        """What a command of the program prints; fails if it does."""
        command = self.command(*arguments)
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{' '.join(arguments)}: exit {ended.returncode}, {ended.stderr}"
        return ended.stdout.strip()

    def new_session(self, user, *options):
        """The bearer of a new session."""
        bearer = self.run("session", "create", user, *options)
        plant(bearer)
        return bearer

    def write_keys(self, **keys):
        """Writes the key file: secrets by key id."""
        with open(self.key_file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.writelines(f"{key}: {secret}\n" for key, secret in keys.items())
        plant(*keys.values())

    def key(self):
        """The id and the secret of the first API key."""
        return tuple(self.key_file.read_text().splitlines()[0].split(": "))

    def execute(self, statement, *rows):
        """Writes to the database as a site's own program does: a statement of SQL, once for each row of values."""
        directory = sqlite3.connect(self.directory, timeout=60)
        with directory:
            changed = directory.executemany(statement, rows or [()]).rowcount
        directory.close()
        return changed

    def events(self):
        """The lines of the audit log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def seed(deployment):
    """Who may enter what, for most tests. What only time would bring about is written with SQL, as sites do too."""
    run, execute = deployment.run, deployment.execute
    for user in ("alice", "bob", "carol", "dave", "disabled"):
        run("user", "add", user)
    run("user", "add", ADA, "--name", 'Ada "L" Ünï', "--did", "did:web:ada.example")
    for room in ("stage-1", "stage-2", "scenes", "former", "show"):
        run("room", "add", room)
    run("room", "add", "lobby", "--open")
    for user, role in (("alice", "host"), ("bob", "viewer"), (ADA, "speaker"), ("disabled", "host")):
        run("member", "add", "stage-1", user, "--role", role)
    run("user", "disable", "disabled")

    # Roles for a scene, for an event, and until a time that has passed.
    run("member", "add", "scenes", "dave", "--role", "speaker", "--scene", "s1")
    run("member", "add", "scenes", "dave", "--role", "host", "--event", "e1")
    run("member", "add", "former", "dave", "--role", "host")
    execute("UPDATE members SET expires_at = unixepoch() - 1 WHERE room_id = 'former'")

    # A room with a schedule, of which alice is a host, whose role counts at any time.
    run("member", "add", "show", "alice", "--role", "host")
    run("member", "add", "show", "bob", "--role", "speaker")
    for options in (
        ("--scene", "on", "--closes", "+1h"),
        ("--scene", "soon-over", "--closes", "+50s"),
        ("--scene", "over", "--closes", "+1h"),
        ("--scene", "later", "--opens", "+1h"),
        ("--event", "gala"),
    ):
        run("stream", "add", "show", *options)
    execute("UPDATE stream_sessions SET closes_at = unixepoch() - 1 WHERE scene_id = 'over'")


def main(*arguments):
    path = arguments[-1]
    match arguments[:-1]:
        case ("--alice",):
            print(Deployment.create_with_alice(path).bearer)
        case ("--seed",):
            seed(Deployment(path))
        case ():
            Deployment.create(path, sys.stdin.read())


if __name__ == "__main__":
    main(*sys.argv[1:])
