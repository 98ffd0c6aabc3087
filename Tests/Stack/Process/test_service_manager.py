"""What systemd hears (sd_notify(3)): ready, alive, in which state, stopping; and nothing of workers that hang."""

import os
import pwd
import re
import signal
import subprocess
import time

import pytest

from support import fastcgi
from support.responder import Responder
from support.service_manager import ServiceManager
from support.socket_holder import SocketHolder
from support.users import give_to_nobody
from support.waiting import wait_until


@pytest.fixture
def manager():
    manager = ServiceManager()
    yield manager
    manager.socket.close()


@pytest.fixture
def responder(deployment, manager):
    return Responder(deployment, env=manager.environment)


def test_ready_alive_and_in_which_state(deployment, manager, responder):
    """READY once it answers, WATCHDOG twice in its time, STATUS with what it has done, STOPPING at the end."""
    lines = manager.hear(until="STATUS=")
    assert lines[:2] == ["READY=1", "WATCHDOG=1"]
    assert re.fullmatch("STATUS=Serving: (no connections|1 connection), no tokens, no refusals", lines[2])
    assert responder.is_well()
    before = deployment.log.read_text()
    # Six, as a rule. One that gave too few would do so each time; a busy machine does not.
    for _ in range(5):
        manager.forget()
        signs_of_life = manager.hear(3.2).count("WATCHDOG=1")
        assert signs_of_life <= 8
        if signs_of_life >= 3:
            break
    assert signs_of_life >= 3
    assert deployment.log.read_text() == before, "a request to itself is in the log"
    for _ in range(2):
        assert responder.ask(deployment.bearer).status == 200
    assert responder.ask("unknown").status == 403
    # A request to itself may be under way, and is a connection too. It says what has become of it every five seconds,
    # so also in the midst of these requests.
    with fastcgi.connect(responder.path):
        for _ in range(5):
            lines = manager.hear(until="STATUS=")
            if state := re.fullmatch(r"STATUS=Serving: [12] connections?, 2 tokens, 1 refusal", lines[-1]):
                break
    assert state, lines
    assert responder.stop() == 0
    assert manager.hear(until="STOPPING=1")[-2:] == ["STOPPING=1", "STATUS=Finishing what has arrived"]


def test_workers_that_hang_give_no_sign_of_life(deployment, manager, responder):
    """Where no worker comes to a request to itself there is none, though the process is well; then there is again."""
    responder.wait_until_ready()
    # Each of them holds a worker for a second, and there are many more of them than workers.
    half = fastcgi.token_request(deployment.bearer)[:-20]
    # Once in a while a request to itself comes in the midst of the crowd, and has its turn in time.
    for _ in range(5):
        assert "WATCHDOG=1" in manager.hear(until="WATCHDOG")
        crowd = [fastcgi.connect(responder.path) for _ in range(64)]
        for connection in crowd:
            connection.sendall(half)
        manager.hear(0.6)  # one that was under way
        lines = manager.hear(3)
        for connection in crowd:
            connection.close()
        if "WATCHDOG=1" not in lines:
            break
    assert "WATCHDOG=1" not in lines
    assert responder.is_running()
    assert "WATCHDOG=1" in manager.hear(until="WATCHDOG")
    assert responder.stop() == 0


def test_reload_ends_for_a_systemd_that_did_not_listen_meanwhile(deployment, manager, responder):
    """The first message of a reload takes the last place in its queue; the second one comes when there is room."""
    responder.wait_until_ready()
    assert "WATCHDOG=1" in manager.hear(until="WATCHDOG")
    # Full before each reload: a sign of life may have come in between.
    for attempt in range(1, 6):
        manager.fill()
        manager.socket.recv(8192)
        responder.process.send_signal(signal.SIGHUP)
        wait_until(lambda: deployment.log.read_text().count("service.reloaded") == attempt, "it does not reload")
        lines = manager.hear(until="READY=1")
        assert "READY=1" in lines
        if "RELOADING=1" in lines:
            break
    assert lines.index("RELOADING=1") < lines.index("READY=1")
    assert lines[-1].startswith("STATUS=Serving")
    assert responder.stop() == 0


def test_what_is_wrong_with_the_configuration_is_the_state(deployment, manager):
    """In the words of the line on standard error."""
    deployment.configure("workers: many\n")
    ended = subprocess.run(
        deployment.command("serve"),
        env=manager.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 78
    assert manager.hear(until="STATUS=") == [f"STATUS={ended.stderr.removeprefix('livekit-tokend: ').strip()}"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_socket_of_another_user(deployment, manager):
    """One that the service itself may not connect to does not keep it from knowing that it is alive."""
    give_to_nobody(deployment.path)
    nobody = pwd.getpwnam("nobody")
    with SocketHolder(deployment) as holder:
        os.chmod(deployment.socket, 0o600)
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        responder = Responder(deployment, env=manager.environment, **user, **holder.options())
        assert "READY=1" in manager.hear(until="READY")
        for _ in range(3):
            assert "WATCHDOG=1" in manager.hear(until="WATCHDOG")
        assert responder.stop() == 0
