"""A responder that a test has started, and what its process holds."""

import os
import signal
import subprocess
import time

from support import fastcgi, leftovers
from support.waiting import PATIENCE, wait_until

# The responder's deadline is 3 s, and a busy machine makes more of it. What a test breaks stays so until the test mends
# it: an answer that waited for that would not come at all.
ANSWER_IN = 30


class Responder:
    """The program's `serve` for a deployment; further options are those of Popen, or another `command`."""

    def __init__(self, deployment, **options):
        self.deployment, self.path = deployment, deployment.socket
        command = options.pop("command", deployment.command("serve"))
        with open(deployment.log, "ab") as out, open(deployment.errors, "ab") as err:
            streams = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": err}
            self.process = subprocess.Popen(command, **{**streams, **options})
        self.pid = self.process.pid
        leftovers.register(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def wait_until_ready(self):
        """Waits until it answers that all is well; the responder."""
        return self._wait_until(fastcgi.health)

    def wait_until_listening(self):
        """Waits until its socket takes connections; the responder."""
        return self._wait_until(fastcgi.accepts)

    def _wait_until(self, condition):
        def holds():
            assert self.process.poll() is None, f"it has ended with {self.process.returncode}"
            return os.path.exists(self.path) and condition(self.path)

        wait_until(holds, "it does not answer")
        return self

    def ask(self, bearer, body=fastcgi.STAGE):
        """The answer to one request for a token, which must come in time."""
        started = time.monotonic()
        answer = fastcgi.ask(self.path, bearer, body)
        took = time.monotonic() - started
        assert took < ANSWER_IN, f"the answer took {took:.1f} s"
        return answer

    def is_well(self):
        """What it says of its own health."""
        return fastcgi.health(self.path)

    def is_running(self):
        return self.process.poll() is None

    def wait_until_it_gives_tokens(self, bearer):
        wait_until(lambda: self.ask(bearer).status == 200, "it does not recover", pause=0.1)

    def assert_unavailable(self, bearer):
        """Fails unless a request gets 503, no token, and when to try again; the answer."""
        answer = self.ask(bearer)
        assert answer.status == 503
        assert dict(answer.headers)["Retry-After"] == "1"
        assert b'"code":"unavailable"' in answer.body
        assert b"eyJ" not in answer.body
        return answer

    def assert_recovers(self, bearer):
        """Fails unless it comes to give tokens, says that it is well, and ends with 0."""
        self.wait_until_it_gives_tokens(bearer)
        assert self.is_well()
        assert self.stop() == 0

    def limit(self, *words):
        """Sets resource limits of the running process, as prlimit(1) writes them."""
        subprocess.run(["prlimit", "--pid", str(self.pid), *words], check=True)

    def stop(self, number=signal.SIGTERM):
        """Asks it to end; the exit status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        """The exit status of one that is to end."""
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"it did not end within {PATIENCE} s")

    def kill(self):
        if self.is_running():
            self.process.kill()
            self.process.wait()

    def threads(self):
        """The number of its threads."""
        return threads(self.pid)

    def descriptors(self):
        """What its open descriptors are of."""
        return descriptors(self.pid)


def threads(pid):
    """The number of a process's threads."""
    return len(os.listdir(f"/proc/{pid}/task"))


def descriptors(pid):
    """What the open descriptors of a process are of, as /proc names it."""
    targets = []
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        try:
            targets.append(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
        except FileNotFoundError:
            pass
    return targets
