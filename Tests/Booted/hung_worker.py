#!/usr/bin/env python3
"""Holds every thread of a process but its first, as a debugger does, until the process ends.

hung_worker.py PID
"""

import ctypes
import os
import sys
import time

SEIZE, INTERRUPT = 0x4206, 0x4207
process = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)

for name in os.listdir(f"/proc/{process}/task"):
    thread = int(name)
    if thread == process:
        continue
    for request in (SEIZE, INTERRUPT):
        if libc.ptrace(request, thread, None, None) == -1:
            sys.exit(f"thread {thread}: {os.strerror(ctypes.get_errno())}")
print("held", flush=True)
while os.path.exists(f"/proc/{process}"):
    # A thread that ends is a zombie until whoever holds it has seen it.
    try:
        while os.waitpid(-1, os.WNOHANG | 0x40000000)[0]:
            pass
    except ChildProcessError:
        pass
    time.sleep(0.05)
