"""The limits that ship: who is counted as one, and who is not in the way of others."""

import asyncio
import collections
import concurrent.futures
import ctypes
import hashlib
import os
import re
import secrets
import socket
import ssl
import subprocess

import pytest
from support.canaries import plant
from support.client import AsyncClient, Client, next_address, token_headers
from support.deployment import ROOT
from support.fastcgi import STAGE
from support.web_server import WebServer

CLASS = 40


def change(web_server, file, old, new):
    """Changes one of the site's own files, as an operator would."""
    path = web_server.directory / "snippets" / f"livekit-tokend-{file}.conf"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def open_session(deployment, bearer):
    """Makes a session of alice with a bearer of the test's choice."""
    # A shorter word is in any log by chance.
    if len(bearer) >= 12:
        plant(bearer)
    deployment.execute(
        "INSERT INTO sessions (token_sha256, user_id, created_at, expires_at)"
        " VALUES (?, 'alice', unixepoch(), unixepoch() + 3600)",
        [hashlib.sha256(bearer.encode()).digest()],
    )
    return bearer


def statuses(deployment, web_server, authorizations):
    """How many requests get which status: one for each value of the header, each from an address of its own."""
    counted = collections.Counter()
    for authorization in authorizations:
        with Client(web_server) as client:
            headers = {"Authorization": authorization, "Content-Type": "application/json"}
            counted[client.request("POST", "/livekit/token", headers, STAGE).status] += 1
    return counted


async def ask_at_once(web_server, address, bearers, times=1):
    """The answers to clients at one address, each with a connection and a session of its own, who ask at once."""
    context = ssl.create_default_context(cafile=web_server.certificate)
    clients = [AsyncClient(web_server.port, context, address) for _ in bearers]
    await asyncio.gather(*(client.open() for client in clients))

    async def ask(client, bearer):
        return [(await client.ask(bearer)).status for _ in range(times)]

    answers = await asyncio.gather(*map(ask, clients, bearers))
    for client in clients:
        client.close()
    return collections.Counter(status for own in answers for status in own)


def test_the_manuals_have_the_limits_that_ship():
    def shipped(pattern):
        texts = (path.read_text() for path in sorted((ROOT / "nginx/site").glob("*.conf")))
        return int(re.search(pattern, "".join(texts))[1])

    connections = shipped(r"limit_conn livekit_connection (\d+);")
    session = shipped(r"zone=livekit_session burst=(\d+)")
    rate, burst = shipped(r"zone=livekit_client:10m rate=(\d+)r/s"), shipped(r"zone=livekit_client burst=(\d+)")
    manual, apps = ((ROOT / f"{name}/README.md").read_text() for name in ("deploy", "nginx"))
    assert shipped(r"zone=livekit_session:10m rate=(\d+)r/s") == 2
    for line in (
        f"| a session | 2 requests a second, {session} more at once |",
        f"| an address | {rate} a second, {burst} more at once |",
        f"| an address | {connections} connections with a request in hand |",
    ):
        assert line in manual
    assert f"{session} times more" in apps and f"{rate} times a second and {burst} times more" in apps


# --- Sessions ---------------------------------------------------------------------------------------------------------


def test_a_session_is_one_however_its_header_is_spelled(deployment, responder, web_server):
    """Each spelling that the responder takes, from an address of its own."""
    bearer = open_session(deployment, secrets.token_urlsafe(90) + "==")
    words = ["Bearer", "bearer", "BEARER", "bEaReR"]
    spellings = [f"{words[number % 4]}{' ' * (1 + number // 4)}{bearer}" for number in range(120)]
    assert len(set(spellings)) == 120
    counted = statuses(deployment, web_server, spellings)
    assert set(counted) == {200, 429} and counted[429] >= 50, counted


@pytest.mark.parametrize("length", [1, 47, 48, 49, 64, 1500])
def test_a_bearer_of_any_length_has_its_rate(deployment, responder, web_server, length):
    bearer = secrets.token_urlsafe(length)[:length]
    counted = statuses(deployment, web_server, [f"Bearer {bearer}"] * 120)
    assert set(counted) == {403, 429} and counted[429] >= 50, counted


def test_what_is_no_session_uses_up_no_rate_of_one(deployment, responder, web_server):
    """The responder takes none of these for the session, so they are not counted as it either."""
    bearer = open_session(deployment, secrets.token_urlsafe(60))
    others = [
        "Basic {}",
        "Bearer\t{}",
        "Bearer {} x",
        "Bearer x {}",
        'Bearer "{}"',
        "Bearer {}=x",
        "Bearer={}",
        "Bearer,{}",
    ]
    counted = statuses(deployment, web_server, [form.format(bearer) for form in others] * 15)
    assert counted == {403: 120}
    assert statuses(deployment, web_server, [f"Bearer {bearer}"]) == {200: 1}


def test_a_class_behind_one_address_gets_in_at_once(deployment, responder, web_server):
    bearers = [open_session(deployment, secrets.token_urlsafe(32)) for _ in range(CLASS)]
    assert asyncio.run(ask_at_once(web_server, next_address(), bearers)) == {200: CLASS}


def test_a_class_whose_bearers_begin_alike_gets_in(deployment, responder, web_server):
    """JWTs of one provider: the first 200 characters are the same. Five requests of each, at once."""
    head = secrets.token_urlsafe(200)[:200]
    bearers = [open_session(deployment, f"{head}.{secrets.token_urlsafe(200)}") for _ in range(CLASS)]
    assert asyncio.run(ask_at_once(web_server, next_address(), bearers, times=5)) == {200: 5 * CLASS}


def test_a_flood_of_short_bearers_leaves_room_for_long_ones(deployment, responder):
    """With a zone so small that the flood fills it: nginx then gives up the oldest sessions of all lengths."""
    web_server = WebServer(deployment)
    change(web_server, "limits", "zone=livekit_session:10m", "zone=livekit_session:32k")
    change(web_server, "limits", "default 0;\n    # 192.0.2.10", "default 1;\n    # 192.0.2.10")
    web_server.start()
    with Client(web_server) as client:
        for made_up in range(1500):
            assert client.ask(f"{made_up}").status == 403
    for length in (1, 43, 48, 200, 1500):
        bearer = open_session(deployment, secrets.token_urlsafe(length + 1)[: length + 1])
        assert statuses(deployment, web_server, [f"Bearer {bearer}"] * 10) == {200: 10}, length


# --- Addresses --------------------------------------------------------------------------------------------------------


def test_a_back_end_of_the_site_has_no_rate_but_its_sessions_have(deployment, responder):
    web_server, address = WebServer(deployment), next_address()
    change(web_server, "limits", "# 192.0.2.10 1;", f"{address} 1;")
    change(web_server, "limits", "rate=50r/s", "rate=1r/m")
    change(web_server, "bursts", "burst=400", "burst=10")
    web_server.start()

    def ask(address):
        with Client(web_server, address) as client:
            return collections.Counter(client.ask(secrets.token_urlsafe(12)).status for _ in range(100))

    assert ask(next_address()) == {403: 11, 429: 89}
    assert ask(address) == {403: 100}
    with Client(web_server, address) as client:
        assert 429 in {client.ask(deployment.bearer).status for _ in range(100)}


def in_a_network_of_its_own(work):
    """Runs a function in a thread whose sockets and processes have a network namespace with IPv6, where all of
    2001:db8::/32 is this machine. Fails as the function does."""

    def run():
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.unshare(0x40000000) == 0, os.strerror(ctypes.get_errno())  # CLONE_NEWNET
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["ip", "-6", "route", "add", "local", "2001:db8::/32", "dev", "lo"], check=True)
        work()

    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        thread.submit(run).result()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a network")
def test_ipv6_addresses_of_one_network_are_one_client(deployment, responder):
    """A /64 is one, as one machine has it; another /64 is another; IPv4 that arrives as IPv6 is still each its own."""
    web_server = WebServer(deployment)
    site = web_server.directory / "sites-enabled/livekit-tokend"
    listen = f"    listen 127.0.0.1:{web_server.port} ssl;\n"
    assert listen in site.read_text()
    site.write_text(site.read_text().replace(listen, f"    listen [::]:{web_server.port} ssl ipv6only=off;\n"))
    change(web_server, "limits", "rate=50r/s", "rate=1r/m")
    change(web_server, "bursts", "burst=400", "burst=10")

    def ask(addresses):
        return collections.Counter(map(ask_from, addresses))

    def ask_from(address):
        with Client(web_server, address) as client:
            client.connection._create_connection = lambda target, *_: connected(address, web_server.port)
            return client.request("POST", "/livekit/token", token_headers(secrets.token_urlsafe(12)), STAGE).status

    def work():
        web_server.start()
        assert ask(f"2001:db8:1:2:{number:x}::1" for number in range(1, 301)) == {403: 11, 429: 289}
        assert ask(f"2001:db8:1:{number:x}::1" for number in range(3, 43)) == {403: 40}
        assert ask(next_address() for _ in range(40)) == {403: 40}

    in_a_network_of_its_own(work)


def connected(address, port):
    """A connection from any address that leads to this machine, whether an interface has it or not."""
    is_ipv6 = ":" in address
    connection = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET)
    connection.settimeout(60)
    if is_ipv6:
        connection.setsockopt(socket.IPPROTO_IPV6, 78, 1)  # IPV6_FREEBIND
    connection.bind((address, 0))
    connection.connect(("2001:db8::1" if is_ipv6 else "127.0.0.1", port))
    return connection
