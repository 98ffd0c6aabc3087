"""Systemd, as a service hears and tells it (sd_notify(3))."""

import contextlib
import os
import socket
import time
import uuid

from support.waiting import PATIENCE


class ServiceManager:
    """Systemd's end: a socket for what services say, here at an abstract name."""

    def __init__(self):
        self.name = f"livekit-tokend-{uuid.uuid4()}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{self.name}")
        # Of a service whose signs of life are to come twice a second.
        self.environment = {**os.environ, "NOTIFY_SOCKET": f"@{self.name}", "WATCHDOG_USEC": "1000000"}

    def hear(self, seconds=PATIENCE, until=None):
        """The lines of so many seconds, or up to one that begins in some way."""
        lines, deadline = [], time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                lines += self.socket.recv(8192).decode().split("\n")
            except TimeoutError:
                break
            if until and any(line.startswith(until) for line in lines):
                break
        return lines

    def fill(self):
        """Fills the queue of messages, as other services do while systemd is busy."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other, contextlib.suppress(BlockingIOError):
            other.setblocking(False)
            while True:
                other.sendto(b"X_OTHER=1", f"\0{self.name}")

    def forget(self):
        """Takes away what has come until now."""
        self.socket.setblocking(False)
        try:
            while self.socket.recv(8192):
                pass
        except BlockingIOError:
            pass
