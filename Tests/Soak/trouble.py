"""Each kind of peer that stalls, breaks off or talks nonsense, two at a time, on the responder's own socket.

    trouble.py DEPLOYMENT BEARER

Half of the workers are left for others; what becomes of those peers is asserted in the stack's tests.
"""

import sys
import threading

import fastcgi
import peers


def main(deployment, bearer):
    for behave, _ in peers.KINDS.values():
        connections = [fastcgi.connect(f"{deployment}/fcgi.sock", 60) for _ in range(2)]
        behaving = [threading.Thread(target=peers.attempt, args=(behave, connection, bearer)) for connection in connections]
        for peer in behaving:
            peer.start()
        for peer in behaving:
            peer.join()
        for connection in connections:
            connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
