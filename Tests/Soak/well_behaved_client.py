"""How long a well-behaved client waits: fifty requests, each from an address of its own.

well_behaved_client.py DEPLOYMENT PORT WORDS [SLOW]     while SLOW others have sent half a request
"""

import collections
import os
import statistics
import sys
import types

from support.client import Client, token_headers
from support.fastcgi import STAGE


def send_half_a_request(client):
    client.connection.putrequest("POST", "/livekit/token")
    for name, value in {**token_headers("slow"), "Content-Length": str(len(STAGE))}.items():
        client.connection.putheader(name, value)
    client.connection.endheaders(STAGE[:5])


def main(deployment, port, words, slow="0"):
    web_server = types.SimpleNamespace(port=int(port), certificate=f"{deployment}/nginx/tls/fullchain.pem")
    stalled = [Client(web_server) for _ in range(int(slow))]
    for client in stalled:
        send_half_a_request(client)
    times, statuses = [], collections.Counter()
    for _ in range(50):
        with Client(web_server) as client:
            client.connection.connect()
            # An unknown session is answered by the responder as well, and is not limited as one session.
            answer = client.ask(os.urandom(12).hex())
        times.append(answer.seconds * 1000)
        statuses[answer.status] += 1
    print(
        f"a good client {words}: {dict(statuses)}, "
        f"median {statistics.median(times):.1f} ms, slowest {max(times):.1f} ms"
    )
    assert set(statuses) == {403}, statuses


if __name__ == "__main__":
    main(*sys.argv[1:])
