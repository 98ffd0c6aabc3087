"""The API key is rotated as the manual says, under load: no request fails, and what each key has signed stays valid."""

import asyncio
import hashlib
import json
import secrets
import subprocess
import time

from livekit import api

from support.canaries import plant
from support.client import OF_A_SESSION, OF_AN_ADDRESS, AsyncClient
from support.socket_holder import SocketHolder
from support.waiting import PATIENCE

SESSIONS = 6000


def open_sessions(deployment):
    """Sessions of alice, more than the command line opens in a reasonable time; a site's own program writes them so."""
    bearers = [secrets.token_urlsafe(32) for _ in range(SESSIONS)]
    deployment.execute(
        "INSERT INTO sessions (token_sha256, user_id, expires_at) VALUES (?, 'alice', unixepoch() + 3600)",
        *((hashlib.sha256(bearer.encode()).digest(),) for bearer in bearers),
    )
    plant(*bearers)
    return bearers


class Administrator:
    """What an administrator does, step by step."""

    def __init__(self, deployment, holder):
        self.deployment, self.holder = deployment, holder
        self.secrets = {key: secrets.token_urlsafe(32) for key in ("APIold", "APInew")}

    def write_keys(self, *ids):
        self.deployment.write_keys(**{key: self.secrets[key] for key in ids})

    def sign_with(self, key):
        lines = self.deployment.configuration.read_text().splitlines()
        lines[1] = f"livekit: {{url: 'wss://livekit.example.com', key_file: keys.yaml, api_key: {key}}}"
        self.deployment.configuration.write_text("\n".join(lines) + "\n")

    def check(self):
        """What `check` finds of the API key."""
        command = self.deployment.command("check", "--json")
        findings = json.loads(subprocess.run(command, check=False, capture_output=True, text=True).stdout)
        return next(finding for finding in findings if finding["subject"] == "api key")

    def start(self):
        self.responder = self.holder.start()

    def restart(self):
        """As `systemctl restart` does it: the socket stays."""
        assert self.responder.stop() == 0
        self.start()


def test_key_is_rotated_under_load(deployment, web_server, figure):
    bearers = iter(open_sessions(deployment))
    holder = SocketHolder(deployment)
    administrator = Administrator(deployment, holder)
    administrator.write_keys("APIold")
    administrator.sign_with("APIold")
    administrator.start()
    answers, switched, is_over = [], None, False

    async def ask_on():
        while not is_over:
            client = await AsyncClient.of(web_server).open()
            # A kept connection for as many requests as nginx lets an address send at once.
            for _ in range(OF_AN_ADDRESS // OF_A_SESSION):
                bearer = next(bearers)
                for _ in range(OF_A_SESSION):
                    began = time.monotonic()
                    answers.append((began, await client.ask(bearer)))
                    await asyncio.sleep(0.01)
            client.close()

    async def some_answers():
        """Waits until there are some more, and a busy machine may take its time."""
        deadline, before = time.monotonic() + PATIENCE, len(answers)
        await asyncio.sleep(0.3)
        while len(answers) < before + 60 and time.monotonic() < deadline:
            await asyncio.sleep(0.02)

    async def administer():
        nonlocal is_over, switched
        await some_answers()
        # 1. The new key beside the old one; LiveKit knows both. Nothing changes yet, not even by a restart.
        administrator.write_keys("APIold", "APInew")
        await asyncio.to_thread(administrator.restart)
        await some_answers()
        # 2. The new key signs.
        administrator.sign_with("APInew")
        finding = await asyncio.to_thread(administrator.check)
        assert finding["level"] == "ok" and finding["message"].startswith("APInew")
        await asyncio.to_thread(administrator.restart)
        switched = time.monotonic()
        await some_answers()
        # 3. When the last token of the old key has ended, it goes.
        administrator.write_keys("APInew")
        await asyncio.to_thread(administrator.restart)
        await some_answers()
        is_over = True

    async def run():
        await asyncio.gather(administer(), *(ask_on() for _ in range(6)))

    with holder:
        asyncio.run(run())
        assert administrator.responder.stop() == 0

    assert {answer.status for _, answer in answers} == {200}
    signed = {"APIold": 0, "APInew": 0}
    for began, answer in answers:
        token = answer.json()["token"]
        plant(token)
        valid = [key for key, secret in administrator.secrets.items() if is_valid(token, key, secret)]
        assert len(valid) == 1
        assert began < switched or valid == ["APInew"], "the old key signed after the switch"
        signed[valid[0]] += 1
    slowest = max(answer.seconds for _, answer in answers)
    figure(f"{len(answers)} tokens over 3 restarts, slowest {slowest * 1000:.0f} ms: {signed}")
    assert min(signed.values()) >= 50


def is_valid(token, key, secret):
    """What the official SDK says of a token, as LiveKit's server would."""
    try:
        claims = api.TokenVerifier(key, secret).verify(token)
    except Exception:
        return False
    return claims.video.room == "stage-1" and claims.video.room_join
