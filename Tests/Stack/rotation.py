"""The API key is rotated as README says, under load: no request fails, and what each key has signed stays valid.

    rotation.py DEPLOYMENT PORT      the deployment has nginx at that port, and no responder yet
"""

import asyncio
import hashlib
import json
import os
import secrets
import sqlite3
import subprocess
import sys
import time

from livekit import api

import lifecycle
import load

SESSIONS = 1500


def open_sessions(deployment):
    """Sessions of alice, more than the command line opens in a reasonable time; a site's own program writes them so."""
    bearers = [secrets.token_urlsafe(32) for _ in range(SESSIONS)]
    database = sqlite3.connect(f"{deployment}/directory.sqlite")
    with database:
        database.executemany(
            "INSERT INTO sessions (token_sha256, user_id, expires_at) VALUES (?, 'alice', unixepoch() + 3600)",
            [(hashlib.sha256(bearer.encode()).digest(),) for bearer in bearers],
        )
    database.close()
    with open(f"{load.STACK}/canaries", "a") as file:
        file.writelines(f"{bearer}\n" for bearer in bearers)
    return bearers


class Rotation:
    """What an administrator does, step by step. `keys` is what the LiveKit server knows meanwhile."""

    def __init__(self, deployment):
        self.deployment = deployment
        self.keys = {}
        self.keeper = lifecycle.SocketKeeper(f"{deployment}/fcgi.sock")

    def write_keys(self, *ids):
        for key in ids:
            self.keys.setdefault(key, secrets.token_urlsafe(32))
        with open(f"{self.deployment}/keys.yaml", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.writelines(f"{key}: {self.keys[key]}\n" for key in ids)
        with open(f"{load.STACK}/canaries", "a") as file:
            file.writelines(f"{secret}\n" for secret in self.keys.values())

    def sign_with(self, key):
        path = f"{self.deployment}/config.yaml"
        with open(path) as file:
            lines = file.read().splitlines()
        lines[1] = f"livekit: {{url: 'wss://livekit.example.com', key_file: keys.yaml, api_key: {key}}}"
        with open(path, "w") as file:
            file.write("\n".join(lines) + "\n")

    def check(self):
        command = [lifecycle.TOKEND, "check", "--json", "--config", f"{self.deployment}/config.yaml"]
        findings = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
        return next(finding for finding in findings if finding["subject"] == "api key")

    def start(self):
        self.responder = self.keeper.start(self.deployment)

    def restart(self):
        """As `systemctl restart` does it: the socket stays."""
        assert self.responder.stop() == 0
        self.start()


async def rotate(deployment, port):
    bearers = iter(open_sessions(deployment))
    rotation = Rotation(deployment)
    rotation.write_keys("APIold")
    rotation.sign_with("APIold")
    rotation.start()
    answers, is_over = [], False

    async def ask_on():
        while not is_over:
            client = load.Client(int(port), f"{deployment}/nginx/tls/fullchain.pem")
            await client.open()
            # A kept connection for as many requests as nginx lets an address send at once.
            for _ in range(load.OF_AN_ADDRESS // load.OF_A_SESSION):
                bearer = next(bearers)
                for _ in range(load.OF_A_SESSION):
                    began = time.monotonic()
                    status, answer, took = await client.ask(bearer)
                    answers.append((began, status, answer, took))
                    await asyncio.sleep(0.01)
            client.close()

    async def some_answers():
        """Waits until there are some more, and a busy machine may take its time."""
        deadline, before = time.monotonic() + 60, len(answers)
        await asyncio.sleep(0.3)
        while len(answers) < before + 60 and time.monotonic() < deadline:
            await asyncio.sleep(0.02)

    async def administer():
        nonlocal is_over
        await some_answers()
        # 1. The new key beside the old one; LiveKit knows both. Nothing changes yet, not even by a restart.
        rotation.write_keys("APIold", "APInew")
        await asyncio.to_thread(rotation.restart)
        await some_answers()
        # 2. The new key signs.
        rotation.sign_with("APInew")
        finding = await asyncio.to_thread(rotation.check)
        assert finding["level"] == "ok" and finding["message"].startswith("APInew"), finding
        await asyncio.to_thread(rotation.restart)
        switched = time.monotonic()
        await some_answers()
        # 3. When the last token of the old key has ended, it goes.
        rotation.write_keys("APInew")
        await asyncio.to_thread(rotation.restart)
        await some_answers()
        is_over = True
        return switched

    try:
        switched, *_ = await asyncio.gather(administer(), *(ask_on() for _ in range(6)))
    finally:
        rotation.responder.stop()
        rotation.keeper.close()

    wrong = [(status, answer) for _, status, answer, _ in answers if status != 200]
    assert not wrong, f"{len(wrong)} of {len(answers)} failed, such as {wrong[0]}"
    signed = {"APIold": 0, "APInew": 0}
    for began, _, answer, _ in answers:
        load.note(answer)
        valid = [key for key, secret in rotation.keys.items() if is_valid(answer["token"], key, secret)]
        assert len(valid) == 1, f"it is valid for {valid}"
        assert began < switched or valid == ["APInew"], "the old key signed after the switch"
        signed[valid[0]] += 1
    slowest = max(took for *_, took in answers)
    print(f"{len(answers)} tokens over 3 restarts, none failed, slowest {slowest * 1000:.0f} ms: {signed}")
    assert min(signed.values()) >= 50, signed


def is_valid(token, key, secret):
    """What the official SDK says of a token, as LiveKit's server would."""
    try:
        claims = api.TokenVerifier(key, secret).verify(token)
    except Exception:
        return False
    return claims.video.room == "stage-1" and claims.video.room_join


if __name__ == "__main__":
    asyncio.run(rotate(*sys.argv[1:]))
