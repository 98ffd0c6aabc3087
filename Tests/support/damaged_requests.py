"""Requests that chance has damaged, from a peer who may connect: none may harm the process, or the requests in between.

python -m support.damaged_requests DEPLOYMENT BEARER CASES [SEED]

Two things that make libfcgi itself abort, and are known, are never sent: FCGI_GET_VALUES, and lengths near INT_MAX.
"""

import collections
import random
import struct
import sys
import time

from support import fastcgi
from support.deployment import Deployment
from support.fastcgi import STAGE

GET_VALUES = 9
# A good request comes after so many bad ones, and must be answered. That takes milliseconds; with workers that were
# lost to bad ones it would never be, and only that is a failure: how long a second is, is the machine's affair.
ROUND, PATIENCE = 200, 30


def records(params, body, keep):
    """A request as (version, type, id, content, padding), to be damaged."""
    return [
        (1, fastcgi.BEGIN_REQUEST, 1, struct.pack(">HB5x", fastcgi.RESPONDER, keep), 0),
        *(
            (1, fastcgi.PARAMS, 1, piece, random.choice((0, 0, 4, 127)))
            for piece in pieces(fastcgi.name_values(params))
        ),
        (1, fastcgi.PARAMS, 1, b"", 0),
        *((1, fastcgi.STDIN, 1, piece, random.choice((0, 3))) for piece in pieces(body)),
        (1, fastcgi.STDIN, 1, b"", 0),
    ]


def pieces(content):
    """Cuts it up so that no length has a byte above 0x7f; see harmless()."""
    most = random.choice((64, 127, 0x7F7F))
    while content:
        length = min(len(content), most)
        if length & 0x80:
            length = length & 0x7F00 | 0x7F
        yield content[:length]
        content = content[length:]


def odd_record():
    kind = random.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 42, 127))
    return (random.choice((1, 1, 1, 0, 2)), kind, random.choice((0, 1, 2, 127)), noise(random.choice((0, 1, 8, 40))), 0)


def noise(length):
    return random.randbytes(length)


def damage_params(params):
    params = list(params)
    place = random.randrange(len(params))
    name, value = params[place]
    match random.randrange(7):
        case 0:
            params.append(params[place])
        case 1:
            del params[place]
        case 2:
            params[place] = (name, noise(random.choice((0, 1, 50, 0x101))))
        case 3:
            params[place] = (name + random.choice(("=", "\0", "X", " ")), value)
        case 4:
            params[place] = ("", value)
        case 5:
            params.append(("X" * random.choice((1, 127, 128, 300)), b"y" * random.choice((0, 300, 9000, 30000))))
        case 6:
            params[place] = (name, str(random.choice((-1, 0, 1, 19, 21, 4096, 4097, 2**31, 2**63))))
    return params


def damage_records(message):
    place = random.randrange(len(message))
    version, kind, request, content, padding = message[place]
    match random.randrange(9):
        case 0:
            del message[place]
        case 1:
            message.insert(place, message[place])
        case 2:
            other = random.randrange(len(message))
            message[place], message[other] = message[other], message[place]
        case 3:
            message.insert(place, odd_record())
        case 4:
            message[place] = (version, odd_record()[1], request, content, padding)
        case 5:
            message[place] = (version, kind, random.choice((0, 2, 255)), content, padding)
        case 6:
            message[place] = (random.choice((0, 2, 127)), kind, request, content, padding)
        case 7:
            cut = random.randint(0, len(content))
            message[place : place + 1] = [(version, kind, request, part, 0) for part in (content[:cut], content[cut:])]
        case 8:
            message[place] = (version, kind, request, content + noise(random.choice((1, 8, 1000))), padding)


def encoded(message, lies):
    """The bytes; where a record lies, its length is not that of its content."""
    output = b""
    for version, kind, request, content, padding in message:
        length = (
            random.choice((0, 1, len(content) + 1, len(content) + 8, 32768))
            if lies and random.random() < 0.3
            else len(content)
        )
        output += struct.pack(">BBHHBx", version, kind, request, min(length, 32768), padding) + content + bytes(padding)
    return output


def damage_bytes(data):
    data = bytearray(data)
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(data))
        match random.randrange(4):
            case 0:
                data[place] ^= 1 << random.randrange(8)
            case 1:
                del data[place : place + random.randint(1, 9)]
            case 2:
                data[place:place] = noise(random.randint(1, 9))
            case 3:
                data[place] = random.choice((0, 1, 8, 127))
        if not data:
            break
    return bytes(data)


def harmless(data):
    """The same without what could spell a length near INT_MAX, or FCGI_GET_VALUES.

    No byte is above 0x80, so no length of four bytes is above 16 MiB, wherever a misled reader looks for one.
    """
    data = bytes(min(byte, 0x80) for byte in data)
    return data.replace(bytes([1, GET_VALUES, 0, 0]), bytes([1, 10, 0, 0]))


def case(bearer):
    params = fastcgi.token_params(bearer, STAGE)
    body = STAGE
    if random.random() < 0.2:
        params = fastcgi.token_params(REQUEST_METHOD="GET", SCRIPT_NAME="/livekit/health")
        body = b""
    if random.random() < 0.1:
        body = noise(random.choice((1, 20, 4096, 4097, 20000)))
    for _ in range(random.choice((0, 0, 1, 2))):
        params = damage_params(params) if params else params
    message = records(params, body, random.getrandbits(1))
    if random.random() < 0.15:
        # A second request, in between the first's records.
        for record in records(params, body, 1):
            message.insert(random.randint(0, len(message)), (record[0], record[1], random.choice((1, 2)), *record[3:]))
    for _ in range(random.choice((0, 0, 0, 1, 1, 2))):
        if message:
            damage_records(message)
    data = encoded(message, lies=random.random() < 0.15)
    if random.random() < 0.25 and data:
        data = damage_bytes(data)
    if random.random() < 0.15:
        data = data[: random.randint(0, len(data))]
    return harmless(data)


def send(path, data):
    """The bytes that came back."""
    with fastcgi.connect(path, PATIENCE) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(1)
            if random.random() < 0.1:
                return b""
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            return answer
        except (BrokenPipeError, ConnectionResetError):
            return b""


def send_all(path, bearer, cases, seed):
    """Sends so many, and good ones in between. Fails unless those are answered, and with a token for a request that
    does not name the session; gives a line with what came of them.
    """
    random.seed(seed)
    answers, slowest = collections.Counter(), 0
    for number in range(cases):
        data = case(bearer)
        try:
            answer = send(path, data)
        except OSError as error:
            raise AssertionError(f"case {number} of seed {seed} is not answered ({error}): {data.hex()}") from error
        answers[answer[16:19].decode("latin-1") if answer[8:16] == b"Status: " else "other" if answer else "none"] += 1
        # A request that does not name the session gets nothing for it; records may have cut up its name.
        is_named = any(bearer[start : start + 16].encode() in data for start in range(len(bearer) - 15))
        assert b"eyJ" not in answer or is_named, f"a token for {data.hex()}"
        if number % ROUND == 0:
            started = time.monotonic()
            good = fastcgi.ask(path, bearer, timeout=PATIENCE)
            slowest = max(slowest, time.monotonic() - started)
            assert good.status == 200, f"after case {number} of seed {seed} a good request gets {good.status}"
    return (
        f"{cases} cases of seed {seed}, answered {dict(sorted(answers.items()))}; "
        f"slowest good one {slowest * 1000:.0f} ms"
    )


def main(path, bearer, cases, seed="1"):
    print(send_all(Deployment(path).socket, bearer, int(cases), int(seed)))


if __name__ == "__main__":
    main(*sys.argv[1:])
