"""The files around the responder break, and are mended while it runs: the documented answer in time, no token that
should not be, and all well again without a restart.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess

import pytest

from support.deployment import PROGRAM
from support.responder import Responder
from support.users import NOBODY, give_to_nobody, run_as_nobody
from support.waiting import PATIENCE

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can")


@contextlib.contextmanager
def disk(path):
    """A disk of one megabyte; gives functions that fill and empty it."""
    os.makedirs(path)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", path], check=True)

    def fill():
        with open(f"{path}/filler", "wb", 0) as file:
            for size in (4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))

    try:
        yield fill, lambda: os.unlink(f"{path}/filler")
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


# --- The directory ----------------------------------------------------------------------------------------------------


def test_directory_that_another_process_has_alone(deployment):
    """The responder says so, and serves when it is let go."""
    holder = sqlite3.connect(deployment.directory, isolation_level=None, timeout=10)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    # The first to come after all others have gone has it alone.
    holder.execute("BEGIN IMMEDIATE")
    holder.execute("UPDATE users SET disabled = disabled")
    holder.execute("COMMIT")
    assert Responder(deployment).process.wait(PATIENCE) == 69
    holder.close()
    Responder(deployment).wait_until_ready().assert_recovers(deployment.bearer)


def test_directory_that_is_replaced_under_load(deployment, responder):
    """A backup is restored again and again: each answer is of the one file or of the other, whole."""
    path, backup = f"{deployment.directory}", f"{deployment.path}/backup.sqlite"
    for turn in range(6):
        assert responder.ask(deployment.bearer).status == 200
        for companion in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(backup + companion)
        with sqlite3.connect(path, timeout=10) as source, sqlite3.connect(backup) as target:
            source.backup(target)
            target.execute("UPDATE users SET disabled = ?", (turn % 2,))
        source.close()
        target.close()
        for companion in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path + companion)
        os.rename(backup, path)
        assert responder.ask(deployment.bearer).status == (403 if turn % 2 else 200), f"turn {turn}"
        if turn % 2:
            deployment.execute("UPDATE users SET disabled = 0")
    responder.assert_recovers(deployment.bearer)


def test_directory_that_is_moved_away_and_comes_back(deployment, responder):
    assert responder.ask(deployment.bearer).status == 200
    os.rename(deployment.directory, deployment.path / "away")
    for _ in range(8):
        responder.assert_unavailable(deployment.bearer)
    assert not responder.is_well()
    os.rename(deployment.path / "away", deployment.directory)
    responder.assert_recovers(deployment.bearer)


@needs_root
def test_directory_that_may_not_be_read_for_a_while(deployment):
    """By a user whom permissions bind."""
    give_to_nobody(deployment.path)

    def take_away_and_give_back():
        with Responder(deployment).wait_until_ready() as responder:
            mode = os.stat(deployment.directory).st_mode
            os.chmod(deployment.directory, 0)
            # What is open stays open; a worker that has not opened it yet cannot.
            assert {responder.ask(deployment.bearer).status for _ in range(8)} <= {200, 503}
            os.chmod(deployment.directory, mode & 0o777)
            responder.assert_recovers(deployment.bearer)

    run_as_nobody(take_away_and_give_back)


@needs_root
def test_full_disk_under_the_directory(deployment, figure):
    """Requests are answered, changes are refused; then there is room."""
    place = f"{deployment.path}/disk"
    with disk(place) as (fill, empty):
        for name in ("directory.sqlite", "directory.sqlite-wal"):
            if os.path.exists(deployment.path / name):
                shutil.move(deployment.path / name, f"{place}/{name}")
        text = deployment.configuration.read_text()
        deployment.configuration.write_text(text.replace(str(deployment.directory), f"{place}/directory.sqlite"))
        responder = Responder(deployment).wait_until_ready()
        assert responder.ask(deployment.bearer).status == 200
        fill()
        for _ in range(8):
            assert responder.ask(deployment.bearer).status == 200

        def change(*arguments):
            return subprocess.run(deployment.command(*arguments), capture_output=True, check=False).returncode

        codes = set()
        for _ in range(60):
            codes.add(change("user", "add"))
            if 69 in codes:
                break
        figure(f"exit {codes}")
        assert codes <= {0, 69} and 69 in codes
        assert responder.ask(deployment.bearer).status == 200
        empty()
        assert change("user", "disable", "alice") == 0
        assert responder.ask(deployment.bearer).status == 403
        assert responder.stop() == 0


# --- The log ----------------------------------------------------------------------------------------------------------


@needs_root
def test_disk_of_the_log_that_fills_up_in_the_midst_of_a_line(deployment):
    """And is emptied: each line is whole or cut off from the next."""
    place = f"{deployment.path}/disk"
    with disk(place) as (fill, empty):
        deployment.configure(f"audit: {{file: {place}/audit.log}}\n")
        responder = Responder(deployment).wait_until_ready()
        fill()
        statuses = []
        while statuses[-3:] != [503, 503, 503]:
            statuses.append(responder.ask(deployment.bearer).status)
            assert set(statuses) <= {200, 503} and len(statuses) < 200
        responder.assert_unavailable(deployment.bearer)
        empty()
        responder.wait_until_it_gives_tokens(deployment.bearer)
        with open(f"{place}/audit.log") as file:
            lines = file.read().split("\n")
        whole = sum(line.startswith("{") and line.endswith("}") and bool(json.loads(line)) for line in lines)
        assert whole >= statuses.count(200) + 1, "there are tokens without a line"
        responder.assert_recovers(deployment.bearer)


@needs_root
def test_log_that_a_command_of_root_makes_is_the_services(deployment):
    """Before the service has made it, and after it was rotated: its folder says whose it is."""
    logs = deployment.path / "logs"
    logs.mkdir()
    deployment.configure(f"audit: {{file: {logs}/audit.log}}\npeers: [root]\n")
    give_to_nobody(deployment.path)
    # The key is read by both.
    key, secret = deployment.key()
    environment = {**os.environ, "LIVEKIT_API_KEY": key, "LIVEKIT_API_SECRET": secret}
    subprocess.run(deployment.command("token", "create", "stage-1", "alice"), env=environment, check=True, stdout=subprocess.DEVNULL)
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": [], "env": environment}
    responder = Responder(deployment, **user).wait_until_ready()
    assert responder.ask(deployment.bearer).status == 200
    for turn in range(3):
        os.rename(logs / "audit.log", logs / f"audit.log.{turn}")
        subprocess.run(deployment.command("token", "create", "stage-1", "alice"), env=environment, check=True, stdout=subprocess.DEVNULL)
        assert os.stat(logs / "audit.log").st_uid == NOBODY
        responder.wait_until_it_gives_tokens(deployment.bearer)
    assert responder.stop() == 0


def test_without_standard_streams(deployment):
    """No descriptor of the program takes their place, so no line goes to a peer or into the database; and without lines
    there are no tokens."""
    shell = ["sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "sh"]
    responder = Responder(deployment, command=[*shell, PROGRAM, "serve", "--config", str(deployment.configuration)])
    try:
        responder.wait_until_ready()
    except AssertionError:
        # To refuse to start is as good.
        assert responder.process.poll() in (69, 78)
        return
    for _ in range(8):
        assert b'"event"' not in responder.assert_unavailable(deployment.bearer).body
    for descriptor in (0, 1, 2):
        assert os.readlink(f"/proc/{responder.pid}/fd/{descriptor}") == "/dev/null"
    assert responder.stop() == 0
