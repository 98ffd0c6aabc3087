#!/usr/bin/env python3
"""Many clients at once at https://127.0.0.1/livekit/token, each on a kept TLS connection.

    load.py BEARER [REQUESTS [FILE]]

Goes on until it has had so many answers and the file is gone. FILE.begun is there once each client may have had one.
Prints what came of it as one JSON object; every answer that is not a token is counted by status and by whether it is what a
client is to get then: JSON with a Retry-After.
"""

import asyncio
import collections
import json
import os
import ssl
import sys
import time

CLIENTS = 32
BODY = b'{"roomId":"stage-1"}'


class Load:
    def __init__(self, bearer, requests, file):
        self.request = (
            b"POST /livekit/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\nAuthorization: Bearer %s\r\n\r\n%s" % (len(BODY), bearer.encode(), BODY)
        )
        self.wanted, self.file = requests, file
        self.times, self.statuses, self.failures = [], collections.Counter(), collections.Counter()
        self.last_token, self.longest_gap = time.monotonic(), 0.0
        self.next_look, self.busy = 0.0, True
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def is_over(self, now):
        # To look for a file with every request would cost more than the request.
        if now >= self.next_look:
            self.next_look = now + 0.05
            self.busy = bool(self.file) and os.path.exists(self.file)
        return len(self.times) >= self.wanted and not self.busy

    def count(self, status, headers, body, started, now):
        self.times.append(now - started)
        self.statuses[status] += 1
        if self.file and len(self.times) == CLIENTS:
            open(f"{self.file}.begun", "w").close()
        if status == 200 and body.startswith(b'{"token":"eyJ'):
            self.longest_gap = max(self.longest_gap, now - self.last_token)
            self.last_token = now
            return
        try:
            is_right = json.loads(body)["status"] == status and "retry-after" in headers
        except (ValueError, KeyError, TypeError):
            is_right = False
        self.failures[f"{status}, {'JSON with Retry-After' if is_right else 'wrong'}"] += 1

    async def run(self):
        started = time.monotonic()
        await asyncio.gather(*(self.client() for _ in range(CLIENTS)))
        times, seconds = sorted(self.times), time.monotonic() - started
        json.dump(
            {
                "requests": len(times),
                "seconds": round(seconds, 1),
                "perSecond": round(len(times) / seconds),
                "statuses": self.statuses,
                "failures": self.failures,
                "medianMs": round(times[len(times) // 2] * 1000, 1),
                "p99Ms": round(times[len(times) * 99 // 100] * 1000, 1),
                "slowestMs": round(times[-1] * 1000),
                "longestWithoutTokenMs": round(self.longest_gap * 1000),
            },
            sys.stdout,
        )
        print()

    async def client(self):
        loop = asyncio.get_running_loop()
        connection = None
        while not self.is_over(started := time.monotonic()):
            if connection is None:
                _, connection = await loop.create_connection(Connection, "127.0.0.1", 443, ssl=self.context)
                started = time.monotonic()
            try:
                status, headers, body = await asyncio.wait_for(connection.ask(self.request), 30)
            except (ConnectionError, asyncio.TimeoutError) as error:
                self.failures[type(error).__name__] += 1
                connection = None
                continue
            self.count(status, headers, body, started, time.monotonic())
            # After a thousand requests nginx closes a connection, and says so.
            if headers.get("connection") == "close":
                connection.transport.close()
                connection = None
        if connection is not None:
            connection.transport.close()


class Connection(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.buffer, self.answer = transport, b"", None

    def ask(self, request):
        self.answer = asyncio.get_running_loop().create_future()
        if self.transport.is_closing():
            self.answer.set_exception(ConnectionResetError())
        else:
            self.transport.write(request)
        return self.answer

    def data_received(self, data):
        self.buffer += data
        head, separator, rest = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        if "content-length" in headers:
            if len(rest) < int(headers["content-length"]):
                return
            body = rest
        else:
            if not rest.endswith(b"0\r\n\r\n"):
                return
            body, chunks = b"", rest
            while (size := int((line := chunks.split(b"\r\n", 1))[0], 16)) > 0:
                body, chunks = body + line[1][:size], line[1][size + 2 :]
        self.buffer = b""
        if not self.answer.done():
            self.answer.set_result((int(lines[0].split()[1]), headers, body))

    def connection_lost(self, error):
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(ConnectionResetError())


if __name__ == "__main__":
    bearer, requests, file = [*sys.argv[1:], "1000", ""][:3] if len(sys.argv) < 4 else sys.argv[1:4]
    asyncio.run(Load(bearer, int(requests), file).run())
