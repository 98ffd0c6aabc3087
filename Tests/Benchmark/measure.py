"""Measures the responders in turn, prints tables, and writes result.json and chart.svg."""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import re
import signal
import statistics
import subprocess
import sys
import time

import chart
import directory
import responders

HERE = pathlib.Path(__file__).parent
COUNT = 100_000


class Progress:
    """One line that changes, or one line after the other where that is a file."""

    def __init__(self, total):
        self.total, self.done, self.started = total, 0, time.monotonic()

    def step(self, text):
        self.done += 1
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        line = f"[{self.done}/{self.total}  {minutes}:{seconds:02}]  {text}"
        if sys.stderr.isatty():
            print(f"\r\033[K{line}", end="" if self.done < self.total else "\r\033[K", file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)


def wrk(target, requests, clients, seconds, is_kept=True):
    command = ["wrk", "-t", min(responders.CORES, clients), "-c", clients, "-d", f"{seconds}s", "--timeout", "10s"]
    command += ["-s", HERE / "wrk.lua", f"http://127.0.0.1:{target.port}", "--", requests]
    command += ["keep" if is_kept else "close"]
    output = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, check=True, timeout=seconds + 30, text=True
    ).stdout
    return json.loads(output.splitlines()[-1])


def measure(bench, target, process, nginx, requests, clients, seconds, is_kept=True):
    """One measurement: times in milliseconds, CPU time a request in microseconds, memory in KiB."""
    bench.empty_logs()
    before, nginx_before = process.cpu() if process else (0, 0), sum(nginx.cpu())
    seen = wrk(target, requests, clients, seconds, is_kept)
    after, nginx_after = process.cpu() if process else (0, 0), sum(nginx.cpu())
    count = max(1, seen["requests"])
    user, system = ((after[i] - before[i]) * 1e6 / count for i in range(2))
    return {
        "perSecond": seen["requests"] * 1e6 / seen["micros"],
        "p50": seen["p50"] / 1000,
        "p99": seen["p99"] / 1000,
        "p999": seen["p999"] / 1000,
        "errors": seen["refused"] + seen["broken"] + seen["timeouts"],
        "requests": seen["requests"],
        "cpu": user + system,
        "cpuUser": user,
        "cpuSystem": system,
        "cpuNginx": (nginx_after - nginx_before) * 1e6 / count,
        "memory": process.memory() if process else 0,
    }


# --- Of several rounds ------------------------------------------------------------------------------------------------


def median(rounds, name):
    return statistics.median(one[name] for one in rounds)


def spread(rounds, name):
    """How far apart the rounds were, of their median."""
    values = [one[name] for one in rounds]
    return (max(values) - min(values)) / statistics.median(values) if statistics.median(values) else 0


def ratio(ours, theirs, name):
    """The median of the ratios within each round: what the machine did to both of a round cancels out."""
    return statistics.median(one[name] / other[name] if other[name] else float("nan") for one, other in zip(ours, theirs))


def summary(rounds):
    names = ["perSecond", "p50", "p99", "p999", "cpu", "cpuUser", "cpuSystem", "cpuNginx", "memory"]
    return (
        {name: round(median(rounds, name), 3) for name in names}
        | {"errors": sum(one["errors"] for one in rounds), "spread": round(spread(rounds, "perSecond"), 3)}
        | {"rounds": [{name: round(value, 3) for name, value in one.items()} for one in rounds]}
    )


# --- Tables -----------------------------------------------------------------------------------------------------------


def table(headings, rows):
    cells = [headings, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headings))]
    for number, row in enumerate(cells):
        first, *others = (cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths)))
        print("  " + "  ".join([first, *others]))
        if number == 0:
            print("  " + "  ".join("─" * width for width in widths))


def row(label, rounds, reference=None):
    cpu = f"{median(rounds, 'cpu'):.1f}" if median(rounds, "cpu") else ""
    memory = f"{median(rounds, 'memory') / 1024:.1f}" if median(rounds, "memory") else ""
    cells = [
        label,
        f"{median(rounds, 'perSecond'):,.0f}",
        f"{spread(rounds, 'perSecond') * 100:.0f} %",
        f"{median(rounds, 'p50'):.2f}",
        f"{median(rounds, 'p99'):.2f}",
        f"{median(rounds, 'p999'):.2f}",
        f"{sum(one['errors'] for one in rounds):,}",
        cpu,
        memory,
    ]
    if reference is not None:
        cells.append(f"{ratio(rounds, reference, 'perSecond'):.2f}")
    return cells


HEADINGS = ["", "req/s", "spread", "p50 ms", "p99 ms", "p99.9 ms", "errors", "CPU µs/req", "RSS MiB", "× C queue"]


def say(text):
    print(f"\n{text}")


# --- Sections ---------------------------------------------------------------------------------------------------------


def comparison(bench, running, nginx, requests, settings, rounds, seconds):
    """Each responder in turn, each round in another order."""
    names = list(running)
    found = {setting: {name: [] for name in names} for setting in settings}
    progress = Progress(rounds * len(settings) * len(names))
    for turn in range(rounds):
        for clients, is_kept in settings:
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                target, process = running[name]
                one = measure(bench, target, process, nginx, requests, clients, seconds, is_kept)
                found[clients, is_kept][name].append(one)
                kind = "" if is_kept else ", not kept"
                progress.step(f"{clients} clients{kind}, {target.label}: {one['perSecond']:,.0f} req/s")
    for (clients, is_kept), of_names in found.items():
        say(f"{clients} clients, " + ("keep-alive" if is_kept else "a connection a request"))
        order = sorted(names, key=lambda name: -median(of_names[name], "perSecond"))
        table(HEADINGS, [row(running[name][0].label, of_names[name], of_names["queue"]) for name in order])
        for other in ["queue", "textbook", "sdk"]:
            if other in of_names:
                ours, theirs = of_names["ours"], of_names[other]
                print(
                    f"  livekit-tokend to {running[other][0].label}: {ratio(ours, theirs, 'perSecond'):.2f} of the requests, "
                    f"{ratio(ours, theirs, 'p99'):.2f} of the p99, {ratio(ours, theirs, 'cpu'):.2f} of the CPU time"
                )
    return [
        {"clients": clients, "keepAlive": is_kept, "responders": {name: summary(of_names[name]) for name in names}}
        for (clients, is_kept), of_names in found.items()
    ]


def machine():
    def output(*command):
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout

    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    release = re.search(r'PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text())
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cores": responders.CORES,
        "processor": model[1] if model else platform.machine(),
        "memoryMiB": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20,
        "system": release[1] if release else "Linux",
        # Without what a distributor or a site has added to it.
        "kernel": re.match(r"[\d.]*\d", platform.release())[0],
        "nginx": re.search(r"nginx/([\d.]+)", output("nginx", "-v"))[1],
        "wrk": re.search(r"wrk [^\s\d]*(\d[\d.]*)", output("wrk", "-v"))[1],
        "python": platform.python_version(),
        "sqlite": responders.sqlite3.sqlite_version,
    }


def main():
    parser = argparse.ArgumentParser()
    for name in ["work", "binary", "output"]:
        parser.add_argument(f"--{name}", required=True)
    for name in ["rounds", "seconds"]:
        parser.add_argument(f"--{name}", type=int, default=0)
    for name in ["quick", "all"]:
        parser.add_argument(f"--{name}", action="store_true")
    options = parser.parse_args()
    # So that what was started is stopped on these too.
    for number in [signal.SIGTERM, signal.SIGHUP]:
        signal.signal(number, lambda *_: sys.exit(1))

    bench = responders.Bench(options.work, options.binary)
    print(f"Filling a directory with {COUNT:,} users, sessions and members", file=sys.stderr)
    targets = bench.targets(COUNT)
    if options.quick:
        targets = targets[:3]
    requests = bench.requests(COUNT)

    with contextlib.ExitStack() as stack:
        running = {}
        for target in targets:
            running[target.name] = target, stack.enter_context(bench.start(target)) if target.command else None
        ours = str(bench.socket("ours"))
        responders.wait_until(lambda: responders.fastcgi.health(ours), "livekit-tokend", bench.log)
        body = directory.body(COUNT - 1).encode()
        length = len(responders.fastcgi.exchange(ours, responders.fastcgi.token_params(directory.bearer(COUNT - 1), body), body).body)
        nginx = stack.enter_context(bench.nginx(targets, length))
        lengths = {"ceiling": length}
        for target in targets:
            responders.wait_until(lambda: responders.is_ready(target), target.label, bench.log)
            if target.command:
                lengths[target.name] = responders.verify(bench, target, COUNT)
        print(f"All do the same work; bytes in an answer: {lengths}", file=sys.stderr)
        for target in targets:
            wrk(target, requests, 64, 1)

        rounds = options.rounds or (4 if options.quick else 3)
        seconds = options.seconds or 4
        settings = [(64, True)] if options.quick else [(16, True), (64, True), (256, True), (64, False)]
        result = {"machine": machine(), "answerBytes": lengths, "secondsEach": seconds}
        result["comparison"] = comparison(bench, running, nginx, requests, settings, rounds, seconds)

    output = pathlib.Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    (output / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    if not options.quick:
        (output / "chart.svg").write_text(chart.draw(result))
    say(f"Written: {output}/result.json")


if __name__ == "__main__":
    main()
