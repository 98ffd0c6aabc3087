"""Keeps a responder running on a socket that stays, as systemd does: one that ends with 0 is followed by the next.

    keeper.py DEPLOYMENT      the process id of the one that answers is in DEPLOYMENT/responder.pid

With a responder that ends otherwise it ends too.
"""

import os
import signal
import sys

from lifecycle import SocketKeeper


def main(deployment):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    keeper = SocketKeeper(f"{deployment}/fcgi.sock")
    while True:
        responder = keeper.start(deployment)
        try:
            with open(f"{deployment}/responder.pid.new", "w") as file:
                file.write(str(responder.process.pid))
            os.rename(f"{deployment}/responder.pid.new", f"{deployment}/responder.pid")
            code = responder.process.wait()
            if code:
                sys.exit(f"the responder has ended with {code}")
        finally:
            responder.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
