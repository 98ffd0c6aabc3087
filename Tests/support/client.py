"""TLS clients of nginx, each on a kept connection from an address of its own: the limits of other tests do not count."""

import asyncio
import dataclasses
import fcntl
import http.client
import json
import os
import ssl
import time

from support.fastcgi import STAGE

# What the nginx that ships lets through at once: so many requests of an address, so many of a session.
OF_AN_ADDRESS, OF_A_SESSION = 20, 5


def next_address():
    """An address of the loopback network that no other client has used; stack.bash takes them from the same file."""
    stack = os.environ["STACK"]
    with open(f"{stack}/address.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            with open(f"{stack}/address") as file:
                number = int(file.read()) + 1
        except FileNotFoundError:
            number = 1
        with open(f"{stack}/address", "w") as file:
            file.write(f"{number}\n")
    return f"127.{number // 62500 + 1}.{number // 250 % 250}.{number % 250 + 1}"


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict  # by names in lower case; of an AsyncClient with values in lower case
    body: bytes
    seconds: float  # from the first byte of the request to the last of the answer
    lines: tuple = ()  # each header as it came, also one that came twice; not of an AsyncClient

    def json(self):
        return json.loads(self.body)


def token_headers(bearer):
    return {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}


class Client:
    """A client of a WebServer that waits for each answer."""

    def __init__(self, web_server, address=None, timeout=60):
        context = ssl.create_default_context(cafile=web_server.certificate)
        self.address = address or next_address()
        self.connection = http.client.HTTPSConnection(
            "localhost", web_server.port, context=context, timeout=timeout, source_address=(self.address, 0)
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def request(self, method, path, headers=None, body=None):
        """The answer to one request."""
        started = time.monotonic()
        self.connection.request(method, path, body, headers or {})
        response = self.connection.getresponse()
        content = response.read()
        lines = tuple(response.getheaders())
        headers = {name.lower(): value for name, value in lines}
        return Answer(response.status, headers, content, time.monotonic() - started, lines)

    def ask(self, bearer, body=STAGE):
        """The answer to one request for a token."""
        return self.request("POST", "/livekit/token", token_headers(bearer), body)

    def close(self):
        self.connection.close()


class AsyncClient:
    """A client of which many run at once (asyncio)."""

    def __init__(self, port, context, address=None, timeout=60):
        self.port, self.context, self.address, self.timeout = port, context, address, timeout

    @classmethod
    def of(cls, web_server):
        """A client of a WebServer, from an address of its own."""
        return cls(web_server.port, ssl.create_default_context(cafile=web_server.certificate), next_address())

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1",
            self.port,
            ssl=self.context,
            server_hostname="localhost",
            local_addr=(self.address, 0) if self.address else None,
        )
        return self

    async def request(self, method, path, headers=None, body=b""):
        """The answer to one request; fails with ConnectionError or TimeoutError unless it comes."""
        started = time.monotonic()
        lines = {"Host": "localhost", "Content-Length": len(body), **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        try:
            async with asyncio.timeout(self.timeout):
                status, answered, content = await self._receive()
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("the answer breaks off") from error
        return Answer(status, answered, content, time.monotonic() - started)

    async def _receive(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = head.rstrip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        content = b""
        if "content-length" in headers:
            content = await self.reader.readexactly(int(headers["content-length"]))
        else:
            # In chunks, each between its length and an end of line.
            while size := int(await self.reader.readuntil(), 16):
                content += await self.reader.readexactly(size)
                await self.reader.readuntil()
            await self.reader.readuntil()
        return int(status.split()[1]), headers, content

    async def ask(self, bearer, body=STAGE):
        """The answer to one request for a token."""
        return await self.request("POST", "/livekit/token", token_headers(bearer), body)

    def close(self):
        self.writer.close()
