"""Many clients at once, through nginx, each with a kept TLS connection from an address of its own.

    load.py kept BEARER...            64 clients on a responder with 4 workers: nobody waits for an idle connection
    load.py writers BEARER...         tokens are issued while ten processes write the directory
    load.py restarts DEPLOYMENT PORT  nothing is lost while the responder is restarted on a socket that stays
"""

import asyncio
import json
import os
import ssl
import subprocess
import sys
import time

import lifecycle

STACK = os.environ["STACK"]
BODY = b'{"roomId":"stage-1"}'
# What nginx lets through at once: so many of an address, so many of a session.
OF_AN_ADDRESS, OF_A_SESSION = 20, 5

addresses = (f"127.2.{number // 250}.{number % 250 + 1}" for number in range(60_000))


class Client:
    """A kept TLS connection, and how long each request on it took."""

    def __init__(self, port, certificate, address=None):
        self.port, self.context = port, ssl.create_default_context(cafile=certificate)
        self.address = address or next(addresses)

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=self.context, server_hostname="localhost", local_addr=(self.address, 0)
        )

    async def ask(self, bearer, method="POST", path="/livekit/token", body=BODY):
        started = time.monotonic()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.writer.write(f"{head}Authorization: Bearer {bearer}\r\n\r\n".encode() + body)
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 60)
        headers = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
        content = b""
        if "content-length" in headers:
            content = await self.reader.readexactly(int(headers["content-length"]))
        else:
            while size := int(await self.reader.readline(), 16):
                content += await self.reader.readexactly(size)
                await self.reader.readline()
            await self.reader.readline()
        return int(head.split()[1]), json.loads(content), time.monotonic() - started

    def close(self):
        self.writer.close()


def main_stack_client():
    return Client(int(os.environ["STACK_PORT"]), f"{STACK}/main/nginx/tls/fullchain.pem")


def note(answer):
    """A token is a canary: it must not turn up anywhere."""
    with open(f"{STACK}/canaries", "a") as file:
        file.write(answer["token"] + "\n")


async def kept(bearers):
    clients = [main_stack_client() for _ in range(64)]
    share = len(bearers) // len(clients)
    assert share >= 2, "more sessions, please"
    for client in clients:
        await client.open()

    async def run(client, own):
        answers = []
        for bearer in own:
            for _ in range(OF_A_SESSION):
                answers.append(await client.ask(bearer))
        return answers

    work = (run(client, bearers[i * share : (i + 1) * share]) for i, client in enumerate(clients))
    results = [answer for answers in await asyncio.gather(*work) for answer in answers]
    # All 64 are idle now. Whoever comes next must not wait for one of them.
    late = main_stack_client()
    await late.open()
    results.append(await late.ask("unknown", method="GET", path="/livekit/health", body=b""))
    for client in [*clients, late]:
        client.close()

    statuses = {status for status, _, _ in results}
    for _, answer, _ in results[:-1]:
        note(answer)
    times = sorted(seconds for _, _, seconds in results)
    print(f"{len(results)} requests of 64 kept connections: slowest {times[-1] * 1000:.0f} ms, last {results[-1][2] * 1000:.0f} ms")
    assert statuses == {200}, statuses
    # A worker that is pinned to an idle connection is so for 75 s, or until nginx answers with 504 in its place.
    assert times[-1] < 30, f"one request took {times[-1]:.2f} s"


async def writers(bearers):
    """Ten processes write as fast as they can for as long as requests run."""
    started, written, read_so_far = time.monotonic(), 0, 0

    def is_over():
        # A busy machine takes longer to come to figures that mean something.
        took = time.monotonic() - started
        return took > 120 or (took > 5 and written >= 100 and read_so_far >= 100)

    async def write(number):
        nonlocal written
        turn = 0
        while not is_over():
            turn += 1
            for command in (
                ["user", "add", f"writer-{number}-{turn}"],
                ["member", "add", "stage-2", f"writer-{number}-{turn}", "--role", "viewer"],
                ["session", "create", f"writer-{number}-{turn}"],
                ["user", "remove", f"writer-{number}-{turn}"],
            ):
                process = await asyncio.create_subprocess_exec(
                    lifecycle.TOKEND, *command, "--config", f"{STACK}/main/config.yaml", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
                )
                _, complaint = await process.communicate()
                assert process.returncode == 0, f"{command}: {complaint.decode()}"
                written += 1

    async def read(own):
        nonlocal read_so_far
        client = main_stack_client()
        await client.open()
        answers = []
        while not is_over():
            for bearer in own:
                answers.append(await client.ask(bearer))
                read_so_far += 1
                # Twice a second for each session, ten times for an address.
                await asyncio.sleep(0.15)
        client.close()
        return answers

    readers = [read(bearers[i : i + 4]) for i in range(0, len(bearers), 4)]
    *results, _ = await asyncio.gather(*readers, asyncio.gather(*(write(number) for number in range(10))))
    results = [answer for answers in results for answer in answers]
    for status, answer, _ in results:
        if status == 200:
            note(answer)
    slowest = max(seconds for _, _, seconds in results)
    wrong = [answer for status, answer, _ in results if status != 200]
    print(f"{len(results)} tokens during {written} writes by 10 processes, slowest {slowest * 1000:.0f} ms")
    assert not wrong, f"{len(wrong)} refused, such as {wrong[0]}"
    assert written >= 100 and len(results) >= 100


async def restarts(deployment, port):
    """The socket belongs to somebody who stays, as systemd does; three restarts, and no request is lost."""
    launcher = lifecycle.SocketKeeper(f"{deployment}/fcgi.sock")
    responder = launcher.start(deployment)
    counted, restarted = {}, 0

    async def ask_on():
        while restarted < 3:
            client = Client(int(port), f"{deployment}/nginx/tls/fullchain.pem")
            await client.open()
            for _ in range(OF_AN_ADDRESS):
                # What matters is who answers: a session that nobody knows is refused by the responder.
                status, answer, _ = await client.ask(os.urandom(12).hex())
                counted[status] = counted.get(status, 0) + 1
            client.close()

    async def restart():
        nonlocal responder, restarted
        for turn in range(3):
            await enough(100 * (turn + 1))
            code = await asyncio.to_thread(responder.stop)
            assert code == 0, f"exit {code}"
            responder = await asyncio.to_thread(launcher.start, deployment)
            restarted += 1

    async def enough(answers):
        deadline = time.monotonic() + 60
        await asyncio.sleep(0.8)
        while sum(counted.values()) < answers and time.monotonic() < deadline:
            await asyncio.sleep(0.05)

    try:
        await asyncio.gather(restart(), *(ask_on() for _ in range(16)))
    finally:
        responder.stop()
        launcher.close()
    print(f"3 restarts under load: {counted}")
    assert set(counted) == {403}, counted
    assert counted[403] >= 300


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "restarts":
        asyncio.run(restarts(*arguments))
    else:
        asyncio.run(globals()[command](arguments))
