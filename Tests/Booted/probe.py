#!/usr/bin/env python3
"""Tries, in the place of the service and under its unit, what the unit forbids.

    probe.py STRANGER           the process id of somebody else
    probe.py STRANGER keys      in the place of the fetch of key sets, which has a network and another folder

Prints a line for each attempt: "refused" or "ALLOWED", and what it was.
"""

import ctypes
import errno
import mmap
import os
import resource
import signal
import socket
import sys

libc = ctypes.CDLL(None, use_errno=True)
stranger = int(sys.argv[1])
is_fetch = sys.argv[2:] == ["keys"]
own, other = ["/var/lib/livekit-tokend", "/var/lib/livekit-tokend-keys"][:: -1 if is_fetch else 1]


def attempt(name, action, *expected):
    """An attempt is refused only if it fails for the right reason."""
    try:
        action()
    except OSError as error:
        word = "refused" if error.errno in expected else f"ALLOWED ({error})"
    else:
        word = "ALLOWED"
    print(f"{word} {name}", flush=True)


def service_only(*attempted):
    if not is_fetch:
        attempt(*attempted)


def fetch_only(*attempted):
    if is_fetch:
        attempt(*attempted)


def call(function, *arguments):
    ctypes.set_errno(0)
    if function(*arguments) == -1:
        raise OSError(ctypes.get_errno(), "")


def ptrace(request, process):
    return lambda: call(libc.ptrace, request, process, None, None)


def write(path):
    return lambda: open(path, "w").close()


def read(path):
    return lambda: open(path).close()


def become_executable():
    memory = mmap.mmap(-1, 4096)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    call(libc.mprotect, ctypes.c_void_p(address), 4096, mmap.PROT_READ | mmap.PROT_EXEC)


def core():
    child = os.fork()
    if child == 0:
        os.kill(os.getpid(), signal.SIGABRT)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGABRT):
        print(f"ALLOWED (status {status}) core file", flush=True)
    elif os.WCOREDUMP(status) or resource.getrlimit(resource.RLIMIT_CORE) != (0, 0):
        print("ALLOWED core file", flush=True)
    else:
        print("refused core file", flush=True)


ATTACH, TRACEME, CLONE_NEWUSER, REALTIME = 16, 0, 0x10000000, 1
WX = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC

service_only("AF_INET", lambda: socket.socket(socket.AF_INET), errno.EAFNOSUPPORT)
service_only("AF_INET6", lambda: socket.socket(socket.AF_INET6), errno.EAFNOSUPPORT)
attempt("AF_NETLINK", lambda: socket.socket(socket.AF_NETLINK), errno.EAFNOSUPPORT)
attempt("write /etc", write("/etc/probe"), errno.EROFS)
attempt("write /usr", write("/usr/probe"), errno.EROFS)
attempt("write /var", write("/var/lib/probe"), errno.EROFS)
attempt("write /run", write("/run/lock/probe"), errno.EROFS)
attempt("write the other's files", write(f"{other}/probe"), errno.EROFS, errno.EACCES)
attempt("write /dev", write("/dev/probe"), errno.EROFS, errno.EACCES)
attempt("a kernel variable", write("/proc/sys/kernel/core_pattern"), errno.EROFS, errno.ENOENT, errno.EACCES)
attempt("/home", lambda: os.listdir("/home") and None or os.stat("/home/somebody"), errno.EACCES, errno.ENOENT)
attempt("the key file itself", read("/etc/livekit-tokend/livekit-keys.yaml"), errno.ENOENT if is_fetch else errno.EACCES)
fetch_only("the directory", lambda: os.listdir(other), errno.EACCES)
attempt("W+X mapping", lambda: mmap.mmap(-1, 4096, prot=WX), errno.EPERM, errno.EACCES)
attempt("W, then X", become_executable, errno.EPERM, errno.EACCES)
attempt("ptrace of a stranger", ptrace(ATTACH, stranger), errno.EPERM)
attempt("ptrace of one's own", ptrace(TRACEME, 0), errno.EPERM)
attempt("a stranger's /proc", lambda: os.stat(f"/proc/{stranger}"), errno.ENOENT)
attempt("/proc beyond processes", lambda: os.stat("/proc/meminfo"), errno.ENOENT)
attempt("a new namespace", lambda: call(libc.unshare, CLONE_NEWUSER), errno.EPERM)
attempt("a set-user-id file", lambda: [write("/tmp/x")(), os.chmod("/tmp/x", 0o4755)], errno.EPERM)
attempt("another priority class", lambda: os.sched_setscheduler(0, REALTIME, os.sched_param(1)), errno.EPERM)
attempt("another user", lambda: os.setuid(0), errno.EPERM)
attempt("another clock", lambda: call(libc.settimeofday, ctypes.create_string_buffer(16), None), errno.EPERM)
attempt("another host name", lambda: call(libc.sethostname, b"probe", 5), errno.EPERM)
attempt("another personality", lambda: call(libc.personality, 0x0008), errno.EPERM)
attempt("mount", lambda: call(libc.mount, b"tmpfs", b"/tmp", b"tmpfs", 0, None), errno.EPERM)
core()

# What must work, or the sandbox is no place for the service.
with open(f"{own}/probe", "w") as file:
    file.write("x")
os.unlink(f"{own}/probe")
if is_fetch:
    read("/etc/livekit-tokend/config.yaml")()
    socket.create_connection(("127.0.0.1", 443)).close()
else:
    read(f"{os.environ['CREDENTIALS_DIRECTORY']}/livekit-keys.yaml")()
    with open(f"{os.environ['RUNTIME_DIRECTORY']}/probe", "w") as file:
        file.write("x")
    os.unlink(f"{os.environ['RUNTIME_DIRECTORY']}/probe")
print(f"done as user {os.getuid()}, {resource.getrlimit(resource.RLIMIT_NOFILE)[0]} descriptors", flush=True)
