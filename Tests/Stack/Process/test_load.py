"""Many clients at once, through nginx, each with a kept TLS connection from an address of its own."""

import asyncio
import collections
import os
import subprocess
import time

from support.canaries import plant
from support.client import OF_A_SESSION, OF_AN_ADDRESS, AsyncClient
from support.socket_holder import SocketHolder
from support.waiting import PATIENCE

CLIENTS = 64


def test_no_request_waits_for_an_idle_connection(deployment, responder, web_server, figure):
    """64 kept connections on 4 workers."""
    bearers = [deployment.new_session("alice") for _ in range(2 * CLIENTS)]

    async def run():
        clients = [await AsyncClient.of(web_server).open() for _ in range(CLIENTS)]

        async def ask(client, own):
            return [await client.ask(bearer) for bearer in own for _ in range(OF_A_SESSION)]

        work = (ask(client, bearers[number::CLIENTS]) for number, client in enumerate(clients))
        answers = [answer for answers in await asyncio.gather(*work) for answer in answers]
        # All 64 are idle now. Who comes next must not wait for one of them.
        late = await AsyncClient.of(web_server).open()
        last = await late.request("GET", "/livekit/health")
        for client in [*clients, late]:
            client.close()
        return answers, last

    answers, last = asyncio.run(run())
    assert {answer.status for answer in [*answers, last]} == {200}
    plant(*(answer.json()["token"] for answer in answers))
    slowest = max(answer.seconds for answer in [*answers, last])
    figure(f"{len(answers)} requests, slowest {slowest * 1000:.0f} ms; the late one {last.seconds * 1000:.0f} ms")
    # A worker that is pinned to an idle connection is so for 75 s, or until nginx answers with 504 in its place.
    assert slowest < 30
    assert responder.stop() == 0


def test_tokens_are_issued_while_ten_processes_write_the_directory(deployment, responder, web_server, figure):
    """As fast as they can, for as long as requests run."""
    bearers = [deployment.new_session("alice") for _ in range(24)]
    deployment.run("room", "add", "stage-2")
    started, written, answers = time.monotonic(), 0, []

    def is_over():
        # A busy machine takes longer to come to figures that mean something.
        took = time.monotonic() - started
        return took > 120 or (took > 5 and written >= 100 and len(answers) >= 100)

    async def write(number):
        nonlocal written
        turn = 0
        while not is_over():
            turn += 1
            user = f"writer-{number}-{turn}"
            for command in (
                ["user", "add", user],
                ["member", "add", "stage-2", user, "--role", "viewer"],
                ["session", "create", user],
                ["user", "remove", user],
            ):
                process = await asyncio.create_subprocess_exec(
                    *deployment.command(*command), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
                )
                _, complaint = await process.communicate()
                assert process.returncode == 0, f"{command}: {complaint.decode()}"
                written += 1

    async def read(own):
        client = await AsyncClient.of(web_server).open()
        while not is_over():
            for bearer in own:
                answers.append(await client.ask(bearer))
                # Twice a second for each session, ten times for an address.
                await asyncio.sleep(0.15)
        client.close()

    async def run():
        readers = (read(bearers[start : start + 4]) for start in range(0, len(bearers), 4))
        await asyncio.gather(*readers, *(write(number) for number in range(10)))

    asyncio.run(run())
    assert {answer.status for answer in answers} == {200}
    plant(*(answer.json()["token"] for answer in answers))
    slowest = max(answer.seconds for answer in answers)
    figure(f"{len(answers)} tokens during {written} writes, slowest {slowest * 1000:.0f} ms")
    assert written >= 100 and len(answers) >= 100
    assert responder.stop() == 0


def test_three_restarts_on_a_socket_that_stays_lose_no_request(deployment, web_server, figure):
    counted, restarted = collections.Counter(), 0
    holder = SocketHolder(deployment)
    responder = holder.start()

    async def ask_on():
        while restarted < 3:
            client = await AsyncClient.of(web_server).open()
            for _ in range(OF_AN_ADDRESS):
                # What matters is who answers: an unknown session is refused by the responder.
                counted[(await client.ask(os.urandom(12).hex())).status] += 1
            client.close()

    async def restart():
        nonlocal responder, restarted
        for turn in range(3):
            deadline = time.monotonic() + PATIENCE
            await asyncio.sleep(0.8)
            while counted.total() < 100 * (turn + 1) and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            assert await asyncio.to_thread(responder.stop) == 0
            responder = await asyncio.to_thread(holder.start)
            restarted += 1

    async def run():
        await asyncio.gather(restart(), *(ask_on() for _ in range(16)))

    with holder:
        asyncio.run(run())
        assert responder.stop() == 0
    figure(dict(counted))
    assert set(counted) == {403}
    assert counted[403] >= 300
