"""Good requests on eight kept connections at once, some refused ones, and a look at the metrics in between.

load.py DEPLOYMENT BEARER REQUESTS           each must be answered as it should be
load.py DEPLOYMENT BEARER until-the-end      until the responder ends: answers are right or do not come
"""

import collections
import sys

from support import fastcgi
from support.deployment import Deployment
from support.fastcgi import STAGE

CONNECTIONS = 8
# Under a sanitizer, and on a busy machine: only what never comes is a failure.
PATIENCE = 60


def request(number, bearer):
    """One of the requests, and the status that it must get."""
    if number % 100 == 99:
        return fastcgi.message(fastcgi.get_params("/livekit/metrics"), keep=True), 200
    if number % 10 == 9:
        return fastcgi.token_request(bearer, b'{"roomId":"nowhere"}', keep=True), 403
    if number % 10 == 8:
        return fastcgi.token_request("unknown", STAGE, keep=True), 403
    return fastcgi.token_request(bearer, STAGE, keep=True), 200


def main(deployment, bearer, requests):
    path = Deployment(deployment).socket
    connections = [fastcgi.connect(path, PATIENCE) for _ in range(CONNECTIONS)]
    total = None if requests == "until-the-end" else int(requests)
    number, statuses = 0, collections.Counter()
    while connections and (total is None or number < total):
        expected = []
        for connection in connections:
            message, status = request(number, bearer)
            number += 1
            try:
                connection.sendall(message)
            except OSError:
                assert total is None, "the responder has gone"
            expected.append((connection, status))
        for connection, status in expected:
            answer = fastcgi.receive(connection)
            if answer.status is None and total is None:
                connections.remove(connection)
                continue
            assert answer.status == status, f"{answer.status} instead of {status}: {answer.body}"
            statuses[status] += 1
    assert statuses, "no answer at all"
    print(f"{sum(statuses.values())} answers as they should be: {dict(statuses)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
