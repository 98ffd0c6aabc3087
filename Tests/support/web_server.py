"""An nginx made from the files that ship, in front of a deployment."""

import os
import pathlib
import signal
import socket
import ssl
import subprocess

from support import leftovers, limits
from support.deployment import ROOT
from support.waiting import wait_until


class WebServer:
    """The nginx of a deployment, at a port of the loopback network: a group of processes."""

    def __init__(self, deployment, port=None):
        """Makes its files. What is to be changed in them is changed before start()."""
        self.directory, self.port = pathlib.Path(deployment.path, "nginx"), port or free_port()
        self.certificate = str(self.directory / "tls/fullchain.pem")
        self.url = f"https://127.0.0.1:{self.port}"
        self.process = None
        leftovers.register(self)
        script = 'source "$1/deploy/throwaway.sh" && throwaway_nginx "$2" "$1/nginx" "$3" "$4"'
        words = [ROOT, self.directory, self.port, deployment.socket]
        made = ["bash", "-euc", script, "bash", *map(str, words)]
        subprocess.run(made, check=True, capture_output=True)

    def lift_limits(self):
        limits.lift(self.directory)
        return self

    def start(self):
        """Starts it, and waits until it answers; the web server."""
        log = f"{self.directory}/log/error.log"
        command = ["nginx", "-p", f"{self.directory}/", "-c", "nginx.conf", "-e", log, "-g", "daemon off;"]
        # Debian keeps it where an ordinary user's PATH does not look.
        environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
        wait_until(self.answers, lambda: f"nginx does not answer at port {self.port}: {pathlib.Path(log).read_text()}")
        return self

    def answers(self):
        """Whether it answers, and not another server at the port: the certificate is its own."""
        assert self.process.poll() is None, f"nginx has ended with {self.process.returncode}"
        try:
            with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
                context = ssl.create_default_context(cafile=self.certificate)
                context.wrap_socket(connection, server_hostname="localhost").close()
        except OSError:
            return False
        return True

    def workers(self):
        """The process ids of its workers."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [int(pid) for pid in file.read().split()]

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    def kill(self):
        """Kills all of its processes at once."""
        if self.process is None or self.process.returncode is not None:
            return
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def free_port(offset=0):
    """The first of the suite's ports, or of those from an offset on, at which no process listens."""
    for port in range(int(os.environ["STACK_PORT"]) + offset, 65536):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
