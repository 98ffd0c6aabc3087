"""What the gate costs: a join, from the first packet to LiveKit's JoinResponse, at LiveKit's stand-in, through nginx alone
and through nginx with the gate, in turn; and refusals a second, beside those of the token endpoint. It is called by
run.sh."""

import base64
import contextlib
import os
import pathlib
import socket
import ssl
import statistics
import subprocess
import sys
import time

import directory
import jwt
import responders
from figures import Progress, measure, median, ratio, say, spread, summary, table

COUNT, PEOPLE, CLIENTS = 20_000, 400, 16
# So many joins of each kind in a round.
JOINS = 500
DIRECT, ALONE, GATE = "LiveKit's stand-in itself", "nginx alone", "nginx with the gate"
# As clients come: by wss, with a whole handshake each time.
ALONE_TLS, GATE_TLS = "nginx alone, TLS", "nginx with the gate, TLS"
BASES = {DIRECT: ALONE, ALONE: ALONE, GATE: ALONE, ALONE_TLS: ALONE_TLS, GATE_TLS: ALONE_TLS}

# What a site has that puts LiveKit behind nginx and nothing before it.
PLAIN = """
server {
    listen 127.0.0.1:PORT;
    TLS
    access_log FILES/log/livekit-tokend.access.log livekit_tokend;
    location / {
        set $livekit_route none;
        set $livekit_method $request_method;
        proxy_pass http://livekit_server;
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection upgrade;
        proxy_buffering off;
    }
}
"""


class StandIn(responders.Process):
    """LiveKit's stand-in, at a port."""

    def __init__(self, bench, port):
        super().__init__([sys.executable, "-m", "support.livekit_standin", bench.keys, port], bench.log)
        self.port = port


def signed(bench, number, room):
    """A token as ours is."""
    now, user = int(time.time()), directory.scattered(number)
    grants = {"room": room, "roomJoin": True, "canPublish": False, "canSubscribe": True, "canPublishData": False}
    own = {"iss": bench.key, "sub": f"user-{user}", "jti": f"{number:036}", "iat": now, "nbf": now, "exp": now + 3600}
    own |= {"name": f"Ada {number}", "metadata": '{"sceneId":"intro","eventId":"launch-2026","roles":["viewer"]}'}
    return jwt.encode(own | {"video": grants}, bench.secret, "HS256")


def handshake(token):
    """The request of a join, as an SDK sends it."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /rtc?auto_subscribe=1&protocol=16&sdk=go&version=2.19.0 HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()


def join(port, request, context=None):
    """The seconds of a join, up to the last byte of its JoinResponse."""
    started = time.perf_counter()
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 20))
        if context:
            connection = stack.enter_context(context.wrap_socket(connection, server_hostname="localhost"))
        connection.sendall(request)
        received, whole = b"", None
        while whole is None or len(received) < whole:
            chunk = connection.recv(65536)
            if not chunk:
                raise SystemExit(f"no join at port {port}: {received[:200]}")
            received += chunk
            if whole is None and (end := received.find(b"\r\n\r\n")) >= 0 and len(received) >= end + 8:
                if not received.startswith(b"HTTP/1.1 101 "):
                    raise SystemExit(f"no join at port {port}: {received[:200]}")
                frame = received[end + 4 : end + 8]
                whole = end + 8 + int.from_bytes(frame[2:4], "big") if frame[1] == 126 else end + 6 + frame[1]
        return time.perf_counter() - started


def run(bench, rounds, seconds):
    bench.directory(COUNT)
    livekit_port, plain_port = bench.port + 5, bench.port + 6
    ours = responders.Target(
        "ours",
        "the gate",
        bench.port,
        bench.serve_command(COUNT, "ours", "gate: on\n"),
        server="include FILES/server.conf;\n    include FILES/gate.conf;",
    )
    place = bench.work / "nginx"
    more = pathlib.Path(responders.ROOT, "nginx/snippets/gate-http.conf").read_text()
    key, certificate, tls_port = certify(bench.work), bench.work / "certificate.pem", bench.port + 1
    files = f"ssl_certificate {certificate}; ssl_certificate_key {key};"
    plain = PLAIN.replace("TLS", f"listen 127.0.0.1:{plain_port + 1} ssl; {files}")
    more = more.replace("/etc/nginx/", f"{place}/")
    more += plain.replace("PORT", str(plain_port)).replace("FILES", str(place))
    ports = {DIRECT: livekit_port, ALONE: plain_port, GATE: ours.port, ALONE_TLS: plain_port + 1, GATE_TLS: tls_port}
    context = ssl.create_default_context(cafile=certificate)
    tokens = [signed(bench, number, directory.room(number)) for number in range(0, COUNT, COUNT // PEOPLE)]
    requests = [handshake(token) for token in tokens]
    refused = bench.work / "refused-tokens"
    refused.write_text("".join(f"{signed(bench, number, 'room-x')} -\n" for number in range(2000)))
    questions = bench.requests(
        COUNT, "refused", lambda number: (directory.bearer(number), directory.body(number).replace("room-", "room-x"))
    )

    times = {name: [[] for _ in range(rounds)] for name in ports}
    refusals = {"token endpoint": [], "gate": []}
    with contextlib.ExitStack() as stack:
        stack.enter_context(StandIn(bench, livekit_port))
        process = bench.nginx([ours], 0, more)
        site = place / "sites-enabled/ours"
        listen = f"listen 127.0.0.1:{ours.port};"
        assert listen in site.read_text()
        site.write_text(site.read_text().replace(listen, f"{listen} listen 127.0.0.1:{tls_port} ssl; {files}"))
        nginx = stack.enter_context(process)
        running = stack.enter_context(bench.start(ours))
        responders.wait_until(lambda: answers(ours.port, requests[0]), "the gate", bench.log)
        progress = Progress(rounds * 2)
        for turn in range(rounds):
            order = list(ports)
            for number in range(JOINS + 20):
                # Each place in the order equally often.
                order = order[1:] + order[:1]
                for name in order:
                    request = requests[(turn * JOINS + number) % len(requests)]
                    took = join(ports[name], request, context if name.endswith("TLS") else None)
                    if number >= 20:
                        times[name][turn].append(took)
            progress.step(", ".join(f"{statistics.median(times[name][turn]) * 1000:.2f} ms" for name in ports))
            for name, path, script in [("token endpoint", questions, "wrk.lua"), ("gate", refused, "gate.lua")]:
                one = measure(bench, ours, running, nginx, path, CLIENTS, seconds, script=script)
                if one["errors"] != one["requests"]:
                    raise SystemExit(f"{name}: {one['errors']} of {one['requests']} were refused")
                refusals[name].append(one)
            progress.step(", ".join(f"{refusals[name][-1]['perSecond']:,.0f} refusals/s" for name in refusals))

    say(f"A join, dial to JoinResponse, one after the other: medians of {rounds} rounds of {JOINS}")
    medians = {name: [statistics.median(each) for each in rounds_] for name, rounds_ in times.items()}
    of_alone = {
        name: statistics.median(own / other for own, other in zip(each, medians[BASES[name]]))
        for name, each in medians.items()
    }
    pooled = {name: sorted(one for each in rounds_ for one in each) for name, rounds_ in times.items()}
    table(
        ["", "p50 ms", "p90 ms", "p99 ms", "× nginx alone"],
        [
            [
                name,
                *(f"{each[int(len(each) * part)] * 1000:.2f}" for part in (0.5, 0.9, 0.99)),
                f"{of_alone[name]:.2f}",
            ]
            for name, each in pooled.items()
        ],
    )
    say(f"Refusals (403), {CLIENTS} clients that keep their connections")
    table(
        ["", "a second", "spread", "p50 ms", "p99 ms", "CPU µs", "nginx µs", "× token endpoint"],
        [
            [
                name,
                f"{median(each, 'perSecond'):,.0f}",
                f"{spread(each, 'perSecond') * 100:.0f} %",
                f"{median(each, 'p50'):.2f}",
                f"{median(each, 'p99'):.2f}",
                f"{median(each, 'cpu'):.1f}",
                f"{median(each, 'cpuNginx'):.1f}",
                f"{ratio(each, refusals['token endpoint'], 'perSecond'):.2f}",
            ]
            for name, each in refusals.items()
        ],
    )
    return {
        "joins": {
            name: {"p50": round(statistics.median(each) * 1000, 3), "ofAlone": round(of_alone[name], 3)}
            for name, each in pooled.items()
        },
        "refusals": {name: summary(each) for name, each in refusals.items()},
    }


def certify(work):
    """Makes certificate.pem in a directory; the path of its key."""
    key, names = work / "certificate.key", "subjectAltName=DNS:localhost"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "1",
    ]
    command += ["-subj", "/CN=localhost", "-addext", names, "-keyout", key, "-out", work / "certificate.pem"]
    subprocess.run(command, check=True, capture_output=True)
    return key


def answers(port, request):
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(request)
            return connection.recv(1024).startswith(b"HTTP/1.1 101 ")
    except OSError:
        return False
