"""What is measured: the responders, each behind a server of one nginx that is made from the files that ship."""

import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import directory

from support import fastcgi, waiting
from support.limits import lifted

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
CORES = os.cpu_count()
# So many threads take requests: ours by default, and the C responder with the shared queue.
WORKERS = max(4, 2 * CORES)
TEXTBOOK_THREADS = 32
CLOCK_TICK = os.sysconf("SC_CLK_TCK")
libc = ctypes.CDLL(None)


def end_with_parent():
    """Whatever becomes of us, nothing that we started stays."""
    libc.prctl(1, signal.SIGKILL)


class Process:
    """A program that runs until the end of the block, and what it has used."""

    def __init__(self, arguments, log, environment=None):
        self.arguments, self.log, self.environment = [str(argument) for argument in arguments], log, environment or {}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self.environment,
                preexec_fn=end_with_parent,
            )

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def pids(self):
        """It and its children."""
        pids = [self.process.pid]
        for pid in pids:
            for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                pids += [int(child) for child in children.read_text().split()]
        return pids

    def cpu(self):
        """Seconds of CPU time, in user mode and in the kernel, of all threads."""
        user = system = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            user, system = user + int(fields[11]), system + int(fields[12])
        return user / CLOCK_TICK, system / CLOCK_TICK

    def clock(self):
        """Seconds of CPU time of the program itself, exactly: the clock of clock_getcpuclockid(3)."""
        return time.clock_gettime(~self.process.pid << 3 | 2)

    def memory(self):
        """KiB of resident memory."""
        return sum(
            int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) for pid in self.pids()
        )


class Target:
    """One of those that are compared, at a port of nginx."""

    def __init__(self, name, label, port, command=None, environment=None, server=None):
        """`server` stands in nginx's server in place of the include of server.conf; FILES is where our files are."""
        self.name, self.label, self.port, self.server = name, label, port, server
        self.command, self.environment = command, environment or {}


class Bench:
    """A directory for everything that is started or written."""

    def __init__(self, work, binary, before=None):
        """`before` is another build of the program, to be compared with."""
        self.work, self.binary = pathlib.Path(work), pathlib.Path(binary).resolve()
        self.programs = {"ours": self.binary}
        if before:
            self.programs["before"] = pathlib.Path(before).resolve()
        self.log = self.work / "log"
        self.audit, self.keys = self.work / "audit.log", self.work / "keys.yaml"
        self.key, self.secret = "APIbenchmark", os.urandom(24).hex()
        self.keys.touch(0o600)
        self.keys.write_text(f"{self.key}: {self.secret}\n")
        # One for each count of users, made when it is asked for.
        self.directories = {}
        self.port = free_ports(8)

    # --- Responders -------------------------------------------------------------------------------------------------

    def socket(self, name):
        return self.work / f"{name}.sock"

    def targets(self, count=100_000):
        """All of them, looking up in the directory of so many users."""
        path = self.directory(count)
        c_arguments = [self.keys, path, self.audit]
        before = []
        if "before" in self.programs:
            command = self.serve_command(count, "before", program="before")
            before = [Target("before", "livekit-tokend, before", self.port + 6, command)]
        return [
            Target("ceiling", "nginx alone, return 200", self.port),
            Target(
                "queue",
                "C, shared readiness queue",
                self.port + 1,
                [self.work / "queue", self.socket("queue"), WORKERS, *c_arguments],
            ),
            Target("ours", "livekit-tokend", self.port + 2, self.serve_command(count)),
            *before,
            *(
                # The same program twice: a connection that nginx keeps holds a thread, and where there are more of them
                # than threads, some wait until nginx gives up; without, each request pays for a connection.
                Target(
                    name,
                    label,
                    self.port + number,
                    [self.work / "textbook", self.socket(name), TEXTBOOK_THREADS, *c_arguments],
                )
                for number, name, label in [
                    (3, "textbook", "C, textbook loop"),
                    (5, "textbook-closing", "C, textbook loop, reconnecting"),
                ]
            ),
            Target(
                "sdk",
                "LiveKit's Python SDK, uvicorn",
                self.port + 4,
                [sys.executable, "-m", "uvicorn", "sdk:app", "--app-dir", HERE, "--uds", self.socket("sdk")]
                + ["--workers", CORES, "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
                + ["--log-level", "warning"],
                {"KEY_FILE": str(self.keys), "DIRECTORY": str(path), "AUDIT_FILE": str(self.audit)},
            ),
        ]

    def serve_command(self, count, name="ours", more="", program="ours"):
        """The command that starts our program, with more lines in its configuration."""
        configuration = self.work / f"config-{name}-{count}.yaml"
        configuration.write_text(
            f"listen: {self.socket(name)}\n"
            f"livekit: {{url: 'wss://livekit.example.com', key_file: {self.keys}}}\n"
            f"directory: {{url: 'sqlite:{self.directory_path(count)}'}}\n"
            f"audit: {{file: {self.audit}}}\n{more}"
        )
        return [self.programs[program], "serve", "--config", configuration]

    def start(self, target):
        self.socket(target.name).unlink(missing_ok=True)
        return Process(target.command, self.log, target.environment)

    # --- The directory ----------------------------------------------------------------------------------------------

    def directory_path(self, count):
        return self.work / f"directory-{count}.sqlite"

    def directory(self, count):
        path = self.directory_path(count)
        if count not in self.directories:
            # Our program makes the tables when it starts.
            with Process(self.serve_command(count), self.log):
                wait_until(lambda: fastcgi.health(str(self.socket("ours"))), "livekit-tokend", self.log)
            directory.fill(path, count)
            self.directories[count] = path
        return path

    def answer_length(self, count):
        """Bytes in the body of a typical answer."""
        path, bearer, body = str(self.socket("ours")), directory.bearer(count - 1), directory.body(count - 1).encode()
        with Process(self.serve_command(count), self.log):
            wait_until(lambda: fastcgi.health(path), "livekit-tokend", self.log)
            return len(fastcgi.exchange(path, fastcgi.token_params(bearer, body), body).body)

    def requests(self, count, name="requests", line=lambda number: (directory.bearer(number), directory.body(number))):
        """A file of requests from all over the directory: a bearer and a body a line."""
        path = self.work / f"{name}-{count}"
        if not path.exists():
            step = max(1, count // 20_000)
            path.write_text("".join("%s %s\n" % line(number) for number in range(0, count, step)))
        return path

    # --- nginx ------------------------------------------------------------------------------------------------------

    def nginx(self, targets, answer_length, more=""):
        """One nginx of the files that ship, and more at its http level. What is changed is the places, that there is no
        TLS, and the limits: all clients here are one address."""
        place = self.work / "nginx"
        for part in ["nginx", "snippets", "sites-enabled", "log"]:
            (place / part).mkdir(parents=True)

        def shipped(path):
            text = lifted((ROOT / "nginx" / path).read_text()).replace("/var/log/nginx/", f"{place}/log/")
            return text.replace("/usr/share/livekit-tokend/", f"{place}/").replace("/etc/nginx/", f"{place}/")

        common = shipped("snippets/http.conf")
        upstream = re.search(r"^upstream livekit_tokend \{.*?^\}\n", common, re.DOTALL | re.MULTILINE)[0]
        common = common.replace(upstream, "")
        site = re.sub(r"^ *(ssl_|listen \[).*\n", "", shipped("site/livekit-tokend"), flags=re.MULTILINE)
        site = site.replace(f"include {place}/nginx/http.conf;\n", "")  # all sites here share one
        for part in ["origins", "limits", "bursts", "gate", "gate-bursts"]:
            file = f"livekit-tokend-{part}.conf"
            text = shipped(f"site/{file}").replace("127.0.0.1:7880", f"127.0.0.1:{self.port + 5}")
            (place / "snippets" / file).write_text(text)
        for target in targets:
            fastcgi_pass = shipped("snippets/fastcgi.conf")
            own = upstream.replace("livekit_tokend", target.name)
            own = own.replace("/run/livekit-tokend.sock", str(self.socket(target.name)))
            fastcgi_pass = fastcgi_pass.replace("fastcgi_pass livekit_tokend", f"fastcgi_pass {target.name}")
            if target.name == "ceiling":
                own = ""
                fastcgi_pass = (
                    "add_header Cache-Control no-store always;\nadd_header X-Request-Id $request_id always;\n"
                    f"default_type application/json;\nreturn 200 '{'x' * answer_length}';\n"
                )
            elif target.name == "sdk":
                fastcgi_pass = (
                    "proxy_pass http://sdk;\nproxy_http_version 1.1;\nproxy_set_header Connection '';\n"
                    "proxy_set_header X-Request-Id $request_id;\nproxy_set_header X-Real-IP $remote_addr;\n"
                    "proxy_buffer_size 16k;\nproxy_buffers 4 16k;\nproxy_max_temp_file_size 0;\n"
                )
            elif target.name == "textbook-closing":
                own = re.sub(r"^ *keepalive .*\n", "", own, flags=re.MULTILINE)
                fastcgi_pass = fastcgi_pass.replace("fastcgi_keep_conn on", "fastcgi_keep_conn off")
            common += own
            files = place / target.name
            (files / "gate").mkdir(parents=True)
            for path in (ROOT / "nginx/snippets").rglob("*.conf"):
                part = path.relative_to(ROOT / "nginx/snippets")
                text = fastcgi_pass if path.name == "fastcgi.conf" else shipped(f"snippets/{part}")
                text = text.replace("fastcgi_pass livekit_tokend;", f"fastcgi_pass {target.name};")
                (files / part).write_text(text.replace(f"include {place}/nginx/", f"include {files}/"))
            own_site = site.replace("listen 443 ssl", f"listen 127.0.0.1:{target.port}")
            own_site = own_site.replace(f"include {place}/nginx/", f"include {files}/")
            if target.server:
                server = target.server.replace("FILES", str(files))
                own_site = own_site.replace(f"include {files}/server.conf;", server)
            (place / "sites-enabled" / target.name).write_text(own_site)
        (place / "nginx/http.conf").write_text(common)
        temporary = "".join(
            f"{kind}_temp_path {place}/tmp-{kind};\n" for kind in ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"]
        )
        user = "user www-data;" if os.geteuid() == 0 else ""
        (place / "nginx.conf").write_text(
            f"{user}\nworker_processes {CORES};\nworker_rlimit_nofile 32768;\npid {place}/nginx.pid;\n"
            f"error_log {place}/log/error.log error;\nevents {{ worker_connections 8192; }}\n"
            f"http {{\n{temporary}include nginx/http.conf;\n{more}include sites-enabled/*;\n}}\n"
        )
        arguments = ["-p", f"{place}/", "-c", "nginx.conf", "-e", f"{place}/log/error.log", "-g", "daemon off;"]
        return Process(["nginx", *arguments], self.log)

    def empty_logs(self):
        """Gigabytes would come together otherwise. All of them are appended to."""
        for path in [self.audit, *(self.work / "nginx/log").glob("*")]:
            if path.exists():
                os.truncate(path, 0)


def free_ports(count):
    """The first of so many ports in a row that nobody listens at."""
    for first in range(18600, 19600, count):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + count):
                probe = stack.enter_context(socket.socket())
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
            return first
    sys.exit("No ports are free from 18600 on.")


def wait_until(is_ready, what, log):
    try:
        waiting.wait_until(is_ready, f"{what} does not answer", 20)
    except AssertionError as error:
        sys.exit(f"{error}:\n{log.read_text()[-2000:]}")


# --- That all do the same work --------------------------------------------------------------------------------------


def ask(target, bearer, body):
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=10)
    try:
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
        connection.request("POST", "/livekit/token", body, headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def is_ready(target):
    try:
        return ask(target, directory.bearer(0), directory.body(0))[0] == 200
    except OSError:
        return False


def check(condition, target, what):
    if not condition:
        sys.exit(f"{target.label} does not do the same work: {what}")


def verify(bench, target, count):
    """Whether the token is the one that was asked for, as LiveKit's own SDK reads it; whether it is in the log; and
    whether a revocation holds from the next request on."""
    import jwt
    from livekit import api

    for number in [0, 1, count // 2, count - 1]:
        status, headers, content = ask(target, directory.bearer(number), directory.body(number))
        check(status == 200, target, f"status {status}: {content[:200]}")
        answer = json.loads(content)
        seen = api.TokenVerifier(bench.key, bench.secret).verify(answer["token"])
        is_host = number % 10 == 0
        expected = {
            "room": directory.room(number),
            "room_join": True,
            "can_publish": is_host,
            "can_subscribe": True,
            "can_publish_data": is_host,
            "can_update_own_metadata": False,
        }
        given = {name: getattr(seen.video, name) for name in expected}
        check(given == expected, target, f"grants {given}")
        user = directory.scattered(number)
        check(seen.identity == f"user-{user}", target, f"identity {seen.identity}")
        check(seen.name == f'Ada "{number}" Ünï', target, f"name {seen.name}")
        metadata = {
            "sceneId": "intro",
            "eventId": "launch-2026",
            "roles": ["host" if is_host else "viewer"],
            "did": f"did:web:user-{number}.example",
        }
        check(json.loads(seen.metadata) == metadata, target, f"metadata {seen.metadata}")
        claims = jwt.decode(answer["token"], options={"verify_signature": False})
        # LiveKit's SDK writes no iat, and nbf in its place.
        lifetime = claims["exp"] - claims.get("iat", claims["nbf"])
        check(lifetime == 300, target, f"lifetime {lifetime}")
        line = json.loads(bench.audit.read_bytes().splitlines()[-1])
        wanted = {"event": "token.issued", "requestId": headers["x-request-id"], "userId": user, "client": "127.0.0.1"}
        check(wanted.items() <= line.items(), target, f"audit line {line}")
        if "jti" in claims:
            check(line["tokenId"] == claims["jti"], target, "another token in the audit line")
        check(headers["cache-control"] == "no-store", target, "Cache-Control")

    bearer, body = directory.bearer(7), directory.body(7)
    check(ask(target, bearer, body.replace("room-", "room-x"))[0] == 403, target, "unknown room")
    changes = sqlite3.connect(bench.directory(count), isolation_level=None)
    revocation = "UPDATE sessions SET revoked_at = ? WHERE token_sha256 = ?"
    for turn in range(3):
        changes.execute(revocation, (int(time.time()), directory.digest(bearer)))
        # As often as there are threads and more, so that all of them have a turn.
        statuses = {ask(target, bearer, body)[0] for _ in range(3 * TEXTBOOK_THREADS if turn == 0 else 10)}
        changes.execute(revocation, (None, directory.digest(bearer)))
        check(statuses == {403}, target, f"a revoked session gets {statuses}")
        check(ask(target, bearer, body)[0] == 200, target, "a session that is good again is refused")
    changes.close()
    return len(content)
