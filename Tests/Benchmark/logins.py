"""What a session costs by its source: one of the directory, a JWT that is remembered or seen for the first time, a
login that nginx asks a back end about. The rest of each request is the same: the same users, rooms and roles of one
directory. It is called by run.sh."""

import contextlib
import json
import time

import directory
import jwt
import responders
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from figures import Progress, measure, median, ratio, say, spread, summary, table
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

COUNT = 20_000
CLIENTS = 64
ISSUER, AUDIENCE = "https://id.example.com/", "livekit"
# Those that are remembered fit; of the others there are more than are remembered at once, so that each is new.
REMEMBERED, NEW = 2_000, 40_000

# The back end is nginx itself, at a socket of its own: what is measured is the asking.
BACK_END = """
map $http_authorization $benchmark_user {
    "~^Bearer (.+)$" $1;
}
server {
    listen unix:SOCKET;
    access_log off;
    location / {
        add_header X-Livekit-User $benchmark_user;
        return 204;
    }
}
"""
ASKS = """include FILES/server-login.conf;
    set $livekit_header $http_authorization;
    location = /livekit/auth {
        include FILES/auth-request.conf;
        proxy_pass http://unix:SOCKET:/;
    }"""


def signers():
    """An algorithm, its private key, and the public one as a JWK."""
    keys = [
        ("RS256", RSAAlgorithm, rsa.generate_private_key(65537, 2048)),
        ("ES256", ECAlgorithm, ec.generate_private_key(ec.SECP256R1())),
        ("EdDSA", OKPAlgorithm, ed25519.Ed25519PrivateKey.generate()),
    ]
    for name, algorithm, key in keys:
        jwk = json.loads(algorithm.to_jwk(key.public_key())) | {"kid": name, "alg": name, "use": "sig"}
        # PyJWT says that such a key may sign and verify, or says nothing.
        yield name, key, jwk | {"key_ops": ["verify"]}


def claims(number, turn):
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": directory.scattered(number),
        "iat": now,
        "exp": now + 7200,
        "jti": f"{number}-{turn}",
        "sid": f"session-{number}",
        "email": f"ada-{number}@example.com",
        "realm_access": {"roles": ["offline_access", "uma_authorization", "default-roles-main"]},
        "scope": "openid profile email",
    }


def run(bench, rounds, seconds):
    work = bench.work
    keys = list(signers())
    (work / "keys.json").write_text(json.dumps({"keys": [jwk for _, _, jwk in keys]}))
    tokens = f"{{issuer: '{ISSUER}', audience: {AUDIENCE}, key_set_file: {work}/keys.json}}"
    back_end = str(work / "back-end.sock")
    bench.directory(COUNT)
    ports = bench.port
    ours = responders.Target("ours", "directory", ports, bench.serve_command(COUNT))
    by_token = responders.Target(
        "jwt", "JWT", ports + 1, bench.serve_command(COUNT, "jwt", f"sessions: {{source: jwt, jwt: {tokens}}}\n")
    )
    asked = responders.Target(
        "asked",
        "nginx",
        ports + 2,
        bench.serve_command(COUNT, "asked", "sessions: {source: nginx}\n"),
        server=ASKS.replace("SOCKET", back_end),
    )

    print(f"Signing {REMEMBERED + NEW:,} tokens for each of {len(keys)} algorithms", flush=True)

    def requests(name, bearer, numbers):
        path = work / f"requests-{name}"
        path.write_text("".join(f"{bearer(number, turn)} {directory.body(number)}\n" for turn, number in numbers))
        return path

    def signed(name, key):
        return lambda number, turn: jwt.encode(claims(number, turn), key, name, headers={"kid": name})

    def some(count):
        return enumerate(number * 7 % COUNT for number in range(count))

    rows = [("directory", ours, bench.requests(COUNT))]
    for name, key, _ in keys:
        for kind, count in [("remembered", REMEMBERED), ("first", NEW)]:
            path = requests(f"{name}-{kind}", signed(name, key), some(count))
            rows.append((f"jwt, {name}, {kind}", by_token, path))
    path = requests("asked", lambda number, _: directory.scattered(number), some(COUNT))
    rows.append(("nginx, a back end of nginx", asked, path))

    found = {name: [] for name, _, _ in rows}
    targets = [ours, by_token, asked]
    with bench.nginx(targets, 0, BACK_END.replace("SOCKET", back_end)) as nginx, contextlib.ExitStack() as stack:
        running = {}
        for target in targets:
            running[target.name] = stack.enter_context(bench.start(target))
        for _, target, path in rows:
            bearer, _, body = path.read_text().partition("\n")[0].partition(" ")
            responders.wait_until(lambda: answers(target, bearer, body), target.label, bench.log)
        progress = Progress(rounds * len(rows))
        for turn in range(rounds):
            for name, target, path in rows[turn % len(rows) :] + rows[: turn % len(rows)]:
                one = measure(bench, target, running[target.name], nginx, path, CLIENTS, seconds)
                found[name].append(one)
                progress.step(f"{name}: {one['perSecond']:,.0f} req/s")
    reference = found["directory"]
    say(f"Sources of sessions, {CLIENTS} clients")
    table(
        ["", "req/s", "spread", "p50 ms", "p99 ms", "errors", "CPU µs/req", "nginx µs/req", "MiB", "× directory"],
        [
            [
                name,
                f"{median(each, 'perSecond'):,.0f}",
                f"{spread(each, 'perSecond') * 100:.0f} %",
                f"{median(each, 'p50'):.2f}",
                f"{median(each, 'p99'):.2f}",
                f"{sum(one['errors'] for one in each):,}",
                f"{median(each, 'cpu'):.1f}",
                f"{median(each, 'cpuNginx'):.1f}",
                f"{median(each, 'memory') / 1024:.1f}",
                f"{ratio(each, reference, 'perSecond'):.2f}",
            ]
            for name, each in found.items()
        ],
    )
    return {name: summary(each) for name, each in found.items()}


def answers(target, bearer, body):
    try:
        status, _, content = responders.ask(target, bearer, body)
    except OSError:
        return False
    if status not in [200, 502]:
        raise SystemExit(f"{target.label}: {status} {content[:300]}")
    return status == 200
