"""How long a well-behaved client waits: fifty requests, each from an address of its own.

    patience.py DEPLOYMENT PORT WORDS [SLOW]     while SLOW others have sent half a request
"""

import http.client
import os
import ssl
import statistics
import sys
import time

BODY = b'{"roomId":"stage-1"}'


def connect(port, context, number):
    address = f"127.3.{number // 250}.{number % 250 + 1}"
    connection = http.client.HTTPSConnection(
        "localhost", port, context=context, timeout=60, source_address=(address, 0)
    )
    connection.connect()
    return connection


def main(deployment, port, words, slow="0"):
    context = ssl.create_default_context(cafile=f"{deployment}/nginx/tls/fullchain.pem")
    stalled = []
    for number in range(int(slow)):
        connection = connect(int(port), context, 1000 + number)
        head = f"POST /livekit/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n"
        connection.sock.sendall(f"{head}Authorization: Bearer slow\r\n\r\n".encode() + BODY[:5])
        stalled.append(connection)
    times, statuses = [], {}
    for number in range(50):
        connection = connect(int(port), context, number)
        # Who has no session is answered by the responder as well, and is not limited as one session.
        headers = {"Authorization": f"Bearer {os.urandom(12).hex()}", "Content-Type": "application/json"}
        started = time.monotonic()
        connection.request("POST", "/livekit/token", BODY, headers)
        response = connection.getresponse()
        response.read()
        times.append((time.monotonic() - started) * 1000)
        statuses[response.status] = statuses.get(response.status, 0) + 1
        connection.close()
    print(f"a good client {words}: {statuses}, median {statistics.median(times):.1f} ms, slowest {max(times):.1f} ms")
    assert set(statuses) == {403}, statuses


if __name__ == "__main__":
    main(*sys.argv[1:])
