"""What systemd hears (sd_notify(3)): ready, alive and in which state, and that it hears nothing of workers that hang.

    service_manager.py NAME DEPLOYMENT BEARER      one of the functions at the end
"""

import os
import pwd
import re
import socket
import subprocess
import sys
import time

import fastcgi
import lifecycle

BODY = b'{"roomId":"stage-1"}'


class Manager:
    """Systemd's end: a socket for what services say, here at an abstract name."""

    def __init__(self):
        self.name = f"livekit-tokend-{os.getpid()}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{self.name}")

    def environment(self, watchdog):
        return {**os.environ, "NOTIFY_SOCKET": f"@{self.name}", "WATCHDOG_USEC": str(int(watchdog * 1e6))}

    def hear(self, seconds, until=None):
        """The lines of so many seconds, or up to one that begins in some way."""
        lines, deadline = [], time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                lines += self.socket.recv(8192).decode().split("\n")
            except TimeoutError:
                break
            if until and any(line.startswith(until) for line in lines):
                break
        return lines

    def forget(self):
        """What has come until now."""
        self.socket.setblocking(False)
        try:
            while self.socket.recv(8192):
                pass
        except BlockingIOError:
            pass


def signs(deployment, bearer):
    """READY once it answers, WATCHDOG twice in its time, STATUS with what it has done, STOPPING at the end."""
    manager = Manager()
    responder = lifecycle.Responder(deployment, env=manager.environment(1))
    lines = manager.hear(60, until="STATUS=")
    assert lines[:2] == ["READY=1", "WATCHDOG=1"], lines
    assert re.fullmatch("STATUS=Serving: (no connections|1 connection), no tokens, no refusals", lines[2]), lines
    assert fastcgi.health(responder.path), "it is not ready"
    with open(f"{deployment}/out.log") as log:
        before = log.read()
    # Six, as a rule. One that gave too few would do so each time; a busy machine does not.
    for _ in range(5):
        manager.forget()
        signs_of_life = manager.hear(3.2).count("WATCHDOG=1")
        assert signs_of_life <= 8, signs_of_life
        if signs_of_life >= 3:
            break
    assert signs_of_life >= 3, signs_of_life
    with open(f"{deployment}/out.log") as log:
        assert log.read() == before, "a request to itself is in the log"
    for _ in range(2):
        assert fastcgi.exchange(responder.path, fastcgi.token_params(bearer, BODY), BODY).status == 200
    assert fastcgi.exchange(responder.path, fastcgi.token_params("unknown", BODY), BODY).status == 403
    # A request to itself may be under way, and is a connection too. It says what has become of it every five seconds, so
    # also in the midst of these requests.
    with fastcgi.connect(responder.path):
        for _ in range(5):
            lines = manager.hear(60, until="STATUS=")
            state = re.fullmatch(r"STATUS=Serving: [12] connections?, 2 tokens, 1 refusal", lines[-1])
            if state:
                break
    assert state, lines
    assert responder.stop() == 0
    assert manager.hear(60, until="STOPPING=1")[-2:] == ["STOPPING=1", "STATUS=Finishing what has arrived"]


def hung(deployment, bearer):
    """Where no worker comes to a request to itself there is no sign of life, though the process is well; then there is again."""
    manager = Manager()
    responder = lifecycle.Responder(deployment, env=manager.environment(1)).wait_until_ready()
    # Each of them holds a worker for a second, and there are many more of them than workers.
    half = fastcgi.message(fastcgi.token_params(bearer, BODY), BODY)[:-20]
    # Once in a while a request to itself comes in the midst of the crowd, and has its turn in time.
    for _ in range(5):
        assert "WATCHDOG=1" in manager.hear(60, until="WATCHDOG")
        crowd = [fastcgi.connect(responder.path) for _ in range(64)]
        for connection in crowd:
            connection.sendall(half)
        manager.hear(0.6)  # one that was under way
        lines = manager.hear(3)
        for connection in crowd:
            connection.close()
        if "WATCHDOG=1" not in lines:
            break
    assert "WATCHDOG=1" not in lines, lines
    assert responder.process.poll() is None
    assert "WATCHDOG=1" in manager.hear(60, until="WATCHDOG")
    assert responder.stop() == 0


def refused(deployment, bearer):
    """What is wrong with the configuration stands in the state too, in the words of the line on standard error."""
    manager = Manager()
    with open(f"{deployment}/config.yaml", "a") as file:
        file.write("workers: many\n")
    command = [lifecycle.TOKEND, "serve", "--config", f"{deployment}/config.yaml"]
    ended = subprocess.run(command, env=manager.environment(1), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert ended.returncode == 78
    lines = manager.hear(60, until="STATUS=")
    assert lines == [f"STATUS={ended.stderr.removeprefix('livekit-tokend: ').strip()}"], (lines, ended.stderr)


def socket_of_others(deployment, bearer):
    """A socket that the service itself may not connect to does not keep it from knowing that it is alive."""
    manager = Manager()
    subprocess.run(["chown", "-R", "nobody", deployment], check=True)
    keeper = lifecycle.SocketKeeper(f"{deployment}/fcgi.sock")
    os.chmod(f"{deployment}/fcgi.sock", 0o600)
    options = keeper.as_descriptor_3(deployment)
    nobody = pwd.getpwnam("nobody")
    responder = lifecycle.Responder(
        deployment, env=manager.environment(1), user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], **options
    )
    assert "READY=1" in manager.hear(60, until="READY")
    for _ in range(3):
        assert "WATCHDOG=1" in manager.hear(60, until="WATCHDOG")
    assert responder.stop() == 0
    keeper.close()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
