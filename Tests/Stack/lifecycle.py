"""How the responder starts and stops: signals, sockets that it inherits, and descriptors that run out.

    lifecycle.py NAME DEPLOYMENT BEARER      one of the functions at the end
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import fastcgi

TOKEND = os.environ.get("TOKEND") or os.path.join(
    os.path.dirname(__file__), "../../.build-release/release/livekit-tokend"
)
BODY = b'{"roomId":"stage-1"}'
# How long to wait, in seconds, for what comes at once unless a machine is very busy.
PATIENCE = 60


class Responder:
    """A responder that this program has started."""

    def __init__(self, deployment, **options):
        self.path = f"{deployment}/fcgi.sock"
        command = options.pop("command", [TOKEND, "serve", "--config", f"{deployment}/config.yaml"])
        with open(f"{deployment}/out.log", "ab") as out, open(f"{deployment}/err.log", "ab") as err:
            streams = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": err}
            self.process = subprocess.Popen(command, **{**streams, **options})

    def wait_until_ready(self):
        deadline = time.monotonic() + PATIENCE
        while not (os.path.exists(self.path) and fastcgi.health(self.path)):
            assert self.process.poll() is None, f"it has ended with {self.process.returncode}"
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.05)
        return self

    def stop(self, patience=PATIENCE):
        """Asks it to end; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it did not end within {patience} s of SIGTERM")


class SocketKeeper:
    """A listening socket that outlives the responders that serve it, as systemd keeps one; for nginx to connect to."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        self.socket.listen(4096)

    def start(self, deployment):
        return Responder(deployment, **self.as_descriptor_3(deployment)).wait_until_ready()

    def as_descriptor_3(self, deployment):
        # LISTEN_PID is the process itself, which only a shell that becomes it can know.
        script = f'exec 3<&{self.socket.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=fcgi exec "$@"'
        command = ["sh", "-c", script, "sh", TOKEND, "serve", "--config", f"{deployment}/config.yaml"]
        return {"command": command, "pass_fds": [self.socket.fileno()]}

    def close(self):
        self.socket.close()


def idle(deployment, bearer):
    """SIGTERM ends a responder that has nothing to do, kept connections or not, at once and with 0."""
    for connections in (0, 20):
        # One that waited for a deadline of its connections, of 3 s at least, would do so each time; a busy machine does not.
        for _ in range(5):
            took = stop_with_kept(connections, deployment, bearer)
            if took < 2.5:
                break
        assert took < 2.5, f"it took {took:.1f} s"


def stop_with_kept(connections, deployment, bearer):
    """How many seconds a responder takes to end that has so many connections, which are idle."""
    responder = Responder(deployment).wait_until_ready()
    kept = []
    for _ in range(connections):
        connection = fastcgi.connect(responder.path)
        connection.sendall(fastcgi.message(fastcgi.token_params(bearer, BODY), BODY, keep=True))
        assert fastcgi.receive(connection).status == 200
        kept.append(connection)
    started = time.monotonic()
    code = responder.stop()
    took = time.monotonic() - started
    print(f"with {connections} kept connections: exit {code} after {took * 1000:.0f} ms")
    assert code == 0
    assert not os.path.exists(responder.path) or not answers(responder.path), "the socket still answers"
    for connection in kept:
        connection.close()
    return took


def interrupted(deployment, bearer):
    """SIGINT, which a terminal sends, ends it as SIGTERM does; SIGHUP and SIGPIPE do not end it."""
    responder = Responder(deployment).wait_until_ready()
    responder.process.send_signal(signal.SIGPIPE)
    time.sleep(0.3)
    assert fastcgi.health(responder.path)
    responder.process.send_signal(signal.SIGINT)
    assert responder.process.wait(PATIENCE) == 0


def under_load(deployment, bearer):
    """SIGTERM under load: what is answered is answered whole, what is not is not begun, and the exit status is 0."""
    responder = Responder(deployment).wait_until_ready()
    whole, torn, stopping = [], [], threading.Event()

    def ask_on():
        while not stopping.is_set():
            try:
                connection = fastcgi.connect(responder.path)
            except OSError:
                return
            with connection:
                for _ in range(50):
                    params = fastcgi.token_params(bearer, BODY)
                    try:
                        connection.sendall(fastcgi.message(params, BODY, keep=True))
                    except OSError:
                        return
                    answer = fastcgi.receive(connection)
                    if answer.status is None:
                        if answer.bytes_seen:
                            torn.append(answer.bytes_seen)
                        return
                    whole.append((answer.status, dict(answer.headers)["X-Request-Id"]))

    clients = [threading.Thread(target=ask_on) for _ in range(12)]
    for client in clients:
        client.start()
    deadline = time.monotonic() + PATIENCE
    while len(whole) <= 100 and time.monotonic() < deadline:
        time.sleep(0.1)
    started = time.monotonic()
    code = responder.stop()
    took = time.monotonic() - started
    stopping.set()
    for client in clients:
        client.join()
    print(f"{len(whole)} answers whole, {len(torn)} torn, exit {code} after {took * 1000:.0f} ms")
    assert code == 0 and not torn
    assert {status for status, _ in whole} == {200} and len(whole) > 100
    with open(f"{deployment}/out.log") as file:
        logged = {json.loads(line).get("requestId") for line in file}
    missing = {request_id for _, request_id in whole} - logged
    assert not missing, f"{len(missing)} answers without a line in the log"


def in_flight(deployment, bearer):
    """A request that has begun to arrive when SIGTERM comes is answered."""
    request = fastcgi.message(fastcgi.token_params(bearer, BODY), BODY)
    # A request must be whole within a second of its first byte: where this machine was too slow for that, once more.
    for _ in range(10):
        responder = Responder(deployment).wait_until_ready()
        with fastcgi.connect(responder.path) as connection:
            started = time.monotonic()
            connection.sendall(request[:-20])
            time.sleep(0.2)
            responder.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            connection.sendall(request[-20:])
            took = time.monotonic() - started
            status = fastcgi.receive(connection).status
        assert responder.process.wait(PATIENCE) == 0
        if status == 200 or took < 0.7:
            break
    assert status == 200, f"{status}, of a request that took {took:.1f} s to send"


def descriptors(deployment, bearer):
    """Descriptors run out: the process lives, and serves again as soon as there are some."""
    responder = Responder(deployment).wait_until_ready()
    good = lambda: fastcgi.exchange(responder.path, fastcgi.token_params(bearer, BODY), BODY)
    for _ in range(8):
        assert good().status == 200
    threads = len(os.listdir(f"/proc/{responder.process.pid}/task"))
    subprocess.run(["prlimit", "--pid", str(responder.process.pid), "--nofile=24:24"], check=True)
    crowd = [fastcgi.connect(responder.path) for _ in range(60)]
    time.sleep(1.5)
    assert responder.process.poll() is None, "it has ended"
    for connection in crowd:
        connection.close()
    started = time.monotonic()
    answer = good()
    took = time.monotonic() - started
    print(f"served {took * 1000:.0f} ms after descriptors were to be had again")
    assert answer.status == 200
    assert len(os.listdir(f"/proc/{responder.process.pid}/task")) == threads, "a worker is gone"
    assert responder.stop() == 0


def systemd(deployment, bearer):
    """The socket comes as descriptor 3 with LISTEN_FDS, stays when the process goes, and serves the next one."""
    keeper = SocketKeeper(f"{deployment}/fcgi.sock")
    file = os.stat(f"{deployment}/fcgi.sock").st_ino
    for _ in range(2):
        responder = keeper.start(deployment)
        assert fastcgi.exchange(responder.path, fastcgi.token_params(bearer, BODY), BODY).status == 200
        assert responder.stop() == 0
        assert os.stat(f"{deployment}/fcgi.sock").st_ino == file, "the socket's file is another one"
    # A request that comes between two processes waits for the second.
    with fastcgi.connect(f"{deployment}/fcgi.sock") as connection:
        connection.sendall(fastcgi.message(fastcgi.token_params(bearer, BODY), BODY))
        responder = Responder(deployment, **keeper.as_descriptor_3(deployment))
        assert fastcgi.receive(connection).status == 200
    assert responder.stop() == 0
    keeper.close()


def descriptor_0(deployment, bearer):
    """The socket comes as descriptor 0, as FastCGI's own convention and spawn-fcgi have it."""
    keeper = SocketKeeper(f"{deployment}/fcgi.sock")
    responder = Responder(deployment, stdin=keeper.socket).wait_until_ready()
    assert fastcgi.exchange(responder.path, fastcgi.token_params(bearer, BODY), BODY).status == 200
    assert responder.stop() == 0
    assert os.path.exists(f"{deployment}/fcgi.sock"), "the socket's file is gone"
    keeper.close()


def not_ours(deployment, bearer):
    """What is inherited and is no listening Unix socket is refused, with 78; so are LISTEN_FDS of another process ignored."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as network:
        network.bind(("127.0.0.1", 0))
        network.listen()
        keeper = SocketKeeper.__new__(SocketKeeper)
        keeper.socket = network
        responder = Responder(deployment, **keeper.as_descriptor_3(deployment))
        assert responder.process.wait(PATIENCE) == 78
    # Meant for somebody else: it listens at its own path.
    environment = {**os.environ, "LISTEN_PID": "1", "LISTEN_FDS": "1"}
    responder = Responder(deployment, env=environment).wait_until_ready()
    assert responder.stop() == 0


def stale(deployment, bearer):
    """A socket file that a killed process has left is replaced; one on which somebody listens is not, nor another file."""
    path = f"{deployment}/fcgi.sock"
    first = Responder(deployment).wait_until_ready()
    second = Responder(deployment)
    assert second.process.wait(PATIENCE) == 69, f"a second one ended with {second.process.returncode}"
    assert fastcgi.health(path), "the first one was disturbed"
    first.process.kill()
    first.process.wait()
    assert os.path.exists(path)
    third = Responder(deployment).wait_until_ready()
    assert third.stop() == 0
    if os.path.exists(path):
        os.unlink(path)
    with open(path, "w") as file:
        file.write("precious\n")
    fourth = Responder(deployment)
    assert fourth.process.wait(PATIENCE) == 78, f"a file in the way: it ended with {fourth.process.returncode}"
    with open(path) as file:
        assert file.read() == "precious\n"


def answers(path):
    try:
        fastcgi.connect(path).close()
        return True
    except OSError:
        return False


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
