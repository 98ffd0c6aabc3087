#!/usr/bin/env python3
"""Many clients at once at https://127.0.0.1/livekit/token, each on a kept TLS connection.

load.py BEARER [REQUESTS [FILE]]

Goes on until it has had so many answers and the file is gone. FILE.begun is there once each client may have had one.
Prints what came of it as one JSON object; every answer that is not a token is counted by status and by whether it is
what a client is to get then: JSON with a Retry-After.
"""

import asyncio
import collections
import json
import os
import ssl
import sys
import time

from support.client import AsyncClient

CLIENTS = 32


class Load:
    def __init__(self, bearer, requests, file):
        self.bearer, self.wanted, self.file = bearer, requests, file
        self.times, self.statuses, self.failures = [], collections.Counter(), collections.Counter()
        self.last_token, self.longest_gap = time.monotonic(), 0.0
        self.next_look, self.busy = 0.0, True
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def is_over(self):
        # To look for a file with every request would cost more than the request.
        now = time.monotonic()
        if now >= self.next_look:
            self.next_look = now + 0.05
            self.busy = bool(self.file) and os.path.exists(self.file)
        return len(self.times) >= self.wanted and not self.busy

    def count(self, answer):
        self.times.append(answer.seconds)
        self.statuses[answer.status] += 1
        if self.file and len(self.times) == CLIENTS:
            open(f"{self.file}.begun", "w").close()
        if answer.status == 200 and answer.body.startswith(b'{"token":"eyJ'):
            now = time.monotonic()
            self.longest_gap = max(self.longest_gap, now - self.last_token)
            self.last_token = now
            return
        try:
            is_right = answer.json()["status"] == answer.status and "retry-after" in answer.headers
        except (ValueError, KeyError, TypeError):
            is_right = False
        self.failures[f"{answer.status}, {'JSON with Retry-After' if is_right else 'wrong'}"] += 1

    async def run(self):
        started = time.monotonic()
        await asyncio.gather(*(self.ask_on() for _ in range(CLIENTS)))
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

    async def ask_on(self):
        client = None
        while not self.is_over():
            if client is None:
                client = await AsyncClient(443, self.context, timeout=30).open()
            try:
                answer = await client.ask(self.bearer)
            except (ConnectionError, TimeoutError) as error:
                self.failures[type(error).__name__] += 1
                client = None
                continue
            self.count(answer)
            # After a thousand requests nginx closes a connection, and says so.
            if answer.headers.get("connection") == "close":
                client.close()
                client = None
        if client is not None:
            client.close()


if __name__ == "__main__":
    bearer, requests, file = [*sys.argv[1:], "1000", ""][:3] if len(sys.argv) < 4 else sys.argv[1:4]
    asyncio.run(Load(bearer, int(requests), file).run())
