"""A listening socket that outlives the responders that serve it, as systemd holds one.

python -m support.socket_holder DEPLOYMENT      keeps a responder running on one: a responder that ends with 0 is followed
                                                by the next, whose process id is in DEPLOYMENT/responder.pid

With a responder that ends otherwise the program ends too.
"""

import os
import signal
import socket
import sys

from support.deployment import Deployment
from support.responder import Responder


class SocketHolder:
    """Listens at a deployment's socket, for nginx to connect to."""

    def __init__(self, deployment):
        self.deployment = deployment
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(deployment.socket)
        os.chmod(deployment.socket, 0o666)
        self.socket.listen(4096)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        """A responder that serves the socket, once it answers."""
        return Responder(self.deployment, **self.options()).wait_until_ready()

    def options(self):
        """The options of a Responder that serves the socket."""
        return as_descriptor_3(self.socket, self.deployment)

    def close(self):
        self.socket.close()


def as_descriptor_3(listener, deployment):
    """The options of a Responder that gets a socket as systemd passes it."""
    # LISTEN_PID is the process itself, which only a shell that becomes it can know. Bash takes descriptors above 9 too.
    script = f'exec 3<&{listener.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=fcgi exec "$@"'
    command = ["bash", "-c", script, "bash", *deployment.command("serve")]
    return {"command": command, "pass_fds": [listener.fileno()]}


def main(path):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    deployment = Deployment(path)
    holder = SocketHolder(deployment)
    while True:
        responder = holder.start()
        try:
            with open(f"{path}/responder.pid.new", "w") as file:
                file.write(str(responder.pid))
            os.rename(f"{path}/responder.pid.new", f"{path}/responder.pid")
            if code := responder.process.wait():
                sys.exit(f"the responder has ended with {code}")
        finally:
            responder.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
