"""The wall clock is wrong, or is set, while the responder runs."""

import base64
import json
import os
import pathlib
import subprocess
import threading
from datetime import datetime

import pytest

from support.responder import Responder
from support.waiting import wait_until

TTL = 300
LONG_AGO = "1970-01-01 00:00:10"


class Clock:
    """A wall clock that is set through a file; the monotonic one is left alone, as on a machine whose date is set."""

    def __init__(self, folder):
        self.file, library = f"{folder}/clock", f"{folder}/clock.so"
        source = pathlib.Path(__file__).with_name("clock.c")
        subprocess.run(["clang", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
        self.environment = {**os.environ, "LD_PRELOAD": library, "TEST_CLOCK": self.file}

    def set(self, moment):
        """Sets it to a moment in UTC, at which it stands still."""
        seconds = int(datetime.fromisoformat(moment + "+00:00").timestamp())
        with open(f"{self.file}.new", "w") as file:
            file.write(str(seconds))
        os.rename(f"{self.file}.new", self.file)


@pytest.fixture
def clock(deployment):
    return Clock(deployment.path)


def claims(answer):
    payload = json.loads(answer.body)["token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@pytest.mark.parametrize(
    "moment, around",
    # Each end of 32 bits, and a day like others.
    [("2038-01-19 03:14:00", 2**31), ("2106-02-07 06:28:10", 2**32), ("2026-12-01 00:00:00", None)],
)
def test_clock_in_1970_and_then_at(moment, around, deployment, clock):
    """In 1970 there is no token; then there are tokens of the right length; and in 1970 again none."""
    deployment.execute("UPDATE sessions SET expires_at = 9000000000")
    clock.set(LONG_AGO)
    responder = Responder(deployment, env=clock.environment).wait_until_listening()
    for _ in range(4):
        responder.assert_unavailable(deployment.bearer)
    assert not responder.is_well()
    clock.set(moment)
    answer = responder.ask(deployment.bearer)
    assert answer.status == 200
    told = claims(answer)
    assert told["exp"] - told["iat"] == TTL and told["nbf"] == told["iat"] - 10
    assert around is None or told["iat"] - 60 < around < told["exp"]
    clock.set(LONG_AGO)
    responder.assert_unavailable(deployment.bearer)
    assert responder.stop() == 0


def test_clock_that_jumps_an_hour_forth_and_back(deployment, clock, figure):
    """While requests run: none is cut off, and no token is longer than it may be."""
    deployment.execute("UPDATE sessions SET expires_at = unixepoch('2027-06-01')")
    clock.set("2026-12-01 12:00:00")
    responder = Responder(deployment, env=clock.environment).wait_until_ready()
    is_over, answers = threading.Event(), []

    def ask_on():
        while not is_over.is_set():
            answers.append(responder.ask(deployment.bearer))

    clients = [threading.Thread(target=ask_on) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        for hour in (13, 12, 11, 12, 13, 11, 12):
            before = len(answers)
            wait_until(lambda: len(answers) >= before + 20, "there is no load")
            clock.set(f"2026-12-01 {hour}:00:00")
    finally:
        is_over.set()
        for client in clients:
            client.join()
    assert {answer.status for answer in answers} == {200}
    issued = [claims(answer) for answer in answers]
    hours = {told["iat"] // 3600 for told in issued}
    figure(f"{len(issued)} tokens in {len(hours)} hours")
    assert len(hours) == 3
    assert all(told["exp"] - told["iat"] == TTL for told in issued)
    assert responder.stop() == 0
