"""How many instructions a request takes in user mode, of ours and of the C responder with the same loop, and of another
build of ours if there is one to compare with: the one figure that other work on the machine does not change, and so the
one to optimise by. What the kernel does is not in it.

What nettle's compression function takes is counted apart: both call the same one, and valgrind's processor has no
instructions for SHA-256, so that it takes several times as many as on most machines.

The profiles are left in --output: callgrind_annotate --inclusive=yes callgrind.ours | swift demangle --simplified
"""

import argparse
import pathlib
import re
import subprocess
import time

import directory
import responders
from responders import fastcgi

COUNT, REQUESTS = 100_000, 2_000
# A variant for each kind of processor: _nettle_sha256_compress_x86_64, _nettle_sha256_compress_sha_ni.
COMPRESSION = re.compile(r"^ *([\d,]+) .*\b_?nettle_sha256_compress\w*", re.MULTILINE)


def ask(connection, number):
    number = number * 37 % COUNT
    bearer, body = directory.bearer(number), directory.body(number).encode()
    connection.sendall(fastcgi.message(fastcgi.token_params(bearer, body), body, keep=True))
    return fastcgi.receive(connection).status == 200


def run(bench, target, output, requests):
    """The instructions of so many requests on one connection, start and end: outside of the hash function, and in it."""
    profile = output / f"callgrind.{target.name}"
    command = target.command
    if target.name in bench.programs:
        # valgrind cannot read Swift's debug information.
        stripped = bench.work / f"stripped-{target.name}"
        subprocess.run(["strip", "--strip-debug", "-o", stripped, command[0]], check=True)
        command = [stripped, *command[1:]]
    bench.socket(target.name).unlink(missing_ok=True)
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}"]
    with responders.Process([*valgrind, *command], bench.log):
        path, connection, done, until = str(bench.socket(target.name)), None, 0, time.monotonic() + 60
        while done < requests:
            try:
                connection = connection or fastcgi.connect(path, 30)
                done += ask(connection, done)
            except OSError:
                # Not there yet, or the first request has come to its deadline: everything is slow here.
                if time.monotonic() > until:
                    raise
                connection = None
                time.sleep(0.2)
        connection.close()
    total = int(re.search(r"^(?:summary|totals): (\d+)", profile.read_text(), re.MULTILINE)[1])
    annotate = ["callgrind_annotate", "--threshold=100", "--show-percs=no", profile]
    functions = subprocess.run(annotate, check=True, capture_output=True, text=True).stdout
    hashing = sum(int(count.replace(",", "")) for count in COMPRESSION.findall(functions))
    assert hashing, "nettle's compression function has another name here"
    return total - hashing, hashing


def main():
    parser = argparse.ArgumentParser()
    for name in ["work", "binary", "output"]:
        parser.add_argument(f"--{name}", required=True, type=pathlib.Path)
    parser.add_argument("--before", type=pathlib.Path)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    bench = responders.Bench(options.work, options.binary, options.before)
    targets = {target.name: target for target in bench.targets(COUNT)}
    found = {}
    for name in ["queue", *bench.programs]:
        start = run(bench, targets[name], options.output, 100)
        end = run(bench, targets[name], options.output, 100 + REQUESTS)
        found[name], hashing = [(after - before) / REQUESTS for before, after in zip(start, end)]
        words = f"{found[name]:>9,.0f} instructions a request outside of SHA-256, {hashing:,.0f} in it"
        print(f"{targets[name].label.ljust(26)} {words}", flush=True)
    ratios = [f"{found['ours'] / found[name]:.2f} of {targets[name].label}" for name in found if name != "ours"]
    print(f"Ours outside of SHA-256: {', '.join(ratios)}")
    print(f"Profiles: {', '.join(f'{options.output}/callgrind.{name}' for name in found)}")


if __name__ == "__main__":
    main()
