"""The world around the responder breaks, and is mended while it runs: the documented answer in time, no token that should
not be, and all well again without a restart.

    faults.py NAME DEPLOYMENT BEARER [PORT]      one of the functions below; some need to be root
"""

import base64
import http.client
import json
import os
import shutil
import signal
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from datetime import datetime

import fastcgi
from failures import ask, assert_unavailable, wait_for_200
from lifecycle import BODY, TOKEND, Responder

NOBODY = 65534
TTL = 300


def comes_true(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


def recovers(responder, bearer):
    assert wait_for_200(responder, bearer), "it does not recover"
    assert fastcgi.health(responder.path)
    assert responder.stop() == 0


# --- The directory ------------------------------------------------------------------------------------------------


def taken(deployment, bearer):
    """Somebody holds the whole database for himself; then he lets it go."""
    holder = sqlite3.connect(f"{deployment}/directory.sqlite", isolation_level=None, timeout=10)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    # The first to come after all others have gone has it alone.
    holder.execute("BEGIN IMMEDIATE")
    holder.execute("UPDATE users SET disabled = disabled")
    holder.execute("COMMIT")
    responder = Responder(deployment)
    code = responder.process.poll()
    started = time.monotonic()
    try:
        code = responder.process.wait(60)
    except subprocess.TimeoutExpired:
        pass
    print(f"with the database taken at the start: exit {code} after {time.monotonic() - started:.1f} s")
    assert code == 69, "it must say that the directory is unavailable"
    holder.close()
    recovers(Responder(deployment).wait_until_ready(), bearer)


def replaced(deployment, bearer):
    """A backup is restored while requests run: each is answered by one of the two files, whole."""
    responder = Responder(deployment).wait_until_ready()
    path, backup = f"{deployment}/directory.sqlite", f"{deployment}/backup.sqlite"
    for turn in range(6):
        assert ask(responder, bearer).status == 200
        for file in (backup, f"{backup}-wal", f"{backup}-shm"):
            if os.path.exists(file):
                os.unlink(file)
        with sqlite3.connect(path, timeout=10) as source, sqlite3.connect(backup) as target:
            source.backup(target)
            target.execute("UPDATE users SET disabled = ?", (turn % 2,))
        source.close()
        target.close()
        for companion in ("-wal", "-shm"):
            if os.path.exists(path + companion):
                os.unlink(path + companion)
        os.rename(backup, path)
        answer = ask(responder, bearer)
        assert answer.status == (403 if turn % 2 else 200), f"turn {turn}: {answer.status} {answer.body}"
        if turn % 2:
            with sqlite3.connect(path, timeout=10) as directory:
                directory.execute("UPDATE users SET disabled = 0")
            directory.close()
    recovers(responder, bearer)


def gone(deployment, bearer):
    """The file is moved away, and comes back."""
    responder = Responder(deployment).wait_until_ready()
    assert ask(responder, bearer).status == 200
    os.rename(f"{deployment}/directory.sqlite", f"{deployment}/away")
    for _ in range(8):
        assert_unavailable(ask(responder, bearer))
    assert not fastcgi.health(responder.path)
    os.rename(f"{deployment}/away", f"{deployment}/directory.sqlite")
    recovers(responder, bearer)


def unreadable(deployment, bearer):
    """The service's user may no longer read the folder; then it may again. (As a user whom permissions bind.)"""
    for folder, _, files in os.walk(deployment):
        for name in [folder, *(f"{folder}/{file}" for file in files)]:
            os.chown(name, NOBODY, NOBODY)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    responder = Responder(deployment).wait_until_ready()
    mode = os.stat(f"{deployment}/directory.sqlite").st_mode
    os.chmod(f"{deployment}/directory.sqlite", 0)
    statuses = {ask(responder, bearer).status for _ in range(8)}
    # What is open stays open; a worker that has not opened it yet cannot.
    print(f"with the file unreadable: {statuses}")
    assert statuses <= {200, 503}
    os.chmod(f"{deployment}/directory.sqlite", mode & 0o777)
    recovers(responder, bearer)


def full_disk(deployment, bearer):
    """The disk of the directory is full (a small tmpfs): requests are answered, changes are refused; then there is room."""
    disk = Disk(f"{deployment}/disk")
    try:
        for name in ("directory.sqlite", "directory.sqlite-wal"):
            if os.path.exists(f"{deployment}/{name}"):
                shutil.move(f"{deployment}/{name}", f"{disk.path}/{name}")
        with open(f"{deployment}/config.yaml") as file:
            text = file.read()
        with open(f"{deployment}/config.yaml", "w") as file:
            file.write(text.replace(f"{deployment}/directory.sqlite", f"{disk.path}/directory.sqlite"))
        responder = Responder(deployment).wait_until_ready()
        assert ask(responder, bearer).status == 200
        disk.fill()
        for _ in range(8):
            assert ask(responder, bearer).status == 200
        codes = set()
        for _ in range(60):
            codes.add(subprocess.run([TOKEND, "user", "add", "--config", f"{deployment}/config.yaml"], capture_output=True).returncode)
            if 69 in codes:
                break
        print(f"changes on a full disk: exit {codes}")
        assert codes <= {0, 69} and 69 in codes
        assert ask(responder, bearer).status == 200
        disk.empty()
        change = subprocess.run([TOKEND, "user", "disable", "alice", "--config", f"{deployment}/config.yaml"])
        assert change.returncode == 0 and ask(responder, bearer).status == 403
        assert responder.stop() == 0
    finally:
        disk.close()


# --- The log ------------------------------------------------------------------------------------------------------


def full_log(deployment, bearer):
    """The disk of audit.file fills up in the midst of a line, and is emptied: each line is whole or cut off from the next."""
    disk = Disk(f"{deployment}/disk")
    try:
        with open(f"{deployment}/config.yaml", "a") as file:
            file.write(f"audit: {{file: {disk.path}/audit.log}}\n")
        responder = Responder(deployment).wait_until_ready()
        disk.fill()
        statuses = []
        while statuses[-3:] != [503, 503, 503]:
            statuses.append(ask(responder, bearer).status)
            assert set(statuses) <= {200, 503} and len(statuses) < 200, statuses
        assert_unavailable(ask(responder, bearer))
        disk.empty()
        assert wait_for_200(responder, bearer), "it does not recover"
        with open(f"{disk.path}/audit.log") as file:
            lines = file.read().split("\n")
        whole = sum(line.startswith("{") and line.endswith("}") and bool(json.loads(line)) for line in lines)
        assert whole >= statuses.count(200) + 1, f"{whole} lines for {statuses.count(200) + 1} tokens"
        recovers(responder, bearer)
    finally:
        disk.close()


def closed_streams(deployment, bearer):
    """It is started without standard input, output and error: no descriptor of its own takes their place, so no line
    goes to a peer or into the database, and without lines there are no tokens."""
    command = ["sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "sh", TOKEND, "serve", "--config", f"{deployment}/config.yaml"]
    responder = Responder(deployment, command=command)
    try:
        responder.wait_until_ready()
    except AssertionError:
        # To refuse to start is as good.
        assert responder.process.poll() in (69, 78), responder.process.poll()
        return
    for _ in range(8):
        answer = ask(responder, bearer)
        assert_unavailable(answer)
        assert b'"event"' not in answer.body
    for descriptor in (0, 1, 2):
        target = os.readlink(f"/proc/{responder.process.pid}/fd/{descriptor}")
        assert target == "/dev/null", f"descriptor {descriptor} is {target}"
    assert responder.stop() == 0


# --- The clock ----------------------------------------------------------------------------------------------------


class Clock:
    """A wall clock that is set through a file; the monotonic one is left alone, as on a machine whose date is set."""

    def __init__(self, deployment):
        self.file, library = f"{deployment}/clock", f"{deployment}/clock.so"
        source = os.path.join(os.path.dirname(__file__), "clock.c")
        subprocess.run(["clang", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
        self.environment = {**os.environ, "LD_PRELOAD": library, "TEST_CLOCK": self.file}

    def set(self, moment):
        """Sets it to a moment in UTC, at which it stands still."""
        seconds = int(datetime.fromisoformat(moment + "+00:00").timestamp())
        with open(f"{self.file}.new", "w") as file:
            file.write(str(seconds))
        os.rename(f"{self.file}.new", self.file)


def claims(answer):
    payload = json.loads(answer.body)["token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def let_sessions_last(deployment, until):
    """Whatever the clock is set to meanwhile."""
    with sqlite3.connect(f"{deployment}/directory.sqlite") as directory:
        directory.execute(f"UPDATE sessions SET expires_at = {until}")
    directory.close()


def wrong_clock(deployment, bearer):
    """The clock stands in 1970: no token. In 2038 and 2106: tokens of the right length, past each end of 32 bits."""
    let_sessions_last(deployment, "9000000000")
    clock = Clock(deployment)
    clock.set("1970-01-01 00:00:10")
    responder = Responder(deployment, env=clock.environment)
    wait_for_socket(responder)
    for _ in range(4):
        assert_unavailable(ask(responder, bearer))
    assert not fastcgi.health(responder.path)
    for moment, around in (("2038-01-19 03:14:00", 2**31), ("2106-02-07 06:28:10", 2**32), ("2026-12-01 00:00:00", None)):
        clock.set(f"{moment}")
        answer = ask(responder, bearer)
        assert answer.status == 200, f"{moment}: {answer.status} {answer.body}"
        told = claims(answer)
        assert told["exp"] - told["iat"] == TTL and told["nbf"] == told["iat"], told
        assert around is None or told["iat"] - 60 < around < told["exp"], (moment, told)
    clock.set("1970-01-01 00:00:10")
    assert_unavailable(ask(responder, bearer))
    assert responder.stop() == 0


def wait_for_socket(responder):
    deadline = time.monotonic() + 60
    while not os.path.exists(responder.path) or not connects(responder.path):
        assert responder.process.poll() is None and time.monotonic() < deadline, "it does not start"
        time.sleep(0.05)


def connects(path):
    try:
        fastcgi.connect(path).close()
        return True
    except OSError:
        return False


def jumping_clock(deployment, bearer):
    """The clock jumps an hour forth and back while requests run: none is cut off, and no token is longer than it may be."""
    let_sessions_last(deployment, "unixepoch('2027-06-01')")
    clock = Clock(deployment)
    clock.set("2026-12-01 12:00:00")
    responder = Responder(deployment, env=clock.environment).wait_until_ready()
    is_over, answers = threading.Event(), []

    def ask_on():
        while not is_over.is_set():
            answers.append(ask(responder, bearer))

    clients = [threading.Thread(target=ask_on) for _ in range(4)]
    for client in clients:
        client.start()
    for hour in (13, 12, 11, 12, 13, 11, 12):
        deadline, before = time.monotonic() + 60, len(answers)
        time.sleep(0.3)
        while len(answers) < before + 20 and time.monotonic() < deadline:
            time.sleep(0.05)
        clock.set(f"2026-12-01 {hour}:00:00")
    is_over.set()
    for client in clients:
        client.join()
    issued = [claims(answer) for answer in answers if answer.status == 200]
    hours = {told["iat"] // 3600 for told in issued}
    print(f"{len(issued)} of {len(answers)} requests got a token, in {len(hours)} hours")
    assert len(issued) == len(answers) > 20 and len(hours) == 3
    assert all(told["exp"] - told["iat"] == TTL for told in issued)
    assert responder.stop() == 0


# --- The web server -----------------------------------------------------------------------------------------------


class WebServer:
    """The nginx of a deployment, as a group of processes that can be killed at once."""

    def __init__(self, deployment):
        self.deployment = deployment
        directory = f"{deployment}/nginx"
        command = ["nginx", "-p", f"{directory}/", "-c", "nginx.conf", "-e", f"{directory}/log/error.log", "-g", "daemon off;"]
        environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)

    def workers(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [int(pid) for pid in file.read().split()]

    def kill(self):
        if self.process.returncode is not None:
            return
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def web_server_killed(deployment, bearer, port):
    """nginx is killed under load, its workers alone or all of it, and started anew: the responder keeps nothing of those who
    asked, and gives the next one a token."""
    responder = Responder(deployment).wait_until_ready()
    sockets = lambda: sum(link.startswith("socket:") for link in links(responder.process.pid))
    # The one that it listens on is left.
    let_go, web = lambda: comes_true(lambda: sockets() == 1), WebServer(deployment)
    try:
        for victim in ("workers", "all", "workers", "all"):
            assert comes_true(lambda: token_through(deployment, port, bearer) == 200), "no token"
            clients = Crowd(deployment, port)
            assert comes_true(lambda: len(clients.statuses) >= 200), "there is no load"
            held = sockets()
            if victim == "workers":
                for pid in web.workers():
                    os.kill(pid, signal.SIGKILL)
            else:
                web.kill()
            clients.leave()
            if victim == "all":
                assert let_go(), f"it holds {sockets()} sockets"
                web = WebServer(deployment)
            print(f"{victim} killed: {held} sockets before, {sockets()} after; {len(clients.statuses)} answers, {clients.broken} broken off")
            assert set(clients.statuses) == {403} and clients.broken, clients.statuses
        assert comes_true(lambda: token_through(deployment, port, bearer) == 200), "no token"
    finally:
        web.kill()
    assert let_go(), f"it holds {sockets()} sockets"
    recovers(responder, bearer)


def links(pid):
    """What the descriptors of a process are of."""
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        try:
            yield os.readlink(f"/proc/{pid}/fd/{descriptor}")
        except FileNotFoundError:
            pass


def token_through(deployment, port, bearer):
    """The status of a request for a token through nginx; None while nobody listens there."""
    try:
        with Client(deployment, port) as client:
            return client.ask(bearer)
    except OSError:
        return None


class Client:
    """A TLS connection from an address that no other has had: limits do not count here."""

    addresses = (f"127.4.{number // 250}.{number % 250 + 1}" for number in range(60_000))
    lock = threading.Lock()

    def __init__(self, deployment, port):
        context = ssl.create_default_context(cafile=f"{deployment}/nginx/tls/fullchain.pem")
        with self.lock:
            address = next(self.addresses)
        self.connection = http.client.HTTPSConnection(
            "localhost", int(port), context=context, timeout=60, source_address=(address, 0)
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def ask(self, bearer):
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
        self.connection.request("POST", "/livekit/token", BODY, headers)
        response = self.connection.getresponse()
        response.read()
        return response.status


class Crowd:
    """Eight clients who go on asking until their web server breaks off, or until they are to leave."""

    def __init__(self, deployment, port):
        self.statuses, self.broken, self.is_over = [], 0, threading.Event()
        self.threads = [threading.Thread(target=self.ask_on, args=(deployment, port)) for _ in range(8)]
        for thread in self.threads:
            thread.start()

    def ask_on(self, deployment, port):
        try:
            while not self.is_over.is_set():
                with Client(deployment, port) as client:
                    # So many of an address are let through at once. What matters is who answers: a session that nobody
                    # knows is refused by the responder.
                    for _ in range(20):
                        self.statuses.append(client.ask(os.urandom(12).hex()))
        except (OSError, http.client.HTTPException):
            self.broken += 1

    def leave(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join()


# --- The machine --------------------------------------------------------------------------------------------------


def storms(deployment, bearer):
    """Descriptors run out and come back, again and again, with requests in between: all workers stay."""
    responder = Responder(deployment).wait_until_ready()
    pid = str(responder.process.pid)
    for _ in range(8):
        assert ask(responder, bearer).status == 200
    threads = len(os.listdir(f"/proc/{pid}/task"))
    usual = len(os.listdir(f"/proc/{pid}/fd"))
    for round in range(5):
        subprocess.run(["prlimit", "--pid", pid, f"--nofile={usual + round}:4096"], check=True)
        crowd = [fastcgi.connect(responder.path) for _ in range(100)]
        time.sleep(0.3)
        for connection in crowd:
            connection.close()
        subprocess.run(["prlimit", "--pid", pid, "--nofile=1024:4096"], check=True)
        assert wait_for_200(responder, bearer), f"round {round}: it does not recover"
    assert len(os.listdir(f"/proc/{pid}/task")) == threads, "a worker is gone"
    assert comes_true(lambda: len(os.listdir(f"/proc/{pid}/fd")) <= usual + 8), "descriptors are lost"
    recovers(responder, bearer)


def no_memory(deployment, bearer):
    """No more memory is to be had: requests that need none go on; if one ends the process, the next process serves."""
    responder = Responder(deployment).wait_until_ready()
    for _ in range(8):
        assert ask(responder, bearer).status == 200
    with open(f"/proc/{responder.process.pid}/statm") as file:
        size = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    subprocess.run(["prlimit", "--pid", str(responder.process.pid), f"--as={size}:unlimited"], check=True)
    statuses = {}
    for _ in range(200):
        try:
            status = ask(responder, bearer).status
        except OSError:
            break
        statuses[status] = statuses.get(status, 0) + 1
    print(f"without memory: {statuses}, then it {'lives' if responder.process.poll() is None else 'has ended'}")
    assert set(statuses) <= {200, 503, None}
    if responder.process.poll() is None:
        subprocess.run(["prlimit", "--pid", str(responder.process.pid), "--as=unlimited:unlimited"], check=True)
        recovers(responder, bearer)
    else:
        recovers(Responder(deployment).wait_until_ready(), bearer)


class Disk:
    """A disk of one megabyte."""

    def __init__(self, path):
        self.path = path
        os.makedirs(path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", path], check=True)

    def fill(self):
        with open(f"{self.path}/filler", "wb", 0) as file:
            for size in (4096, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    def empty(self):
        os.unlink(f"{self.path}/filler")

    def close(self):
        subprocess.run(["umount", "--lazy", self.path], check=True)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
