"""What is measured. Each section prints a table and gives back what goes into result.json."""

import os
import statistics
import subprocess
import time

import directory
import responders
from figures import HEADINGS, Progress, line_of, measure, median, ratio, say, summary, table, wrk

COUNT = 100_000
SIZES = [100, 10_000, 1_000_000]
CONNECTIONS = [16, 64, 256, 512, 1024, 2048]
STARTS = 11


def comparison(bench, running, nginx, settings, rounds, seconds):
    """Each responder in turn, each round in another order."""
    names, requests = list(running), bench.requests(COUNT)
    found = {setting: {name: [] for name in names} for setting in settings}
    progress = Progress(rounds * len(settings) * len(names))
    for turn in range(rounds):
        for clients, is_kept in settings:
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                target, process = running[name]
                if name == "textbook":
                    # The connections that nginx has kept from the time before hold its threads: it would hardly answer.
                    process.stop()
                    process.start()
                    responders.wait_until(lambda: responders.is_ready(target), target.label, bench.log)
                one = measure(bench, target, process, nginx, requests, clients, seconds, is_kept)
                found[clients, is_kept][name].append(one)
                kind = "" if is_kept else ", not kept"
                progress.step(f"{clients} clients{kind}, {target.label}: {one['perSecond']:,.0f} req/s")
    for (clients, is_kept), of_names in found.items():
        say(f"{clients} clients, " + ("keep-alive" if is_kept else "a connection a request"))
        order = sorted(names, key=lambda name: -median(of_names[name], "perSecond"))
        table(HEADINGS, [line_of(running[name][0].label, of_names[name], of_names["queue"]) for name in order])
        print("  livekit-tokend to")
        for other in names:
            if other not in ["ceiling", "ours"]:
                of = [f"{ratio(of_names['ours'], of_names[other], name):.2f}" for name in ["perSecond", "p99", "cpu"]]
                label = running[other][0].label.ljust(30)
                print(f"    {label}  {of[0]} of the requests, {of[1]} of the p99, {of[2]} of the CPU time")
    return [
        {
            "clients": clients,
            "keepAlive": is_kept,
            "responders": {name: {"label": running[name][0].label} | summary(of_names[name]) for name in names},
        }
        for (clients, is_kept), of_names in found.items()
    ]


def series(title, heading, found):
    """A table of ours beside the C responder along one axis: `found` has for each point the rounds of both."""
    say(title)
    rows = []
    for point, (ours, theirs) in found.items():
        rows.append(
            [point]
            + [f"{median(rounds, 'perSecond'):,.0f}" for rounds in (ours, theirs)]
            + [f"{ratio(ours, theirs, 'perSecond'):.2f}"]
            + [f"{median(rounds, 'p99'):.1f}" for rounds in (ours, theirs)]
            + [f"{median(rounds, 'cpu'):.1f}" for rounds in (ours, theirs)]
            + [f"{sum(one['errors'] for one in ours):,}"]
        )
    table([heading, "req/s", "C queue", "ratio", "p99 ms", "C queue", "CPU µs/req", "C queue", "errors"], rows)
    return [{"at": point, "ours": summary(ours), "queue": summary(theirs)} for point, (ours, theirs) in found.items()]


def along(bench, running, nginx, points, rounds, seconds):
    """Ours and the C responder in turn at each point: its name, its requests, its number of clients."""
    found = {name: ([], []) for name, _, _ in points}
    progress = Progress(rounds * len(points) * 2)
    for turn in range(rounds):
        for name, requests, clients in points:
            for side in [0, 1] if turn % 2 == 0 else [1, 0]:
                pair = running[["ours", "queue"][side]]
                one = measure(bench, *pair, nginx, requests, clients, seconds)
                found[name][side].append(one)
                progress.step(f"{name}, {pair[0].label}: {one['perSecond']:,.0f} req/s")
    return found


def connections(bench, running, nginx, rounds, seconds):
    points = [(f"{clients:,}", bench.requests(COUNT), clients) for clients in CONNECTIONS]
    return series("More connections", "clients", along(bench, running, nginx, points, rounds, seconds))


def lengths(bench, running, nginx, rounds, seconds):
    """Long bearers, bodies and ids, up to what is allowed."""

    def point(name, bearer=43, ids=None, body=0):
        def line(number):
            number %= directory.LONG
            text = directory.body(number, ids)
            # White space before the end, where JSON allows it.
            return directory.bearer(number, bearer), text[:-1] + " " * (body - len(text)) + "}"

        return name, bench.requests(COUNT, f"{bearer}-{ids}-{body}", line), 64

    points = [point("as above")]
    points += [point(f"bearer of {length:,} B", bearer=length) for length in directory.LONG_BEARERS]
    points += [point(f"body of {length:,} B", body=length) for length in [1024, 4096]]
    points += [point("three ids of 128 B", ids=128)]
    return series("Longer input, 64 clients", "", along(bench, running, nginx, points, rounds, seconds))


def sizes(bench, nginx, rounds, seconds):
    """The same with directories of other sizes. Both are started anew for each."""
    print("Filling directories of other sizes", flush=True)
    of_size = {count: bench.targets(count) for count in SIZES}
    found = {f"{count:,}": ([], []) for count in SIZES}
    progress = Progress(rounds * len(SIZES) * 2)
    for turn in range(rounds):
        for count in SIZES if turn % 2 == 0 else reversed(SIZES):
            targets = {target.name: target for target in of_size[count]}
            for side, name in enumerate(["ours", "queue"]):
                target = targets[name]
                with bench.start(target) as process:
                    responders.wait_until(lambda: responders.is_ready(target), target.label, bench.log)
                    wrk(target, bench.requests(count), 64, 1)
                    one = measure(bench, target, process, nginx, bench.requests(count), 64, seconds)
                found[f"{count:,}"][side].append(one)
                progress.step(f"{count:,} sessions, {target.label}: {one['perSecond']:,.0f} req/s")
    return series("Larger directories, 64 clients", "sessions", found)


def start(bench):
    """From the call of the program to its first token, asked for on the socket as soon as there is one."""
    bearer, body = directory.bearer(0), directory.body(0).encode()
    found = {}
    for target in bench.targets(COUNT):
        if target.name not in ["ours", "queue"]:
            continue
        times, cpu, path = [], [], str(bench.socket(target.name))
        params = responders.fastcgi.token_params(bearer, body)
        for _ in range(STARTS):
            started = time.monotonic()
            with bench.start(target) as process:
                status = None
                while status != 200:
                    try:
                        status = responders.fastcgi.exchange(path, params, body).status
                    except OSError:
                        if process.process.poll() is not None or time.monotonic() - started > 20:
                            raise
                        time.sleep(0.0005)
                times.append((time.monotonic() - started) * 1000)
                cpu.append(process.clock() * 1000)
        found[target.name] = {
            "median": round(statistics.median(times), 1),
            "slowest": round(max(times), 1),
            "cpu": round(statistics.median(cpu), 1),
        }
    say(f"From start to first token, {STARTS} times")
    rows = [[name, *(f"{times[of]:.1f}" for of in ["median", "slowest", "cpu"])] for name, times in found.items()]
    table(["", "median ms", "slowest ms", "CPU ms"], rows)
    return found


def growth(bench, nginx, wanted=1_000_000):
    """Whether memory grows over a million requests, after the first hundred thousand."""
    target = next(target for target in bench.targets(COUNT) if target.name == "ours")
    with bench.start(target) as process:
        responders.wait_until(lambda: responders.is_ready(target), target.label, bench.log)

        def run(requests):
            done, until = 0, time.monotonic() + 180
            while done < requests and time.monotonic() < until:
                bench.empty_logs()
                done += wrk(target, bench.requests(COUNT), 64, 5)["requests"]
                print(f"{done:,} requests, {process.memory()} KiB", flush=True)
            return done

        run(wanted // 10)
        before = process.memory()
        done = run(wanted)
        after = process.memory()
    say(f"Memory over {done:,} requests: {before / 1024:.1f} MiB before, {after / 1024:.1f} MiB after")
    return {"requests": done, "beforeKiB": before, "afterKiB": after}


def sizes_of_program(bench):
    stripped = bench.work / "stripped"
    subprocess.run(["strip", "-o", stripped, bench.binary], check=True)
    found = {"bytes": os.path.getsize(bench.binary), "strippedBytes": os.path.getsize(stripped)}
    say(f"The program: {found['bytes'] / 2**20:.1f} MiB, stripped {found['strippedBytes'] / 2**20:.1f} MiB")
    return found
